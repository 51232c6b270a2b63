"""ods and fods, of LibreOffice and others: the values, each with its kind and number format.

Not through pandas and calamine, which lose number formats and take error cells for empty ones.
Source: OASIS, "Open Document Format for Office Applications 1.3", part 3, chapter 9.
"""

from __future__ import annotations

import bisect
import contextlib
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
from batch_update.i18n import _
from batch_update.model import CellValue, ErrorCell, Row, Sheet, UnsavedFormula, limits
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.markup import elements
from batch_update.reader.opendocument_formats import DATA_STYLES, STYLE, Formats
from batch_update.reader.tables import (
    CellBudget,
    SheetQuery,
    Table,
    build_sheet,
    choose_table,
    formats_of,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_TABLE = f"{{{_NAMES}:table:1.0}}"
_OFFICE = f"{{{_NAMES}:office:1.0}}"
_TEXT = f"{{{_NAMES}:text:1.0}}"
_APART = (f"{{{_NAMES}:drawing:1.0}}frame", f"{_TABLE}dde-links")
"""Charts have tables of their own, and so have links to other programs."""
_CALC_EXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"

_MOST_TIMES = 10_000
"""Most rows that only repeat others; more are no shipments."""
_MOST_SPACES = 100
_MOST_PAGES = 10_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ZERO_PADDED = re.compile(r"0[0-9]+")
_ERROR = re.compile(r"#[\w/]+[!?]?|Err:[0-9]+")
_DURATION = re.compile(r"PT([0-9]{1,9})H([0-9]{1,9})M([0-9]{1,9})(?:[.,][0-9]+)?S")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_ERROR_ALONE = "#ERROR"


@dataclass(slots=True)
class _Page:
    """One worksheet under construction."""

    name: str
    style: str
    budget: CellBudget
    formats: Formats
    columns: list[tuple[int, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    last: int = 0
    repeated: int = 0

    def add(self, element: Element) -> None:
        """Add a row as often as it is repeated; empty ones only move the place."""
        times = _count(element, "number-rows-repeated")
        first, self.last = self.last + 1, self.last + times
        if self.last > limits.MOST_ROWS:
            raise DamagedError(_("it claims a row {row}").format(row=self.last))
        row = self._row(first, element)
        if row.is_blank:
            return
        self.repeated += times - 1
        if self.repeated >= _MOST_TIMES:
            raise DamagedError(
                _("it repeats row {first} {times} times").format(first=first, times=times)
            )
        self.budget.take(row, times)
        numbers = range(first, self.last + 1)
        self.rows += [Row(number=n, cells=row.cells, formats=row.formats) for n in numbers]
        if element.get(f"{_TABLE}visibility", "visible") != "visible":
            self.hidden.update(numbers)

    def add_columns(self, element: Element) -> None:
        """Note the style that cells of these columns have unless they name another."""
        last = self.columns[-1][0] if self.columns else 0
        last += _count(element, "number-columns-repeated")
        if last <= limits.MOST_COLUMNS:
            self.columns.append((last, element.get(f"{_TABLE}default-cell-style-name", "")))

    def _row(self, number: int, element: Element) -> Row:
        values: list[CellValue] = []
        formats: list[str] = []
        blank = 0
        for cell in element:
            if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
                continue
            times = _count(cell, "number-columns-repeated")
            value = _value(cell)
            if value is None:
                blank += times
                continue
            if len(values) + blank + times > limits.MOST_COLUMNS:
                raise DamagedError(_("row {number} claims too many columns").format(number=number))
            values += [None] * blank + [value] * times
            formats += ["General"] * blank
            if isinstance(value, bool) or not isinstance(value, int | float):
                formats += ["General"] * times
            else:
                default = element.get(f"{_TABLE}default-cell-style-name")
                style = cell.get(f"{_TABLE}style-name") or default
                columns = range(len(formats), len(formats) + times)
                formats += [self._format(cell, value, style, column) for column in columns]
            blank = 0
        return Row(number=number, cells=tuple(values), formats=formats_of(formats))

    def _format(self, cell: Element, value: float, style: str | None, column: int) -> str:
        # The text is what the program has shown; its styles cannot tell all that Excel's can.
        zeros = _shown_zeros(cell, value)
        return zeros or self.formats.code(style or self._style_of(column))

    def _style_of(self, column: int) -> str:
        place = bisect.bisect_right(self.columns, column, key=lambda run: run[0])
        return self.columns[place][1] if place < len(self.columns) else ""


@dataclass(slots=True)
class _Book:
    """The workbook as far as it has been read."""

    budget: CellBudget
    pages: list[_Page] = field(default_factory=list)
    formats: Formats = field(default_factory=Formats)
    hidden_styles: set[str] = field(default_factory=set)
    epoch: dt.date = limits.EPOCH

    def take(self, element: Element) -> None:
        """Read an element: a table as it begins, all others when they are finished."""
        if element.tag == f"{_TABLE}table":
            if len(self.pages) == _MOST_PAGES:
                raise DamagedError(_("it holds more than {limit} sheets").format(limit=_MOST_PAGES))
            name, style = (element.get(f"{_TABLE}{key}", "") for key in ("name", "style-name"))
            self.pages.append(_Page(name, style, self.budget, self.formats))
        elif self.pages and element.tag == f"{_TABLE}table-row":
            self.pages[-1].add(element)
        elif self.pages and element.tag == f"{_TABLE}table-column":
            self.pages[-1].add_columns(element)
        elif element.tag == f"{STYLE}style" or element.tag in DATA_STYLES:
            self._take_style(element)
        elif element.tag == f"{_TABLE}null-date":
            self.epoch = dt.date.fromisoformat(
                element.get(f"{_TABLE}date-value", limits.EPOCH.isoformat())
            )

    def _take_style(self, element: Element) -> None:
        self.formats.take(element)
        shown = element.find(f"{STYLE}table-properties")
        if shown is not None and shown.get(f"{_TABLE}display") == "false":
            self.hidden_styles.add(element.get(f"{STYLE}name", ""))

    def tables(self) -> Iterator[Table]:
        """Iterate over the finished worksheets."""
        for page in self.pages:
            yield Table(
                name=page.name,
                read_rows=page.rows.__iter__,
                is_hidden=page.style in self.hidden_styles,
                hidden_rows=partial(frozenset, page.hidden),
            )


def read_sheet(path: Path, query: SheetQuery) -> Sheet:
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
    table, layout = choose_table(path, list(book.tables()), query)
    return build_sheet(path, table, layout, epoch=book.epoch)


def _open(path: Path) -> _Book:
    shown = wording.printable(path.name)
    book = _Book(CellBudget(shown))
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            _read(book, file)
        return book
    with zipfile.ZipFile(path) as archive:
        if _is_encrypted(archive):
            raise InputFileError(
                _(
                    "{shown} is protected by a password. Open it in LibreOffice, save it "
                    "without the password and run it again."
                ).format(shown=shown)
            )
        _read_styles(book, archive)
        with archive.open("content.xml") as part:
            _read(book, part)
    return book


def _read_styles(book: _Book, archive: zipfile.ZipFile) -> None:
    """Read the named styles; without them the values are still there."""
    if "styles.xml" not in archive.namelist():
        return
    with contextlib.suppress(Exception), archive.open("styles.xml") as part:
        for element in elements(part, f"{STYLE}style", DATA_STYLES):
            book.formats.take(element)
        book.formats.settle()
        return
    book.formats.lose()


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    name = "META-INF/manifest.xml"
    return name in archive.namelist() and b"encryption-data" in archive.read(name)


def _read(book: _Book, file: IO[bytes]) -> None:
    others = (*DATA_STYLES, f"{STYLE}style", f"{_TABLE}table-column", f"{_TABLE}null-date")
    for element in elements(
        file, f"{_TABLE}table-row", others, starts=f"{_TABLE}table", apart=_APART
    ):
        book.take(element)


def _count(element: Element, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise DamagedError(_("{name} is {text}").format(name=name, text=text[:20]))
    return int(text)


def _value(cell: Element) -> CellValue:
    text = _text_of(cell)
    kind = cell.get(f"{_OFFICE}value-type")
    formula = cell.get(f"{_TABLE}formula")
    if cell.get(f"{_CALC_EXT}value-type") == "error" or (formula and _ERROR.fullmatch(text)):
        return _odd(text, "")
    if kind is None and not text:
        return None if formula is None else UnsavedFormula(text=formula)
    if kind in {"float", "percentage", "currency"}:
        return _number(cell.get(f"{_OFFICE}value", ""), text)
    return _other_value(cell, kind, text)


def _other_value(cell: Element, kind: str | None, text: str) -> CellValue:
    if kind == "date":
        return _moment(cell.get(f"{_OFFICE}date-value", ""), text)
    if kind == "time":
        return _span(cell.get(f"{_OFFICE}time-value", ""), text)
    if kind == "boolean":
        written = cell.get(f"{_OFFICE}boolean-value", "")
        return _TRUTHS.get(written, _odd(written, text))
    return cell.get(f"{_OFFICE}string-value") or text or None


def _odd(written: str, shown: str) -> ErrorCell:
    """Return the error cell for contents that no program writes."""
    return ErrorCell(text=written or shown or _ERROR_ALONE)


def _moment(written: str, shown: str) -> CellValue:
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError:
        return _odd(written, shown)
    return moment.date() if len(written) == len("2026-11-20") else moment


def _span(written: str, shown: str) -> CellValue:
    match = _DURATION.fullmatch(written)
    if match is None:
        return shown or None
    hours, minutes, seconds = map(int, match.groups())
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _number(written: str, shown: str) -> CellValue:
    if not _NUMBER.fullmatch(written):
        return _odd(written, shown)
    number = float(written)
    return int(number) if number.is_integer() else number


def _shown_zeros(cell: Element, value: float) -> str:
    """Return the format of the zeros in front that a cell's text shows; none if it shows none."""
    text = _text_of(cell)
    is_padded = _ZERO_PADDED.fullmatch(text) is not None and int(text) == value
    return "0" * len(text) if is_padded else ""


def _text_of(cell: Element) -> str:
    """Return the text that a cell shows: its paragraphs, without its comment."""
    return "\n".join("".join(_pieces(part)) for part in cell.iterfind(f"{_TEXT}p"))


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag == f"{_TEXT}s":
            yield " " * _spaces(part.get(f"{_TEXT}c", "1"))
        elif part.tag in {f"{_TEXT}tab", f"{_TEXT}line-break"}:
            yield "\n" if part.tag == f"{_TEXT}line-break" else "\t"
        elif part.tag != f"{_OFFICE}annotation":
            yield from _pieces(part)
        yield part.tail or ""


def _spaces(count: str) -> int:
    is_number = count.isascii() and count.isdigit() and len(count) < len(str(_MOST_SPACES))
    return int(count) if is_number else _MOST_SPACES
