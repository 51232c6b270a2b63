"""The user's wish to stop, which a signal may bring just as somebody begins to wait for it.

A handler of signals runs in the thread that it interrupts. With `threading.Event` it would wait for
a lock that the same thread holds, for ever, if the signal comes as the wait begins. And on Windows
such a wait is not interrupted at all.
"""

from __future__ import annotations

import time

_LOOK_UP_S = 0.05
"""Time between two looks of those who wait; next to nothing for a person."""


class StopRequest:
    """The wish to begin nothing new; safe to use from all threads and from handlers of signals."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Return whether the user wants to stop."""
        return self._is_set

    def set(self) -> None:
        """Note the wish."""
        self._is_set = True

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the user wants to stop; return whether that is so."""
        ends = time.monotonic() + seconds
        while not self._is_set and (left_s := ends - time.monotonic()) > 0:
            time.sleep(min(left_s, _LOOK_UP_S))
        return self._is_set
