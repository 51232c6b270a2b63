"""ods and fods, of LibreOffice and others: the values, and the zeros that a number shows.

Not through pandas and calamine, which lose number formats and take error cells for empty ones.
Source: OASIS, "Open Document Format for Office Applications 1.3", part 3, chapter 9.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet, UnsavedFormula
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.markup import elements
from batch_update.reader.tables import Lookup, Room, Table, build_sheet, choose_table, formats_of
from batch_update.texts import reader as texts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_TABLE = f"{{{_NAMES}:table:1.0}}"
_OFFICE = f"{{{_NAMES}:office:1.0}}"
_STYLE = f"{{{_NAMES}:style:1.0}}"
_TEXT = f"{{{_NAMES}:text:1.0}}"
_CALC_EXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"

_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384
_MOST_TIMES = 10_000
"""So many rows that are only said to repeat others are no shipments."""
_MOST_SPACES = 100
_MOST_PAGES = 10_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ZERO_PADDED = re.compile(r"0[0-9]+")
_ERROR = re.compile(r"#[\w/]+[!?]?|Err:[0-9]+")
_DURATION = re.compile(r"PT([0-9]+)H([0-9]+)M([0-9]+)(?:[.,][0-9]+)?S")


@dataclass(slots=True)
class _Page:
    """One worksheet under construction."""

    name: str
    style: str
    room: Room
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    last: int = 0
    repeated: int = 0

    def add(self, element: Element) -> None:
        """Add a row as often as it says to be repeated; empty ones only move the place."""
        times = _count(element, "number-rows-repeated")
        first, self.last = self.last + 1, self.last + times
        if self.last > _LAST_ROW:
            raise DamagedError(texts.CLAIMS_ROW.format(row=self.last))
        row = _row(first, element)
        if row.is_blank:
            return
        self.repeated += times - 1
        if self.repeated >= _MOST_TIMES:
            raise DamagedError(texts.REPEATS_ROW.format(first=first, times=times))
        self.room.take(row, times)
        numbers = range(first, self.last + 1)
        self.rows += [Row(number=n, cells=row.cells, formats=row.formats) for n in numbers]
        if element.get(f"{_TABLE}visibility", "visible") != "visible":
            self.hidden.update(numbers)


@dataclass(slots=True)
class _Book:
    """The workbook as far as it has been read."""

    room: Room
    pages: list[_Page] = field(default_factory=list)
    hidden_styles: set[str] = field(default_factory=set)
    epoch: dt.date = dt.date(1899, 12, 30)

    def take(self, element: Element) -> None:
        """Take what an element says: a table as it begins, all others when they are finished."""
        if element.tag == f"{_TABLE}table":
            if len(self.pages) == _MOST_PAGES:
                raise DamagedError(texts.MANY_TABLES.format(limit=_MOST_PAGES))
            style = element.get(f"{_TABLE}style-name", "")
            self.pages.append(_Page(element.get(f"{_TABLE}name", ""), style, self.room))
        elif self.pages and element.tag == f"{_TABLE}table-row":
            self.pages[-1].add(element)
        elif element.tag == f"{_STYLE}style":
            shown = element.find(f"{_STYLE}table-properties")
            if shown is not None and shown.get(f"{_TABLE}display") == "false":
                self.hidden_styles.add(element.get(f"{_STYLE}name", ""))
        elif element.tag == f"{_TABLE}null-date":
            self.epoch = dt.date.fromisoformat(element.get(f"{_TABLE}date-value", "1899-12-30"))

    def tables(self) -> Iterator[Table]:
        """Give the finished worksheets."""
        for page in self.pages:
            yield Table(
                name=page.name,
                read_rows=page.rows.__iter__,
                is_hidden=page.style in self.hidden_styles,
                hidden_rows=partial(frozenset, page.hidden),
            )


def read_sheet(path: Path, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of an OpenDocument sheet, packed or flat.

    Raises:
        InputFileError: it is damaged, protected, declares entities, or lacks a needed column.
    """
    try:
        book = _open(path)
    except BatchUpdateError:
        raise
    except Exception as error:
        # zipfile and the parser have several exceptions for damage, without a common base.
        raise unreadable(path, error) from error
    table, layout = choose_table(path, list(book.tables()), lookup)
    return build_sheet(path, table, layout, epoch=book.epoch)


