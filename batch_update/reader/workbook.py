"""xlsx and xlsm: read only the parts of a workbook that define its rows.

That is the list of sheets, the date system, shared texts, number formats and cells. The rest of the
package (colours, properties, charts, names, views) is not looked at, so it cannot keep a sheet from
being read. Both Transitional and Strict Open XML are understood.
Source: ECMA-376, part 1, chapter 18, "SpreadsheetML".
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
import string
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.i18n import _
from batch_update.model import CellValue, Row, Sheet, limits
from batch_update.reader.cells import FALSE, PLAIN_CELL, TRUE, Cell, CellReader
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.markup import local_name
from batch_update.reader.package import Package
from batch_update.reader.plain import Form, read_records
from batch_update.reader.serials import EPOCH, MAC_EPOCH
from batch_update.reader.sparse import WithoutEmptyRows
from batch_update.reader.strings import read_strings, tags_of, unescape
from batch_update.reader.styles import read_formats
from batch_update.reader.tables import SheetQuery, Table, build_sheet, choose_table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


_MOST_WIDTHS = 200
_CHART = "chartsheet"
_ROWS = Form(
    begin=re.compile(rb"<sheetData>"),
    name=b"row",
    plain=re.compile(
        rb'\s*+<row r="([1-9][0-9]{0,6})"(?: spans="[0-9: ]*+")?'
        rb'(?: ht="[0-9.]++" customHeight="1")?>'
        rb"((?:%s)++)</row>" % PLAIN_CELL
    ),
)
_HIDDEN = frozenset({"hidden", "veryhidden"})


def read_sheet(path: Path, query: SheetQuery, package: IO[bytes] | None = None) -> Sheet:
    """Read the table of shipments out of an xlsx or xlsm workbook.

    Args:
        path: the file.
        query: the sheet and columns to look for.
        package: the workbook, if it is not the file itself but was locked in it.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    shown = wording.printable(path.name)
    with contextlib.ExitStack() as stack:
        try:
            parts = Package(package or stack.enter_context(path.open("rb")))
            stack.callback(parts.close)
            book = Book(parts)
            tables = list(book.tables())
            _refuse_empty(shown, tables)
            table, layout = choose_table(path, tables, query)
            return build_sheet(path, table, layout, epoch=book.epoch.date())
        except (BatchUpdateError, OSError):
            raise
        except Exception as error:
            # The parser and zipfile have exceptions for damage without a common base.
            raise unreadable(path, error) from error


def _refuse_empty(shown: str, tables: list[Table]) -> None:
    if not tables:
        raise InputFileError(
            _(
                "{shown} has no worksheet that can be read. Open it in Excel or LibreOffice, "
                "check the rows, save it as .xlsx and run that."
            ).format(shown=shown)
        )


