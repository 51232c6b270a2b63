"""Limit for all workers together: the shop's pauses, requests at once, and the rate."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator

_LOOK_UP_S = 0.1
_CALM = 20
_GOOD_ANSWERS_PER_STEP = 2

_logger = logging.getLogger(__name__)


class AdaptiveLimiter:
    """Limiter of requests; one for all workers, safe to use from their threads.

    A pause that the shop asks for is kept by all. When the shop is overloaded and was so less than
    twenty good answers ago, half as many requests may be under way at once; it becomes one more
    again after twice as many good answers as are allowed at once.

    Args:
        most: most requests that may be under way at once.
        per_second: most requests that may leave in a second; None for no limit.
        stop: set when the user wants to stop; ends every wait.
        pause: waits for some seconds, at most until the user wants to stop.
        clock: the time in seconds.

    Attributes:
        stop: as given.
        good: number of good answers so far.
    """

    def __init__(
        self,
        *,
        most: int,
        stop: threading.Event,
        per_second: float | None = None,
        pause: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self._pause = pause or stop.wait
        self._most = most
        self._allowed = most
        self._gap_s = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._under_way = 0
        self._begun = 0
        self._busy_at = 0
        self.good = 0
        self._good_since_busy = _CALM
        self._good_since_step = 0
        self._held_until = self._next_at = clock()
        self._waiting: list[tuple[int, int]] = []
        self._tickets = itertools.count()
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """Number of requests that may be under way at once just now."""
        return self._allowed

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._waiting)

    @contextlib.contextmanager
    def slot(self, tries: int = 0) -> Iterator[int]:
        """Wait until a request may leave, or the user wants to stop.

        Args:
            tries: number of earlier tries; the request tried most often goes first, so that no
                update uses up its tries while others get through.

        Yields:
            The request's number, by which the limiter knows the overloads seen before it left.
        """
        number = self._take_slot((-tries, next(self._tickets)))
        try:
            yield number
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the user wants to stop."""
        self._pause(seconds)

    def pause_all(self, seconds: float) -> None:
        """Let no request leave for some seconds."""
        with self._changed:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def on_overload(self, number: int) -> None:
        """Allow fewer requests at once if the shop was too busy more than once.

        Requests that were under way together count once.

        Args:
            number: the request for which the shop was too busy.
        """
        with self._changed:
            if number <= self._busy_at:
                return
            if self._good_since_busy < _CALM:
                self._allowed = max(1, self._allowed // 2)
                _logger.info("the shop stays busy: %s at once from now on", self._allowed)
            self._busy_at = self._begun
            self._good_since_busy = self._good_since_step = 0

    def on_success(self) -> None:
        """Note a good answer; after enough of them, allow one more request at once."""
        with self._changed:
            self.good += 1
            self._good_since_busy += 1
            self._good_since_step += 1
            if self._good_since_step >= _GOOD_ANSWERS_PER_STEP * self._allowed:
                self._allowed = min(self._most, self._allowed + 1)
                self._good_since_step = 0
                self._changed.notify_all()

    def _take_slot(self, ticket: tuple[int, int]) -> int:
        with self._changed:
            heapq.heappush(self._waiting, ticket)
        while True:
            with self._changed:
                while not self._may_go(ticket) and not self.stop.is_set():
                    self._changed.wait(_LOOK_UP_S)
                now = self._clock()
                wait_s = max(self._held_until, self._next_at) - now
                if wait_s <= 0 or self.stop.is_set():
                    return self._go(ticket, now)
            self._pause(wait_s)

    def _may_go(self, ticket: tuple[int, int]) -> bool:
        return self._under_way < self._allowed and self._waiting[0] == ticket

    def _go(self, ticket: tuple[int, int], now: float) -> int:
        self._waiting.remove(ticket)
        heapq.heapify(self._waiting)
        self._next_at = max(self._next_at, now) + self._gap_s
        self._under_way += 1
        self._begun += 1
        self._changed.notify_all()
        return self._begun
