"""The results file: every row and column of the input, and what happened to each row.

The file is always whole: it is written beside its target, flushed to the disk, and moved over it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.orders import Sheet, Summary
from batch_update.writer import delimited, workbook
from batch_update.writer.table import build_table

__all__ = ["FORMATS", "choose_target", "write_results"]

FORMATS = (".xlsx", ".csv")
"""Endings of a results file; the ending decides the format."""

_OTHER_NAMES = 20


def choose_target(source: Path, output: Path | None) -> Path:
    """Decide where the results of a sheet go, and make sure that the folder is there.

    Args:
        source: the input file.
        output: what the user asked for, a file or a folder; None for beside the input.

    Raises:
        OutputFileError: there is no such folder, the format is unknown, or the results would
            replace the input.
    """
    ending = ".csv" if source.suffix.lower() in {".csv", ".tsv", ".txt"} else ".xlsx"
    default_name = f"{source.stem}.results{ending}"
    if output is None:
        return source.with_name(default_name)
    target = output / default_name if output.is_dir() else output
    shown = wording.printable(str(target))
    if target.suffix.lower() not in FORMATS:
        raise OutputFileError(f"--output {shown}: name a file that ends in .xlsx or .csv.")
    if not target.parent.is_dir():
        raise OutputFileError(f"--output {shown}: there is no such folder. Make it first.")
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputFileError(f"--output {shown} is the input itself. Name another file.")
    return target


def write_results(sheet: Sheet, summary: Summary, target: Path, zone: tzinfo) -> tuple[Path, str]:
    """Write the results file; under another name if its own cannot be had.

    Args:
        sheet: the input as it was read.
        summary: one result per row of it.
        target: where the results should go; its ending decides the format.
        zone: the zone in which times are shown.

    Returns:
        Where the results are, and a note for the user, empty if all is as wished.

    Raises:
        OutputFileError: they can be written nowhere.
    """
    table = build_table(sheet, summary, zone)
    save = delimited.save if target.suffix.lower() == ".csv" else workbook.save
    reason = ""
    for folder in dict.fromkeys((target.parent, Path.cwd(), Path(tempfile.gettempdir()))):
        try:
            with _temporary_file(folder, target.suffix) as temporary:
                note = save(table, temporary)
                _flush(temporary)
                path, reason = _move(temporary, folder / target.name, reason)
        except OSError as error:
            reason = reason or _reason(error)
            continue
        if path != target:
            shown = wording.printable(str(target))
            note = f"{shown} could not be written ({reason}), so the results are here. {note}"
        return path, note.strip()
    raise OutputFileError(
        f"The results could not be written to {wording.printable(str(target))} nor anywhere else "
        f"({reason})."
    )


@contextlib.contextmanager
def _temporary_file(folder: Path, suffix: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".batch-update-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _move(temporary: Path, target: Path, reason: str) -> tuple[Path, str]:
    """Move the file over its target, or to the first other name that is free."""
    try:
        return temporary.replace(target), reason
    except OSError as error:
        reason = reason or _reason(error)
    for number in range(2, _OTHER_NAMES):
        other = target.with_name(f"{target.stem}-{number}{target.suffix}")
        if not other.exists():
            return temporary.replace(other), reason
    raise OSError(reason)


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "it is open in another program, or access is denied"
    return wording.printable(error.strerror or str(error)).lower()
