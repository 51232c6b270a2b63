"""The XML spreadsheet of Excel 2003, which older programs still write, often named .xls.

Source: Microsoft, "XML Spreadsheet Reference".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from batch_update import wording
from batch_update.errors import BatchUpdateError
from batch_update.i18n import _
from batch_update.model import CellValue, ErrorCell, Row, Sheet, UnsavedFormula, limits
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.markup import elements
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

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"

_SS = f"{{{NAMESPACE}}}"
_X = "{urn:schemas-microsoft-com:office:excel}"
_WHOLE = re.compile(r"-?[0-9]{1,400}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DURATION = re.compile(
    r"(?:1899-12-3[01]|1904-01-01)T([0-9]{3,6}|2[4-9]|[3-9][0-9]):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)"
)
"""A day or more, counted from the day on which both date systems begin."""
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_MOST_PAGES = 10_000
_DEEPEST = 20
_DEFAULT = "Default"
_NAMED = {
    "General Number": "General",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Currency": "#,##0.00",
    "Euro Currency": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "Yes/No": '"Yes";"Yes";"No"',
    "True/False": '"True";"True";"False"',
    "On/Off": '"On";"On";"Off"',
    **dict.fromkeys(("General Date", "Long Date", "Medium Date", "Short Date"), "yyyy-mm-dd"),
    **dict.fromkeys(("Long Time", "Medium Time", "Short Time"), "hh:mm:ss"),
}
"""Formats that have special names here."""


class _Formats:
    """The number formats of styles, each based on another, at last the default."""

    def __init__(self) -> None:
        self._own: dict[str, str] = {}
        self._parents: dict[str, str] = {}

    def take(self, element: Element) -> None:
        """Read a style."""
        name = element.get(f"{_SS}ID", "")
        self._parents[name] = element.get(f"{_SS}Parent", "")
        shown = element.find(f"{_SS}NumberFormat")
        if shown is not None:
            code = shown.get(f"{_SS}Format", "General")
            self._own[name] = _NAMED.get(code, code)

    def code(self, style: str) -> str:
        """Return the format code of a style."""
        for __ in range(_DEEPEST):
            if style in self._own:
                break
            style = self._parents.get(style) or _DEFAULT
        return self._own.get(style, "General")


@dataclass(slots=True)
class _Page:
    """One worksheet under construction."""

    name: str
    budget: CellBudget
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    is_hidden: bool = False
    last: int = 0
    columns: dict[int, str] = field(default_factory=dict)
    last_column: int = 0

    def add_columns(self, element: Element) -> None:
        """Note the style that cells of these columns have unless they or their row name another."""
        first = _place(element, self.last_column + 1, limits.MOST_COLUMNS)
        self.last_column = first + _count(element, "Span")
        style = element.get(f"{_SS}StyleID", "")
        columns = range(first, min(self.last_column, limits.MOST_COLUMNS) + 1) if style else ()
        self.columns.update(dict.fromkeys(columns, style))

    def add(self, element: Element, formats: _Formats) -> None:
        """Add a row; it stands below the last one, unless it names a place further down."""
        number = _place(element, self.last + 1, limits.MOST_ROWS)
        row = _row(number, element, formats, self.columns)
        self.budget.take(row)
        self.rows.append(row)
        if element.get(f"{_SS}Hidden") == "1":
            self.hidden.add(number)
        self.last = number + _count(element, "Span")

    def as_table(self) -> Table:
        """Return the finished worksheet."""
        return Table(
            name=self.name,
            read_rows=lambda: iter(self.rows),
            is_hidden=self.is_hidden,
            hidden_rows=lambda: frozenset(self.hidden),
        )


def read_sheet(path: Path, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of an XML spreadsheet.

    Raises:
        InputFileError: it is damaged, declares entities, or lacks a needed column.
    """
    try:
        book = _read(path)
    except BatchUpdateError:
        raise
    except Exception as error:
        # The parser has exceptions for damage without a common base.
        raise unreadable(path, error) from error
    table, layout = choose_table(path, [page.as_table() for page in book.pages], query)
    return build_sheet(path, table, layout, epoch=book.epoch)


