"""Sheets of any length, ten columns wide, as a warehouse sends them; made once and kept."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from batch_update.writer.streaming_sheet import StreamingSheet, number_cell, style_of, text_cell
from tools.make_samples import s10

FOLDER = Path(__file__).parent.parent.parent / "build" / "bench"
HEADER = (
    *("Order", "Status", "Ship date", "Tracking number", "Consignee", "City"),
    *("Weight, kg", "Parcels", "Phone", "Remark"),
)
_MOST_SHARED = 100_000
FIRST_DAY = dt.datetime(2026, 11, 2)


def rows(count: int, first: int = 0) -> Iterator[tuple[object, ...]]:
    """Give orders that were all sent, each another."""
    for number in range(first, first + count):
        yield (
            *(100_000 + number, "sent", FIRST_DAY + dt.timedelta(days=number % 20)),
            *(s10(number), f"A. Name {number % 997}", f"Town {number % 313}"),
            *(0.25 + number % 40 / 4, 1 + number % 3, f"000{number % 10_000_000:07}", None),
        )


def sheet(kind: str, count: int, first: int = 0) -> Path:
    """Give a sheet of a kind, `xlsx` or `csv`, with so many rows, as csv from any order on."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"rows-{f'{first}-' if first else ''}{count}.{kind}"
    if not path.exists():
        part = path.with_name(f"part-{path.name}")
        is_long = count > _MOST_SHARED
        if kind == "csv":
            _write_csv(part, count, first)
        else:
            (_write_long_xlsx if is_long else _write_xlsx)(part, count)
        part.rename(path)
    return path


def _write_xlsx(path: Path, count: int) -> None:
    # As Excel does it, texts are kept apart and shared.
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Shipments")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        page.write_row(0, 0, HEADER)
        for number, row in enumerate(rows(count), start=1):
            for column, value in enumerate(row):
                if isinstance(value, dt.datetime):
                    page.write_datetime(number, column, value, day)
                elif value is not None:
                    page.write(number, column, value)


def _write_long_xlsx(path: Path, count: int) -> None:
    """Write more rows than can be held in memory, a line at a time."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("Shipments", worksheet_class=StreamingSheet)
        plain, day = (style_of(book.add_format(look)) for look in ({}, {"num_format": 14}))
        for number, row in enumerate(itertools.chain([HEADER], rows(count))):
            cells = []
            for column, value in enumerate(row):
                place = page.place(number, column)
                if isinstance(value, dt.datetime):
                    cells.append(number_cell(place, day, page.serial(value)))
                elif isinstance(value, int | float):
                    cells.append(number_cell(place, plain, value))
                elif isinstance(value, str):
                    cells.append(text_cell(place, plain, value))
            page.write_line(number, cells, len(HEADER) - 1, None)


def _write_csv(path: Path, count: int, first: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in rows(count, first):
            writer.writerow(
                f"{value:%d.%m.%Y}" if isinstance(value, dt.datetime) else value for value in row
            )
