"""Notes of what is about to be moved, for the run after one that is cut off."""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch_update.moving.model import DamagedNoteError, NewerNoteError
from batch_update.writer import files

PATTERN = "moving-*.json"
HALF_WRITTEN = ".batch-update-*"
"""Names of notes of which a kill left the beginning."""
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A file to be moved, and its name in the folder."""

    path: Path
    sha256: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is about to be moved.

    Args:
        key: marks the hidden names that belong to it.
        folder: the folder that the files go to.
        identity: that folder's, whatever its name.
        steps: each file, with its name there.
    """

    key: str
    folder: Path
    identity: Sequence[int]
    steps: Sequence[Step]


def identity_of(folder: Path) -> list[int]:
    """Return what tells a folder from another one that has its name.

    Raises:
        OSError: it is not there.
    """
    found = folder.stat()
    return [found.st_dev, found.st_ino]


def is_note(name: str) -> bool:
    """Return whether a name is that of a note, or of the beginning of one."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in (PATTERN, HALF_WRITTEN))


def key_of(note: Path) -> str:
    """Return the key of the work that a note is of."""
    return note.stem.removeprefix("moving-")


def write(plan: Plan, notes: Path) -> Path:
    """Write down what is about to be done, and return where.

    Raises:
        OSError: it cannot be written.
    """
    said: dict[str, Any] = {
        "version": _VERSION,
        "key": plan.key,
        "folder": str(plan.folder),
        "identity": list(plan.identity),
        "files": [
            {"path": str(one.path), "name": one.name, "sha256": one.sha256} for one in plan.steps
        ],
    }
    with files.temporary_file(notes, ".json") as new:
        new.write_text(json.dumps({**said, "check": _check_of(said)}), encoding="utf-8")
        files.flush(new)
        return files.move(new, notes / f"moving-{plan.key}.json")


def read(note: Path) -> Plan:
    """Read what a run has noted.

    Raises:
        OSError: it cannot be read.
        NewerNoteError: it is of a newer version.
        DamagedNoteError: it is damaged.
    """
    content = note.read_bytes()
    try:
        said = json.loads(content)
        if said["version"] > _VERSION:
            raise NewerNoteError(note)
        if said.pop("check") != _check_of(said):
            raise DamagedNoteError(note)
        steps = [
            Step(path=Path(one["path"]), sha256=one["sha256"], name=Path(one["name"]).name)
            for one in said["files"]
        ]
        folder, identity = Path(said["folder"]), list(map(int, said["identity"]))
        return Plan(key=str(said["key"]), folder=folder, identity=identity, steps=steps)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedNoteError(note) from error


def forget(note: Path) -> None:
    """Remove a note, and what people were told of it."""
    note.unlink(missing_ok=True)
    _told(note).unlink(missing_ok=True)


def put_aside(note: Path) -> Path:
    """Give a damaged note a name under which it is not read again, and return that.

    Raises:
        OSError: it cannot be done.
    """
    return note.rename(note.with_suffix(".damaged"))


def is_news(note: Path, text: str) -> bool:
    """Return whether people were not told this of a note before, and keep that they are now.

    If it cannot be kept, it is told again.
    """
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    told = _told(note)
    try:
        if told.read_text(encoding="utf-8") == mark:
            return False
    except (OSError, ValueError):
        pass
    try:
        told.write_text(mark, encoding="utf-8")
    except OSError:
        return True
    return True


def _told(note: Path) -> Path:
    return note.with_suffix(".told")


def _check_of(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
