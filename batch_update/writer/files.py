"""Files that are always whole: written beside their target, flushed, and moved over it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from batch_update import wording
from batch_update.i18n import _


@contextlib.contextmanager
def temporary_file(folder: Path, suffix: str) -> Iterator[Path]:
    """Make a new file in a folder; it is gone afterwards unless it was moved."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".batch-update-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Flush a written file to the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def keep_rights(old: Path, new: Path) -> None:
    """Give a file the read permissions of the one that it replaces, if there is one."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(mode := old.lstat().st_mode):
            new.chmod(stat.S_IMODE(mode))


def explain(error: OSError) -> str:
    """Explain in plain words why a file cannot be written."""
    if isinstance(error, PermissionError):
        return _("it is open in another program, or access is denied")
    return wording.reason_of(error)
