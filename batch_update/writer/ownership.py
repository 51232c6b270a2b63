"""Ownership of workbooks: those that we made, and those saved by others since."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from enum import Enum, auto
from pathlib import Path

from batch_update.model import RunKind

AUTHOR = "batch-update"
CAME_BACK, CAME_BACK_OPEN = "returned", "returned-open"
"""Keywords of results that were written for results which were run, and so may hold mended rows; in
the second, rows that need a person."""
OPEN = "open"
"""Keyword of other results with rows that need a person."""

_REPORT = "batch-update-report"

_LONGEST_PROPERTIES = 100_000
_MOST_PAGES = 2
_PAGE = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.MULTILINE)
_PROPERTY = re.compile(r"<(?:dc|dcterms|cp):(\w+)(?: [^>]*)?>([^<]*)(?=<)")

# Errors that a damaged, locked or foreign archive makes `zipfile` raise; such a file is not ours.
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)


class State(Enum):
    """State of results since we wrote them.

    WRITTEN: as we wrote them. CAME_BACK: so too, for results that were run, so they may hold rows
    that were mended before. CHANGED: changed since, or not ours.
    """

    WRITTEN = auto()
    CAME_BACK = auto()
    CHANGED = auto()


def is_ours(path: Path) -> bool:
    """Return whether a workbook is one of results that holds no sheets but ours."""
    properties, names = _look_into(path)
    pages = _PAGE.findall("\n".join(names))
    return properties.get("creator") == AUTHOR and len(pages) <= _MOST_PAGES


def is_untouched(path: Path) -> bool:
    """Return whether a workbook is ours and was saved by no other program since we wrote it."""
    properties, _ = _look_into(path)
    is_as_made = properties.get("created") == properties.get("modified")
    authors = {properties.get("creator"), properties.get("lastModifiedBy")}
    return is_as_made and authors == {AUTHOR}


def properties_of_report(made_at: dt.datetime) -> dict[str, object]:
    """Return the properties by which a report is known; see `workbook` for the minute."""
    return {"author": AUTHOR, "category": _REPORT, "created": made_at - dt.timedelta(minutes=1)}


def is_untouched_report(path: Path) -> bool:
    """Return whether a workbook is a report of ours, saved by no other program since."""
    properties, __ = _look_into(path)
    return properties.get("category") == _REPORT and is_untouched(path)


def kind_of(path: Path) -> RunKind | None:
    """Return the kind of run that made a workbook, also if it was saved since; None if none did."""
    properties, _ = _look_into(path)
    if properties.get("creator") != AUTHOR:
        return None
    found = properties.get("subject", "")
    # Earlier versions had no such property.
    return RunKind(found) if found in set(RunKind) else RunKind.REAL


def state_of(path: Path) -> State:
    """Return what has become of a workbook of results since we wrote it."""
    properties, _ = _look_into(path)
    if not is_untouched(path):
        return State.CHANGED
    came_back = properties.get("keywords") in {CAME_BACK, CAME_BACK_OPEN}
    return State.CAME_BACK if came_back else State.WRITTEN


def is_replaceable(path: Path) -> bool:
    """Return whether nothing is lost with a workbook: it holds no work of a person."""
    properties, _ = _look_into(path)
    return is_untouched(path) and properties.get("keywords") != CAME_BACK_OPEN


def holds_open(path: Path) -> bool:
    """Return whether a workbook had rows that need a person when we wrote it."""
    properties, _ = _look_into(path)
    return properties.get("keywords") in {OPEN, CAME_BACK_OPEN}


def _look_into(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return a workbook's properties and the names of its parts; nothing if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as part:
            text = part.read(_LONGEST_PROPERTIES).decode("utf-8", "replace")
            return dict(_PROPERTY.findall(text)), archive.namelist()
    except _UNREADABLE:
        return {}, []
