"""The only place that prints. Nothing goes to the terminal that the terminal would obey."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from batch_update import wording


def prepare() -> None:
    """Let no character that the terminal cannot show end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print lines to stdout."""
    _print(text, sys.stdout)


def complain(text: str) -> None:
    """Print an error to stderr."""
    _print(f"batch-update: {text}", sys.stderr)


def note(text: str) -> None:
    """Print lines to stderr that are not errors."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    lines = "\n".join(wording.printable(line) for line in text.split("\n"))
    try:
        print(lines, file=stream, flush=True)
    except BrokenPipeError:
        # The reader has gone (as `head` does); the results are on disk, so go on without it.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _NoteHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Print a record as a note."""
        note(record.getMessage())


@contextlib.contextmanager
def show_log(*, is_verbose: bool) -> Iterator[None]:
    """Print what our own modules log, if the user wants to see it."""
    if not is_verbose:
        yield
        return
    logger = logging.getLogger("batch_update")
    handler = _NoteHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
