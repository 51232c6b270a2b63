"""One row at a time: the needs of its status, and every problem of the row together."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from msgspec.structs import replace

from batch_update import wording
from batch_update.i18n import _
from batch_update.model import (
    WITH_DATE,
    WITH_TRACKING,
    CellValue,
    CheckedRow,
    Field,
    Layout,
    OrderUpdate,
    Problem,
    Row,
    Status,
    choices,
)
from batch_update.validator import cells, dates, tracking
from batch_update.validator.affixes import Affixes
from batch_update.validator.columns import NO_COLUMN, Column, ShownColumn
from batch_update.validator.statuses import OwnWord, OwnWords

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Knowledge of the run beyond the sheet.

    Args:
        calendar: the rules for reading dates.
        default_status: used where the sheet leaves the status out.
        default_date: a date as text, used where the sheet leaves the date out.
        checks_tracking: whether the check digits of tracking numbers are proved.
        is_strict: whether oddities refuse a row instead of warning of it.
        own_words: the user's own status words.
        affixes: texts that may stand around order numbers.
    """

    calendar: dates.Calendar
    default_status: Status | None = None
    default_date: str | None = None
    checks_tracking: bool = False
    is_strict: bool = False
    own_words: OwnWords = field(default_factory=dict)
    affixes: Affixes = field(default_factory=Affixes)


def check_row(row: Row, layout: Layout, rules: Rules) -> CheckedRow:
    """Check one row by the rules of its status; `Checker` does so with many."""
    return Checker(layout, rules).check(row)


class Checker:
    """Checks rows, each by itself.

    Args:
        layout: the columns and their meanings.
        rules: zone, present moment and defaults.

    Attributes:
        read_bill_id: reads an order number from a cell with its number format, or refuses it.
    """

    def __init__(self, layout: Layout, rules: Rules) -> None:
        # A sheet says the same few days again and again. Of values that are equal but of different
        # kinds, such as 1 and True, each is read by itself.
        read_date = lru_cache(_REMEMBERED, typed=True)(
            partial(dates.read_date, calendar=rules.calendar)
        )
        status = rules.default_status.value if rules.default_status else None
        self._affixes = rules.affixes
        self._own_words = rules.own_words
        self.read_bill_id = self._read_bill_id if rules.affixes != Affixes() else cells.read_bill_id
        self._bill_id = ShownColumn(layout, Field.BILL_ID, self.read_bill_id)
        self._status = Column(layout, Field.STATUS, cells.read_status, status)
        read_shown_date = partial(_read_shown_date, read_date)
        self._dates = {
            status: ShownColumn(
                layout, layout.date_field(status), read_shown_date, rules.default_date
            )
            for status in WITH_DATE
        }
        self._missing_date = {status: partial(_missing_date, status) for status in WITH_DATE}
        self._rpo = ShownColumn(layout, Field.RPO, tracking.read_rpo)
        self._needed_by_some = _share_columns(
            [*self._dates.items(), *((status, self._rpo) for status in WITH_TRACKING)]
        )
        self._layout = layout
        self._has_default_date = rules.default_date is not None

    def check(self, row: Row) -> CheckedRow:
        """Check one row by the rules of its status.

        A date or tracking number that the status does not need is not looked at and not sent.

        Returns:
            The row with its update, or with all its problems; never raises, whatever the row holds.

        Source:
            Vendor's help, "UpdateOrderStatus": the fields that each status requires.
        """
        own = self._status.find_own(row, self._own_words) if self._own_words else None
        if own is not None and own.status is None:
            return self._skipped(row, own)
        problems: list[Problem] = []
        bill_id = self._bill_id.read(row, problems, _missing_bill_id)
        status = own.status if own else self._status.read(row, problems, _missing_status)
        date = reading = None
        is_assumed = False
        if status is not None and status.rule.needs_date:
            column = self._dates[status]
            date = column.read(row, problems, self._missing_date[status])
            is_assumed = self._has_default_date and date is not None and column.is_empty(row)
        if status is not None and status.rule.needs_tracking:
            reading = self._rpo.read(row, problems, _missing_rpo)
        if problems or bill_id is None or status is None:
            if status is None:
                problems += self._refusals_of_some_status(row)
            found = tuple(problems)
            return CheckedRow(row=row.number, bill_id=bill_id, update=None, problems=found)
        update = OrderUpdate(
            bill_id=bill_id,
            status=status,
            date=date,
            rpo=reading and reading.rpo,
            is_date_assumed=is_assumed,
        )
        checked = CheckedRow(row=row.number, bill_id=bill_id, update=update)
        return self._with_warnings(checked, reading.warnings) if reading else checked

    def _refusals_of_some_status(self, row: Row) -> Iterator[Problem]:
        """Find what is wrong for the statuses that a row of unknown status may turn out to have.

        Nothing is said of an empty cell, since the status may not need it.
        """
        for column, statuses in self._needed_by_some:
            for problem in column.refusals(row):
                labels = (status.label for status in statuses)
                text = _("{problem} It matters only if the status is {statuses}.").format(
                    problem=problem.text,
                    statuses=wording.either(labels),
                )
                yield dataclasses.replace(problem, text=text)

    def _read_bill_id(self, value: CellValue, number_format: str) -> int:
        shown = cells.as_shown(value, number_format)
        bare = self._affixes.without(shown)
        if bare == shown:
            return cells.read_bill_id(value, number_format)
        cells.refuse_damage(value)
        return cells.read_bill_id(bare)

    def _skipped(self, row: Row, own: OwnWord) -> CheckedRow:
        """Skip a row that is not for us, whatever else it holds."""
        text = _(
            "{found} is a word to skip ({said_in} says so), so nothing is sent for this row."
        ).format(found=wording.quote(own.word), said_in=own.said_in)
        why = self._status.problem(row, "skipped", text)
        bill_id = self._bill_id.read(row, [], _missing_bill_id)
        return CheckedRow(row=row.number, bill_id=bill_id, update=None, skipped=why)

    def _with_warnings(self, row: CheckedRow, found: Sequence[tracking.RowWarning]) -> CheckedRow:
        """Add warnings about the cell of the tracking number."""
        if not found:
            return row
        warnings = tuple(
            problem_of(Field.RPO, code, text, row=row.row, layout=self._layout)
            for code, text in found
        )
        return replace(row, warnings=warnings)


