"""Files moved together into a folder, so that a kill or a power cut at any moment loses none.

What is about to be moved is written down first. All files go to hidden names in the folder, are
looked at there, and get names that are free; nothing is ever replaced. If one cannot come, all
stay. What was cut off is finished by the next run, or undone if the first file is not as it was.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from batch_update.moving import journal
from batch_update.moving.journal import Plan, is_news
from batch_update.moving.model import (
    AwayError,
    ChangedError,
    DamagedNoteError,
    File,
    Finished,
    Hindrance,
    Moved,
    NewerNoteError,
    Unfinished,
)
from batch_update.moving.names import fingerprint
from batch_update.moving.work import Work

__all__ = [
    "ChangedError",
    "File",
    "Finished",
    "Hindrance",
    "Moved",
    "Unfinished",
    "fingerprint",
    "finish",
    "is_news",
    "move",
]

_PATIENCE_S = 60.0
"""For another run of this user that moves files."""

_logger = logging.getLogger(__name__)


def move(group: Sequence[File], folder: Path, notes: Path) -> Moved:
    """Move files that belong together; those behind the first have names that begin as its does.

    Args:
        group: the files; if the first is not as it was read, all stay.
        folder: the folder to move them into, on whatever disk.
        notes: the folder for what a run that is cut off leaves to the next one.

    Raises:
        ChangedError: the first is not as it was read.
        OSError: one cannot be moved; all stay.
    """
    with _alone(notes):
        work = Work.plan(group, folder)
        work.note(notes)
        return work.carry_out()


def finish(notes: Path) -> Finished:
    """Finish what runs before have begun; what cannot be done now is left for the next one.

    Raises:
        OSError: it cannot be known what was begun, or another run is at it.
    """
    # Mostly nothing is left, and then nobody waits for anybody.
    if not any(map(journal.is_note, _list(notes))):
        return Finished()
    moved, unfinished = [], []
    with _alone(notes):
        for note in sorted(notes.glob(journal.PATTERN)):
            done = _finish(note)
            if isinstance(done, Moved):
                moved.append(done)
            elif done is not None:
                unfinished.append(done)
    return Finished(moved=moved, unfinished=unfinished)


def _finish(note: Path) -> Moved | Unfinished | None:
    """Finish one group of files; None if it has its files back, where they were."""
    key = journal.key_of(note)
    try:
        plan = journal.read(note)
    except NewerNoteError:
        return Unfinished(hindrance=Hindrance.NEWER, key=key, note=note)
    except DamagedNoteError:
        with contextlib.suppress(OSError):
            note = journal.put_aside(note)
        return Unfinished(hindrance=Hindrance.DAMAGED, key=key, note=note)
    except OSError as error:
        return Unfinished(hindrance=Hindrance.FAILED, key=key, note=note, reason=error)
    done = _carry_out(plan, note)
    if isinstance(done, Moved):
        return done
    hindrance, reason = done
    if not note.exists():
        _logger.info("%s: undone, not finished.", note.name)
        return None
    names = [step.name for step in plan.steps]
    return Unfinished(
        hindrance=hindrance, key=key, note=note, folder=plan.folder, names=names, reason=reason
    )


def _carry_out(plan: Plan, note: Path) -> Moved | tuple[Hindrance, OSError | None]:
    try:
        moved = Work(plan, note).carry_out()
    except AwayError:
        return Hindrance.AWAY, None
    except ChangedError:
        return Hindrance.FAILED, None
    except OSError as error:
        return Hindrance.FAILED, error
    return (Hindrance.FAILED, moved.reason) if moved.waiting else moved


def _list(notes: Path) -> list[str]:
    """List the names in the folder of notes; none if it is not there."""
    try:
        return os.listdir(notes)  # noqa: PTH208 names only
    except (FileNotFoundError, NotADirectoryError):
        return []


@contextlib.contextmanager
def _alone(notes: Path) -> Iterator[None]:
    # Loaded when needed: it takes longer than most runs that move nothing would wait for.
    import filelock

    notes.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with filelock.FileLock(notes / "moving.lock", timeout=_PATIENCE_S):
            for half_written in notes.glob(journal.HALF_WRITTEN):
                half_written.unlink(missing_ok=True)
            yield
    except filelock.Timeout as error:
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from error
