"""One row at a time: what its status needs, and every problem of the row together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Generic, TypeVar

from batch_update.orders import (
    CellValue,
    CheckedRow,
    Field,
    Layout,
    OrderUpdate,
    Problem,
    Row,
    Status,
)
from batch_update.texts import validator as texts
from batch_update.validator import cells, dates, tracking
from batch_update.validator.cells import CellRefusedError

T = TypeVar("T")

_REMEMBERED = 4096
_MISSING_BILL_ID = texts.EMPTY_CELL.format(advice=texts.WRITE_ORDER)
_MISSING_STATUS = texts.EMPTY_CELL.format(advice=texts.WRITE_STATUS)
_MISSING_RPO = texts.EMPTY_CELL.format(advice=texts.WRITE_TRACKING)
_MISSING_DATE = {
    status: texts.EMPTY_CELL.format(advice=texts.WRITE_DATE.format(done=done))
    for status, done in ((Status.SENT, texts.DONE_POSTED), (Status.PAID, texts.DONE_PAID))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the run knows beyond the sheet.

    Args:
        calendar: how dates are understood.
        default_status: taken where the sheet leaves the status out.
        default_date: a date as text, taken where the sheet leaves the date out.
        checks_tracking: whether the check digits of tracking numbers are proved.
        is_strict: whether what is odd refuses a row instead of warning of it.
    """

    calendar: dates.Calendar
    default_status: Status | None = None
    default_date: str | None = None
    checks_tracking: bool = False
    is_strict: bool = False


def check_row(row: Row, layout: Layout, rules: Rules) -> CheckedRow:
    """Check one row by the rules of its status; `Checker` does so with many."""
    return Checker(layout, rules).check(row)


class Checker:
    """Checks rows, each by itself.

    Args:
        layout: which column means what.
        rules: zone, present moment and defaults.
    """

    def __init__(self, layout: Layout, rules: Rules) -> None:
        # A sheet says the same few days again and again. Of values that are equal but of different
        # kinds, such as 1 and True, each is read by itself.
        read_date = lru_cache(_REMEMBERED, typed=True)(
            partial(dates.read_date, calendar=rules.calendar)
        )
        status = rules.default_status.value if rules.default_status else None
        self._bill_id = _Column(layout, Field.BILL_ID, cells.read_bill_id)
        self._status = _Column(layout, Field.STATUS, cells.read_status, status)
        self._date = _Column(layout, Field.DATE, read_date, rules.default_date)
        self._rpo = layout.columns.get(Field.RPO)
        self._rpo_name = layout.column_name(Field.RPO)
        self._rpo_columns: dict[str, _Column[tracking.Reading]] = {}
        self._layout = layout
        self._has_default_date = rules.default_date is not None

    def check(self, row: Row) -> CheckedRow:
        """Check one row by the rules of its status.

        A date or tracking number that the status does not need is not looked at and not sent.

        Returns:
            The row with its update, or with all its problems; never raises for what a row holds.

        Source:
            Vendor's help, "UpdateOrderStatus": which fields each status requires.
        """
        problems: list[Problem] = []
        bill_id = self._bill_id.read(row, problems, _MISSING_BILL_ID)
        status = self._status.read(row, problems, _MISSING_STATUS)
        date = reading = None
        if status is Status.SENT or status is Status.PAID:
            date = self._date.read(row, problems, _MISSING_DATE[status])
        if status is Status.SENT:
            reading = self._read_rpo(row, problems)
        if problems or bill_id is None or status is None:
            found = tuple(problems)
            return CheckedRow(row=row.number, bill_id=bill_id, update=None, problems=found)
        is_assumed = self._has_default_date and date is not None and self._date.is_empty(row)
        update = OrderUpdate(
            bill_id=bill_id,
            status=status,
            date=date,
            rpo=reading and reading.rpo,
            is_date_assumed=is_assumed,
        )
        checked = CheckedRow(row=row.number, bill_id=bill_id, update=update)
        return self._with_doubts(checked, reading.doubts) if reading else checked

    def _with_doubts(self, row: CheckedRow, doubts: Sequence[tracking.Doubt]) -> CheckedRow:
        """Add warnings of what is odd about the cell of the tracking number."""
        if not doubts:
            return row
        warnings = tuple(
            problem_of(Field.RPO, code, text, row=row.row, column=self._rpo_name)
            for code, text in doubts
        )
        return replace(row, warnings=warnings)

    def _read_rpo(self, row: Row, problems: list[Problem]) -> tracking.Reading | None:
        """Read the tracking number, which is known by its cell's number format too."""
        shown = row.number_format(self._rpo)
        column = self._rpo_columns.get(shown)
        if column is None:
            read = partial(tracking.read_rpo, number_format=shown)
            column = self._rpo_columns[shown] = _Column(self._layout, Field.RPO, read)
        return column.read(row, problems, _MISSING_RPO)


def problem_of(wanted: Field, code: str, text: str, *, row: int, column: str) -> Problem:
    """Make a problem, or a warning, of what was found in a cell."""
    return Problem(row=row, column=column, code=f"{wanted}_{code}", text=f"{column}: {text}")


class _Column(Generic[T]):
    """What a column says of each row.

    Args:
        layout: where it is.
        wanted: the field that it holds.
        read: takes a cell, or refuses it.
        default: taken where a cell says nothing.
    """

    def __init__(
        self,
        layout: Layout,
        wanted: Field,
        read: Callable[[CellValue], T],
        default: CellValue = None,
    ) -> None:
        self._index = layout.columns.get(wanted)
        self._wanted = wanted
        self._name = layout.column_name(wanted)
        self._take = read
        self._default = default

    def is_empty(self, row: Row) -> bool:
        """Tell whether the row itself says nothing of it."""
        return cells.is_empty(row.cell(self._index))

    def read(self, row: Row, problems: list[Problem], missing: str) -> T | None:
        """Read a cell; note a problem and give None if it cannot be taken."""
        value = row.cell(self._index)
        if cells.is_empty(value):
            value = self._default
        if value is None:
            if self._index is None:
                advice = missing.partition(". ")[2]
                missing = texts.NO_COLUMN.format(label=self._wanted.label, advice=advice)
            problems.append(self._problem(row, "missing", missing))
            return None
        try:
            return self._take(value)
        except CellRefusedError as refusal:
            problems.append(self._problem(row, refusal.code, refusal.text))
            return None

    def _problem(self, row: Row, code: str, text: str) -> Problem:
        return problem_of(self._wanted, code, text, row=row.number, column=self._name)
