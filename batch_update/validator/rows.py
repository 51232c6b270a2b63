"""One row at a time: what its status needs, and every problem of the row together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar

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
from batch_update.validator import cells, dates
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
        self._layout = layout
        self._rules = rules
        self._default_status = rules.default_status.value if rules.default_status else None
        self._columns = layout.columns
        # A sheet says the same few days again and again. Of values that are equal but of different
        # kinds, such as 1 and True, each is read by itself.
        self._read_date = lru_cache(_REMEMBERED, typed=True)(
            partial(dates.read_date, calendar=rules.calendar)
        )

    def check(self, row: Row) -> CheckedRow:
        """Check one row by the rules of its status.

        A date or tracking number that the status does not need is not looked at and not sent.

        Returns:
            The row with its update, or with all its problems; never raises for what a row holds.

        Source:
            Vendor's help, "UpdateOrderStatus": which fields each status requires.
        """
        problems: list[Problem] = []
        read = partial(self._read, row, problems)
        bill_id = read(Field.BILL_ID, cells.read_bill_id, _MISSING_BILL_ID)
        status = read(Field.STATUS, cells.read_status, _MISSING_STATUS, self._default_status)
        date = rpo = None
        if status in _MISSING_DATE:
            missing = _MISSING_DATE[status]
            date = read(Field.DATE, self._read_date, missing, self._rules.default_date)
        if status is Status.SENT:
            number_format = row.number_format(self._columns.get(Field.RPO))
            read_rpo = partial(cells.read_rpo, number_format=number_format)
            rpo = read(Field.RPO, read_rpo, _MISSING_RPO)
        if problems or bill_id is None or status is None:
            found = tuple(problems)
            return CheckedRow(row=row.number, bill_id=bill_id, update=None, problems=found)
        is_own = date is None or not cells.is_empty(row.cell(self._columns.get(Field.DATE)))
        update = OrderUpdate(
            bill_id=bill_id, status=status, date=date, rpo=rpo, is_date_assumed=not is_own
        )
        return CheckedRow(row=row.number, bill_id=bill_id, update=update)

    def _read(
        self,
        row: Row,
        problems: list[Problem],
        wanted: Field,
        read: Callable[[CellValue], T],
        missing: str,
        default: CellValue = None,
    ) -> T | None:
        """Read one cell; note a problem and give None if it cannot be taken."""
        value = row.cell(self._columns.get(wanted))
        if cells.is_empty(value):
            value = default
        if value is None:
            if wanted not in self._columns:
                advice = missing.partition(". ")[2]
                missing = texts.NO_COLUMN.format(label=wanted.label, advice=advice)
            problems.append(self._problem(row, wanted, "missing", missing))
            return None
        try:
            return read(value)
        except CellRefusedError as refusal:
            problems.append(self._problem(row, wanted, refusal.code, refusal.text))
            return None

    def _problem(self, row: Row, wanted: Field, code: str, text: str) -> Problem:
        column = self._layout.column_name(wanted)
        return Problem(
            row=row.number, column=column, code=f"{wanted}_{code}", text=f"{column}: {text}"
        )
