"""xlsb, through pandas and its calamine engine, which tells no number formats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pandas as pd
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from batch_update.orders import UNKNOWN_FORMAT, CellValue, Row, Sheet
from batch_update.reader.damage import unreadable
from batch_update.reader.tables import Lookup, Table, build_sheet, choose_table


def read_sheet(path: Path, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of a binary workbook.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    try:
        tables = _tables(path)
    except Exception as error:
        # The engine has an exception of its own for each kind of damage, without a common base.
        raise unreadable(path, error) from error
    table, layout = choose_table(path, tables, lookup)
    return build_sheet(path, table, layout)


def _tables(path: Path) -> list[Table]:
    with pd.ExcelFile(path, engine="calamine") as book:
        frames = pd.read_excel(
            book, sheet_name=None, header=None, dtype=object, keep_default_na=False, na_values=[]
        )
        engine = cast("CalamineWorkbook", book.book)
        hidden = {
            sheet.name
            for sheet in engine.sheets_metadata
            if sheet.visible is not SheetVisibleEnum.Visible
        }
    return [_table(str(name), frame, is_hidden=name in hidden) for name, frame in frames.items()]


def _table(name: str, frame: pd.DataFrame, *, is_hidden: bool) -> Table:
    formats = (UNKNOWN_FORMAT,) * len(frame.columns)

    def read_rows() -> Iterator[Row]:
        for number, values in enumerate(frame.itertuples(index=False, name=None), start=1):
            cells = tuple(_value(value) for value in values)
            yield Row(number=number, cells=cells, formats=formats)

    return Table(name=name, read_rows=read_rows, is_hidden=is_hidden)


def _value(value: object) -> CellValue:
    if value is None or value == "":
        return None
    if isinstance(value, str | bool | int | float | dt.datetime | dt.date | dt.time | dt.timedelta):
        return value
    return str(value)
