"""A case, and short ways to write one of a single cell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

HEADER = ("Order number", "Status", "Date", "Tracking number")
DAY = dt.datetime(2026, 11, 20)
MIDNIGHT = "1795122000"
"""The 20th of November 2026, 00:00 in Moscow, in unix seconds."""
TODAY = dt.datetime.now(dt.UTC).date()

NBSP = "\u00a0"
ZERO_WIDTH = "\u200b"

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One sheet and what must come of it.

    Args:
        name: what it shows.
        rows: the data rows, below the header.
        expected: per row `order status [date] [rpo]` as they stand in the request's body, or the
            code that says why nothing is sent, or the outcome of a row that repeats another, or
            `footer` for a row that is no data.
        header: the header row.
        formats: number formats of cells, by their place such as `D2`.
        options: further arguments of the command line.
        warned: the codes of warnings that the summary must name.
        is_1904: whether the workbook counts its dates from 1904.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    expected: tuple[str, ...]
    header: tuple[Cell, ...] = HEADER
    formats: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    is_1904: bool = False


def order(name: str, cell: Cell, expected: str, number_format: str | None = None) -> Case:
    """Make a case of one order number."""
    wire = expected if expected.startswith("bill_id_") else f"{expected} cancel"
    return Case(
        name=f"order number: {name}",
        rows=((cell, "cancel"),),
        expected=(wire,),
        formats={"A2": number_format} if number_format else {},
    )


def status(name: str, cell: Cell, expected: str) -> Case:
    """Make a case of one status, with everything that any status needs."""
    wire = {
        "sent": f"1 sent {MIDNIGHT} RA123456785RU",
        "paid": f"1 paid {MIDNIGHT}",
        "return": "1 return",
        "cancel": "1 cancel",
    }.get(expected, expected)
    return Case(name=f"status: {name}", rows=((1, cell, DAY, "RA123456785RU"),), expected=(wire,))


def tracking(name: str, cell: Cell, expected: str, number_format: str | None = None) -> Case:
    """Make a case of one tracking number."""
    wire = expected if expected.startswith("rpo_") else f"1 sent {MIDNIGHT} {expected}"
    return Case(
        name=f"tracking number: {name}",
        rows=((1, "sent", DAY, cell),),
        expected=(wire,),
        formats={"D2": number_format} if number_format else {},
    )


def trackings(name: str, *cells: tuple[Cell, str], warned: tuple[str, ...] = ()) -> Case:
    """Make a case of several tracking numbers, a row for each, and what must come of it."""
    rows = tuple((number, "sent", DAY, cell) for number, (cell, _) in enumerate(cells, start=1))
    expected = tuple(
        wanted if wanted.startswith("rpo_") else f"{number} sent {MIDNIGHT} {wanted}"
        for number, (_, wanted) in enumerate(cells, start=1)
    )
    return Case(name=f"tracking numbers: {name}", rows=rows, expected=expected, warned=warned)


def strict_trackings(name: str, *cells: tuple[Cell, str]) -> Case:
    """Make a case of tracking numbers that deserve warnings, which refuse them here."""
    rows = tuple((number, "sent", TODAY, cell) for number, (cell, _) in enumerate(cells, start=1))
    return Case(
        name=f"tracking numbers, strict: {name}",
        rows=rows,
        expected=tuple(code for _, code in cells),
        options=("--strict",),
    )


def dates(name: str, *cells: tuple[Cell, str], options: tuple[str, ...] = ()) -> Case:
    """Make a case of several dates, a row for each, and what must come of it."""
    return Case(
        name=f"dates: {name}",
        rows=tuple((number, "paid", cell) for number, (cell, _) in enumerate(cells, start=1)),
        expected=tuple(
            wanted if wanted.startswith("date_") else f"{number} paid {wanted}"
            for number, (_, wanted) in enumerate(cells, start=1)
        ),
        options=options,
    )


def date(name: str, cell: Cell, expected: str, *options: str, is_1904: bool = False) -> Case:
    """Make a case of one date."""
    wire = expected if expected.startswith("date_") else f"1 paid {expected}"
    return Case(
        name=f"date: {name}",
        rows=((1, "paid", cell),),
        expected=(wire,),
        options=options,
        is_1904=is_1904,
    )


SENT = f"sent {MIDNIGHT} RA1"
