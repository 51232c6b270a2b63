"""xlsx and xlsm, through openpyxl: the saved values, each with its kind and number format."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import openpyxl

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.orders import CellValue, ErrorCell, Row, Sheet, UnsavedFormula
from batch_update.reader.tables import Lookup, Table, build_sheet, choose_table

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384
"""Source: Microsoft, "Excel specifications and limits"."""

_FORMULA = re.compile(rb"<(?:[A-Za-z]\w*:)?f[\s>/]")
_ROW_TAG = re.compile(rb"<(?:[A-Za-z]\w*:)?row\s[^<>]*>")
_ROW_NUMBER = re.compile(rb"\sr=[\"'](\d{1,7})[\"']")
_HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
_LONGEST_TAG = 512
_CHUNK = 1 << 20


def read_sheet(path: Path, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of an xlsx or xlsm workbook.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    # openpyxl warns of styles and extensions that do not matter to the values.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(path, lookup)
        except InputFileError:
            raise
        except MemoryError as error:
            raise _unreadable(path, "it is too large for this machine's memory") from error
        except Exception as error:
            # openpyxl lets through whatever a damaged part makes its parsers raise.
            raise _unreadable(path, f"{type(error).__name__}: {error}") from error


def _unreadable(path: Path, reason: str) -> InputFileError:
    why = wording.printable(" ".join(reason.split()))[:120]
    return InputFileError(
        f"{wording.printable(path.name)} cannot be read as a workbook ({why}). "
        "Open it in Excel, save it again as .xlsx and run that."
    )


def _read(path: Path, lookup: Lookup) -> Sheet:
    with contextlib.ExitStack() as stack:
        values = _open(path, stack, data_only=True)
        formulas = _open(path, stack, data_only=False) if _has_formulas(path) else None
        tables = [_table(path, sheet, formulas) for sheet in values.worksheets]
        table, layout = choose_table(path, tables, lookup)
        return build_sheet(path, table, layout, epoch=values.epoch.date())


def _open(path: Path, stack: contextlib.ExitStack, *, data_only: bool) -> Workbook:
    # Opened here, since openpyxl leaves a file open that it cannot make sense of.
    file = stack.enter_context(path.open("rb"))
    return openpyxl.load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


def _table(path: Path, sheet: Worksheet, formulas: Workbook | None) -> Table:
    def read_rows() -> Iterator[Row]:
        if formulas is None:
            return _rows(sheet)
        return _rows_with_formulas(sheet, formulas[sheet.title])

    return Table(
        name=sheet.title,
        read_rows=read_rows,
        is_hidden=sheet.sheet_state != "visible",
        hidden_rows=lambda: _hidden_rows(path, sheet),
    )


def _has_formulas(path: Path) -> bool:
    """Tell whether any worksheet holds a formula, so that most files are read only once."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                continue
            with archive.open(name) as part:
                tail = b""
                while chunk := part.read(_CHUNK):
                    if _FORMULA.search(tail + chunk):
                        return True
                    tail = chunk[-64:]
    return False


def _hidden_rows(path: Path, sheet: Worksheet) -> frozenset[int]:
    # The read-only mode of openpyxl knows where a sheet's part is, but not which rows are hidden.
    name = str(getattr(sheet, "_worksheet_path", ""))
    found: set[int] = set()
    with zipfile.ZipFile(path) as archive, archive.open(name) as part:
        tail = b""
        while chunk := part.read(_CHUNK):
            for tag in _ROW_TAG.findall(tail + chunk):
                number = _ROW_NUMBER.search(tag)
                if number and _HIDDEN.search(tag):
                    found.add(int(number[1]))
            tail = chunk[-_LONGEST_TAG:]
    return frozenset(found)


def _rows(sheet: Worksheet) -> Iterator[Row]:
    known_formats: dict[tuple[str, ...], tuple[str, ...]] = {}
    for number, cells in _cells(sheet):
        formats = tuple(cell.number_format or "General" for cell in cells)
        yield Row(
            number=number,
            cells=tuple(_value(cell) for cell in cells),
            formats=known_formats.setdefault(formats, formats),
        )


def _rows_with_formulas(values: Worksheet, formulas: Worksheet) -> Iterator[Row]:
    """Read saved values beside the formulas, to tell an empty cell from an unsaved result."""
    pairs = zip(_rows(values), _cells(values), _cells(formulas), strict=True)
    for row, (_, value_cells), (_, formula_cells) in pairs:
        cells = [
            _unsaved(formula)
            if value is None and saved.data_type == "n" and formula.data_type == "f"
            else value
            for value, saved, formula in zip(row.cells, value_cells, formula_cells, strict=True)
        ]
        yield Row(number=row.number, cells=tuple(cells), formats=row.formats)


def _cells(sheet: Worksheet) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    # The file's own claim of its size is wrong often enough, and openpyxl would cut cells by it.
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # read-only worksheets have it
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > _MAX_ROWS or len(cells) > _MAX_COLUMNS:
            raise InputFileError(
                f"The sheet {wording.quote(sheet.title)} claims more rows or columns than a "
                "workbook can have. Ask for the file again."
            )
        if cells:
            yield number, cast("tuple[Cell, ...]", cells)


def _value(cell: Cell) -> CellValue:
    value = cell.value
    if cell.data_type == "e":
        return ErrorCell(text=str(value))
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        return value
    return str(value)


def _unsaved(cell: Cell) -> UnsavedFormula:
    return UnsavedFormula(text=str(getattr(cell.value, "text", cell.value)))