@dataclass(slots=True)
class _Book:
    """The workbook as far as it has been read."""

    budget: CellBudget
    pages: list[_Page] = field(default_factory=list)
    formats: _Formats = field(default_factory=_Formats)
    epoch: dt.date = limits.EPOCH

    def take(self, element: Element) -> None:
        """Read an element: a worksheet as it begins, all else when it is finished."""
        if element.tag == f"{_SS}Worksheet":
            if len(self.pages) == _MOST_PAGES:
                raise DamagedError(_("it holds more than {limit} sheets").format(limit=_MOST_PAGES))
            self.pages.append(_Page(element.get(f"{_SS}Name", ""), self.budget))
        elif element.tag == f"{_SS}Style":
            self.formats.take(element)
        elif self.pages and element.tag == f"{_SS}Column":
            self.pages[-1].add_columns(element)
        elif element.tag == f"{_X}Date1904":
            self.epoch = limits.MAC_EPOCH
        elif self.pages and element.tag == f"{_X}Visible":
            # The element is there only to say in which way a sheet is hidden.
            self.pages[-1].is_hidden = True
        elif self.pages and element.tag == f"{_SS}Row":
            self.pages[-1].add(element, self.formats)


def _read(path: Path) -> _Book:
    book = _Book(CellBudget(wording.printable(path.name)))
    others = (f"{_SS}Style", f"{_SS}Column", f"{_X}Date1904", f"{_X}Visible")
    with path.open("rb") as file:
        for element in elements(file, f"{_SS}Row", others, starts=f"{_SS}Worksheet"):
            book.take(element)
    return book


def _row(number: int, element: Element, formats: _Formats, columns: Mapping[int, str]) -> Row:
    of_row = element.get(f"{_SS}StyleID", "")
    values: list[CellValue] = []
    shown: list[str] = []
    place = 0
    for cell in element.iterfind(f"{_SS}Cell"):
        place = _place(cell, place + 1, limits.MOST_COLUMNS)
        gap = place - 1 - len(values)
        values += [None] * gap
        shown += ["General"] * gap
        values.append(_value(cell))
        style = cell.get(f"{_SS}StyleID") or of_row or columns.get(place, "")
        shown.append(formats.code(style))
        place += _count(cell, "MergeAcross")
    return Row(number=number, cells=tuple(values), formats=formats_of(shown))


def _place(element: Element, following: int, last: int) -> int:
    """Return the place of a row or cell: the next one, unless it names another further on."""
    place = _count(element, "Index") or following
    if not following <= place <= last:
        raise DamagedError(_("a row or cell claims the place {place}").format(place=place))
    return place


def _count(element: Element, name: str) -> int:
    text = element.get(f"{_SS}{name}", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise DamagedError(_("{name} is {text}").format(name=name, text=text[:20]))
    return int(text)


def _value(cell: Element) -> CellValue:
    data = cell.find(f"{_SS}Data")
    text = "" if data is None else "".join(data.itertext())
    if data is None or not text:
        formula = cell.get(f"{_SS}Formula")
        return None if formula is None else UnsavedFormula(text=formula)
    read = _OF_KINDS.get(data.get(f"{_SS}Type", ""))
    if read is None:
        return text
    return read(text.strip()) if text.strip() else None


def _number(text: str) -> CellValue:
    if _WHOLE.fullmatch(text):
        return int(text)
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else ErrorCell(text=text)


def _moment(text: str) -> CellValue:
    if duration := _DURATION.fullmatch(text):
        hours, minutes, seconds = duration.groups()
        return dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return ErrorCell(text=text)
    # The format knows no zones; a value that names one is understood as a text is.
    return text if moment.tzinfo else moment


def _truth(text: str) -> CellValue:
    truth = _TRUTHS.get(text.lower())
    return ErrorCell(text=text) if truth is None else truth


_OF_KINDS: Mapping[str, Callable[[str], CellValue]] = {
    "Number": _number,
    "DateTime": _moment,
    "Boolean": _truth,
    "Error": lambda text: ErrorCell(text=text),
}
"""Reader for each kind of cell; if the contents do not fit the kind, only that cell is lost."""