def _open(path: Path) -> _Book:
    shown = wording.printable(path.name)
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _read(file, shown)
    with zipfile.ZipFile(path) as archive:
        if _is_encrypted(archive):
            raise InputFileError(texts.PROTECTED_IN_LIBREOFFICE.format(shown=shown))
        with archive.open("content.xml") as part:
            return _read(part, shown)


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    name = "META-INF/manifest.xml"
    return name in archive.namelist() and b"encryption-data" in archive.read(name)


def _read(file: IO[bytes], shown: str) -> _Book:
    book = _Book(Room(shown))
    others = (f"{_STYLE}style", f"{_TABLE}null-date")
    for element in elements(file, f"{_TABLE}table-row", others, starts=f"{_TABLE}table"):
        book.take(element)
    return book


def _row(number: int, element: Element) -> Row:
    values: list[CellValue] = []
    formats: list[str] = []
    blank = 0
    for cell in element:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        times = _count(cell, "number-columns-repeated")
        value, shown = _value(cell)
        if value is None:
            blank += times
            continue
        if len(values) + blank + times > _LAST_COLUMN:
            raise DamagedError(texts.CLAIMS_COLUMNS.format(number=number))
        values += [None] * blank + [value] * times
        formats += ["General"] * blank + [shown] * times
        blank = 0
    return Row(number=number, cells=tuple(values), formats=formats_of(formats))


def _count(element: Element, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise DamagedError(texts.NUMBER_IS.format(name=name, text=text[:20]))
    return int(text)


def _value(cell: Element) -> tuple[CellValue, str]:
    """Read a cell and the number format that its text shows."""
    text = _text_of(cell)
    kind = cell.get(f"{_OFFICE}value-type")
    formula = cell.get(f"{_TABLE}formula")
    if cell.get(f"{_CALC_EXT}value-type") == "error" or (formula and _ERROR.fullmatch(text)):
        return ErrorCell(text=text or "#ERROR"), "General"
    if kind is None and not text:
        return (None if formula is None else UnsavedFormula(text=formula)), "General"
    if kind in {"float", "percentage", "currency"}:
        number = _number(cell.get(f"{_OFFICE}value", ""))
        is_padded = _ZERO_PADDED.fullmatch(text) is not None and int(text) == number
        return number, "0" * len(text) if is_padded else "General"
    return _other_value(cell, kind, text), "General"


def _other_value(cell: Element, kind: str | None, text: str) -> CellValue:
    if kind == "date":
        written = cell.get(f"{_OFFICE}date-value", "")
        try:
            day = dt.datetime.fromisoformat(written)
        except ValueError:
            raise DamagedError(
                texts.DATE_CELL_HOLDS.format(written=wording.quote(written))
            ) from None
        return day.date() if len(written) == len("2026-11-20") else day
    if kind == "time":
        match = _DURATION.fullmatch(cell.get(f"{_OFFICE}time-value", ""))
        if match is None:
            return text
        hours, minutes, seconds = map(int, match.groups())
        return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    return cell.get(f"{_OFFICE}string-value") or text or None


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise DamagedError(texts.NUMBER_CELL_HOLDS.format(written=wording.quote(text)))
    number = float(text)
    return int(number) if number.is_integer() else number


def _text_of(cell: Element) -> str:
    """Give the text that a cell shows: its paragraphs, without its comment."""
    return "\n".join("".join(_pieces(part)) for part in cell.iterfind(f"{_TEXT}p"))


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag == f"{_TEXT}s":
            yield " " * min(int(part.get(f"{_TEXT}c", "1")), _MOST_SPACES)
        elif part.tag in {f"{_TEXT}tab", f"{_TEXT}line-break"}:
            yield "\n" if part.tag == f"{_TEXT}line-break" else "\t"
        elif part.tag != f"{_OFFICE}annotation":
            yield from _pieces(part)
        yield part.tail or ""
