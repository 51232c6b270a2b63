"""How many requests may be under way at once, and what a number that was named does under load."""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

_CALM = 20
_GOOD_ANSWERS_PER_STEP = 2

_logger = logging.getLogger(__name__)


class Answered(NamedTuple):
    """A good answer.

    Args:
        request: the number of its request.
        call: the kind of call; some take longer than others.
        latency_s: seconds from the request to the answer.
    """

    request: int
    call: str
    latency_s: float


class Concurrency(Protocol):
    """Number of requests that may be under way at once; the limiter keeps it safe for threads.

    Attributes:
        allowed: the number just now.
        most: the most that it may ever be.
    """

    allowed: int
    most: int

    def note_begun(self, request: int, under_way: int) -> None:
        """Note a request that leaves.

        Args:
            request: its number; they count up.
            under_way: number of requests that are under way, this one included.
        """

    def note_answer(self, answered: Answered, /) -> None:
        """Learn from a good answer."""

    def note_overload(self) -> None:
        """Give way, as the shop is too busy; once for all requests under way together."""

    def note_runs(self, count: int) -> None:
        """Leave room for other runs of the shop.

        Args:
            count: number of runs that send to it just now, this one included.
        """


class FixedConcurrency:
    """As many as were named.

    When the shop is overloaded and was so less than twenty good answers ago, it becomes half as
    many; it becomes one more again after twice as many good answers as are allowed at once.

    Args:
        most: the number.
    """

    def __init__(self, most: int) -> None:
        self.allowed = self.most = most
        self._good_since_busy = _CALM
        self._good_since_step = 0

    def note_begun(self, request: int, under_way: int) -> None:
        """Do nothing."""

    def note_answer(self, _: Answered, /) -> None:
        """After enough good answers, allow one more at once."""
        self._good_since_busy += 1
        self._good_since_step += 1
        if self._good_since_step >= _GOOD_ANSWERS_PER_STEP * self.allowed:
            self.allowed = min(self.most, self.allowed + 1)
            self._good_since_step = 0

    def note_overload(self) -> None:
        """Allow half as many if it was so not long ago."""
        if self._good_since_busy < _CALM:
            self.allowed = max(1, self.allowed // 2)
            _logger.info("the shop stays busy: %s at once from now on", self.allowed)
        self._good_since_busy = self._good_since_step = 0

    def note_runs(self, count: int) -> None:
        """Do nothing: this number was named for each run."""
