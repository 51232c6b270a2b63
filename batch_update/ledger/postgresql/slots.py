"""Slots of a rate that several machines share: moments at which one request may leave."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence

from batch_update.ledger.postgresql.clock import elapsed_s

SPACING = 1.08
"""Distance of two slots, as a multiple of what the rate allows."""

_ON_THE_WAY_S = 0.06
"""Part of what the spacing leaves in a second, for what happens after a request has left."""

_LOOK_UP_S = 0.1
_AGAIN_S = 0.001


def tolerance_s(rate: float) -> float:
    """Return how late a slot may be left, for no second to see more requests than the rate.

    In any second there are at most as many requests as the rate, rounded up, if as many slots and
    one more take longer than a second, and the first is late by no more than what is over.
    """
    return math.ceil(rate) * SPACING / rate - 1.0 - _ON_THE_WAY_S


class Slots:
    """The slots that were reserved for this run; safe to use from the workers' threads.

    A slot is left at its moment, never before, or not at all: too late, it would meet the next
    ones. A thread that is too late takes another.

    Args:
        fetch: lets more slots be reserved, soon.
    """

    def __init__(self, fetch: Callable[[], None]) -> None:
        self._fetch = fetch
        self._reserved: deque[float] = deque()
        self._tolerance_s = 0.0
        self._changed = threading.Condition()
        self._mine = threading.local()
        self._wanted = 0

    def wait_s(self, wanted: int) -> float:
        """Return the seconds until this thread's request may leave; 0 if that is now.

        Args:
            wanted: number of requests that could leave as soon as they have slots, with this one.
        """
        with self._changed:
            if self._take() is None:
                self._wanted = wanted
                self._fetch()
                self._changed.wait_for(lambda: self._reserved, _LOOK_UP_S)
            slot = self._take()
        return _AGAIN_S if slot is None else max(0.0, slot - elapsed_s())

    def leave(self) -> None:
        """Give up this thread's slot: its request has left, or never will."""
        self._mine.slot = None

    def take_wanted(self) -> int:
        """Return the number of slots that are to be reserved now, and forget it."""
        with self._changed:
            wanted, self._wanted = self._wanted, 0
        return wanted

    def add(self, moments: Sequence[float], rate: float) -> None:
        """Take in slots that were reserved.

        Args:
            moments: by the machine's seconds.
            rate: requests in a second.
        """
        with self._changed:
            self._tolerance_s = tolerance_s(rate)
            self._reserved.extend(moments)
            self._changed.notify_all()

    def _take(self) -> float | None:
        """Return this thread's slot: the one it has, or else the next, unless it is too late."""
        latest = elapsed_s() - self._tolerance_s
        mine: float | None = getattr(self._mine, "slot", None)
        while mine is None or mine < latest:
            if not self._reserved:
                mine = None
                break
            mine = self._reserved.popleft()
        self._mine.slot = mine
        return mine
