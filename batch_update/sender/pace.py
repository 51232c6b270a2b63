"""The pace that all workers keep together: pauses the shop asks for, requests at once, the rate."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator

_LOOK_UP_S = 0.1
_CALM = 20
_GOOD_ANSWERS_PER_STEP = 2

_logger = logging.getLogger(__name__)


class Pace:
    """When the next request may leave; one for all workers, safe to use from their threads.

    A pause that the shop asks for is kept by all. When the shop is overloaded and was so less than
    twenty good answers ago, half as many requests may be under way at once; it becomes one more
    again after twice as many good answers as are allowed at once.

    Args:
        most: how many requests may be under way at once at most.
        per_second: how many requests may leave in a second at most; None for no limit.
        stop: set when the user wants to stop; ends every wait.
        pause: waits for some seconds, at most until the user wants to stop.
        clock: the time in seconds.
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
        self._good_since_busy = _CALM
        self._good_since_step = 0
        self._held_until = self._next_at = clock()
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many requests may be under way at once just now."""
        return self._allowed

    @contextlib.contextmanager
    def turn(self) -> Iterator[int]:
        """Wait until a request may leave, or the user wants to stop.

        Yields:
            The request's number, by which the pace knows what it had seen when it left.
        """
        number = self._take_turn()
        try:
            yield number
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the user wants to stop."""
        self._pause(seconds)

    def hold(self, seconds: float) -> None:
        """Let no request leave for so long."""
        with self._changed:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def ease(self, number: int) -> None:
        """Allow fewer requests at once if the shop was too busy not for the first time.

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

    def quicken(self) -> None:
        """Note a good answer; after enough of them one request more is allowed at once."""
        with self._changed:
            self._good_since_busy += 1
            self._good_since_step += 1
            if self._good_since_step >= _GOOD_ANSWERS_PER_STEP * self._allowed:
                self._allowed = min(self._most, self._allowed + 1)
                self._good_since_step = 0
                self._changed.notify()

    def _take_turn(self) -> int:
        while True:
            with self._changed:
                while self._under_way >= self._allowed and not self.stop.is_set():
                    self._changed.wait(_LOOK_UP_S)
                now = self._clock()
                wait_s = max(self._held_until, self._next_at) - now
                if wait_s <= 0 or self.stop.is_set():
                    self._next_at = max(self._next_at, now) + self._gap_s
                    self._under_way += 1
                    self._begun += 1
                    return self._begun
            self._pause(wait_s)
