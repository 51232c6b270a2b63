"""Files moved together into a folder, so that a kill or a power cut at any moment loses none.

What is about to be moved is written down first. A file goes to a hidden name in the folder, is
looked at there, and gets a name that is free; nothing is ever replaced. What was cut off is
finished by the next run, or undone if the first of the files is not as it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from batch_update.writer import files

_VERSION = 1
_PATIENCE_S = 60.0
"""For another run of this user that moves files."""
_MOST_NAMES = 100_000
"""One sheet a day, all of the same name, for some centuries."""
_HALF_WRITTEN = ".batch-update-*"
"""Names of notes of which a kill left the beginning."""

_logger = logging.getLogger(__name__)


class ChangedError(Exception):
    """A file that is not as it was read, or not there any more; it was left alone."""


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
        left: those that are still there: somebody has changed or opened them.
    """

    paths: Mapping[Path, Path]
    left: Sequence[Path] = ()


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


def move(group: Sequence[File], folder: Path, notes: Path) -> Moved:
    """Move files that belong together; those behind the first have names that begin as its does.

    Args:
        group: the files; if the first is not as it was read, all stay.
        folder: the folder to move them into, on whatever disk.
        notes: the folder for what a run that is cut off leaves to the next one.

    Raises:
        ChangedError: the first is not as it was read.
        OSError: it cannot be moved; all stay.
    """
    with _alone(notes):
        work = _Work.plan(group, folder)
        work.note(notes)
        return work.carry_out()


def finish(notes: Path) -> list[Moved]:
    """Finish what runs before have begun; what cannot be done now is left for the next one."""
    # Mostly nothing is left, and then nobody waits for anybody.
    if not any(map(any, map(notes.glob, (_Work.PATTERN, _HALF_WRITTEN)))):
        return []
    done = []
    with _alone(notes):
        for note in sorted(notes.glob(_Work.PATTERN)):
            try:
                work = _Work.read(note)
                done.append(work.carry_out())
            except (ChangedError, OSError, ValueError, KeyError, TypeError) as error:
                _logger.info("%s: not finished: %s", note.name, type(error).__name__)
    return done


@contextlib.contextmanager
def _alone(notes: Path) -> Iterator[None]:
    notes.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with filelock.FileLock(notes / "moving.lock", timeout=_PATIENCE_S):
            for half_written in notes.glob(_HALF_WRITTEN):
                half_written.unlink(missing_ok=True)
            yield
    except filelock.Timeout as error:
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    path: Path
    sha256: str
    name: str


