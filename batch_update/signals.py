"""Signals that end programs, such as Ctrl-C, from the program's first line to its last.

The first one is heeded where that leaves nothing half done. A second one ends the program at once,
or, soon after the first, as soon as an end in order has had its time. Quick to load, and so without
contextlib, since nobody minds signals before that.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
_INTERRUPTED = 130
_STDERR = 2
_SAME_S = 0.1
"""Time within which a second signal is the first one again: `timeout` sends each twice."""
_ENDING_S = 1.5
"""Time from the first signal within which a second one does not cut an end in order short."""
HANG_UP = getattr(signal, "SIGHUP", None)
"""Signal of a closed terminal; it may come several times, from the system and from the shell."""


def ending() -> list[signal.Signals]:
    """List the signals that end programs on this system."""
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


class _State:
    """What is known of the signals of a program.

    Args:
        thread: the one that hears them; None while nobody does.
        is_heeded: whether the first one ends what is being done.
        first_s: when it came, by a clock that only goes forward; None before that.
        ending: locked since the second one, until the program is at its end; None before that.
    """

    thread: int | None = None
    is_heeded = False
    first_s: float | None = None
    ending: _thread.LockType | None = None


_state = _State()


class Watched:
    """Mind signals during the block: at first they are only noted, see `Heeded`.

    Args:
        is_whole: whether nothing comes after the block but the end of the process.
    """

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> None:
        """Begin, but for signals that somebody else treats, or wants to be ignored."""
        ours = (signal.SIG_DFL, signal.default_int_handler)
        for number in ending():
            before = signal.getsignal(number)
            if before not in ours:
                continue
            try:
                signal.signal(number, _on_signal)
            except ValueError:
                # Only the main thread may say what becomes of signals.
                return
            self._before[number] = before
        _state.is_heeded, _state.first_s = False, None
        _state.thread = _thread.get_ident()
        if self._is_whole:
            atexit.register(_ignore, list(self._before))

    def __exit__(self, *_error: object) -> None:
        """Let signals be what they were, unless the process ends."""
        if self._is_whole:
            return
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]
        _state.thread = None
        _let_end()


class Heeded:
    """Let the first signal end the block, also one that came before it.

    Raises:
        KeyboardInterrupt: there is one.
    """

    def __init__(self) -> None:
        self._was_heeded = False

    def __enter__(self) -> None:
        """Begin."""
        if _state.first_s is not None:
            raise KeyboardInterrupt
        self._was_heeded, _state.is_heeded = _state.is_heeded, True

    def __exit__(self, *_error: object) -> None:
        """End; what comes later is only noted, unless a block around this one heeds it."""
        _state.is_heeded = self._was_heeded


class Held:
    """Let the first signal end the block only when that is done.

    An exception in the middle of an import would be printed by whatever module is half loaded, or
    lost in it; others would leave half a line, or a program that was just started to itself.

    Raises:
        KeyboardInterrupt: a signal has come, and is to be heeded around the block.
    """

    def __init__(self) -> None:
        self._was_heeded = False

    def __enter__(self) -> None:
        """Begin; threads that hear no signals need it not."""
        if _state.thread == _thread.get_ident():
            self._was_heeded, _state.is_heeded = _state.is_heeded, False

    def __exit__(self, kind: object, *_error: object) -> None:
        """End, unless with an error, with what has come in the meantime."""
        if not self._was_heeded:
            return
        if _state.first_s is None:
            _state.is_heeded = True
        elif kind is None:
            raise KeyboardInterrupt


def _on_signal(number: int, _frame: FrameType | None) -> None:
    now_s = time.monotonic()
    if _state.first_s is not None:
        if number != HANG_UP and now_s - _state.first_s > _SAME_S:
            _urge(_state.first_s, now_s)
        return
    _state.first_s = now_s
    if _state.is_heeded:
        _state.is_heeded = False
        raise KeyboardInterrupt


def _urge(first_s: float, now_s: float) -> None:
    """End the program at once, or leave an end that has just begun a moment, but only once.

    In that moment, what was started is ended, and events and figures are written.
    """
    left_s = first_s + _ENDING_S - now_s
    if _state.ending is not None or left_s <= 0:
        _end_at_once()
    _state.ending = _thread.allocate_lock()
    _state.ending.acquire()
    try:
        _thread.start_new_thread(_end_later, (_state.ending, left_s))
    except RuntimeError:
        _end_at_once()


def _end_later(ending: _thread.LockType, left_s: float) -> None:
    """End the program, whatever it waits for, unless it is at its end by then."""
    if not ending.acquire(timeout=left_s):
        _end_at_once()


def _let_end() -> None:
    """Leave an end in order all the time it takes from now on."""
    if _state.ending is not None:
        _state.ending.release()
        _state.ending = None


def _end_at_once() -> NoReturn:
    """Write to the descriptor: the streams, and the words of other languages, may not be there."""
    try:
        os.write(_STDERR, b"batch-update: Interrupted.\n")
    finally:
        os._exit(_INTERRUPTED)


def _ignore(numbers: list[signal.Signals]) -> None:
    """Let no signal change the exit status after the program's last line."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
    _let_end()
