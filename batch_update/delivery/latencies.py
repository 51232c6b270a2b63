"""Latencies of the answers to requests, and how much can be told by them."""

from __future__ import annotations

import math
from collections import defaultdict

from batch_update.delivery.concurrency import Answered

_GUESS = 0.5
"""Standard deviation of latencies, as a share of their mean, where few are known."""
_GUESSED = 2
"""Number of answers for which that guess stands."""


class _Times:
    """Latencies of one kind of call."""

    def __init__(self) -> None:
        self.count = 0
        self.total_s = self.squares = 0.0

    @property
    def mean_s(self) -> float:
        return self.total_s / self.count

    def add(self, latency_s: float) -> None:
        self.count += 1
        self.total_s += latency_s
        self.squares += latency_s * latency_s

    def spread(self) -> float:
        """Return the sum of the squares of the deviations, each as a share of the mean."""
        if self.total_s <= 0:
            return 0.0
        return max(0.0, self.squares / self.mean_s**2 - self.count)


class Sample:
    """Answers to requests that left while one number of them was allowed at once.

    Args:
        allowed: the number.
        first: the number of the first request that counts.

    Attributes:
        count: number of answers so far.
        is_full: whether as many were under way at once as were allowed.
    """

    def __init__(self, allowed: int, first: int) -> None:
        self.allowed = allowed
        self.first = first
        self.count = 0
        self.is_full = False
        self._times: defaultdict[str, _Times] = defaultdict(_Times)

    def add(self, answered: Answered) -> None:
        """Add an answer."""
        self.count += 1
        self._times[answered.call].add(answered.latency_s)

    def slowness(self, other: Sample) -> float:
        """Return how many times as long an answer took here as in the other sample.

        Calls of different kinds are not compared; without a common kind it is 1.
        """
        common = self._times.keys() & other._times.keys()
        ours_s = sum(self._times[call].total_s for call in common)
        # As long as these very calls would have taken there.
        theirs_s = sum(self._times[call].count * other._times[call].mean_s for call in common)
        return ours_s / theirs_s if theirs_s > 0 else 1.0

    def doubt(self, other: Sample) -> float:
        """Return the standard error of the slowness, as a share of it."""
        return math.hypot(self._error(), other._error())

    def _error(self) -> float:
        spread = sum(times.spread() for times in self._times.values()) + _GUESSED * _GUESS**2
        return math.sqrt(spread / (self.count + _GUESSED) / max(1, self.count))
