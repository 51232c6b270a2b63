"""The team's ledger when it forgets."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from batch_update.ledger.postgresql.access import administrator, begin_as_administrator
from batch_update.ledger.postgresql.connection import Address
from batch_update.ledger.records import StartedBy
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

# One line for each shop. None may be changed, so it makes room for a new one, in one transaction
# with what is forgotten. The role in force is not the user.
_DROP_ACTIONS = "DELETE FROM batch_update.actions WHERE id = ANY (%s::bigint[])"
_NOTE_ACTION = """
    INSERT INTO batch_update.actions (at, shop, run, kind, operator, reason, db_user, updates,
    older_than)
    VALUES (batch_update.now_ms(), %s, 0, 'prune', %s, %s, session_user, %s, %s) RETURNING id
"""
_RELEASE = "DELETE FROM batch_update.claims WHERE run = 0"


@contextlib.contextmanager
def open_prunable(address: Address, *, by: StartedBy, reason: str) -> Iterator[PrunableTeam]:
    """Open a team's ledger to forget.

    Args:
        address: the database.
        by: who lets it forget.
        reason: the reason, which is kept with what was forgotten.

    Raises:
        LedgerAwayError: the database cannot be reached, or goes away.
        LedgerError: the user is no administrator.
    """
    with administrator(address) as connection:
        yield PrunableTeam(connection, by=by, reason=reason)


class PrunableTeam:
    """A ledger that forgets."""

    def __init__(self, connection: psycopg.Connection[Any], *, by: StartedBy, reason: str) -> None:
        self._connection = connection
        self._action = Action(by.operator, reason)

    @contextlib.contextmanager
    def batch(self, *, is_trial: bool) -> Iterator[TeamBatch]:
        """Begin a transaction."""
        with self._connection.transaction():
            begin_as_administrator(self._connection)
            yield TeamBatch(self._connection, self._action)
            if not is_trial:
                self._connection.execute(_RELEASE)

    def now_ms(self) -> int:
        """Return this moment by the database's clock."""
        ((now,),) = self._connection.execute("SELECT batch_update.now_ms()").fetchall()
        return int(now)


class Action:
    """The lines that are kept of what was forgotten.

    Args:
        operator: who let it be forgotten.
        reason: the reason.
    """

    def __init__(self, operator: str, reason: str) -> None:
        self._operator, self._reason = operator, reason
        self._sums: Counter[int] = Counter()
        self._ids: dict[int, int] = {}

    def note(
        self, connection: psycopg.Connection[Any], shops: Counter[int], before_ms: int
    ) -> None:
        """Write down how much was forgotten up to now, within the open transaction.

        Args:
            connection: has the transaction.
            shops: number of updates that were forgotten just now, by shop.
            before_ms: the moment before which they were noted.
        """
        self._sums += shops
        connection.execute(
            _DROP_ACTIONS, ([self._ids[shop] for shop in shops if shop in self._ids],)
        )
        for shop in shops:
            values = shop, self._operator, self._reason, self._sums[shop], before_ms
            ((self._ids[shop],),) = connection.execute(_NOTE_ACTION, values).fetchall()


class TeamBatch:
    """A transaction over some orders."""

    schema = "batch_update."

    def __init__(self, connection: psycopg.Connection[Any], action: Action) -> None:
        self._connection = connection
        self._action = action

    def run(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement."""
        return self._connection.execute(statement.replace("?", "%s"), values).fetchall()

    def forget(self, updates: Sequence[Old], before_ms: int) -> None:
        """Delete updates and their attempts, and note how many."""
        ids = [one.id for one in updates]
        self._connection.execute(_DELETE_ATTEMPTS, (ids,))
        self._connection.execute(_DELETE_UPDATES, (ids,))
        self._action.note(self._connection, Counter(one.shop for one in updates), before_ms)

    def free(self, orders: Sequence[Order]) -> set[Order]:
        """Claim orders that no run has claimed."""
        shops, bill_ids = [one.shop for one in orders], [one.bill_id for one in orders]
        rows = self._connection.execute(_CLAIM, (shops, bill_ids)).fetchall()
        return {Order(int(bill_id), int(shop)) for bill_id, shop in rows}
