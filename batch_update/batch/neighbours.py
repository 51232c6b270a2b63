"""Other rows of a sheet about the same order, looked up only where it matters."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from batch_update.batch.interfaces import LedgerPort, RunOptions
from batch_update.model import CheckedRow, OrderUpdate
from batch_update.validator.duplicate_index import DuplicateIndex


class SheetOrders:
    """The rows of a sheet by their orders; gone through at the first look-up.

    Args:
        rows: the checked rows, in the order of the sheet.
        ledger: record of earlier runs.
        options: the user's options.
    """

    def __init__(self, rows: Sequence[CheckedRow], ledger: LedgerPort, options: RunOptions) -> None:
        self._rows = rows
        self._ledger = ledger
        self._options = options
        self._places: dict[int, list[int]] | None = None
        self._first_seen: tuple[int | None] | None = None

    def around(self, row: CheckedRow) -> SheetNeighbours:
        """Return the other updates of a row's order in this run."""
        return SheetNeighbours(self, row)

    def first_seen(self) -> int | None:
        """Return the sequence number at which this sheet was first begun; None if never."""
        if self._first_seen is None:
            self._first_seen = (self._ledger.first_seen(),)
        return self._first_seen[0]

    def later_sheets(self) -> Collection[str]:
        """List the fingerprints of the sheets that come later, except a copy of this one."""
        # A copy of this sheet adds nothing to it.
        return set(self._options.later_sheets()) - {self._options.sha256}

    def said_of(self, bill_id: int | None) -> list[tuple[int, OrderUpdate]]:
        """Return the rows of an order that has several, by number, with their updates."""
        if self._places is None:
            self._places = self._find_places()
        rows = [self._rows[index] for index in self._places.get(bill_id or 0, ())]
        return [(row.row, row.update) for row in rows if row.update is not None]

    def _find_places(self) -> dict[int, list[int]]:
        # Eight bytes a row, however many there are, until it is known which orders have several.
        keys = DuplicateIndex()
        for row in self._rows:
            keys.add(row.update.bill_id if row.update else 0, 0)
        places: dict[int, list[int]] = {}
        for index in keys.indexes():
            places.setdefault(self._rows[index].bill_id or 0, []).append(index)
        return places


class SheetNeighbours:
    """Other updates in a sheet of one row's order.

    Args:
        orders: the rows of the sheet.
        row: the row.
    """

    __slots__ = ("_orders", "_row")

    def __init__(self, orders: SheetOrders, row: CheckedRow) -> None:
        self._orders = orders
        self._row = row

    def earlier(self) -> Collection[OrderUpdate]:
        """List the updates of rows above."""
        said = self._orders.said_of(self._row.bill_id)
        return [update for number, update in said if number < self._row.row]

    def later(self) -> Collection[OrderUpdate]:
        """List the updates of rows below."""
        said = self._orders.said_of(self._row.bill_id)
        return [update for number, update in said if number > self._row.row]

    def first_seen(self) -> int | None:
        """Return the sequence number at which this sheet was first begun; None if never."""
        return self._orders.first_seen()

    def later_sheets(self) -> Collection[str]:
        """List the fingerprints of the sheets that come later."""
        return self._orders.later_sheets()
