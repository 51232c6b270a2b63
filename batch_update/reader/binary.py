"""xlsb, through pandas and its calamine engine, which tells no number formats."""

from __future__ import annotations

import datetime as dt
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pandas as pd
from defusedxml import ElementTree
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from batch_update import wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.orders import UNKNOWN_FORMAT, CellValue, Row, Sheet
from batch_update.reader.damage import unreadable
from batch_update.reader.tables import Lookup, Table, build_sheet, choose_table
from batch_update.texts import reader as texts

_MOST_CELLS = 10_000_000
"""The engine makes room for every cell between the first and the last."""
_ROW, _LAST_CELL, _SHEET = 0, 11, 156
"""Kinds of records. Source: Microsoft, [MS-XLSB], 2.3.1."""
_RELATIONS = "xl/_rels/workbook.bin.rels"


def read_sheet(path: Path, lookup: Lookup, package: IO[bytes] | None = None) -> Sheet:
    """Read the table of shipments out of a binary workbook.

    Args:
        path: the file.
        lookup: which sheet and which columns are looked for.
        package: the workbook, if it is not the file itself but was locked in it.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    try:
        _refuse_wide(path, package)
        tables = _tables(package or path)
    except BatchUpdateError:
        raise
    except Exception as error:
        # The engine has an exception of its own for each kind of damage, without a common base.
        raise unreadable(path, error) from error
    table, layout = choose_table(path, tables, lookup)
    return build_sheet(path, table, layout)


def _refuse_wide(path: Path, package: IO[bytes] | None) -> None:
    """Refuse a workbook whose sheets, from the first cell to the last, would fill the memory."""
    left = _MOST_CELLS
    with zipfile.ZipFile(package or path) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        root = ElementTree.fromstring(archive.read(names[_RELATIONS]), forbid_dtd=True)
        targets = {part.get("Id"): part.get("Target", "") for part in root}
        for kind, data in _records(archive.read("xl/workbook.bin")):
            if kind != _SHEET:
                continue
            (length,) = struct.unpack_from("<I", data, 8)
            target = targets.get(data[12 : 12 + 2 * length].decode("utf-16-le"), "")
            # Wherever the engine looks for it: by its name, in whatever folder.
            name = re.split(r"[/\\]", target)[-1].lower()
            parts = (part for part in archive.namelist() if part.lower().endswith(name))
            left -= max((_area(archive.read(part)) for part in parts), default=0)
            if left < 0:
                raise InputFileError(
                    texts.BINARY_TOO_WIDE.format(
                        shown=wording.printable(path.name), limit=_MOST_CELLS // 10**6
                    )
                )


def _area(page: bytes) -> int:
    """Count the cells of the rectangle in which all that a sheet holds stands."""
    last_row = last_column = -1
    for kind, data in _records(page):
        if kind <= _LAST_CELL and len(data) >= 4:
            (place,) = struct.unpack_from("<I", data)
            if kind == _ROW:
                last_row = max(last_row, place)
            else:
                last_column = max(last_column, place)
    return (last_row + 1) * (last_column + 1)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give kind and content of each record; both kind and length take seven bits of a byte."""
    place = 0
    while place < len(data):
        kind, place = _number(data, place, most=2)
        length, place = _number(data, place, most=4)
        yield kind, data[place : place + length]
        place += length


def _number(data: bytes, place: int, *, most: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(data[place : place + most]):
        number |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return number, place + index + 1
    return number, place + most


def _tables(source: Path | IO[bytes]) -> list[Table]:
    with pd.ExcelFile(source, engine="calamine") as book:
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
