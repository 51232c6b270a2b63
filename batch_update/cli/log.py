"""Log of every call: on the screen with --verbose, and in the log file."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

from batch_update import wording
from batch_update.cli import endings, output
from batch_update.errors import OutputFileError
from batch_update.i18n import _
from batch_update.writer import files

_LOG_SIZE = 5_000_000
_LOGS_KEPT = 5
_START_OF_RECORD = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:")
_NO_LOGS = frozenset({*endings.SHEETS, ".toml"})
_ONLY_FILE = "is_only_for_the_file"

_logger = logging.getLogger("batch_update")
# Records that were not asked for are dropped, not printed by the library's handler of last resort.
_logger.addHandler(logging.NullHandler())


@contextlib.contextmanager
def keep_log(path: Path | None, *, is_verbose: bool, said_in: str = "--log-file") -> Iterator[None]:
    """Print the log of our own modules if the user wants to see it, and write it to a file.

    Args:
        path: the log file; at 5 MB it is put aside, and the five last ones are kept. None for none.
        is_verbose: whether it is printed too.
        said_in: where the file was named, for messages.

    Raises:
        OutputFileError: the log file cannot be written.
    """
    handlers: list[logging.Handler] = [_NoteHandler()] if is_verbose else []
    if path is not None:
        handlers.append(_open_log(path, said_in))
    if not handlers:
        yield
        return
    level = _logger.level
    _logger.setLevel(logging.INFO)
    for handler in handlers:
        _logger.addHandler(handler)
    try:
        with output.heard_by(_write_down):
            yield
    finally:
        for handler in handlers:
            _logger.removeHandler(handler)
            with contextlib.suppress(OSError):
                handler.close()
        _logger.setLevel(level)


def _write_down(said: output.Said) -> None:
    level = logging.ERROR if said.is_error else logging.INFO
    _logger.log(level, "%s", said.text, extra={_ONLY_FILE: True})


class _NoteHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless it is for the file only."""
        if not hasattr(record, _ONLY_FILE):
            output.show(record.getMessage())


class _PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Remove signs that a terminal would obey; lines of one record stay together."""
        return "\n".join(map(wording.printable, super().format(record).split("\n")))


class _LogFile(RotatingFileHandler):
    said_in: str

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002,N802 so named there
        """Report once that the log cannot be written, and go on: a log must not end a run."""
        _logger.removeHandler(self)
        error = sys.exc_info()[1]
        reason = wording.reason_of(error) if isinstance(error, OSError) else str(error).lower()
        shown = wording.printable(self.baseFilename)
        text = _("{said_in} {shown}: {reason}. Nothing more is written down; the run goes on.")
        output.show(text.format(said_in=self.said_in, shown=shown, reason=reason))


def _open_log(path: Path, said_in: str) -> logging.Handler:
    # A device, such as that of the screen, takes a log; a pipe would wait for its reader.
    if path.is_fifo():
        files.refuse_device(path, said_in)
    try:
        if _is_something_else(path):
            text = _("{said_in} {shown} is no log of batch-update. Name another place.")
            raise OutputFileError(text.format(said_in=said_in, shown=wording.show_path(path)))
        handler = _LogFile(
            path, maxBytes=_LOG_SIZE, backupCount=_LOGS_KEPT, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        text = _("{said_in} {shown}: {reason}. Name another place.")
        shown, reason = wording.show_path(path), wording.reason_of(error)
        raise OutputFileError(text.format(said_in=said_in, shown=shown, reason=reason)) from error
    handler.said_in = said_in
    handler.setFormatter(_PlainFormatter("%(asctime)s %(levelname)s %(process)d %(message)s"))
    return handler


def _is_something_else(path: Path) -> bool:
    """Return whether a file is, or is to become, other than a log, such as the sheet itself."""
    if path.suffix.lower() in _NO_LOGS:
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(len(_START_OF_RECORD.pattern))
    return bool(start) and not _START_OF_RECORD.match(start)