class _Work:
    """One group of files on its way.

    Args:
        folder: the folder that they go to.
        steps: each file, with its name there.
        key: marks the hidden names that belong to it.
        note: where it is written down; None if it is not yet.
    """

    PATTERN = "moving-*.json"

    def __init__(
        self, folder: Path, steps: Sequence[_Step], key: str, note: Path | None = None
    ) -> None:
        self._folder = folder
        self._steps = steps
        self._key = key
        self._note = note

    @classmethod
    def plan(cls, group: Sequence[File], folder: Path) -> _Work:
        """Choose names that are free, alike for all."""
        folder = folder.absolute()
        taken = {name.lower() for name in os.listdir(folder)}  # noqa: PTH208 names only
        stem = group[0].path.stem
        for number in range(1, _MOST_NAMES):
            names = [_numbered(file.path, stem, number) for file in group]
            if taken.isdisjoint(name.lower() for name in names):
                steps = [
                    _Step(path=file.path.absolute(), sha256=file.sha256, name=name)
                    for file, name in zip(group, names, strict=True)
                ]
                return cls(folder, steps, secrets.token_hex(6))
        raise _no_name(group[0].path)

    @classmethod
    def read(cls, note: Path) -> _Work:
        """Read what a run has noted.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged, or of a newer version.
        """
        kept: Mapping[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            raise ValueError(kept["version"])
        steps = [
            _Step(path=Path(one["path"]), sha256=str(one["sha256"]), name=Path(one["name"]).name)
            for one in kept["files"]
        ]
        return cls(Path(kept["folder"]), steps, str(kept["key"]), note)

    def note(self, notes: Path) -> None:
        """Write down what is about to be done, so that another run can finish it."""
        kept = [
            {"path": str(one.path), "name": one.name, "sha256": one.sha256} for one in self._steps
        ]
        said = {
            "version": _VERSION,
            "key": self._key,
            "folder": str(self._folder),
            "files": kept,
        }
        with files.temporary_file(notes, ".json") as new:
            new.write_text(json.dumps(said), encoding="utf-8")
            files.flush(new)
            self._note = files.move(new, notes / f"moving-{self._key}.json")

    def carry_out(self) -> Moved:
        """Move the files, as far as that was not done yet.

        Raises:
            ChangedError: the first is not as it was.
            OSError: the first cannot be moved.
        """
        first, *others = self._steps
        try:
            paths = {first.path: self._bring(0, first)}
        except (ChangedError, OSError):
            # If it is half way, the next run finishes it; else there is nothing to finish.
            if not (self._hidden(0).exists() or self._old(0, first).exists()):
                self._forget()
            raise
        left = []
        is_over = True
        for number, step in enumerate(others, start=1):
            try:
                paths[step.path] = self._bring(number, step)
            except (ChangedError, OSError) as error:
                left.append(step.path)
                is_over = is_over and isinstance(error, ChangedError)
        for parent in {step.path.parent for step in self._steps}:
            files.flush_names(parent)
        if is_over:
            self._forget()
        return Moved(paths=paths, left=left)

    def _forget(self) -> None:
        if self._note is not None:
            self._note.unlink(missing_ok=True)

    def _hidden(self, number: int) -> Path:
        return self._folder / f".batch-update-{self._key}-{number}"

    def _copy_of(self, number: int) -> Path:
        return self._folder / f".batch-update-{self._key}-{number}.copy"

    def _old(self, number: int, step: _Step) -> Path:
        """Return the name under which a file that was copied waits for its removal."""
        return step.path.with_name(f".batch-update-{self._key}-{number}.old")

    def _bring(self, number: int, step: _Step) -> Path:
        """Bring one file to its place, from wherever it is now; return that place."""
        hidden, target = self._hidden(number), self._folder / step.name
        if not hidden.exists():
            self._copy_of(number).unlink(missing_ok=True)
            if self._old(number, step).exists() or _is_as(target, step):
                self._clear(number, step)
                return target
            if not _is_as(step.path, step):
                raise ChangedError(step.path)
            try:
                step.path.rename(hidden)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                return self._copy(number, step)
        # Only now does nobody who saves it anew under its name change it any more.
        if not _is_as(hidden, step):
            _place(hidden, step.path)
            raise ChangedError(step.path)
        try:
            return _place(hidden, target)
        except OSError:
            _place(hidden, step.path)
            raise

    def _copy(self, number: int, step: _Step) -> Path:
        """Copy a file to another disk, and remove it only when the copy is on that disk."""
        copy = self._copy_of(number)
        try:
            shutil.copyfile(step.path, copy)
            with contextlib.suppress(OSError):
                shutil.copystat(step.path, copy)
            files.flush(copy)
            if not _is_as(copy, step):
                raise ChangedError(step.path)
            target = _place(copy, self._folder / step.name)
        finally:
            copy.unlink(missing_ok=True)
        try:
            self._clear(number, step)
        except OSError:
            if not self._old(number, step).exists():
                target.unlink()
            raise
        return target

    def _clear(self, number: int, step: _Step) -> None:
        """Remove a file of which the folder has a copy; one that was changed meanwhile stays."""
        old = self._old(number, step)
        if not old.exists():
            if not _is_as(step.path, step):
                return
            step.path.rename(old)
        if _is_as(old, step):
            old.unlink()
        else:
            _place(old, step.path)


def _is_as(path: Path, step: _Step) -> bool:
    """Return whether a file has the bytes that are to be moved."""
    return bool(step.sha256) and fingerprint(path) == step.sha256


def _numbered(path: Path, stem: str, number: int) -> str:
    """Return a file's name with a number behind the stem of the first file, if it begins with it.

    So a sheet and its results stay a pair: `day-2.xlsx`, `day-2.results.xlsx`.
    """
    if number == 1:
        return path.name
    own = stem if path.name.startswith(f"{stem}.") else path.stem
    return f"{own}-{number}{path.name[len(own) :]}"


def _place(hidden: Path, wanted: Path) -> Path:
    """Give a hidden file of the same disk its name, or the first other one that is free."""
    for number in range(1, _MOST_NAMES):
        target = wanted.with_name(_numbered(wanted, wanted.stem, number))
        if _take(hidden, target):
            files.flush_names(target.parent)
            return target
    raise _no_name(wanted)


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


def _no_name(path: Path) -> OSError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
