"""The SQLite file when it forgets."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from batch_update.errors import LedgerError
from batch_update.ledger.sqlite import sql
from batch_update.ledger.sqlite.ledger import Ledger
from batch_update.ledger.transfer.prune import Old, Order

_DELETE_UPDATE = """
    DELETE FROM updates WHERE bill_id = ? AND shop = ? AND status = ? AND date = ? AND rpo = ?
"""


class PrunableFile:
    """A ledger that forgets.

    Args:
        ledger: the open file.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @contextlib.contextmanager
    def batch(self, *, is_trial: bool) -> Iterator[FileBatch]:
        """Begin a transaction; only within it, attempts may be deleted."""
        with self._ledger.transaction(changes=not is_trial) as database:
            if is_trial:
                yield FileBatch(database)
                return
            database.execute(f"DROP TRIGGER IF EXISTS {sql.GUARD_OF_DELETES}")
            yield FileBatch(database)
            database.execute(sql.GUARD_DELETES)

    def shrink(self) -> bool:
        """Give the room back to the disk, if no run is at work; return whether it was done."""
        try:
            with self._ledger.hold_all():
                self._ledger.execute("VACUUM", ())
        except LedgerError:
            return False
        return True


class FileBatch:
    """A transaction over some orders."""

    schema = ""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def run(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement."""
        return self._database.execute(statement, values).fetchall()

    def forget(self, updates: Sequence[Old], before_ms: int) -> None:  # noqa: ARG002
        """Delete updates and their attempts; a file keeps no line of that."""
        database = self._database
        database.executemany(
            "DELETE FROM attempts WHERE update_id = ?", [(one.id,) for one in updates]
        )
        database.executemany(_DELETE_UPDATE, [one[1:] for one in updates])

    def free(self, orders: Sequence[Order]) -> set[Order]:
        """Return all orders: until the end of the transaction no run writes."""
        return set(orders)
