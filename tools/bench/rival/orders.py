"""The orders of the comparison: their rows in the sheet, and what goes wrong with their calls."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from tests.sandbox import Fault, Script

LOGIN, KEY = "rivals", "key-of-the-rivals"
TIMEOUT_S = 2.0
LATENCY_S = 0.05
"""How long the shop takes over an answer; it has acted by then."""
SETTLE_S = 4.0
"""Longer than any fault lets the shop act after its request was given up."""

LIVES: tuple[tuple[str, ...], ...] = (
    ("sent",),
    ("paid",),
    ("paid", "sent"),
    ("paid", "sent", "return"),
    ("paid", "cancel"),
    ("sent", "paid"),
)
ONE_IN = 20
FAULTS = (
    Fault.busy(),
    Fault.dropped(),
    Fault.lost_answer(),
    Fault.late(1.0),
    Fault.slow(TIMEOUT_S + 0.5),
    Fault.silent(TIMEOUT_S + 0.5, late_s=TIMEOUT_S + 1.0),
)
ASKS_TO_WAIT = Fault.busy(503, "1")
TIMES_ASKED_TO_WAIT = 10
"""Few, since whoever heeds it leaves the shop alone with all that he has."""

APART = 40
"""About how many rows of other orders lie between two of one."""
HEADER = ("order", "status", "date", "rpo")
NO_DATE = {"return", "cancel"}
DAY = "1795122000"
"""20 November 2026 in Moscow, as the API has it."""

Lives = Mapping[int, tuple[str, ...]]
Row = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Args:
        lives: of each order what its rows say, in the file's order.
        rows: all rows, in the file's order.
        faults: what each order's calls meet.
    """

    lives: Lives
    rows: tuple[Row, ...]
    faults: Mapping[int, list[Fault | None]]

    def script(self) -> Script:
        """Give what goes wrong, for one shop."""
        return Script(self.faults, always=Fault.slow(LATENCY_S))


def plan(rows: int, seed: int) -> Plan:
    """Make up orders of so many rows, or up to two more."""
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    lives: dict[int, tuple[str, ...]] = {}
    left = rows
    while left > 0:
        lives[len(lives) + 1] = chance.choice(LIVES)
        left -= len(lives[len(lives)])
    places = [
        (order + step * chance.uniform(0, APART), order, step)
        for order, life in lives.items()
        for step in range(len(life))
    ]
    # An order's own rows stay in their order, whatever place chance gave them.
    nexts = {order: iter(life) for order, life in lives.items()}
    in_file = tuple((order, next(nexts[order])) for _, order, _ in sorted(places))
    faults: dict[int, list[Fault | None]] = {
        order: [chance.choice(FAULTS) if chance.randrange(ONE_IN) == 0 else None for _ in life]
        for order, life in lives.items()
    }
    for order in chance.sample(sorted(lives), min(TIMES_ASKED_TO_WAIT, len(lives))):
        faults[order][0] = ASKS_TO_WAIT
    return Plan(lives=lives, rows=in_file, faults=faults)


def cells(row: Row, date: str) -> tuple[str, str, str, str]:
    """Give a row as a sheet has it; the date is written by whoever reads it."""
    order, status = row
    return str(order), status, "" if status in NO_DATE else date, _rpo(order, status)


def _rpo(order: int, status: str) -> str:
    return f"RA{order:09}RU" if status == "sent" else ""


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write a sheet with the dates as the API wants them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(cells(row, DAY) for row in rows)


def write_xlsx(path: Path, rows: Iterable[Row]) -> None:
    """Write a sheet with the dates as people have them."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        for number, row in enumerate(rows, start=1):
            page.write_row(number, 0, cells(row, "20.11.2026"))
