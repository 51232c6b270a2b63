"""Stdout and stderr: what they did not take, and how long a run waits for those who read them."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TextIO

from batch_update import signals, wording

if TYPE_CHECKING:
    from batch_update.cli.pipes import Pipe


class _State:
    """What is known of the streams.

    Attributes:
        is_of_run: whether a run prints to them, and not the answer to a question.
        losses: reasons why something could not be printed to stdout.
        is_cut: whether a run has told already that stdout does not take all.
        is_unheard: whether something could not be printed to stderr.
        pipes: what is behind the streams of a run, so far as it has printed to them.
    """

    def __init__(self) -> None:
        self.is_of_run = False
        self.losses: list[str] = []
        self.is_cut = False
        self.is_unheard = False
        self.pipes: dict[TextIO, Pipe | None] = {}


_state = _State()


def begin_run() -> None:
    """Wait from now on for no reader that stands still, but for a while.

    A question has nothing to do but to be answered, so it waits as long as its reader likes.
    """
    _state.is_of_run, _state.is_cut, _state.is_unheard = True, False, False


def is_of_run() -> bool:
    """Return whether a run prints."""
    return _state.is_of_run


def end_run() -> None:
    """Wait until stderr is read, and let go of the readers."""
    _drain(sys.stderr)
    for pipe in _state.pipes.values():
        if pipe is not None:
            pipe.close()
    _state.pipes.clear()
    _state.is_of_run = False


def hurry() -> None:
    """Wait for no reader any more: the user wants the run to end."""
    for pipe in list(_state.pipes.values()):
        if pipe is not None:
            pipe.hurry()


def is_heard() -> bool:
    """Return whether all that was printed to stderr has arrived; it waits for that."""
    _drain(sys.stderr)
    return sys.stderr is not None and not _state.is_unheard


def take_loss() -> str:
    """Return once why stdout does not take all; empty if it has, so far."""
    _notice(sys.stdout)
    reason = _state.losses[0] if _state.losses else ""
    _state.losses.clear()
    _state.is_cut = _state.is_cut or bool(reason)
    return reason


def wait_for_stdout() -> None:
    """Wait until stdout is read."""
    _drain(sys.stdout)


def is_cut() -> bool:
    """Return whether stdout did not take all that a run has to say."""
    return _state.is_cut


def has_person() -> bool:
    """Return whether a person can read stderr and answer: both it and stdin are a terminal."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a person sees what is printed to a stream, or types what is read from it.

    Args:
        stream: one of the program's; None if it has none.
    """
    try:
        # There is a stand-in without it in programs without a window.
        if stream is None or not stream.isatty():
            return False
    except (AttributeError, ValueError):
        # It is closed.
        return False
    return sys.platform != "win32" or _is_console(stream)


def _is_console(stream: TextIO) -> bool:
    """Tell the console of Windows from NUL, which passes for a terminal there."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        mode = ctypes.c_ulong()
        with contextlib.suppress(OSError):
            handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
            return bool(ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode)))
    return True


def print_to(stream: TextIO | None, lines: str, *, end: str = "\n") -> None:
    """Print lines; that they cannot be printed is only noted.

    Args:
        stream: stdout or stderr; None if the program has none.
        lines: what to print.
        end: what comes behind it.
    """
    if stream is None:
        # print() would take stdout for it, where a program may read data.
        return
    if _state.is_of_run and stream not in _state.pipes:
        # Loaded for a run only, since --help must be quick.
        from batch_update.cli.pipes import open_pipe

        _state.pipes[stream] = open_pipe(stream)
    if (pipe := _state.pipes.get(stream)) is not None:
        pipe.put(f"{lines}{end}")
        return
    try:
        print(lines, file=stream, flush=True, end=end)
    except OSError as error:
        # What cannot be shown must not end a run; its effects are in the results and the log. Nor
        # does it matter that the reader has gone (as `head` does).
        _abandon(stream, "" if wording.has_no_reader(error) else wording.reason_of(error))


def _drain(stream: TextIO) -> None:
    """Wait until a stream's reader has all, and note if it has not."""
    pipe = _state.pipes.get(stream)
    if pipe is None:
        return
    try:
        with signals.Heeded():
            # Who pages through the output ends it when he likes.
            pipe.drain(is_patient=has_person())
    except KeyboardInterrupt:
        pipe.hurry()
        pipe.drain(is_patient=False)
    _notice(stream)


def _notice(stream: TextIO) -> None:
    """Note it if a stream's reader has not got all."""
    pipe = _state.pipes.get(stream)
    if pipe is not None and pipe.loss is not None:
        _state.pipes[stream] = None
        _abandon(stream, pipe.loss)


def _abandon(stream: TextIO, reason: str) -> None:
    """Let what a stream holds, and what is yet to come, go nowhere, also when Python ends.

    Args:
        stream: which does not take all.
        reason: why; empty if its reader has gone of its own will.
    """
    if stream is sys.stderr:
        _state.is_unheard = True
    elif reason:
        _state.losses.append(reason)
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
