"""What a results file shows: values and looks, without the moments at which it was made."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

_MOMENTS = (
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}",
    rb"[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})",
    rb"<v>4[0-9]{4}\.[0-9]{6,}</v>",
    rb"[0-9.,]+ (?:(?:s|seconds?|min)\b|\xd1\x81|\xd0\xbc\xd0\xb8\xd0\xbd)",
    rb"(?:127\.0\.0\.1|localhost):[0-9]+|\b[0-9a-f]{64}\b",
)
_MOMENT = re.compile(b"|".join(_MOMENTS))


def without_moments(data: bytes) -> bytes:
    """Put a sign in place of moments, durations, ports, and fingerprints of files with moments."""
    # In UTF-16 each second byte of a moment is 0.
    return _MOMENT.sub(b"~", data.replace(b"\0", b""))


def difference(first: Path, second: Path) -> str:
    """Return how two files of results differ; empty if they do not."""
    if first.suffix != ".xlsx":
        one, other = (without_moments(path.read_bytes()) for path in (first, second))
        return "" if one == other else f"{_first_of(one, other)}"
    if _parts(first) == _parts(second):
        return ""
    for one, other in zip(_shown(first), _shown(second), strict=False):
        if one != other:
            return f"{one!r} is now {other!r}"
    longer = len(list(_shown(first))) != len(list(_shown(second)))
    return "one shows more than the other" if longer else ""


def _first_of(one: bytes, other: bytes) -> str:
    lines = zip(one.splitlines(), other.splitlines(), strict=False)
    return next((f"{a!r} is now {b!r}" for a, b in lines if a != b), "the lengths differ")


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: without_moments(archive.read(name)) for name in archive.namelist()}


def _shown(path: Path) -> Iterator[Any]:
    """List what a workbook shows."""
    book = openpyxl.load_workbook(path)
    properties = book.properties
    yield properties.creator, properties.subject, properties.keywords, properties.lastModifiedBy
    yield book.sheetnames, book.active.title if book.active else "", book.epoch
    yield repr(book.defined_names)
    for page in book.worksheets:
        yield from _shown_on(page)


def _shown_on(page: Worksheet) -> Iterator[Any]:
    yield page.title, page.dimensions, page.freeze_panes, page.auto_filter.ref, page.sheet_state
    yield page.print_title_rows, page.page_setup.orientation, page.page_setup.paperSize
    yield page.page_setup.fitToHeight, page.page_margins.top, _header(page)
    yield repr(page.sheet_properties.tabColor), str(page.merged_cells)
    for letter, column in page.column_dimensions.items():
        yield letter, column.width, column.hidden
    for number, row in page.row_dimensions.items():
        yield number, row.height, row.hidden
    for found in page.conditional_formatting:
        yield str(found.sqref), [(rule.formula, repr(rule.dxf)) for rule in found.rules]
    for cells in page.iter_rows():
        for cell in cells:
            value = cell.value
            text = without_moments(str(value).encode()).decode()
            comment = cell.comment
            yield cell.coordinate, type(value), text, cell.data_type
            looks = (cell.font, cell.fill, cell.border, cell.alignment)
            yield cell.coordinate, cell.number_format, *map(repr, looks)
            yield cell.quotePrefix, cell.hyperlink and cell.hyperlink.location
            yield comment and (comment.text, comment.author, comment.width, comment.height)


def _header(page: Worksheet) -> str | None:
    return page.oddHeader.center.text if page.oddHeader and page.oddHeader.center else None
