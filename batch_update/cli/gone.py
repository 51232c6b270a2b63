"""Sheets of a folder that are gone when their turn comes: somebody has taken them.

A run that waits for another one on the same folder meets that each day, since that one moves what
is done. So it is said, and it is no error; a sheet that was named, or agreed to, has to be there.
"""

from __future__ import annotations

import os
from pathlib import Path

from batch_update import wording
from batch_update.cli import notices
from batch_update.cli.report import FileReport
from batch_update.cli.sources import Source
from batch_update.errors import ExitStatus
from batch_update.i18n import _
from batch_update.settings.model import Settings

_CODE = "gone"


def is_gone(path: Path) -> bool:
    """Return whether a file is certainly not there any more, though its folder is."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return path.parent.is_dir()
    except OSError:
        return False
    return False


def find(source: Source, settings: Settings) -> FileReport | None:
    """Say of a sheet that could not be read that it is gone, and report that; None if it is not.

    Nothing of it was sent: a sheet is read whole before its first row is.
    """
    is_held_to_plan = settings.plan is not None or source.path in (settings.agreed or {})
    if not source.is_of_folder or is_held_to_plan or not is_gone(source.content):
        return None
    text = _(
        "{path} was there when the run began and is gone now, so it was left out. Probably "
        "another run has moved it, or somebody has taken it back."
    ).format(path=wording.show_path(source.path))
    notices.say_aloud(text, settings)
    return FileReport(
        path=source.path, origin=source.origin, status=ExitStatus.DONE, code=_CODE, gone=text
    )
