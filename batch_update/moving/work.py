"""One group of files on its way."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from batch_update.moving import journal, names
from batch_update.moving.journal import Plan, Step
from batch_update.moving.model import AwayError, ChangedError, File, Moved
from batch_update.writer import files


class Work:
    """One group of files on its way.

    All come into the folder under hidden names, then all get their names there. So it is known that
    each can come before the first is seen there.

    Args:
        plan: what is about to be moved.
        note: where it is written down; None if it is not yet.
    """

    def __init__(self, plan: Plan, note: Path | None = None) -> None:
        self._plan = plan
        self._folder = plan.folder
        self._steps = plan.steps
        self._note = note

    @classmethod
    def plan(cls, group: Sequence[File], folder: Path) -> Work:
        """Choose names that are free, alike for all.

        Raises:
            OSError: the folder is not there, or has no names left.
        """
        folder = folder.absolute()
        taken = {name.lower() for name in os.listdir(folder)}  # noqa: PTH208 names only
        stem = group[0].path.stem
        for number in range(1, names.MOST):
            chosen = [names.numbered(file.path, stem, number) for file in group]
            if taken.isdisjoint(name.lower() for name in chosen):
                steps = [
                    Step(path=file.path.absolute(), sha256=file.sha256, name=name)
                    for file, name in zip(group, chosen, strict=True)
                ]
                key, identity = secrets.token_hex(6), journal.identity_of(folder)
                return cls(Plan(key=key, folder=folder, identity=identity, steps=steps))
        raise names.no_name(group[0].path)

    def note(self, notes: Path) -> None:
        """Write down what is about to be done, so that another run can finish it."""
        self._note = journal.write(self._plan, notes)

    def carry_out(self) -> Moved:
        """Move the files, as far as that was not done yet.

        Raises:
            AwayError: the folder is not that in which it was begun; nothing was done.
            ChangedError: the first file is not as it was; all have stayed, or are back.
            OSError: a file cannot be moved; all have stayed, or are back. What could not be put
                back is left to the next run.
        """
        first, *others = enumerate(self._steps)
        try:
            left = self._bring_all()
            paths = {first[1].path: self._settle(*first)}
        except (ChangedError, OSError):
            self._undo()
            raise
        waiting, reason = [], None
        for number, step in others:
            try:
                if step.path not in left:
                    paths[step.path] = self._settle(number, step)
            except ChangedError:
                left.append(step.path)
            except OSError as error:
                waiting.append(step.path)
                reason = error
        for parent in {step.path.parent for step in self._steps}:
            files.flush_names(parent)
        if not waiting:
            self._forget()
        return Moved(paths=paths, left=left, waiting=waiting, reason=reason)

    def _bring_all(self) -> list[Path]:
        """Bring all files into the folder; return those of the others that are not as they were.

        The first comes last: as long as it is in its place, the results may be there too.
        """
        self._look_for_first()
        left = []
        for number, step in reversed(list(enumerate(self._steps))):
            try:
                self._bring(number, step)
            except ChangedError:
                if number == 0:
                    raise
                left.append(step.path)
        return left

    def _look_for_first(self) -> None:
        """Leave all alone if the first file is neither in the folder nor as it was.

        Raises:
            AwayError: it may be in the folder that was there.
            ChangedError: it is not.
        """
        first = self._steps[0]
        if self._is_here(0, first):
            return
        is_elsewhere = self._is_elsewhere()
        if not is_elsewhere and _is_as(first.path, first):
            return
        old = self._old(0, first)
        if names.is_there(old):
            names.place(old, first.path)
        if is_elsewhere and not all(_is_as(one.path, one) for one in self._steps):
            raise AwayError(self._folder)
        raise ChangedError(first.path)

    def _is_here(self, number: int, step: Step) -> bool:
        """Return whether a file is in the folder, under whatever name."""
        if names.is_there(self._hidden(number)) or self._find(step) is not None:
            return True
        return _is_as(self._copy_of(number), step)

    def _bring(self, number: int, step: Step) -> None:
        """Bring one file into the folder, from wherever it is now, under a hidden name.

        Raises:
            ChangedError: it is not as it was; it is where it was.
            OSError: it cannot be brought; it is where it was.
        """
        hidden = self._hidden(number)
        if names.is_there(hidden):
            self._examine(hidden, step)
        elif not self._is_here(number, step):
            self._put_back(number, step)
            if not _is_as(step.path, step):
                raise ChangedError(step.path)
            self._take(number, step)

    def _take(self, number: int, step: Step) -> None:
        hidden = self._hidden(number)
        try:
            step.path.rename(hidden)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(step, self._copy_of(number))
        else:
            self._examine(hidden, step)

    def _examine(self, hidden: Path, step: Step) -> None:
        """Look at a file where nobody who saves it anew under its name changes it any more."""
        if not _is_as(hidden, step):
            names.place(hidden, step.path)
            raise ChangedError(step.path)

    def _copy(self, step: Step, copy: Path) -> None:
        """Copy a file to another disk; the copy is there when this ends, or none is."""
        is_whole = False
        try:
            shutil.copyfile(step.path, copy)
            with contextlib.suppress(OSError):
                shutil.copystat(step.path, copy)
            files.flush(copy)
            is_whole = _is_as(copy, step)
        finally:
            if not is_whole:
                copy.unlink(missing_ok=True)
        if not is_whole:
            raise ChangedError(step.path)

    def _settle(self, number: int, step: Step) -> Path:
        """Give one file that was brought its name, and return where it is.

        Raises:
            ChangedError: it is not as it was, or not there any more.
            OSError: that cannot be done now.
        """
        hidden, copy = self._hidden(number), self._copy_of(number)
        if names.is_there(hidden):
            return names.place(hidden, self._folder / step.name)
        found = self._find(step)
        if found is None:
            if names.is_there(step.path) and not _is_as(step.path, step):
                copy.unlink(missing_ok=True)
            if not names.is_there(copy):
                raise ChangedError(step.path)
            found = names.place(copy, self._folder / step.name)
        copy.unlink(missing_ok=True)
        try:
            self._clear(number, step)
        except OSError:
            # Of the others, it is enough that they have come.
            if number == 0:
                self._put_back(number, step)
                found.unlink()
            raise
        return found

    def _clear(self, number: int, step: Step) -> None:
        """Remove a file of which the folder has a copy; one that was changed meanwhile stays."""
        old = self._old(number, step)
        if not names.is_there(old):
            if not _is_as(step.path, step):
                return
            step.path.rename(old)
        if _is_as(old, step):
            old.unlink()
        else:
            names.place(old, step.path)

    def _undo(self) -> None:
        """Put all back where it was, and forget it, unless something cannot be put back now."""
        is_over = True
        for number, step in reversed(list(enumerate(self._steps))):
            try:
                self._put_back(number, step)
            except OSError:
                is_over = False
        if is_over:
            self._forget()

    def _put_back(self, number: int, step: Step) -> None:
        hidden, copy, old = self._hidden(number), self._copy_of(number), self._old(number, step)
        if names.is_there(hidden):
            names.place(hidden, step.path)
        if names.is_there(old):
            names.place(old, step.path)
        if names.is_there(copy):
            if not names.is_there(step.path) and _is_as(copy, step):
                # Somebody has taken the file away; this is what is left of it.
                names.place(copy, self._folder / step.name)
            copy.unlink(missing_ok=True)

    def _is_elsewhere(self) -> bool:
        """Return whether the folder is not that in which files may be hidden."""
        try:
            return journal.identity_of(self._folder) != list(self._plan.identity)
        except (FileNotFoundError, NotADirectoryError):
            return True

    def _forget(self) -> None:
        if self._note is not None:
            journal.forget(self._note)

    def _hidden(self, number: int) -> Path:
        return self._folder / f".batch-update-{self._plan.key}-{number}"

    def _copy_of(self, number: int) -> Path:
        return self._folder / f".batch-update-{self._plan.key}-{number}.copy"

    def _old(self, number: int, step: Step) -> Path:
        """Return the name under which a file that was copied waits for its removal."""
        return step.path.with_name(f".batch-update-{self._plan.key}-{number}.old")

    def _find(self, step: Step) -> Path | None:
        """Return where a file is that has its name in the folder already; None if it has none."""
        for target in names.list_names(self._folder / step.name):
            if not names.is_there(target):
                return None
            if _is_as(target, step):
                return target
        return None


def _is_as(path: Path, step: Step) -> bool:
    """Return whether a file has the bytes that are to be moved."""
    return bool(step.sha256) and names.fingerprint(path) == step.sha256
