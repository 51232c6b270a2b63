"""What else the rows of a sheet say of an order, looked up only where it matters."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from batch_update.batch.decisions import Neighbours
from batch_update.batch.parts import Memory, Policy
from batch_update.orders import CheckedRow, OrderUpdate
from batch_update.validator.sharing import SharedKeys


class SheetOrders:
    """The rows of a sheet by their orders; gone through when something is asked first.

    Args:
        rows: the checked rows, in the order of the sheet.
    """

    def __init__(self, rows: Sequence[CheckedRow]) -> None:
        self._rows = rows
        self._places: dict[int, list[int]] | None = None
        self._first_seen: tuple[int | None] | None = None

    def around(self, row: CheckedRow, memory: Memory, policy: Policy) -> Neighbours:
        """Give what else this run says of a row's order."""

        def earlier() -> Collection[OrderUpdate]:
            return [said for number, said in self._said_of(row.bill_id) if number < row.row]

        def later() -> Collection[OrderUpdate]:
            return [said for number, said in self._said_of(row.bill_id) if number > row.row]

        def first_seen() -> int | None:
            if self._first_seen is None:
                self._first_seen = (memory.first_seen(),)
            return self._first_seen[0]

        def later_sheets() -> Collection[str]:
            # A copy of this sheet says nothing that it does not say itself.
            return set(policy.later_sheets()) - {policy.sha256}

        return Neighbours(
            earlier=earlier, later=later, later_sheets=later_sheets, first_seen=first_seen
        )

    def _said_of(self, bill_id: int | None) -> list[tuple[int, OrderUpdate]]:
        """Give the rows of an order that has several, by number, with what they say."""
        if self._places is None:
            self._places = self._find_places()
        rows = [self._rows[index] for index in self._places.get(bill_id or 0, ())]
        return [(row.row, row.update) for row in rows if row.update is not None]

    def _find_places(self) -> dict[int, list[int]]:
        # Eight bytes a row, however many there are, until it is known which orders have several.
        keys = SharedKeys()
        for row in self._rows:
            keys.add(row.update.bill_id if row.update else 0, 0)
        places: dict[int, list[int]] = {}
        for index in keys.indexes():
            places.setdefault(self._rows[index].bill_id or 0, []).append(index)
        return places
