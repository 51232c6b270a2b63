"""xlsx and xlsm, through openpyxl: the saved values, each with its kind and number format."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.worksheet._reader import (
    COL_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet, UnsavedFormula
from batch_update.reader.archive import BoundedArchive
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

_MOST_WIDTHS = 200
_MOST_STRINGS = 3_000_000
"""So many different texts are in no list of shipments."""
_STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"


def read_sheet(path: Path, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of an xlsx or xlsm workbook.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    shown = wording.printable(path.name)
    # openpyxl warns of styles and extensions that do not matter to the values.
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        try:
            # Opened here, since openpyxl leaves a file open that it cannot make sense of.
            file = stack.enter_context(path.open("rb"))
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
                text: Any = Text.from_tree(element)
                self.shared_strings.append(text.content.replace("x005F_", ""))

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
                number, cells = parser.parse_row(element)
                if element.get("hidden") in {"1", "true"}:
                    self._hidden.add(number)
                if number > _MAX_ROWS:
                    raise self._damaged(texts.CLAIMS_ROW.format(row=number))
                if number <= last:
                    raise self._damaged(texts.ROW_BELOW.format(number=number, last=last))
                last = number
                if row := self._row(number, cells):
                    yield row

    def _row(self, number: int, cells: list[dict[str, Any]]) -> Row | None:
        """Put a row's cells in their places; None if none of them says anything."""
        values: list[CellValue] = []
        styles: list[int] = []
        last = 0
        for cell in cells:
            column = cell["column"]
            if column > _MAX_COLUMNS:
                raise self._damaged(texts.CLAIMS_COLUMN.format(number=number, column=column))
            if column <= last:
                raise self._damaged(
                    texts.COLUMN_FOLLOWS.format(column=column, last=last, number=number)
                )
            last = column
            value = _value(cell)
            if value is not None:
                gap = column - 1 - len(values)
                values += [None] * gap
                styles += [0] * gap
                values.append(value)
                styles.append(cell["style_id"])
        if not values:
            return None
        return Row(number=number, cells=tuple(values), formats=self._formats_of(tuple(styles)))

    def _formats_of(self, styles: tuple[int, ...]) -> tuple[str, ...]:
        if styles not in self._formats:
            self._formats[styles] = tuple(self._number_format(style) for style in styles)
        return self._formats[styles]

    def _number_format(self, style: int) -> str:
        key: int = self._book._cell_styles[style].numFmtId
        if key < BUILTIN_FORMATS_MAX_SIZE:
            return BUILTIN_FORMATS.get(key, "General")
        return str(self._book._number_formats[key - BUILTIN_FORMATS_MAX_SIZE])

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(texts.IN_SHEET.format(name=wording.quote(self._name), what=what))


class _Parser(WorkSheetParser):
    """Reads saved results, and formulas where there is no result.

    Numbers and texts, of which sheets are full, are read here, in half of the time; all else, and
    whatever is not quite as usual, by openpyxl.
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

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Read a cell; a formula that was never calculated stands for itself."""
        return self._usual_cell(element) or self._any_cell(element)

    def _usual_cell(self, element: Element) -> dict[str, Any] | None:
        """Read a plain number or a shared text whose place is its row's; None for all else."""
        if len(element) != 1 or element[0].tag != VALUE_TAG or not (text := element[0].text):
            return None
        place = element.get("r", "")
        row = str(self.row_counter)
        column = self._columns.get(place.removesuffix(row))
        if column is None or not place.endswith(row):
            return None
        kind, style = element.get("t", "n"), int(element.get("s", "0"))
        value: CellValue
        if kind == "s":
            value = self.shared_strings[int(text)]
        elif kind == "n" and style not in self.date_formats:
            value = float(text) if _FRACTION.search(text) else int(text)
        else:
            return None
        self.col_counter = column
        return {"column": column, "value": value, "data_type": kind, "style_id": style}

    def _any_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        place, row = element.get("r", ""), str(cell["row"])
        if place.endswith(row) and place.removesuffix(row).isalpha():
            self._columns[place.removesuffix(row)] = cell["column"]
        if cell["value"] is None and element.get("t", "n") == "n":
            formula = element.find(FORMULA_TAG)
            if formula is not None and not element.findtext(VALUE_TAG):
                cell["value"] = UnsavedFormula(text=f"={formula.text or '…'}")
        return cell


def _value(cell: dict[str, Any]) -> CellValue:
    value = cell["value"]
    if cell["data_type"] == "e":
        return ErrorCell(text=str(value))
    if isinstance(value, str) and "_x" in value:
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
    kinds = str | bool | int | float | dt.datetime | dt.date | dt.time | dt.timedelta
    if value is None or isinstance(value, kinds | UnsavedFormula):
        return value
    return str(value)
