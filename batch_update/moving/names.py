"""Names that are free, and files that get them; nothing is ever replaced."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from batch_update.writer import files

MOST = 100_000
"""One sheet a day, all of the same name, for some centuries."""


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; empty if it is none, or cannot be read.

    What a link leads to is not the file.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def is_there(path: Path) -> bool:
    """Return whether something has a name.

    Raises:
        OSError: that cannot be known, since its folder cannot be looked into.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def numbered(path: Path, stem: str, number: int) -> str:
    """Return a file's name with a number behind the stem of the first file, if it begins with it.

    So a sheet and its results stay a pair: `day-2.xlsx`, `day-2.results.xlsx`.
    """
    if number == 1:
        return path.name
    own = stem if path.name.startswith(f"{stem}.") else path.stem
    return f"{own}-{number}{path.name[len(own) :]}"


def list_names(wanted: Path) -> Iterator[Path]:
    """List a path, and those that stand for it where its name is in use."""
    for number in range(1, MOST):
        yield wanted.with_name(numbered(wanted, wanted.stem, number))


def place(hidden: Path, wanted: Path) -> Path:
    """Give a hidden file of the same disk its name, or the first other one that is free.

    Raises:
        OSError: it cannot be done.
    """
    for target in list_names(wanted):
        if _take(hidden, target):
            files.flush_names(target.parent)
            return target
    raise no_name(wanted)


def no_name(path: Path) -> OSError:
    """Return the error of a path of which all names are in use."""
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _take(hidden: Path, target: Path) -> bool:
    """Give a file a name, and return whether that is free."""
    try:
        target.hardlink_to(hidden)
    except FileExistsError:
        # A run that was cut off here has left both names.
        if not target.samefile(hidden):
            return False
    except OSError:
        return _take_without_links(hidden, target)
    hidden.unlink()
    return True


def _take_without_links(hidden: Path, target: Path) -> bool:
    """Do so where a disk knows one name for each file only: an empty file keeps the name free."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    try:
        hidden.replace(target)
    except OSError:
        target.unlink()
        raise
    return True
