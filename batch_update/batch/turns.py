"""Whose turn it is: rows in the order of the sheet, those of one order one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from batch_update.orders import CheckedRow


class Turns:
    """Gives out rows; a row of an order that is being worked on waits for its predecessor.

    Args:
        rows: all of them, in the order of the sheet.
        left: how many of them are not done.
        reached: how many of them have been looked at.
    """

    def __init__(self, rows: Sequence[CheckedRow]) -> None:
        self.left = len(rows)
        self.reached = 0
        self._fresh = iter(rows)
        self._ready: deque[CheckedRow] = deque()
        self._waiting: dict[int, deque[CheckedRow]] = {}

    def take(self) -> CheckedRow | None:
        """Give the next row that may be worked on; None if all that are left wait for others."""
        if self._ready:
            return self._ready.popleft()
        for row in self._fresh:
            self.reached += 1
            if row.bill_id is None:
                return row
            if row.bill_id not in self._waiting:
                self._waiting[row.bill_id] = deque()
                return row
            self._waiting[row.bill_id].append(row)
        return None

    def give_back(self, row: CheckedRow) -> None:
        """Say that a row was not worked on; it is the next one."""
        self._ready.appendleft(row)

    def release(self, row: CheckedRow) -> None:
        """Say that a row is done, so that the next one of its order may follow."""
        self.left -= 1
        if row.bill_id is None:
            return
        waiting = self._waiting[row.bill_id]
        if waiting:
            self._ready.append(waiting.popleft())
        else:
            del self._waiting[row.bill_id]
