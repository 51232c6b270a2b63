"""xls, of Excel 5 to 2003, through xlrd: the values, each with its kind and number format.

Not through pandas and calamine, which lose number formats and take error cells for empty ones.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import xlrd
from xlrd.book import Book
from xlrd.sheet import Cell
from xlrd.sheet import Sheet as Page
from xlrd.xldate import XLDateError, xldate_as_datetime

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet
from batch_update.reader.damage import unreadable
from batch_update.reader.tables import Lookup, Room, Table, build_sheet, choose_table
from batch_update.texts import reader as texts

_EXACT = 2**53
"""Up to here a float holds whole numbers as they are."""


def _pass_over(_page: Page, _data: bytes) -> None:
    """Leave links out: xlrd would keep one for each cell that it claims, up to billions."""


Page.handle_hlink = _pass_over  # type: ignore[assignment,method-assign]


def read_sheet(path: Path, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of an xls workbook.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    try:
        # What xlrd grumbles about on the way is of no use to the user.
        # Sheets are gone through one at a time, and without the cells that nobody has written.
        with xlrd.open_workbook(
            str(path),
            logfile=io.StringIO(),
            formatting_info=True,
            ragged_rows=True,
            on_demand=True,
        ) as book:
            room = Room(wording.printable(path.name))
            tables = [_table(book, number, room) for number in range(book.nsheets)]
            epoch = dt.date(1904, 1, 1) if book.datemode else dt.date(1899, 12, 30)
    except BatchUpdateError:
        raise
    except Exception as error:
        # xlrd lets through whatever a damaged record makes it raise.
        if "encrypted" in str(error):
            raise InputFileError(
                texts.PROTECTED.format(shown=wording.printable(path.name))
            ) from error
        raise unreadable(path, error) from error
    table, layout = choose_table(path, tables, lookup)
    return build_sheet(path, table, layout, epoch=epoch)


def _table(book: Book, number: int, room: Room) -> Table:
    page = book.sheet_by_index(number)
    rows = []
    for row in _rows(book, page):
        room.take(row)
        rows.append(row)
    book.unload_sheet(number)
    hidden = frozenset(index + 1 for index, info in page.rowinfo_map.items() if info.hidden)
    return Table(
        name=page.name,
        read_rows=lambda: iter(rows),
        is_hidden=page.visibility != 0,
        hidden_rows=lambda: hidden,
    )


def _rows(book: Book, page: Page) -> Iterator[Row]:
    for index in range(page.nrows):
        cells = page.row(index)
        yield Row(
            number=index + 1,
            cells=tuple(_value(cell, book.datemode) for cell in cells),
            formats=tuple(_number_format(cell, book) for cell in cells),
        )


def _number_format(cell: Cell, book: Book) -> str:
    if cell.xf_index is None:
        return "General"
    key = book.xf_list[cell.xf_index].format_key
    return str(book.format_map[key].format_str)


def _value(cell: Cell, datemode: Literal[0, 1]) -> CellValue:
    value = cell.value
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ErrorCell(
            text=xlrd.error_text_from_code.get(int(value), texts.ERROR_NUMBER.format(value=value))
        )
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if isinstance(value, str):
        return value or None
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xldate_as_datetime(value, datemode)
        except (XLDateError, OverflowError, ValueError):
            # Excel fills such a cell with # signs.
            return ErrorCell(text="#####")
        return moment.time() if 0 <= value < 1 else moment
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number
