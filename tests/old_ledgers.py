"""Ledgers as older versions of the program wrote them."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

VERSION_2 = """
    CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        shop INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        version TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        alive_at INTEGER NOT NULL,
        ahead INTEGER,
        ended_at INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX runs_by_shop ON runs (shop);
    CREATE TABLE sheets (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        seq INTEGER NOT NULL
    );
    CREATE INDEX sheets_by_content ON sheets (sha256);
    CREATE INDEX sheets_by_name ON sheets (name);
    CREATE TABLE updates (
        bill_id INTEGER NOT NULL,
        shop INTEGER NOT NULL,
        status TEXT NOT NULL,
        date INTEGER NOT NULL,
        rpo TEXT NOT NULL,
        id INTEGER NOT NULL,
        state TEXT NOT NULL,
        confirmed INTEGER NOT NULL,
        PRIMARY KEY (bill_id, shop, status, date, rpo)
    ) WITHOUT ROWID;
    CREATE TABLE attempts (
        update_id INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        event TEXT NOT NULL,
        at INTEGER NOT NULL,
        sheet INTEGER NOT NULL,
        row INTEGER NOT NULL,
        posts INTEGER,
        code TEXT,
        text TEXT,
        unknown_at INTEGER,
        PRIMARY KEY (update_id, seq)
    ) WITHOUT ROWID;
    CREATE TRIGGER attempts_stay_as_they_are BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END;
    CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END;
    CREATE TABLE counter (seq INTEGER NOT NULL, at INTEGER NOT NULL);
    INSERT INTO counter VALUES (0, 0);
    PRAGMA application_id = 1112887364;
    PRAGMA user_version = 2;
    PRAGMA journal_mode = WAL;
"""
MIDNIGHT = 1795122000
"""2026-11-20 in Moscow."""

BEGUN_MS = MIDNIGHT * 1000 + 36_000_123


def write_version_2(path: Path, shop: str) -> None:
    """Write a ledger of version 2: one run that ended, and one that was cut off."""
    second = BEGUN_MS + 60_000
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(VERSION_2)
        database.execute("INSERT INTO shops VALUES (1, ?)", [shop])
        database.executemany(
            "INSERT INTO runs VALUES (?, 1, 4194304, 'host', '0.1.0', ?, ?, NULL, ?)",
            [(1, BEGUN_MS, BEGUN_MS, BEGUN_MS + 5_000), (2, second, second, 0)],
        )
        database.executemany(
            "INSERT INTO sheets VALUES (?, ?, ?, '', ?)",
            [(1, 1, "monday.csv", 1), (2, 2, "tuesday.csv", 8)],
        )
        updates = [
            (1, 1, "paid", MIDNIGHT, "", 2, "updated", 3),
            (2, 1, "cancel", 0, "", 4, "rejected", 0),
            (3, 1, "cancel", 0, "", 6, "unconfirmed", 0),
            (4, 1, "sent", MIDNIGHT, "RA4", 9, "sending", 0),
        ]
        database.executemany("INSERT INTO updates VALUES (?, ?, ?, ?, ?, ?, ?, ?)", updates)
        no, lost = ("200", "no such order"), ("no_answer", "No answer came in time.")
        attempts = [
            (2, 2, "sending", BEGUN_MS, 1, 2, None, None, None, None),
            (2, 3, "updated", BEGUN_MS + 100, 1, 2, 1, None, None, None),
            (4, 4, "sending", BEGUN_MS, 1, 3, None, None, None, None),
            (4, 5, "rejected", BEGUN_MS + 200, 1, 3, 1, *no, None),
            (6, 6, "sending", BEGUN_MS, 1, 4, None, None, None, None),
            (6, 7, "unconfirmed", BEGUN_MS + 300, 1, 4, 5, *lost, BEGUN_MS + 300),
            (9, 9, "sending", second, 2, 2, None, None, None, None),
        ]
        database.executemany(f"INSERT INTO attempts VALUES ({'?, ' * 9}?)", attempts)  # noqa: S608
        database.execute("UPDATE counter SET seq = 9, at = ?", [second])
        database.commit()
