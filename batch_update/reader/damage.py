"""Errors of files that cannot be read, for all kinds of files."""

from __future__ import annotations

import logging
from pathlib import Path

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.texts import reader as texts

_log = logging.getLogger(__name__)


class DamagedError(Exception):
    """Contents that no spreadsheet program writes; the text names them and their place."""


def unreadable(path: Path, error: BaseException) -> InputFileError:
    """Turn a parser's error over a damaged part into a line for the user.

    Args:
        path: the file.
        error: the error; it is shown only if it is our own, else it goes to the log.
    """
    shown = wording.printable(path.name)
    if isinstance(error, DamagedError):
        return InputFileError(texts.DAMAGED.format(shown=shown, claim=error))
    if isinstance(error, MemoryError):
        return InputFileError(texts.TOO_LARGE_FOR_MEMORY.format(shown=shown))
    _log.info(texts.LOG_DAMAGE, shown, type(error).__name__, error)
    return InputFileError(texts.PARTS_UNREADABLE.format(shown=shown))
