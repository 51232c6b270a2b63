"""The team's ledger when it forgets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from batch_update.ledger.postgresql.access import administrator, begin_as_administrator
from batch_update.ledger.postgresql.connection import Address
from batch_update.ledger.transfer.prune import Old, Order

# Of no run, and deleted before the end: whoever wants the order meanwhile waits.
_CLAIM = """
    INSERT INTO batch_update.claims (shop, bill_id, run, token, since)
    SELECT shop, bill_id, 0, 0, batch_update.now_ms()
    FROM unnest(%s::bigint[], %s::bigint[]) AS orders (shop, bill_id)
    ORDER BY bill_id, shop
    ON CONFLICT (shop, bill_id) DO NOTHING RETURNING bill_id, shop
"""
_DELETE_ATTEMPTS = "DELETE FROM batch_update.attempts WHERE update_id = ANY (%s::bigint[])"
_DELETE_UPDATES = "DELETE FROM batch_update.updates WHERE id = ANY (%s::bigint[])"
_RELEASE = "DELETE FROM batch_update.claims WHERE run = 0"


@contextlib.contextmanager
def open_prunable(address: Address) -> Iterator[PrunableTeam]:
    """Open a team's ledger to forget.

    Raises:
        LedgerAwayError: the database cannot be reached, or goes away.
        LedgerError: the user is no administrator.
    """
    with administrator(address) as connection:
        yield PrunableTeam(connection)


class PrunableTeam:
    """A ledger that forgets."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    @contextlib.contextmanager
    def batch(self, *, is_trial: bool) -> Iterator[TeamBatch]:
        """Begin a transaction."""
        with self._connection.transaction():
            begin_as_administrator(self._connection)
            yield TeamBatch(self._connection)
            if not is_trial:
                self._connection.execute(_RELEASE)

    def now_ms(self) -> int:
        """Return this moment by the database's clock."""
        ((now,),) = self._connection.execute("SELECT batch_update.now_ms()").fetchall()
        return int(now)


class TeamBatch:
    """A transaction over some orders."""

    schema = "batch_update."

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement."""
        return self._connection.execute(statement.replace("?", "%s"), values).fetchall()

    def forget(self, updates: Sequence[Old]) -> None:
        """Delete updates and their attempts."""
        ids = [one.id for one in updates]
        self._connection.execute(_DELETE_ATTEMPTS, (ids,))
        self._connection.execute(_DELETE_UPDATES, (ids,))

    def free(self, orders: Sequence[Order]) -> set[Order]:
        """Claim orders that no run has claimed."""
        shops, bill_ids = [one.shop for one in orders], [one.bill_id for one in orders]
        rows = self._connection.execute(_CLAIM, (shops, bill_ids)).fetchall()
        return {Order(int(bill_id), int(shop)) for bill_id, shop in rows}
