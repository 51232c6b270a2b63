"""The results file: every row and column of the input, and the result of each row.

The file is always whole: it is written beside its target, flushed to the disk, and moved over it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.i18n import _, ngettext
from batch_update.model import RunFacts, RunKind, Sheet, Summary
from batch_update.writer import delimited, files, kinds, ownership, workbook
from batch_update.writer.kinds import origins_of
from batch_update.writer.ownership import State
from batch_update.writer.table import ResultTable, all_rows, failed_rows
from batch_update.writer.template import write_template

__all__ = [
    "FORMATS",
    "Held",
    "State",
    "choose_failures_target",
    "choose_target",
    "list_companions",
    "may_hold_open",
    "origins_of",
    "replaces_itself",
    "state_of",
    "write_failures",
    "write_results",
    "write_template",
]

FORMATS = (".xlsx", ".csv")
"""Endings of a results file; the ending decides the format."""

_OTHER_NAMES = 20
_MOST_KEPT = 10_000
"""Results that are put aside day after day, and that nobody takes away."""
_LONGEST_STEM = 220
"""Bytes; the usual limit of a name is 255, and additions behind the stem must fit too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Rows of earlier results that are not in the sheet whose results take their place.

    Args:
        mended: number of those that a person has mended.
        left_open: number of those of another sheet that still need a person.
        command: returns the command that sends a file.
    """

    mended: int
    left_open: int
    command: Callable[[Path], str]


def choose_target(
    source: Path,
    output: Path | None,
    said_in: str = "--output",
    kind: RunKind = RunKind.REAL,
) -> Path:
    """Choose the path for a sheet's results, and make sure that the folder is there.

    Args:
        source: the input file.
        output: the user's choice, a file or a folder; None for beside the input.
        said_in: where that was named, for messages.
        kind: the kind of run.

    Raises:
        OutputFileError: there is no such folder, the format is unknown, or the results would
            replace the input, or those of another kind of run.
    """
    default_name = _name(source, kind)
    if output is None:
        usual = source.with_name(default_name)
        files.refuse_device(usual, said_in)
        return usual
    if output.is_dir():
        return _checked(source, output / default_name, said_in)
    files.refuse_device(output, said_in)
    kinds.refuse_place_of_another(said_in, output, kind, default_name)
    return _checked(source, output, said_in)


def replaces_itself(source: Path, kind: RunKind = RunKind.REAL) -> bool:
    """Return whether the results of a results file may go in its place: it is nothing but ours.

    Args:
        source: the input, one of results or of a dry run.
        kind: the kind of run that reads it.
    """
    if kind is RunKind.PRACTICE or not kinds.is_named(source.stem, kind):
        return False
    ending = source.suffix.lower()
    return ending == ".csv" or (ending == ".xlsx" and ownership.is_ours(source))


def state_of(results: Path) -> State:
    """Return what has become of results since we wrote them, as far as they bear a mark of it.

    Raises:
        OSError: they are not there.
    """
    if results.suffix.lower() != ".xlsx":
        return delimited.state_of(results)
    return ownership.state_of(results)


def list_companions(sheet: Path) -> list[Path]:
    """List the files of other runs that lie beside a sheet, and that nobody has changed.

    Those are files of failures, of practice and of dry runs; not its results.
    """
    names = [_name(sheet, kind) for kind in RunKind if kind is not RunKind.REAL]
    names += [_name(sheet, kind, is_of_failures=True) for kind in RunKind]
    return [path for path in map(sheet.with_name, names) if _is_ours_alone(path)]


def _is_ours_alone(path: Path) -> bool:
    try:
        return kinds.kind_of(path) is not None and state_of(path) is not State.CHANGED
    except OSError:
        return False


def may_hold_open(results: Path) -> bool:
    """Return whether results, as we wrote them, may have rows that need a person."""
    return results.suffix.lower() != ".xlsx" or ownership.holds_open(results)


def _name(source: Path, kind: RunKind, *, is_of_failures: bool = False) -> str:
    ending = ".csv" if source.suffix.lower() in {".csv", ".tsv", ".txt"} else ".xlsx"
    stem = source.stem
    while len(os.fsencode(stem)) > _LONGEST_STEM:
        stem = stem[:-1]
    return f"{kinds.name_after(stem, kind, is_of_failures=is_of_failures)}{ending}"


def _checked(source: Path, target: Path, option: str) -> Path:
    files.refuse_device(target, option)
    shown = wording.printable(str(target))
    if target.suffix.lower() not in FORMATS:
        raise OutputFileError(
            _("{option} {shown}: name a file that ends in .xlsx or .csv.").format(
                option=option, shown=shown
            )
        )
    files.refuse_missing_folder(target, option)
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputFileError(
            _("{option} {shown} is the input itself. Name another file.").format(
                option=option, shown=shown
            )
        )
    return target


def choose_failures_target(
    source: Path,
    wanted: Path,
    said_in: str = "--failures",
    kind: RunKind = RunKind.REAL,
) -> Path:
    """Choose the path for the file of only the failures.

    Args:
        source: the input file.
        wanted: the user's choice, a file or a folder.
        said_in: where that was named, for messages.
        kind: the kind of run.

    Raises:
        OutputFileError: as for `choose_target`.
    """
    name = _name(source, kind, is_of_failures=True)
    if wanted.is_dir():
        return _checked(source, wanted / name, said_in)
    files.refuse_device(wanted, said_in)
    kinds.refuse_place_of_another(said_in, wanted, kind, name)
    return _checked(source, wanted, said_in)


def write_results(
    sheet: Sheet,
    summary: Summary,
    target: Path,
    zone: tzinfo,
    facts: RunFacts | None = None,
    *,
    held: Held | None = None,
) -> tuple[Path, str]:
    """Write the results file; under another name if its own is not available.

    Args:
        sheet: the input as it was read.
        summary: one result per row of it.
        target: the wanted path of the results; its ending decides the format.
        zone: the zone in which times are shown.
        facts: facts about the run, for the workbook's second sheet; None for no such sheet, and
            for a real run.
        held: rows in the target that are not in the sheet, if any are to be kept.

    Returns:
        Where the results are, and a note for the user, empty if all is as wished.

    Raises:
        OutputFileError: they can be written nowhere.
    """
    table = all_rows(sheet, summary, zone, RunKind.REAL if facts is None else facts.kind)
    kept = None
    if sheet.path.absolute() != target.absolute():
        kept = _put_aside_if_needed(table, target, held)
    moved = _("{shown} could not be written ({reason}), so the results are here: {path}. {note}")
    path, note = _write_somewhere(_saver(table, target, summary, facts), target, moved)
    if kept is not None:
        note = _describe_kept(target, kept, held, note)
    return path, note.strip()


def _describe_kept(target: Path, kept: Path, held: Held | None, note: str) -> str:
    shown, name = (wording.printable(one.name) for one in (target, kept))
    if held is not None and held.mended:
        text = ngettext(
            "{shown} held {count} mended row that this sheet does not have; it is kept as "
            "{name}, and this run sent nothing of it. To send what is not confirmed yet: "
            "{command} {note}",
            "{shown} held {count} mended rows that this sheet does not have; it is kept as "
            "{name}, and this run sent nothing of it. To send what is not confirmed yet: "
            "{command} {note}",
            held.mended,
        )
    elif held is not None:
        text = ngettext(
            "{shown} held {count} row of another sheet that still needs a person; it is kept as "
            "{name}. Correct the row there, and run it: {command} {note}",
            "{shown} held {count} rows of another sheet that still need a person; it is kept as "
            "{name}. Correct the rows there, and run it: {command} {note}",
            held.left_open,
        )
    elif target.suffix.lower() == ".csv" or ownership.state_of(kept) is State.CAME_BACK:
        text = _("{shown} held rows that this sheet does not have; it is kept as {name}. {note}")
    else:
        text = _("{shown} is not as it was written; that version is kept as {name}. {note}")
    count = held.mended or held.left_open if held else 0
    command = held.command(kept) if held else ""
    return text.format(shown=shown, name=name, count=count, command=command, note=note)


def write_failures(
    sheet: Sheet,
    summary: Summary,
    target: Path,
    zone: tzinfo,
    kind: RunKind = RunKind.REAL,
) -> tuple[Path, str]:
    """Write a file of only the rows that need a person, in the sheet's columns, with reasons.

    Arguments, value and errors are those of `write_results`.
    """
    table = failed_rows(sheet, summary, zone, kind)
    moved = _("{shown} could not be written ({reason}), so the failures are here: {path}. {note}")
    return _write_somewhere(_saver(table, target, summary, None), target, moved)


def _saver(
    table: ResultTable, target: Path, summary: Summary, facts: RunFacts | None
) -> Callable[[Path], str]:
    """Return the function that writes a table in the format of the target's ending."""
    if target.suffix.lower() == ".csv":
        return partial(delimited.save, table)
    return partial(workbook.save, table, summary=summary, facts=facts)


