"""Results in the order of the sheet, collected as they come."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from batch_update.model import Result, ResultCounter
from batch_update.model.spools import spool_of_results


class Collected:
    """The results of a run so far; only those that came before their turn are in memory.

    Args:
        numbers: of the rows, in the order of the sheet; it grows before their results come.

    Attributes:
        results: one for each row up to the first that has none yet.
        tally: their counts.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self.results = spool_of_results()
        self.counter = ResultCounter()
        self._numbers = numbers
        self._count = 0
        self._early: dict[int, Result] = {}

    def add(self, result: Result) -> None:
        """Add the result of a row."""
        due: Result | None = result
        if result.row != self._numbers[self._count]:
            self._early[result.row] = result
            return
        while due is not None:
            self.results.append(due)
            self.counter.add(due)
            self._count += 1
            is_there = self._early and self._count < len(self._numbers)
            due = self._early.pop(self._numbers[self._count], None) if is_there else None

    def add_due(self, results: Sequence[Result]) -> None:
        """Add the results of the rows whose turn it is, in their order."""
        self.results.extend(results)
        self.counter.extend(results)
        self._count += len(results)

    def of(self, row: int) -> Result:
        """Return the result of a row that has one."""
        early = self._early.get(row)
        return self.results[bisect_left(self._numbers, row)] if early is None else early
