"""Errors of files that cannot be read, for all kinds of files."""

from __future__ import annotations

import logging
from pathlib import Path

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.i18n import _

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
        return InputFileError(
            _(
                "{shown} is damaged: {claim}, as in no spreadsheet. Ask for the file again; or "
                "open it in Excel or LibreOffice, check the rows, save it as .xlsx and run "
                "that."
            ).format(shown=shown, claim=error)
        )
    if isinstance(error, MemoryError):
        return InputFileError(
            _(
                "{shown} is too large for this machine's memory. Split it, or delete the "
                "columns that are not needed."
            ).format(shown=shown)
        )
    _log.info("%s: %s: %s", shown, type(error).__name__, error)
    return InputFileError(
        _(
            "{shown} is damaged, or no workbook of the usual kind: not all of its parts can be "
            "read. Open it in Excel or LibreOffice, save it as an ordinary .xlsx and run that."
        ).format(shown=shown)
    )
