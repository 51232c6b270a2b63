"""xls, of Excel 2 to 2003, through xlrd: the values, each with its kind and number format.

Not through pandas and calamine, which lose number formats and take error cells for empty ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import xlrd
from xlrd.sheet import Cell
from xlrd.sheet import Sheet as Page
from xlrd.xldate import XLDateError, xldate_as_datetime

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.i18n import _
from batch_update.model import UNKNOWN_FORMAT, CellValue, ErrorCell, Row, Sheet, limits
from batch_update.reader.alphabets import Alphabet, find_alphabet
from batch_update.reader.damage import unreadable
from batch_update.reader.tables import CellBudget, SheetQuery, Table, build_sheet, choose_table
from batch_update.reader.xlsrecords import (
    LARGEST_LOCKED,
    LockedError,
    LockedTooLargeError,
    Workbook,
    open_workbook,
)

_EXACT = 2**53
"""Largest number up to which a float holds all whole numbers exactly."""


def read_sheet(path: Path, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of an xls workbook.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    try:
        # Sheets are gone through one at a time.
        with open_workbook(path) as book:
            alphabet = find_alphabet(book)
            budget = CellBudget(wording.printable(path.name))
            tables = [_table(book, number, alphabet, budget) for number in range(book.nsheets)]
            epoch = limits.MAC_EPOCH if book.datemode else limits.EPOCH
    except BatchUpdateError:
        raise
    except LockedTooLargeError as error:
        raise InputFileError(
            _(
                "{shown} is larger than {limit} MB, as no list of shipments of this kind "
                "is. Save it as .xlsx or csv and run that."
            ).format(shown=wording.printable(path.name), limit=LARGEST_LOCKED >> 20)
        ) from error
    except LockedError as error:
        raise InputFileError(
            _(
                "{shown} is protected by a password. Open it in Excel, save it without the "
                "password and run it again."
            ).format(shown=wording.printable(path.name))
        ) from error
    except Exception as error:
        # xlrd lets through whatever a damaged record makes it raise.
        raise unreadable(path, error) from error
    table, layout = choose_table(path, tables, query)
    return build_sheet(path, table, layout, epoch=epoch)


def _table(book: Workbook, number: int, alphabet: Alphabet, budget: CellBudget) -> Table:
    page = book.sheet_by_index(number)
    rows = []
    for row in _rows(book, page, alphabet):
        budget.take(row)
        rows.append(row)
    book.unload_sheet(number)
    hidden = frozenset(index + 1 for index, info in page.rowinfo_map.items() if info.hidden)
    return Table(
        name=alphabet.read(page.name),
        read_rows=lambda: iter(rows),
        is_hidden=page.visibility != 0,
        hidden_rows=lambda: hidden,
        notes=alphabet.notes,
    )


def _rows(book: Workbook, page: Page, alphabet: Alphabet) -> Iterator[Row]:
    for index in range(page.nrows):
        cells = page.row(index)
        yield Row(
            number=index + 1,
            cells=tuple(_value(cell, book.datemode, alphabet) for cell in cells),
            formats=tuple(_number_format(cell, book) for cell in cells),
        )


def _number_format(cell: Cell, book: Workbook) -> str:
    # A sheet that defines no styles at all uses the first; others define what they use.
    if cell.ctype == xlrd.XL_CELL_EMPTY or cell.xf_index is None or not book.xf_list:
        return "General"
    if cell.xf_index >= len(book.xf_list):
        return UNKNOWN_FORMAT
    key = book.xf_list[cell.xf_index].format_key
    return str(book.format_map[key].format_str)


def _value(cell: Cell, datemode: Literal[0, 1], alphabet: Alphabet) -> CellValue:
    value = cell.value
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ErrorCell(
            text=xlrd.error_text_from_code.get(int(value), _("error {value}").format(value=value))
        )
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if isinstance(value, str):
        return alphabet.read(value) or None
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xldate_as_datetime(value, datemode)
        except (XLDateError, OverflowError, ValueError):
            # Excel fills such a cell with # signs.
            return ErrorCell(text="#####")
        return moment.time() if 0 <= value < 1 else moment
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number