def _put_aside_if_needed(table: ResultTable, target: Path, held: Held | None) -> Path | None:
    """Rename results that hold work, are not as we wrote them, or not ours at all, to keep them."""
    if not target.is_file():
        return None
    if table.kind is not RunKind.REAL and kinds.kind_of(target) is RunKind.REAL:
        is_kept = True
    elif target.suffix.lower() == ".csv":
        is_mended = held is not None and held.mended > 0
        is_left = held is not None and delimited.holds_open(table, target)
        is_kept = is_mended or is_left or delimited.holds_work(table, target)
    else:
        is_kept = held is not None or not ownership.is_replaceable(target)
    if not is_kept:
        return None
    for number in range(1, _MOST_KEPT):
        kept = target.with_name(f"{target.stem}.edited-{number}{target.suffix}")
        if not os.path.lexists(kept):
            with contextlib.suppress(FileExistsError):
                return _rename(target, kept)
    return None


def _rename(target: Path, kept: Path) -> Path | None:
    """Rename results; what cannot be renamed cannot be replaced either, and stays as it is.

    Raises:
        FileExistsError: somebody has just taken the name.
    """
    try:
        return target.rename(kept)
    except FileExistsError:
        raise
    except OSError:
        return None


def _write_somewhere(save: Callable[[Path], str], target: Path, moved: str) -> tuple[Path, str]:
    """Write beside the target; else to another place, as a file that replaces no other."""
    reason = ""
    for folder in _list_folders(target):
        try:
            with files.temporary_file(folder, target.suffix) as temporary:
                note = save(temporary)
                files.flush(temporary)
                place = folder / target.name
                if place == target:
                    files.keep_rights(target, temporary)
                path, reason = _move(temporary, place, reason, may_replace=place == target)
        except OSError as error:
            reason = reason or files.explain(error)
            continue
        if path != target:
            note = moved.format(
                shown=wording.show_path(target),
                reason=reason,
                path=wording.show_path(path),
                note=note,
            )
        return path, note.strip()
    raise OutputFileError(
        _(
            "The results could not be written to {path} nor anywhere else ({reason}). Make "
            "room, or name another place: --output PATH."
        ).format(path=wording.printable(str(target)), reason=reason)
    )


def _list_folders(target: Path) -> list[Path]:
    """List the folders for results: their own, and others if that takes nothing."""
    folders = [target.parent]
    for find in (Path.cwd, lambda: Path(tempfile.gettempdir())):
        # The current folder may be gone, and there may be no room for temporary files anywhere.
        with contextlib.suppress(OSError):
            folders.append(find())
    return list(dict.fromkeys(folders))


def _move(temporary: Path, target: Path, reason: str, *, may_replace: bool) -> tuple[Path, str]:
    """Move the file over its target, or to the first other name that is free."""
    try:
        if may_replace or not os.path.lexists(target):
            return files.move(temporary, target), reason
    except OSError as error:
        reason = reason or files.explain(error)
    for number in range(2, _OTHER_NAMES):
        other = target.with_name(f"{target.stem}-{number}{target.suffix}")
        if not os.path.lexists(other):
            return files.move(temporary, other), reason
    raise OSError(reason)
