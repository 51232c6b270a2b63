"""The only place that prints. Nothing goes to the terminal that the terminal would obey."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from batch_update import wording
from batch_update.errors import OutputFileError, SettingsError
from batch_update.texts import cli as texts

_LOG_SIZE = 5_000_000
_LOGS_KEPT = 5
_ONLY_FILE = "is_only_for_the_file"

_logger = logging.getLogger("batch_update")
# What nobody asked to see is dropped, not printed by the library's handler of last resort.
_logger.addHandler(logging.NullHandler())


def prepare() -> None:
    """Let no character that the terminal cannot show end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print lines to stdout."""
    write_down(text)
    _print(text, sys.stdout)


def complain(text: str) -> None:
    """Print an error to stderr."""
    write_down(text, logging.ERROR)
    _print(f"batch-update: {text}", sys.stderr)


def note(text: str) -> None:
    """Print lines to stderr that are not errors."""
    write_down(text)
    _print(text, sys.stderr)


def ask(question: str) -> str:
    """Ask for a line.

    Raises:
        SettingsError: nobody is there to answer.
    """
    try:
        return input(question).strip()
    except EOFError:
        raise SettingsError(texts.NOBODY_ANSWERS) from None


def ask_secretly(question: str) -> str:
    """Ask for a line that is not shown while it is typed.

    Raises:
        SettingsError: nobody is there to answer.
    """
    import getpass

    try:
        return getpass.getpass(question).strip()
    except EOFError:
        raise SettingsError(texts.NOBODY_ANSWERS) from None


def write_down(text: str, level: int = logging.INFO) -> None:
    """Put lines into the log file, if there is one, and nowhere else."""
    _logger.log(level, "%s", text, extra={_ONLY_FILE: True})


def _print(text: str, stream: TextIO) -> None:
    lines = "\n".join(wording.printable(line) for line in text.split("\n"))
    try:
        print(lines, file=stream, flush=True)
    except BrokenPipeError:
        # The reader has gone (as `head` does); the results are on disk, so go on without it.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError:
        # Nothing that cannot be shown may end a run; what it does is in the results and the log.
        return


class _NoteHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless it is for the file only."""
        if not hasattr(record, _ONLY_FILE):
            _print(record.getMessage(), sys.stderr)


class _PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Keep what a terminal would obey out of the log too; lines of one record stay together."""
        return "\n".join(map(wording.printable, super().format(record).split("\n")))


@contextlib.contextmanager
def keep_log(path: Path | None, *, is_verbose: bool) -> Iterator[None]:
    """Print what our own modules log, if the user wants to see it, and write it to a file.

    Args:
        path: the log file; at 5 MB it is put aside, and the five last ones are kept. None for none.
        is_verbose: whether it is printed too.

    Raises:
        OutputFileError: the log file cannot be written.
    """
    handlers: list[logging.Handler] = [_NoteHandler()] if is_verbose else []
    if path is not None:
        handlers.append(_open_log(path))
    if not handlers:
        yield
        return
    _logger.setLevel(logging.INFO)
    for handler in handlers:
        _logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            _logger.removeHandler(handler)
            with contextlib.suppress(OSError):
                handler.close()
        _logger.setLevel(logging.NOTSET)


def _open_log(path: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    class LogFile(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002,N802 so named there
            """Say once that no more can be written down, and go on: a log must not end a run."""
            _logger.removeHandler(self)
            error = sys.exc_info()[1]
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            note(
                texts.LOG_FILE_BROKEN.format(
                    path=wording.show_path(path), reason=(reason or str(error)).lower()
                )
            )

    try:
        handler = LogFile(
            path, maxBytes=_LOG_SIZE, backupCount=_LOGS_KEPT, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputFileError(
            texts.LOG_FILE_FAILED.format(path=wording.show_path(path), reason=reason)
        ) from error
    handler.setFormatter(_PlainFormatter("%(asctime)s %(levelname)s %(process)d %(message)s"))
    return handler
