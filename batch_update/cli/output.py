"""The only place that prints. Signs that a terminal would obey are never printed."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO, TypeAlias

from batch_update import quiet, wording
from batch_update.errors import SettingsError
from batch_update.i18n import _

Listener: TypeAlias = Callable[[str, bool], None]
"""Called with each text, and whether it is an error."""

_listeners: list[Listener] = []


def prepare() -> None:
    """Make sure that a character the terminal cannot show does not end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print lines to stdout."""
    write_down(text)
    _print(text)


def complain(text: str) -> None:
    """Print an error to stderr."""
    write_down(text, is_error=True)
    _print(f"batch-update: {text}", is_error=True)


def note(text: str) -> None:
    """Print lines to stderr that are not errors."""
    write_down(text)
    _print(text, is_error=True)


def ask(question: str) -> str:
    """Ask for a line.

    Raises:
        SettingsError: no person is there to answer.
    """
    try:
        return input(question).strip()
    except EOFError:
        raise SettingsError(_("Nobody answers. Run --configure in a terminal.")) from None


def ask_secretly(question: str) -> str:
    """Ask for a line that is not shown while it is typed.

    Raises:
        SettingsError: no person is there to answer.
    """
    import getpass

    try:
        return getpass.getpass(question).strip()
    except EOFError:
        raise SettingsError(_("Nobody answers. Run --configure in a terminal.")) from None


def write_down(text: str, *, is_error: bool = False) -> None:
    """Put lines into the log file, if there is one, and nowhere else."""
    for listener in _listeners:
        listener(text, is_error)


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Send all printed texts to a log as well."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def show(text: str) -> None:
    """Print lines to stderr that are written down already."""
    _print(text, is_error=True)


def _print(text: str, *, is_error: bool = False) -> None:
    lines = "\n".join(wording.printable(line) for line in text.split("\n"))
    with quiet.aloud():
        _print_to(sys.stderr if is_error else sys.stdout, lines)


def _print_to(stream: TextIO, lines: str) -> None:
    try:
        print(lines, file=stream, flush=True)
    except BrokenPipeError:
        # The reader has gone (as `head` does); the results are on disk, so go on without it.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError:
        # A character that cannot be shown must not end a run; its effects are in the results and
        # the log.
        return
