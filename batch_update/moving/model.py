"""Files to be moved, what became of them, and what could not be finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ChangedError(Exception):
    """A file that is not as it was read, or not there any more; it was left alone."""


class AwayError(Exception):
    """A folder is not the one in which a run was cut off: it is away, or another has its name."""


class DamagedNoteError(Exception):
    """A note of a run that was cut off cannot be understood."""


class NewerNoteError(Exception):
    """A note of a run that was cut off is of a newer version of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be moved.

    Args:
        path: the file.
        sha256: of its bytes, in hexadecimal digits.
    """

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Files that were moved.

    Args:
        paths: where each is now, by where it was.
        left: those that are still there: somebody has changed them.
        waiting: those that the next run finishes: they are in the folder, under hidden names, or
            both there and where they were.
        reason: why they wait; None if none does.
    """

    paths: Mapping[Path, Path]
    left: Sequence[Path] = ()
    waiting: Sequence[Path] = ()
    reason: OSError | None = None


class Hindrance(StrEnum):
    """Why what a run before has begun cannot be finished now."""

    AWAY = "away"
    FAILED = "failed"
    DAMAGED = "damaged"
    NEWER = "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What a run before had begun, and cannot be finished now.

    Args:
        hindrance: the kind of reason.
        key: marks the hidden names that belong to it.
        note: where it is written down; for a damaged note, where it was put aside.
        folder: the folder that the files go to; None if that is not known.
        names: the names that the files are to get there.
        reason: in the system's words, if there is one.
    """

    hindrance: Hindrance
    key: str
    note: Path
    folder: Path | None = None
    names: Sequence[str] = ()
    reason: OSError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of what runs before had begun."""

    moved: Sequence[Moved] = ()
    unfinished: Sequence[Unfinished] = ()
