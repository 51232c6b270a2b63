"""All that is said goes through here. Signs that a terminal would obey are never printed."""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple, TextIO, TypeAlias

from batch_update import quiet, wording
from batch_update.cli import streams
from batch_update.errors import ExitStatus, SettingsError
from batch_update.i18n import _


class Said(NamedTuple):
    """A text that was printed, or written down only.

    Args:
        text: the text.
        is_error: whether it is an error.
        code: one word for the error; empty if it has none.
    """

    text: str
    is_error: bool
    code: str = ""


Listener: TypeAlias = Callable[[Said], None]
"""Called with each text."""

YES = frozenset({"y", "yes", "д", "да"})
"""Answers that agree, in either language, whichever is spoken."""

_REPLACE = "batch-update"
_MOST_TYPED = 65_536
"""More signs than a terminal keeps for a program that does not read."""
_OTHER_SIGNS = {"«": '"', "»": '"', "—": "-", "–": "-", "…": "...", "№": "N", "\u00a0": " "}
"""Signs of sentences that some encodings with Russian letters lack, such as cp866."""

_listeners: list[Listener] = []
_readers: list[object] = []
"""Programs that read stdout line by line, so that no words for people may stand there."""
_held: list[list[Said]] = []
"""Errors that are not told yet."""


def prepare() -> None:
    """Make sure that a character the terminal cannot show does not end the program."""
    codecs.register_error(_REPLACE, _in_other_signs)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_REPLACE)


def _in_other_signs(error: UnicodeError) -> tuple[str, int]:
    """Write for a character that an encoding lacks one that it has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_OTHER_SIGNS.get(char, "?") for char in lacking), error.end


def say(text: str) -> None:
    """Print lines to stdout."""
    write_down(text)
    if not _readers:
        _print(text)


def say_data(text: str) -> None:
    """Print JSON to stdout: every sign in it is one that a terminal and its encoding show."""
    say(_escaped(text))


def print_data(text: str) -> None:
    """Print a line of JSON to stdout, and write it nowhere else."""
    _print(_escaped(text))


def _escaped(text: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return wording.escape_json(text, is_ascii=encoding.lower().replace("-", "") != "utf8")


@contextlib.contextmanager
def for_data_only() -> Iterator[None]:
    """Keep stdout for lines of JSON: what else would be printed there is only written down."""
    _readers.append(None)
    try:
        yield
    finally:
        _readers.pop()


def complain(text: str, *, code: str = "") -> None:
    """Print an error to stderr.

    Args:
        text: the error.
        code: one word for it, for programs; empty if it has none.
    """
    if _held:
        _held[-1].append(Said(text=text, is_error=True, code=code))
        return
    write_down(text, is_error=True, code=code)
    _print(f"batch-update: {text}", is_error=True)


@contextlib.contextmanager
def held_back() -> Iterator[list[Said]]:
    """Keep errors back, and give them; it is for the caller to tell those that matter.

    If the block ends with an exception, all are told.
    """
    held: list[Said] = []
    _held.append(held)
    try:
        yield held
    except BaseException:
        _held.pop()
        for one in held:
            complain(one.text, code=one.code)
        raise
    _held.pop()


def settle(status: ExitStatus, *, is_run: bool) -> ExitStatus:
    """Say at the end if stdout took not all; give the exit status, which then is not 0.

    Args:
        status: what the exit status would be.
        is_run: whether a run was carried out, of which more than its words is left.
    """
    streams.wait_for_stdout()
    reason = streams.take_loss()
    if is_run and not reason and streams.is_cut():
        return status or ExitStatus.ROWS_NEED_A_PERSON
    if not reason:
        return status
    if not is_run:
        text = _("What was asked for could not be printed: {reason}. Print it to another place.")
        complain(text.format(reason=reason))
        return status or ExitStatus.COULD_NOT_START
    text = _(
        "What the run has to say could not be printed: {reason}. Read the results file; all "
        "else was done."
    )
    complain(text.format(reason=reason))
    return status or ExitStatus.ROWS_NEED_A_PERSON


def tell_loss() -> None:
    """Say at once, and once, if stdout does not take what a run has to say any more."""
    if streams.is_of_run() and (reason := streams.take_loss()):
        text = _(
            "What the run has to say is not printed any more: {reason}. Nothing else of the run "
            "changes; read the results file."
        )
        complain(text.format(reason=reason))


def end_run(status: int) -> int:
    """Wait until all is read; else say so, and give an exit status that is not 0."""
    if streams.is_of_run():
        status = settle(ExitStatus(status), is_run=True)
        streams.end_run()
    return status


def note(text: str) -> None:
    """Print lines to stderr that are not errors."""
    write_down(text)
    _print(text, is_error=True)


def ask(question: str) -> str:
    """Ask for a line.

    Raises:
        SettingsError: no person is there to answer.
    """
    with _answered():
        return input(question).strip()


def has_person() -> bool:
    """Return whether a person can read stderr and answer: both it and stdin are a terminal."""
    return streams.has_person()


def ask_aloud(question: str) -> str | None:
    """Ask for a line on stderr, which stands there also if stdout is for data.

    What was typed before the question is no answer to it.

    Returns:
        The line, empty if it is not text; None if nobody answers.

    Raises:
        KeyboardInterrupt: the user wants to stop.
    """
    _forget_typed_ahead()
    with quiet.aloud():
        streams.print_to(sys.stderr, wording.printable(question), end="")
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        return ""
    except KeyboardInterrupt:
        _print("", is_error=True)
        raise
    if not line:
        _print("", is_error=True)
        return None
    write_down(f"{question}{line.strip()}")
    return line.strip()


def _forget_typed_ahead() -> None:
    if sys.platform == "win32":
        import msvcrt

        for _again in range(_MOST_TYPED):
            if not msvcrt.kbhit():
                return
            msvcrt.getwch()
    else:
        import termios

        with contextlib.suppress(termios.error):
            termios.tcflush(sys.stdin, termios.TCIFLUSH)


def ask_secretly(question: str) -> str:
    """Ask for a line that is not shown while it is typed.

    Raises:
        SettingsError: no person is there to answer.
    """
    import getpass

    with _answered():
        return getpass.getpass(question).strip()


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Leave the line of a question that is not answered, and refuse the end of the input."""
    try:
        yield
    except (KeyboardInterrupt, EOFError) as end:
        if streams.is_terminal(sys.stdin):
            _print("", is_error=True)
        if isinstance(end, KeyboardInterrupt):
            raise
        raise SettingsError(_("Nobody answers. Run --configure in a terminal.")) from None


def write_down(text: str, *, is_error: bool = False, code: str = "") -> None:
    """Put lines into the log file, if there is one, and nowhere else."""
    for listener in _listeners:
        listener(Said(text, is_error, code))


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
        stream = sys.stderr if is_error else sys.stdout
        streams.print_to(stream, _fit(lines, stream) if is_error else lines)


def _fit(lines: str, stream: TextIO) -> str:
    """Wrap what a person reads; a script finds each message on one line."""
    if not streams.is_terminal(stream):
        return lines
    from batch_update.cli import wrapping

    return wrapping.fit(lines, stream)
