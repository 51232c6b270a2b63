"""The team's ledger as one side of an import: read as a whole, or added to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg

from batch_update.ledger.postgresql.access import administering, refuse_runs
from batch_update.ledger.postgresql.connection import Address
from batch_update.ledger.transfer.carried import BLOCK, TEAM_FROM, Event, Run, Sheet, Staged

_EVENTS = """
    SELECT attempts.seq, shops.name, updates.bill_id, updates.status, updates.date, updates.rpo,
    attempts.event, attempts.at, attempts.sheet, attempts.row, attempts.posts, attempts.code,
    attempts.text, attempts.unknown_at
    FROM batch_update.attempts
    JOIN batch_update.updates ON updates.id = attempts.update_id
    JOIN batch_update.shops ON shops.id = updates.shop
    ORDER BY attempts.seq
"""
# A lost run may have sent until the end of its lease.
_RUNS = """
    SELECT runs.id, shops.name, pid, host, version, started_at,
    CASE WHEN ended_at > 0 THEN alive_at ELSE greatest(alive_at, lease_until) END, ahead, ended_at,
    operator, os_user, kind, exit_status
    FROM batch_update.runs JOIN batch_update.shops ON shops.id = runs.shop ORDER BY runs.id
"""
_SHEETS = """
    SELECT id, run, name, sha256, seq, begun_at, done_at, exit_status, plan
    FROM batch_update.sheets ORDER BY id
"""
_COUNTS = "SELECT sheet, outcome, number FROM batch_update.sheet_counts"
_AT_A_TIME = 5000

_IDS = {"shops": "shop_ids", "runs": "run_ids", "sheets": "sheet_ids"}
_TAKE = "SELECT nextval('batch_update.{sequence}') FROM generate_series(1, %s)"
_JUMP = """
    SELECT setval('batch_update.numbers', greatest(last_value, %s)) FROM batch_update.numbers
"""


@contextlib.contextmanager
def open_source(address: Address) -> Iterator[TeamSource]:
    """Open a team's ledger, while none of its runs is at work.

    Args:
        address: the database.

    Raises:
        LedgerInUseError: a run is at work.
        LedgerError: it cannot be read, or the user does not see all of it.
    """
    with administering(address, "ISOLATION LEVEL REPEATABLE READ") as connection:
        refuse_runs(connection, address)
        yield TeamSource(connection)


class TeamSource:
    """An open ledger, as it is at one moment."""

    is_numbered_by_team = True

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def count(self) -> int:
        """Return the number of events."""
        ((count,),) = self._connection.execute("SELECT count(*) FROM batch_update.attempts")
        return int(count)

    def shops(self) -> list[str]:
        """List the names of all shops."""
        rows = self._connection.execute("SELECT name FROM batch_update.shops ORDER BY id")
        return [str(name) for (name,) in rows]

    def runs(self) -> Iterator[Run]:
        """Iterate over all runs."""
        return (Run(*row) for row in self._rows(_RUNS))

    def sheets(self) -> Iterator[Sheet]:
        """Iterate over all sheets."""
        return (Sheet(*row) for row in self._rows(_SHEETS))

    def counts(self) -> Iterator[tuple[int, str, int]]:
        """Iterate over sheets' numbers of rows by outcome."""
        yield from self._rows(_COUNTS)

    def events(self) -> Iterator[Event]:
        """Iterate over all events, in their order."""
        return (Event(*row) for row in self._rows(_EVENTS))

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        return rows_of(self._connection, query)


class TeamTarget:
    """A team's ledger that is added to.

    Args:
        address: the database.
    """

    def __init__(self, address: Address) -> None:
        self._address = address

    @contextlib.contextmanager
    def begin(self, shops: Sequence[str]) -> Iterator[TeamSide]:
        """Begin the transaction, and end it only if no run has begun meanwhile."""
        with administering(self._address) as connection:
            refuse_runs(connection, self._address, shops)
            yield TeamSide(connection)
            # From here to the end none can begin; whichever comes after that sees all.
            connection.execute("SET LOCAL lock_timeout = '10s'")
            connection.execute("LOCK TABLE batch_update.runs IN SHARE MODE")
            refuse_runs(connection, self._address, shops)


class TeamSide:
    """The target's database, within the transaction."""

    schema = "batch_update."
    lasting = "ON COMMIT DROP"
    is_team = True

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement."""
        cursor = self._connection.execute(_signed(statement), values or None)
        return cursor.fetchall() if cursor.description else []

    def many(self, statement: str, lines: Iterable[Sequence[object]]) -> None:
        """Run a statement for each line."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_signed(statement), lines)

    def lines(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over what a query finds."""
        return rows_of(self._connection, query)

    def stage(self, events: Iterable[Staged]) -> None:
        """Fill the table `carried`."""
        copying = "COPY carried FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(copying) as copy:
            for event in events:
                copy.write_row(event)

    def now_ms(self) -> int:
        """Return this moment by the database's clock."""
        ((now,),) = self._connection.execute("SELECT batch_update.now_ms()")
        return int(now)

    def take_ids(self, kind: str, count: int) -> list[int]:
        """Return new numbers."""
        return self._take(_IDS[kind], count)

    def take_blocks(self, count: int) -> list[int]:
        """Return the first ids of so many blocks: the database gives its numbers out in blocks."""
        return self._take("numbers", count)

    def number_from(self, last: int) -> None:
        """Let the database number its own next event after a number."""
        if last >= TEAM_FROM:
            block = TEAM_FROM + -(-(last - TEAM_FROM) // BLOCK) * BLOCK
            self._connection.execute(_JUMP, (block,))

    def _take(self, sequence: str, count: int) -> list[int]:
        taking = _TAKE.format(sequence=sequence)
        return sorted(int(number) for (number,) in self._connection.execute(taking, (count,)))


def rows_of(connection: psycopg.Connection[Any], query: str) -> Iterator[tuple[Any, ...]]:
    """Iterate over what a query finds, some lines at a time."""
    with connection.cursor(name="lines") as cursor:
        cursor.itersize = _AT_A_TIME
        cursor.execute(query)
        yield from cursor


def _signed(statement: str) -> str:
    return statement.replace("?", "%s")
