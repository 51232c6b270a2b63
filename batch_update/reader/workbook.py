"""xlsx and xlsm, through openpyxl: the saved values, each with its kind and number format."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from lxml import etree
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE
from openpyxl.worksheet._reader import (
    COL_TAG,
    FORMULA_TAG,
    INLINE_STRING,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet, UnsavedFormula
from batch_update.reader.archive import BoundedArchive
from batch_update.reader.builtin import builtin_format
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.markup import elements
from batch_update.reader.tables import Lookup, Table, build_sheet, choose_table
from batch_update.texts import reader as texts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""Characters that XML cannot hold. Source: ECMA-376, 22.9.2.19, ST_Xstring."""

_FRACTION = re.compile("[.eE]")
_MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384
_WIDEST_COLUMN = 255
"""Source: Microsoft, "Excel specifications and limits"."""

_Cell: TypeAlias = tuple[int, CellValue, int]
"""Column from 1, value, and number of its style."""

_MOST_DATES = 4096
_MOST_WIDTHS = 200
_MOST_STRINGS = 3_000_000
"""So many different texts are in no list of shipments."""
_STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
TEXT_TAG = f"{{{SHEET_MAIN_NS}}}t"


def read_sheet(path: Path, lookup: Lookup, package: IO[bytes] | None = None) -> Sheet:
    """Read the table of shipments out of an xlsx or xlsm workbook.

    Args:
        path: the file.
        lookup: which sheet and which columns are looked for.
        package: the workbook, if it is not the file itself but was locked in it.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    shown = wording.printable(path.name)
    # openpyxl warns of styles and extensions that do not matter to the values.
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        try:
            # Opened here, since openpyxl leaves a file open that it cannot make sense of.
            file = package or stack.enter_context(path.open("rb"))
            reader = _Reader(file)
            stack.callback(reader.archive.close)
            reader.read()
            book = reader.wb
            tables = [_Page(reader, *page).as_table() for page in reader.pages]
            _refuse_empty(shown, tables)
            table, layout = choose_table(path, tables, lookup)
            return build_sheet(path, table, layout, epoch=book.epoch.date())
        except BatchUpdateError:
            raise
        except Exception as error:
            # openpyxl lets through whatever a damaged part makes its parsers raise, and calls it an
            # OSError, but one without a number, when there is no workbook in the archive.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise unreadable(path, error) from error


def _refuse_empty(shown: str, tables: list[Table]) -> None:
    if not tables:
        raise InputFileError(texts.NO_WORKSHEET.format(shown=shown))


class _Reader(ExcelReader):
    """Reads all of a workbook but its worksheets, of which it only notes where they are.

    openpyxl would go through each of them for its size, and through the charts.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive.close()
        self.archive = BoundedArchive(file)
        self.pages: list[tuple[str, str, str]] = []
        """The name, the part and the visibility of each worksheet."""

    def read_strings(self) -> None:
        """Read the texts that cells share."""
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as file:
            for element in elements(file, _STRING_TAG):
                if len(self.shared_strings) == _MOST_STRINGS:
                    raise DamagedError(texts.MANY_STRINGS.format(limit=_MOST_STRINGS // 10**6))
                if _is_plain(element):
                    text = element[0].text or ""
                else:
                    rich: Any = Text.from_tree(element)
                    text = rich.content
                self.shared_strings.append(text.replace("x005F_", ""))

    def read_worksheets(self) -> None:
        """Note the worksheets; one that is named twice would be read as often."""
        parts = set()
        for sheet, relation in self.parser.find_sheets():
            part = relation.target
            if part in parts:
                raise DamagedError(texts.SAME_PART.format(part=wording.quote(part)))
            parts.add(part)
            if part in self.valid_files and "chartsheet" not in relation.Type:
                self.pages.append((sheet.name, part, sheet.state or "visible"))


class _Page:
    """One worksheet of a workbook, read row by row with openpyxl's own parser.

    Not with its `iter_rows`: that leaves out what a damaged file holds out of its place, and tells
    neither hidden rows nor formulas beside their results. What the parser needs is private to
    openpyxl, hence untyped here.
    """

    def __init__(self, reader: _Reader, name: str, part: str, state: str) -> None:
        self._reader = reader
        self._book: Any = reader.wb
        self._name = name
        self._part = part
        self._state = state
        self._hidden: set[int] = set()
        self._widths: dict[int, float] = {}
        self._formats: dict[tuple[int, ...], tuple[str, ...]] = {}

    def as_table(self) -> Table:
        """Give the worksheet as a table."""
        return Table(
            name=self._name,
            read_rows=self._rows,
            is_hidden=self._state != "visible",
            hidden_rows=lambda: frozenset(self._hidden),
            widths=lambda: self._widths,
        )

    def _note_width(self, element: Element) -> None:
        """Note what a `col` element says, as far as there may be shipments."""
        with contextlib.suppress(ValueError):
            first, last = int(element.get("min", "")), int(element.get("max", ""))
            width = float(element.get("width", ""))
            columns = range(max(first, 1) - 1, min(last, _MOST_WIDTHS))
            # Widths of columns that were said before are said again by nobody honest.
            if 0 < width <= _WIDEST_COLUMN and columns and columns[-1] not in self._widths:
                self._widths.update(dict.fromkeys(columns, width))

    def _rows(self) -> Iterator[Row]:
        self._hidden.clear()
        last = 0
        with self._reader.archive.open(self._part) as file:
            parser = _Parser(self._book, self._reader.shared_strings)
            for element in elements(file, ROW_TAG, others=(COL_TAG,)):
                if element.tag == COL_TAG:
                    self._note_width(element)
                    continue
                number, cells = parser.read_row(element)
                if element.get("hidden") in {"1", "true"}:
                    self._hidden.add(number)
                if number > _MAX_ROWS:
                    raise self._damaged(texts.CLAIMS_ROW.format(row=number))
                if number <= last:
                    raise self._damaged(texts.ROW_BELOW.format(number=number, last=last))
                last = number
                if row := self._row(number, cells):
                    yield row

    def _row(self, number: int, cells: Sequence[_Cell]) -> Row | None:
        """Put a row's cells in their places; None if none of them says anything."""
        values: list[CellValue] = []
        styles: list[int] = []
        last = 0
        for column, value, style in cells:
            if not last < column <= _MAX_COLUMNS:
                raise self._misplaced(number, column, last)
            last = column
            if value is None:
                continue
            gap = column - 1 - len(values)
            if gap:
                values += [None] * gap
                styles += [0] * gap
            values.append(value)
            styles.append(style)
        if not values:
            return None
        return Row(number=number, cells=tuple(values), formats=self._formats_of(tuple(styles)))

    def _misplaced(self, number: int, column: int, last: int) -> DamagedError:
        if column > _MAX_COLUMNS:
            return self._damaged(texts.CLAIMS_COLUMN.format(number=number, column=column))
        return self._damaged(texts.COLUMN_FOLLOWS.format(column=column, last=last, number=number))

    def _formats_of(self, styles: tuple[int, ...]) -> tuple[str, ...]:
        if styles not in self._formats:
            self._formats[styles] = tuple(self._number_format(style) for style in styles)
        return self._formats[styles]

    def _number_format(self, style: int) -> str:
        key: int = self._book._cell_styles[style].numFmtId
        if key < BUILTIN_FORMATS_MAX_SIZE:
            return builtin_format(key)
        return str(self._book._number_formats[key - BUILTIN_FORMATS_MAX_SIZE])

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(texts.IN_SHEET.format(name=wording.quote(self._name), what=what))


class _Parser(WorkSheetParser):
    """Reads saved results, and formulas where there is no result.

    Numbers, texts and days that were seen before, of which sheets are full, are read here, in a
    third of the time; all else, and whatever is not quite as usual, by openpyxl.
    """

    def __init__(self, book: Any, strings: Sequence[str]) -> None:
        super().__init__(
            b"",
            strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        self._columns: dict[str, int] = {}
        self._dates: dict[tuple[str, int], CellValue] = {}

    def read_row(self, element: Element) -> tuple[int, list[_Cell]]:
        """Read a row: its number, and its cells."""
        place = element.get("r", "")
        if place.isascii() and place.isdigit():
            self.row_counter = int(place)
        else:
            bare: Any = etree.Element(element.tag, dict(element.attrib))
            super().parse_row(bare)
            self.row_dimensions.clear()
        self.col_counter = 0
        return self.row_counter, [self.read_cell(cell) for cell in element]

    def read_cell(self, element: Element) -> _Cell:
        """Read a cell: its column from 1, value and style; a formula never calculated is itself."""
        place, row = element.get("r", ""), str(self.row_counter)
        column = self._columns.get(place[: -len(row)])
        if column is None or len(element) != 1 or not place.endswith(row):
            return self._any_cell(element)
        part, kind, style = element[0], element.get("t", "n"), int(element.get("s", "0"))
        if part.tag == VALUE_TAG:
            value = self._usual_value(part.text, kind, style)
        elif kind == "inlineStr" and part.tag == INLINE_STRING and _is_plain(part):
            value = part[0].text
        else:
            value = None
        if value is None:
            return self._any_cell(element)
        self.col_counter = column
        if type(value) is str and "_x" in value:
            value = _unescape(value)
        return column, value, style

    def _usual_value(self, text: str | None, kind: str, style: int) -> CellValue:
        """Read what most cells hold; None for all else."""
        if not text:
            return None
        if kind == "s":
            return self.shared_strings[int(text)]
        if kind != "n":
            return None
        if style in self.date_formats:
            return self._dates.get((text, style))
        return float(text) if _FRACTION.search(text) else int(text)

    def _any_cell(self, element: Element) -> _Cell:
        cell: dict[str, Any] = super().parse_cell(element)
        column, style = cell["column"], cell["style_id"]
        place, row = element.get("r", ""), str(cell["row"])
        if place.endswith(row) and place.removesuffix(row).isalpha():
            self._columns[place.removesuffix(row)] = column
        if cell["value"] is None and element.get("t", "n") == "n":
            formula = element.find(FORMULA_TAG)
            if formula is not None and not element.findtext(VALUE_TAG):
                return column, UnsavedFormula(text=f"={formula.text or '…'}"), style
        value = _value(cell)
        if cell["data_type"] == "d" and element.get("t", "n") == "n":
            if len(self._dates) == _MOST_DATES:
                self._dates.clear()
            self._dates[element.findtext(VALUE_TAG, ""), style] = value
        return column, value, style


def _is_plain(text: Element) -> bool:
    """Tell whether a cell's own text is one run without a look of its own."""
    return len(text) == 1 and text[0].tag == TEXT_TAG and len(text[0]) == 0


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _value(cell: dict[str, Any]) -> CellValue:
    value = cell["value"]
    if cell["data_type"] == "e":
        return ErrorCell(text=str(value))
    if isinstance(value, str) and "_x" in value:
        return _unescape(value)
    kinds = str | bool | int | float | dt.datetime | dt.date | dt.time | dt.timedelta
    if value is None or isinstance(value, kinds | UnsavedFormula):
        return value
    return str(value)
