"""Clocks: seconds that count a machine's sleep too, and the database's time on this machine."""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from collections.abc import Callable

_DRIFT = 0.001
"""Most by which two clocks part in a second; one that is being set right runs 500 ppm off."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def elapsed_s() -> float:
    """Return seconds that only grow, and go on while the machine sleeps.

    A laptop that slept for ten minutes must not take its lease for a fresh one.

    Source:
        Linux, clock_gettime(2): CLOCK_BOOTTIME counts the time suspended, CLOCK_MONOTONIC does not.
        Darwin, clock_gettime(3): CLOCK_MONOTONIC counts on while the system is asleep; Python's
        `time.monotonic` takes another clock there, which does not. Windows,
        QueryPerformanceCounter: counts in standby and hibernation too; it is finer than
        `time.monotonic`, which moves by 16 milliseconds in Python before 3.13.
    """
    if sys.platform == "win32":
        return time.perf_counter()
    return time.clock_gettime(_CLOCK)


if sys.platform != "win32":
    _CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class DatabaseClock:
    """The database's clock, as its answers tell it; safe to use from several threads.

    An answer names a time between the moments when the statement left and when the answer came.
    All answers together bound how far the database's clock is ahead of the machine's seconds.

    Args:
        elapsed: returns the machine's seconds.
    """

    def __init__(self, elapsed: Callable[[], float] = elapsed_s) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._least = self._most = time.time() - elapsed()
        self._at: float | None = None

    @property
    def is_known(self) -> bool:
        """Return whether the database has told its time."""
        return self._at is not None

    def observe(self, left_s: float, now_us: int, came_s: float) -> None:
        """Take into account a time that the database told.

        Args:
            left_s: the moment before the statement left, by the machine's seconds.
            now_us: the database's time, in microseconds since 1970.
            came_s: the moment when the answer had come, by the machine's seconds.
        """
        least, most = now_us / 1e6 - came_s, now_us / 1e6 - left_s
        with self._lock:
            drift = 0.0 if self._at is None else _DRIFT * (came_s - self._at)
            known_least, known_most = self._least - drift, self._most + drift
            # A clock that was set, or another server's, has nothing to do with the earlier answers.
            is_new = self._at is None or least > known_most or most < known_least
            self._least = least if is_new else max(least, known_least)
            self._most = most if is_new else min(most, known_most)
            self._at = came_s

    def now(self) -> dt.datetime:
        """Return the database's time in UTC; the machine's until it has told one."""
        with self._lock:
            ahead = (self._least + self._most) / 2
        return _EPOCH + dt.timedelta(seconds=self._elapsed() + ahead)

    def not_before_s(self, moment_us: int) -> float:
        """Return when a moment of the database's clock has certainly come.

        Args:
            moment_us: in microseconds since 1970.

        Returns:
            The moment by the machine's seconds; late by the time that the quickest answers took.
        """
        with self._lock:
            return moment_us / 1e6 - self._least


def from_ms(moment_ms: int) -> dt.datetime:
    """Return a moment of the ledger in UTC."""
    return _EPOCH + dt.timedelta(milliseconds=moment_ms)
