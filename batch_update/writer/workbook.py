"""Results as a workbook: text stays text, dates stay dates, and nothing is a formula."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from batch_update.columns import RESULT_COLUMNS
from batch_update.orders import CellValue, ErrorCell, Row, UnsavedFormula
from batch_update.writer.table import FORMULA_SIGNS, ResultCells, ResultTable

Plain: TypeAlias = str | float | dt.datetime | dt.date | dt.time | dt.timedelta | None

_BOLD = Font(name="Calibri", size=11, bold=True)
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_WIDEST = 40.0
_OUR_WIDTHS = dict(zip(RESULT_COLUMNS, (17.0, 20.0, 90.0, 10.0, 20.0), strict=True))
_SENTENCE = RESULT_COLUMNS.index("error_text")
_LINE_LENGTH = 80
_LINE_HEIGHT = 15.0
_MEASURED_ROWS = 200
_FIRST_YEAR = 1900
_LONGEST_CELL = 32_767
"""Source: Microsoft, "Excel specifications and limits"."""


def save(table: ResultTable, path: Path) -> str:
    """Write the results.

    Returns:
        A note for the user, empty if there is nothing to say.

    Raises:
        OSError: the file cannot be written.
    """
    book = openpyxl.Workbook(write_only=True)
    if table.sheet.epoch == CALENDAR_MAC_1904.date():
        book.epoch = CALENDAR_MAC_1904
    page: Worksheet = book.create_sheet(table.sheet.name or "Results")
    _lay_out(page, table)
    for number, (row, ours) in enumerate(table.lines(), start=1):
        text = ours[_SENTENCE] if len(ours) > _SENTENCE else None
        lines = len(textwrap.wrap(text, _LINE_LENGTH)) if isinstance(text, str) else 1
        if lines > 1:
            # Not every spreadsheet program grows a row to its text by itself.
            page.row_dimensions[number].height = lines * _LINE_HEIGHT
        page.append(_line(page, row, ours, table) if row else [])
    book.save(path)
    return ""


def _lay_out(page: Worksheet, table: ResultTable) -> None:
    """Set what must stand before the rows: widths, a header that stays in sight, a filter."""
    for index, width in enumerate(_widths(table), start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    header_row = table.sheet.layout.header_row
    page.freeze_panes = f"A{header_row + 1}"
    last_row = max((row.number for row in table.sheet.rows), default=header_row)
    last_column = get_column_letter(table.width + len(RESULT_COLUMNS))
    page.auto_filter.ref = f"A{header_row}:{last_column}{last_row}"


def _widths(table: ResultTable) -> Iterable[float]:
    rows = [row for row in table.sheet.kept if row.number == table.sheet.layout.header_row]
    rows += table.sheet.rows[:_MEASURED_ROWS]
    for index in range(table.width):
        longest = max((len(_shown(row.cell(index))) for row in rows), default=0)
        yield min(_WIDEST, max(8.0, longest + 3.0))
    yield from _OUR_WIDTHS.values()


def _shown(value: CellValue) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return "" if value is None else str(value)


def _line(page: Worksheet, row: Row, ours: ResultCells, table: ResultTable) -> list[object]:
    is_header = row.number == table.sheet.layout.header_row
    cells: list[object] = [
        _cell(page, row.cell(index), row.number_format(index), is_header=is_header)
        for index in range(table.width)
    ]
    cells += [
        _sentence(page, value)
        if name == "error_text" and isinstance(value, str) and not is_header
        else _cell(page, value, "General", is_header=is_header)
        for name, value in zip(RESULT_COLUMNS, ours, strict=False)
    ]
    return cells


def _cell(page: Worksheet, value: CellValue, number_format: str, *, is_header: bool) -> object:
    """Give a value that openpyxl writes as what it is; a cell only where a style is needed."""
    if isinstance(value, ErrorCell) and value.text in ERROR_CODES:
        return WriteOnlyCell(page, value.text)
    plain = _writable(value)
    if isinstance(plain, str):
        is_plain = plain[:1] not in FORMULA_SIGNS and plain not in ERROR_CODES
        return plain if is_plain and not is_header else _text_cell(page, plain, is_header=is_header)
    if number_format == "General" or plain is None:
        return plain
    cell = WriteOnlyCell(page)
    cell.value = plain
    cell.number_format = number_format
    return cell


def _text_cell(page: Worksheet, text: str, *, is_header: bool) -> Cell:
    cell = WriteOnlyCell(page, text)
    # Set after the value: openpyxl would make a formula of "=1+1" and an error of "#N/A".
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in FORMULA_SIGNS
    if is_header:
        cell.font = _BOLD
        cell.alignment = _WRAPPED
    return cell


def _sentence(page: Worksheet, text: str) -> Cell:
    """Give a cell that shows a long text on as many lines as it needs."""
    cell = _text_cell(page, str(_writable(text)), is_header=False)
    cell.alignment = _WRAPPED
    return cell


def _writable(value: CellValue) -> Plain:
    if isinstance(value, ErrorCell | UnsavedFormula):
        value = value.text
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value).encode("utf-8", "replace").decode()
        return text[:_LONGEST_CELL]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None)
    if isinstance(value, dt.date) and value.year < _FIRST_YEAR:
        return value.isoformat()
    return value