def problem_of(wanted: Field, code: str, text: str, *, row: int, layout: Layout) -> Problem:
    """Return the problem, or warning, for a cell's contents."""
    column, text = layout.columns.get(wanted), f"{layout.column_name(wanted)}: {text}"
    return Problem(row=row, column=column, code=f"{wanted.topic}_{code}", text=text)


def lacking_columns(layout: Layout, codes: Collection[str]) -> list[Field]:
    """List the fields that rows need and for which the sheet has no column.

    Args:
        layout: the columns and their meanings.
        codes: of all problems of rows.
    """
    wanted = {Field.RPO, *(layout.date_field(status) for status in WITH_DATE)}
    return [
        one
        for one in Field
        if one in wanted and one not in layout.columns and f"{one.topic}_{NO_COLUMN}" in codes
    ]


def _share_columns(
    needing: Iterable[tuple[Status, ShownColumn[Any]]],
) -> list[tuple[ShownColumn[Any], list[Status]]]:
    """List columns, each with the statuses that need it; those that the sheet lacks left out."""
    shared: dict[int, tuple[ShownColumn[Any], list[Status]]] = {}
    for status, column in needing:
        if column.index is not None:
            shared.setdefault(column.index, (column, []))[1].append(status)
    return list(shared.values())


def _read_shown_date(
    read: Callable[[CellValue], dt.datetime], value: CellValue, number_format: str
) -> dt.datetime:
    return read(cells.with_signs_shown(value, number_format))


def _missing_bill_id() -> str:
    return _empty(_("Write the order's number from the shop."))


def _missing_status() -> str:
    return _empty(_("Write {choices}.").format(choices=choices()))


def _missing_date(status: Status) -> str:
    text = _("Write the day it was {done}, like 2026-11-20 or 20.11.2026.")
    return _empty(text.format(done=_(status.rule.done)))


def _missing_rpo() -> str:
    return _empty(_("Write the parcel's tracking number."))


def _empty(advice: str) -> str:
    return _("the cell is empty. {advice}").format(advice=advice)
