"""The closing of the window on Windows: the system ends the program some five seconds later.

Without a word from us it would be ended at once, with requests under way and no results.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

_CLOSED, _LOGGED_OFF, _SHUT_DOWN = 2, 5, 6
"""Source: Microsoft, `HandlerRoutine`: CTRL_CLOSE_EVENT and its like."""
_FOR_REQUESTS_S = 2.0
"""How long what is under way is waited for; the rest of the five seconds is for the results."""
_LONGER_THAN_THE_SYSTEM_S = 60.0


def on_event(
    event: int,
    stop: Callable[[], None],
    abandon: Callable[[], None],
    wait: Callable[[float], object] = time.sleep,
) -> bool:
    """Stop the run if its window is closed; return whether the event is treated with that.

    The program is ended when this returns. It ends before, as soon as the results are written.

    Args:
        event: the number that the system gives it.
        stop: lets the run begin nothing new.
        abandon: lets the run wait no longer for what is under way.
        wait: waits so many seconds.
    """
    if event not in {_CLOSED, _LOGGED_OFF, _SHUT_DOWN}:
        return False
    stop()
    wait(_FOR_REQUESTS_S)
    abandon()
    wait(_LONGER_THAN_THE_SYSTEM_S)
    return True


@contextlib.contextmanager
def watch_window(stop: Callable[[], None], abandon: Callable[[], None]) -> Iterator[None]:
    """Do so during the block, where the system has such events."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.windll.kernel32
        # Kept as long as the system may call it, which it does in a thread of its own.
        handler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)(
            lambda event: on_event(event, stop, abandon)
        )
        kernel.SetConsoleCtrlHandler(handler, True)
        try:
            yield
        finally:
            kernel.SetConsoleCtrlHandler(handler, False)
    else:
        yield
