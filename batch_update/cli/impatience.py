"""Ctrl-C while modules load: nothing has begun, so the program ends at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 130
_STDERR = 2


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """End the program at Ctrl-C during the block, with a line in place of a traceback.

    An exception would be printed by whatever module is half loaded, or lost in it.
    """
    # Programs in the background are told to ignore it, and those within another's may treat it.
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _end)
    except ValueError:
        # Only the main thread may say what becomes of signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Write to the descriptor: the streams, and the words of other languages, may not be there."""
    with contextlib.suppress(OSError):
        os.write(_STDERR, b"batch-update: Interrupted.\n")
    os._exit(_INTERRUPTED)