class Book:
    """The parts of a workbook that all of its sheets share.

    Args:
        package: its parts.

    Attributes:
        epoch: the day of serial number 0.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        part = package.workbook()
        self._root = package.read_tree(part)
        self._relations = package.relations(part)
        self.epoch = self._epoch()
        self.formats = read_formats(package, self._part_of("styles"))

    @functools.cached_property
    def strings(self) -> Sequence[str]:
        """The texts that cells share; not read before a cell points to one."""
        return read_strings(self.package, self._part_of("sharedstrings"))

    def _part_of(self, kind: str) -> zipfile.ZipInfo | None:
        found = (relation.part for relation in self._relations if relation.kind == kind)
        return next(found, None)

    def _children(self, name: str) -> Iterator[Any]:
        return (element for element in self._root if local_name(element) == name)

    def _epoch(self) -> dt.datetime:
        for properties in self._children("workbookPr"):
            word = _word(properties, "date1904")
            if word not in TRUE | FALSE:
                raise DamagedError(_("{name} is {text}").format(name="date1904", text=word[:20]))
            return MAC_EPOCH if word in TRUE else EPOCH
        return EPOCH

    def tables(self) -> Iterator[Table]:
        """Iterate over the worksheets; one that is named twice would be read as often."""
        relations = {relation.key: relation for relation in self._relations}
        seen: set[str] = set()
        for number, element in enumerate(self._entries(), start=1):
            if not (key := _relation_key(element)):
                continue
            relation = relations[key]
            if relation.part is None:
                continue
            if relation.part.filename in seen:
                raise DamagedError(
                    _("two sheets are the same part {part}").format(
                        part=wording.quote(relation.target)
                    )
                )
            seen.add(relation.part.filename)
            if _CHART not in relation.kind:
                name = unescape(element.get("name", ""))
                page = _Page(self, name or _("sheet {number}").format(number=number), relation.part)
                yield page.as_table(is_hidden=_word(element, "state") in _HIDDEN)

    def _entries(self) -> Iterator[Any]:
        for sheets in self._children("sheets"):
            yield from (element for element in sheets if local_name(element) == "sheet")


def _word(element: Element, name: str) -> str:
    """Return an attribute without regard to capitals; empty if it is not there."""
    return element.get(name, "").strip().lower()


def _relation_key(element: Any) -> str:
    """Return the key by which an entry names its part; the namespace of that differs."""
    keys = (value for name, value in element.items() if name.endswith("}id"))
    return next(keys, "")


class _Page:
    """One worksheet of a workbook.

    Args:
        book: the workbook.
        name: the worksheet's name.
        part: the part with its cells.
    """

    def __init__(self, book: Book, name: str, part: zipfile.ZipInfo) -> None:
        self._book = book
        self._name = name
        self._part = part
        self._hidden: set[int] = set()
        self._widths: dict[int, float] = {}
        self._formats: dict[tuple[int, ...], tuple[str, ...]] = {}

    def as_table(self, *, is_hidden: bool) -> Table:
        """Return the worksheet as a table."""
        return Table(
            name=self._name,
            read_rows=self._rows,
            is_hidden=is_hidden,
            hidden_rows=lambda: frozenset(self._hidden),
            widths=lambda: self._widths,
        )

    def _note_width(self, element: Element) -> None:
        """Note the widths of a `col` element, as far as there may be shipments."""
        with contextlib.suppress(ValueError):
            first, last = int(element.get("min", "")), int(element.get("max", ""))
            width = float(element.get("width", ""))
            columns = range(max(first, 1) - 1, min(last, _MOST_WIDTHS))
            # Only a forged file gives the widths of the same columns again.
            if 0 < width <= limits.WIDEST_COLUMN and columns and columns[-1] not in self._widths:
                self._widths.update(dict.fromkeys(columns, width))

    def _rows(self) -> Iterator[Row]:
        self._hidden.clear()
        book = self._book
        tags, prefix = tags_of(book.package, self._part)
        reader = CellReader(tags, lambda: book.strings, book.formats, book.epoch)
        last = 0
        column_tag = tags["col"]
        with book.package.open(self._part) as file:
            useful = WithoutEmptyRows(file, prefix)
            found = (tags["row"], column_tag)
            for element in read_records(useful, _ROWS, found, is_plain=not prefix):
                if isinstance(element, re.Match):
                    last = self._checked_number(int(element[1]), last)
                    cells = reader.read_plain(element[2].decode())
                    if row := self._row(last, cells):
                        yield row
                    continue
                if element.tag == column_tag:
                    self._note_width(element)
                    continue
                number = self._number(element, last)
                if _word(element, "hidden") in TRUE:
                    self._hidden.add(number)
                last = number
                if len(element) and (row := self._row(number, reader.read_row(element))):
                    yield row

    def _number(self, element: Element, last: int) -> int:
        """Return an element's row number, which must be above all before."""
        place = element.get("r")
        number = _place_of_cells(element, last) if place is None else _whole(place)
        return self._checked_number(number, last)

    def _checked_number(self, number: int, last: int) -> int:
        if number > limits.MOST_ROWS:
            raise self._damaged(_("it claims a row {row}").format(row=number))
        if number <= last:
            raise self._damaged(
                _("row {number} stands below row {last}").format(number=number, last=last)
            )
        return number

    def _row(self, number: int, cells: Sequence[Cell]) -> Row | None:
        """Put a row's cells in their places; None if all are empty."""
        values: list[CellValue] = []
        styles: list[int] = []
        last = 0
        for column, value, style in cells:
            if not last < column <= limits.MOST_COLUMNS:
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
        if column > limits.MOST_COLUMNS:
            return self._damaged(
                _("row {number} claims a column {column}").format(number=number, column=column)
            )
        return self._damaged(
            _("column {column} follows column {last} in row {number}").format(
                column=column, last=last, number=number
            )
        )

    def _formats_of(self, styles: tuple[int, ...]) -> tuple[str, ...]:
        if styles not in self._formats:
            self._formats[styles] = tuple(map(self._book.formats.code, styles))
        return self._formats[styles]

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            _("in the sheet {name} {what}").format(name=wording.quote(self._name), what=what)
        )


def _place_of_cells(row: Element, last: int) -> int:
    """Return the number of a row without one: by its first cell, or the next number."""
    place = row[0].get("r", "") if len(row) else ""
    digits = place.lstrip(string.ascii_letters)
    number = int(digits) if digits.isascii() and digits.isdigit() else 0
    return max(number, last + 1)


def _whole(text: str) -> int:
    """Read a row's number, which some programs write with a fraction of zero.

    Raises:
        ValueError: it is none.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)
