"""Rows that differ from an earlier one in nothing but two numbers: they are checked by these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from operator import itemgetter

from batch_update.model import (
    WITH_DATE,
    CellValue,
    CheckedRow,
    Field,
    Layout,
    OrderUpdate,
    Row,
)
from batch_update.validator import tracking
from batch_update.validator.cells import CellRefusedError

_REMEMBERED = 4096
_KINDS = frozenset({str, dt.datetime, type(None)})
"""Kinds of cells of which equal ones are the same, whatever they are compared to."""
_Key = tuple[tuple[str, ...], tuple[CellValue, ...]]


class RepeatedRows:
    """Checks rows by what was found of rows that say the same, but for the order and the parcel.

    Args:
        layout: the columns and their meanings.
        read_bill_id: reads an order number from a cell with its number format, or refuses it.
    """

    def __init__(self, layout: Layout, read_bill_id: Callable[[CellValue, str], int]) -> None:
        places = {layout.columns.get(layout.date_field(status)) for status in WITH_DATE}
        places |= {layout.columns.get(Field.STATUS), layout.void_column}
        found = sorted(place for place in places if place is not None)
        # Of a single place it would return no tuple.
        self._pick = itemgetter(*found, found[0]) if found else lambda __: ()
        self._bill_id = layout.columns[Field.BILL_ID]
        self._rpo = layout.columns.get(Field.RPO, self._bill_id)
        self._needed = max(*found, self._bill_id, self._rpo) + 1
        self._read_bill_id = read_bill_id
        self._updates: dict[_Key, OrderUpdate] = {}

    def check(self, row: Row) -> CheckedRow | None:
        """Check a row that says what an earlier one said; None if it needs a closer look."""
        cells = row.cells
        if len(cells) < self._needed:
            cells += (None,) * (self._needed - len(cells))
        like = self._updates.get((row.formats, self._pick(cells)))
        if like is None:
            return None
        rpo: str | None = None
        if like.rpo is not None:
            number = cells[self._rpo]
            if not isinstance(number, str) or not tracking.is_plain(number):
                return None
            rpo = number
        shown = row.number_format(self._bill_id) if row.formats else "General"
        try:
            bill_id = self._read_bill_id(cells[self._bill_id], shown)
        except CellRefusedError:
            return None
        update = OrderUpdate(
            bill_id=bill_id,
            status=like.status,
            date=like.date,
            rpo=rpo,
            is_date_assumed=like.is_date_assumed,
        )
        return CheckedRow(row=row.number, bill_id=bill_id, update=update)

    def note(self, row: Row, checked: CheckedRow) -> None:
        """Note what was found of a row, if it is valid and has no oddity."""
        if checked.update is None or checked.warnings:
            return
        cells = row.cells + (None,) * (self._needed - len(row.cells))
        said = self._pick(cells)
        if not _KINDS.issuperset(map(type, said)):
            return
        if len(self._updates) >= _REMEMBERED:
            self._updates.clear()
        self._updates[row.formats, said] = checked.update
