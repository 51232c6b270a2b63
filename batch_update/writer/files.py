"""Files that are always whole: written beside their target, flushed, and moved over it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.i18n import _

_SOME_ROOM = 1 << 16
"""Bytes; more than is written at a time."""


@contextlib.contextmanager
def temporary_file(folder: Path, suffix: str) -> Iterator[Path]:
    """Make a new file in a folder; it is gone afterwards unless it was moved."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".batch-update-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def refuse_device(target: Path, option: str) -> None:
    """Refuse a pipe or a device as a target: to read what is there could take for ever.

    Raises:
        OutputFileError: it is there, and is no file.
    """
    # One that may not be looked at is told when it is written.
    with contextlib.suppress(OSError):
        mode = target.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OutputFileError(
                _("{option} {shown}: this is not a file. Name another place.").format(
                    option=option, shown=wording.printable(str(target))
                )
            )


def refuse_missing_folder(target: Path, option: str) -> None:
    """Refuse a target whose folder is not there.

    Raises:
        OutputFileError: it is not.
    """
    if target.parent.is_dir():
        return
    text = wording.describe_broken_link(target.parent, option)
    raise OutputFileError(
        text
        or _("{option} {shown}: there is no such folder. Make it first.").format(
            option=option, shown=wording.show_path(target)
        )
    )


@contextlib.contextmanager
def working_folder() -> Iterator[str]:
    """Make a folder for the parts of a workbook; it is gone afterwards, with all that is in it.

    Raises:
        OutputFileError: it cannot be made.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="batch-update-")
    except OSError as error:
        raise _no_room_for_parts(error) from error
    with folder as name:
        yield name


def refuse_if_parts_failed(target: Path, error: OSError) -> None:
    """Refuse to try another place for a workbook whose parts did not fit, as it would not help.

    Nothing of the workbook is written until its parts are, and there is room for it.

    Raises:
        OutputFileError: it was the parts.
    """
    if target.stat().st_size:
        return
    try:
        target.write_bytes(bytes(_SOME_ROOM))
    except OSError:
        return
    raise _no_room_for_parts(error) from error


def _no_room_for_parts(error: OSError) -> OutputFileError:
    try:
        folder = tempfile.gettempdir()
    except OSError:
        folder = "TMPDIR"
    return OutputFileError(
        _(
            "The results could not be written, since their parts do not fit into the folder of "
            "temporary files, {folder}: {reason}. Make room there, or name another folder by "
            "TMPDIR."
        ).format(folder=wording.printable(folder), reason=wording.reason_of(error))
    )


def flush(path: Path) -> None:
    """Flush a written file to the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def move(new: Path, target: Path) -> Path:
    """Move a flushed file over its target, so that a power cut does not undo it.

    The name is written when its folder is flushed; Windows and some network disks cannot do that.

    Raises:
        OSError: it cannot be moved.
    """
    moved = new.replace(target)
    flush_names(target.parent)
    return moved


def flush_names(folder: Path) -> None:
    """Flush the names of a folder's files to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
