"""A ledger as it is after years: `python -m tools.bench.ledger PATH COUNT SHOP` makes one.

A process for that alone: those that a large one starts would count its memory as theirs.

The lines are those that runs note, in the order in which they note them, so that the pages of the
file are as full as theirs would be. They only go in many at a time, and not through the write-ahead
log.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import sys
from pathlib import Path

from batch_update.ledger import Ledger
from batch_update.ledger.sqlite import sql

FIRST_ORDER = 20_000_000
ROWS, PAID = 5000, 500
"""Rows of each sheet, and those of them that pay for an order of the day before."""

_WORKERS = 8
_DAY_MS, _FIRST_MS = 86_400_000, 1_400_000_000_000

# A sheet's rows, in their order; and its events, of which those of a commit stand together.
_PLAN = (
    "CREATE TEMP TABLE plan (row INTEGER PRIMARY KEY, place, is_paid, first, last)",
    "CREATE TEMP TABLE steps (seq INTEGER PRIMARY KEY, first, event, at, row, posts)",
)
_RUN = """
    INSERT INTO runs (id, shop, pid, host, version, started_at, alive_at, ended_at, operator,
    os_user, kind, exit_status)
    VALUES (:day, 1, 1000 + :day, 'warehouse-pc', '0.1.0', :at, :at, :end, 'Ivan', 'ivan', 'send',
    0)
"""
_SHEET = """
    INSERT INTO sheets (id, run, name, sha256, seq, begun_at, done_at, exit_status, plan)
    VALUES (:day, :day, 'shipments-' || :day || '.xlsx', :sha256, :seq, :at, :end, 0, :plan)
"""
_UPDATES = """
    INSERT INTO updates (bill_id, shop, status, date, rpo, id, state, confirmed)
    SELECT :order + place - is_paid * :new, 1, iif(is_paid, 'paid', 'sent'), :at / 86400000 * 86400,
    CASE WHEN is_paid THEN '' WHEN place % 2 THEN printf('101000%08d', (:order + place) % 100000000)
    ELSE printf('RA%09dRU', (:order + place) * 7 % 1000000000) END,
    :seq + first, 'updated', :seq + last
    FROM plan ORDER BY row
"""
_ATTEMPTS = """
    INSERT INTO attempts (update_id, seq, event, at, sheet, row, posts)
    SELECT :seq + first, :seq + seq, event, :at + at, :day, row, posts FROM steps ORDER BY seq
"""


def make(path: Path, count: int, shop: str) -> None:
    """Make a ledger of confirmed updates of one shop.

    Args:
        path: where it goes.
        count: number of updates; a multiple of 5,000, of which each 5,000 are a sheet and a run.
        shop: its name.
    """
    with Ledger(path) as ledger:
        ledger.execute("INSERT INTO shops VALUES (1, ?)", [shop])
    chance = random.Random(count)  # noqa: S311 the same ledger each time, and no secret
    new = ROWS - PAID
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            database.execute(f"PRAGMA {setting}")
        database.execute("BEGIN")
        _plan(database, chance)
        for day in range(1, count // ROWS + 1):
            facts: dict[str, object] = {
                "day": day,
                "order": FIRST_ORDER + (day - 1) * new,
                "new": new,
                "seq": (day - 1) * (2 * ROWS + 1) + 1,
                "at": _FIRST_MS + day * _DAY_MS,
                "end": _FIRST_MS + day * _DAY_MS + 600_000,
                "sha256": f"{chance.getrandbits(256):064x}",
                "plan": f"{chance.getrandbits(256):064x}",
            }
            for statement in (_RUN, _SHEET, _UPDATES, _ATTEMPTS):
                database.execute(statement, facts)
            database.execute(sql.NOTE_COUNT, (day, "updated", ROWS))
            database.execute(sql.TAKE_NUMBERS, (2 * ROWS + 1, facts["end"]))
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode = WAL")
    with path.open("rb") as file:
        # Or the disk would still be at it when runs are timed.
        os.fsync(file.fileno())


def bytes_per_update(path: Path) -> float:
    """Return the size of a ledger that nobody has open, for each of its updates."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        ((count,),) = database.execute("SELECT count(*) FROM updates")
    return path.stat().st_size / int(count)


def _plan(database: sqlite3.Connection, chance: random.Random) -> None:
    """Lay down how a sheet goes: eight updates begin together, and end together."""
    for statement in _PLAN:
        database.execute(statement)
    places = list(range(ROWS))
    chance.shuffle(places)
    steps: list[tuple[object, ...]] = []
    for start in range(0, ROWS, _WORKERS):
        together = range(start, min(start + _WORKERS, ROWS))
        for number in together:
            first, last = start + number + 1, start + number + 1 + len(together)
            place = places[number]
            # Those after the new ones are orders of the day before.
            line = number + 2, place % (ROWS - PAID), int(place >= ROWS - PAID), first, last
            database.execute("INSERT INTO plan VALUES (?, ?, ?, ?, ?)", line)
            steps.append((first, first, "sending", start * 40 + number, number + 2, None))
            steps.append((last, first, "updated", start * 40 + number + 230, number + 2, 1))
    database.executemany("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", steps)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
