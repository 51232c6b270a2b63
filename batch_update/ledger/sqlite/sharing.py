"""A ledger that a group shares: its files take the rights of its folder.

A folder is shared if it hands its group on to what is made in it (setgid) and lets the group write.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_FILE_FOR_GROUP = 0o660
_FOLDER_FOR_GROUP = 0o2770


def make_folder(folder: Path) -> None:
    """Make a folder and those above it: for their owner alone, or for the group that shares one."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    if _is_shared(folder.parent):
        folder.chmod(_FOLDER_FOR_GROUP)


def make_file(path: Path) -> None:
    """Make a file that the group may write, if the folder is shared and has none yet.

    SQLite gives the files beside a database the rights of the database.
    """
    if not _is_shared(path.parent) or os.path.lexists(path):
        return
    # Another run may make it first; whoever does gives it its rights.
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FILE_FOR_GROUP)
        try:
            os.fchmod(handle, _FILE_FOR_GROUP)
        finally:
            os.close(handle)


def is_absent(path: Path) -> bool:
    """Return whether certainly no ledger is there; what cannot be looked at may be one."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _is_shared(folder: Path) -> bool:
    if os.name != "posix":
        return False
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)
