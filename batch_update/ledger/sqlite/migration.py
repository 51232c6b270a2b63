"""Bringing a ledger of an older version up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from batch_update import shops
from batch_update.ledger.sqlite import sql


def bring_up_to_date(
    db: sqlite3.Connection, version: int, on_migration: Callable[[int], None]
) -> None:
    """Make or migrate the tables, within the transaction that is under way.

    Args:
        db: the ledger.
        version: its version; 0 for a new one.
        on_migration: called with the number of lines if each of them is written anew.
    """
    if version == 0:
        _run(db, *sql.TABLES)
    elif version == 1:
        _from_version_1(db, on_migration)
    elif version == 2:
        _run(db, *sql.FROM_VERSION_2)


def _from_version_1(db: sqlite3.Connection, on_migration: Callable[[int], None]) -> None:
    """Make an attempt of every line."""
    (count,) = db.execute("SELECT count(*) FROM updates").fetchone()
    on_migration(count)
    _run(
        db,
        "ALTER TABLE updates RENAME TO updates_1",
        "ALTER TABLE runs RENAME TO runs_1",
        *sql.TABLES,
        "CREATE TABLE identities (account TEXT PRIMARY KEY, shop TEXT NOT NULL)",
    )
    accounts = db.execute("SELECT DISTINCT account FROM updates_1 UNION SELECT account FROM runs_1")
    for (account,) in accounts.fetchall():
        shop = shops.identify_account(account)
        db.execute("INSERT INTO identities VALUES (?, ?)", (account, shop))
        db.execute("INSERT INTO shops (name) VALUES (?) ON CONFLICT DO NOTHING", (shop,))
    _run(db, *(statement.format(**sql.MOMENTS) for statement in sql.FROM_VERSION_1))


def _run(db: sqlite3.Connection, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)
