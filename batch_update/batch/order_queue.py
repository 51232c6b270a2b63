"""Queue of rows in the order of the sheet; those of one order follow one another."""

from __future__ import annotations

import bisect
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from batch_update.batch.plan import Fingerprint
from batch_update.model import CheckedRow

_FETCHED = 1000


class OrderQueue:
    """Gives out rows; a row of an order that is being worked on waits for its predecessor.

    Args:
        rows: all of them, in the order of the sheet.
        fingerprint: to be made of them.

    Attributes:
        left: number of rows that are not done.
        numbers: the row numbers of those that have been looked at.
        fingerprint: of the rows that have been fetched, which are all when none is left.
    """

    def __init__(self, rows: Sequence[CheckedRow], fingerprint: Fingerprint) -> None:
        self.left = len(rows)
        self.numbers = array("q")
        self.fingerprint = fingerprint
        self._source = iter(rows)
        self._fresh: deque[CheckedRow] = deque()
        self._ready: deque[CheckedRow] = deque()
        self._waiting: dict[int, deque[CheckedRow]] = {}

    @property
    def fetched(self) -> int:
        """Number of fetched rows that have not been looked at."""
        return len(self._fresh)

    def fetch(self, most: int | None = None) -> Sequence[CheckedRow]:
        """Fetch the next rows, and return those that are new; none at the end."""
        rows = list(islice(self._source, _FETCHED if most is None else most))
        self._fresh.extend(rows)
        self.fingerprint.add(rows)
        return rows

    def peek(self) -> Iterator[CheckedRow]:
        """Iterate over the fetched rows that were not looked at; none while others are not done."""
        return iter(() if self._ready or self._waiting else self._fresh)

    def pass_by(self, count: int) -> None:
        """Mark so many of the rows that were peeked at as looked at and done."""
        self.numbers.extend([self._fresh.popleft().row for __ in range(count)])
        self.left -= count

    def take(self) -> CheckedRow | None:
        """Return the next row that may be worked on; None if all that are left wait for others."""
        if self._ready:
            return self._ready.popleft()
        while self._fresh or self.fetch():
            row = self._fresh.popleft()
            self.numbers.append(row.row)
            if row.bill_id is None:
                return row
            if row.bill_id not in self._waiting:
                self._waiting[row.bill_id] = deque()
                return row
            self._waiting[row.bill_id].append(row)
        return None

    def give_back(self, row: CheckedRow) -> None:
        """Put back a row that was not worked on; those put back come first, as in the sheet."""
        bisect.insort(self._ready, row, key=lambda other: other.row)

    def release(self, row: CheckedRow) -> bool:
        """Mark a row as done; return whether it was the last fetched one of its order.

        The next one of its order may follow.
        """
        self.left -= 1
        if row.bill_id is None:
            return False
        waiting = self._waiting[row.bill_id]
        if waiting:
            self._ready.append(waiting.popleft())
            return False
        del self._waiting[row.bill_id]
        return True
