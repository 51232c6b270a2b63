"""One row at a time: what its status needs, and every problem of the row together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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

_EXAMPLES = {
    Field.BILL_ID: texts.WRITE_ORDER,
    Field.STATUS: texts.WRITE_STATUS,
    Field.DATE: texts.WRITE_DATE,
    Field.RPO: texts.WRITE_TRACKING,
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


@dataclass(slots=True, kw_only=True)
class _Examination:
    """One row under the checks; collects what is wrong."""

    row: Row
    layout: Layout
    problems: list[Problem] = field(default_factory=list)

    def read(
        self, wanted: Field, read: Callable[[CellValue], T], missing: str, default: CellValue = None
    ) -> T | None:
        """Read one cell; note a problem and give None if it cannot be taken."""
        value = self.row.cell(self.layout.columns.get(wanted))
        if cells.is_empty(value):
            value = default
        if value is None:
            self._note(wanted, "missing", missing)
            return None
        try:
            return read(value)
        except CellRefusedError as refusal:
            self._note(wanted, refusal.code, refusal.text)
            return None

    def is_empty(self, wanted: Field) -> bool:
        """Tell whether the row itself says nothing of a field."""
        return cells.is_empty(self.row.cell(self.layout.columns.get(wanted)))

    def _note(self, wanted: Field, code: str, text: str) -> None:
        column = self.layout.column_name(wanted)
        if code == "missing" and wanted not in self.layout.columns:
            text = texts.NO_COLUMN.format(label=wanted.label, advice=text.partition(". ")[2])
        self.problems.append(
            Problem(
                row=self.row.number,
                column=column,
                code=f"{wanted}_{code}",
                text=f"{column}: {text}",
            )
        )


def check_row(row: Row, layout: Layout, rules: Rules) -> CheckedRow:
    """Check one row by the rules of its status.

    A date or tracking number that the status does not need is not looked at and not sent.

    Args:
        row: the row.
        layout: which column means what.
        rules: zone, present moment and defaults.

    Returns:
        The row with its update, or with all its problems; never raises for what a row holds.

    Source:
        Vendor's help, "UpdateOrderStatus": which fields each status requires.
    """
    examination = _Examination(row=row, layout=layout)
    bill_id = examination.read(
        Field.BILL_ID, cells.read_bill_id, texts.EMPTY_CELL.format(advice=_EXAMPLES[Field.BILL_ID])
    )
    status = examination.read(
        Field.STATUS,
        cells.read_status,
        texts.EMPTY_CELL.format(advice=_EXAMPLES[Field.STATUS]),
        default=rules.default_status.value if rules.default_status else None,
    )
    date = rpo = None
    if status in {Status.SENT, Status.PAID}:
        done = texts.DONE_POSTED if status is Status.SENT else texts.DONE_PAID
        date = examination.read(
            Field.DATE,
            lambda value: dates.read_date(value, rules.calendar),
            texts.EMPTY_CELL.format(advice=_EXAMPLES[Field.DATE].format(done=done)),
            default=rules.default_date,
        )
    if status is Status.SENT:
        number_format = row.number_format(layout.columns.get(Field.RPO))
        rpo = examination.read(
            Field.RPO,
            lambda value: cells.read_rpo(value, number_format),
            texts.EMPTY_CELL.format(advice=_EXAMPLES[Field.RPO]),
        )
    if examination.problems or bill_id is None or status is None:
        problems = tuple(examination.problems)
        return CheckedRow(row=row.number, bill_id=bill_id, update=None, problems=problems)
    update = OrderUpdate(
        bill_id=bill_id,
        status=status,
        date=date,
        rpo=rpo,
        is_date_assumed=date is not None and examination.is_empty(Field.DATE),
    )
    return CheckedRow(row=row.number, bill_id=bill_id, update=update)
