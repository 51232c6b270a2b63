"""xlsx and xlsm, through openpyxl: the saved values, each with its kind and number format."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import openpyxl
from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.worksheet._reader import (
    COL_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet, UnsavedFormula
from batch_update.reader.damage import DamagedError, unreadable
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
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            tables = [_Page(book, page).as_table() for page in book.worksheets]
            _refuse_empty(shown, tables)
            table, layout = choose_table(path, tables, lookup)
            return build_sheet(path, table, layout, epoch=book.epoch.date())
        except InputFileError:
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


class _Page:
    """One worksheet of a workbook, read row by row with openpyxl's own parser.

    Not with its `iter_rows`: that leaves out what a damaged file holds out of its place, and tells
    neither hidden rows nor formulas beside their results. What the parser needs is private to
    openpyxl, hence untyped here.
    """

    def __init__(self, book: Any, page: Any) -> None:
        self._book = book
        self._page = page
        self._hidden: set[int] = set()
        self._widths: dict[int, float] = {}
        self._formats: dict[tuple[int, ...], tuple[str, ...]] = {}

    def as_table(self) -> Table:
        """Give the worksheet as a table."""
        return Table(
            name=self._page.title,
            read_rows=self._rows,
            is_hidden=self._page.sheet_state != "visible",
            hidden_rows=lambda: frozenset(self._hidden),
            widths=lambda: self._widths,
        )

    def _note_width(self, element: Element) -> None:
        """Note what a `col` element says, as far as there may be shipments."""
        with contextlib.suppress(ValueError):
            first, last = int(element.get("min", "")), int(element.get("max", ""))
            width = float(element.get("width", ""))
            if 0 < width <= _WIDEST_COLUMN:
                self._widths.update(dict.fromkeys(range(first - 1, min(last, _MOST_WIDTHS)), width))

    def _rows(self) -> Iterator[Row]:
        self._hidden.clear()
        last = 0
        with self._page._get_source() as part:
            parser = _Parser(self._book, self._page)
            for element in _rows_and_columns(part):
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
        return DamagedError(texts.IN_SHEET.format(name=wording.quote(self._page.title), what=what))


def _rows_and_columns(part: IO[bytes]) -> Iterator[Any]:
    """Go through a worksheet's rows and widths of columns; what was gone through is forgotten.

    Raises:
        ValueError: it declares a document type, as no spreadsheet program does.
        lxml.etree.XMLSyntaxError: it is not XML.
    """
    parsing = etree.iterparse(
        part,
        tag=(ROW_TAG, COL_TAG),
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    element = None
    for _, element in parsing:
        if element.getroottree().docinfo.doctype:
            break
        yield element
        element.clear()
        parent = element.getparent()
        while parent[0] is not element:
            del parent[0]
    root = parsing.root if element is None else element
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")


class _Parser(WorkSheetParser):
    """Reads saved results, and formulas where there is no result.

    Numbers and texts, of which sheets are full, are read here, in half of the time; all else, and
    whatever is not quite as usual, by openpyxl.
    """

    def __init__(self, book: Any, page: Any) -> None:
        super().__init__(
            b"",
            page._shared_strings,
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
