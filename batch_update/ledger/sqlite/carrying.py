"""The SQLite file as one side of an import: read as a whole, or added to."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from batch_update.ledger.entries import to_ms, utc_now
from batch_update.ledger.sqlite import reading
from batch_update.ledger.sqlite.guard import Guard
from batch_update.ledger.sqlite.ledger import Ledger
from batch_update.ledger.sqlite.locks import hold_file
from batch_update.ledger.transfer import sql
from batch_update.ledger.transfer.carried import BLOCK, Event, Run, Sheet, Staged
from batch_update.paths import real_path

_EVENTS = """
    SELECT attempts.seq, shops.name, updates.bill_id, updates.status, updates.date, updates.rpo,
    attempts.event, attempts.at, attempts.sheet, attempts.row, attempts.posts, attempts.code,
    attempts.text, attempts.unknown_at
    FROM updates JOIN attempts ON attempts.update_id = updates.id
    JOIN shops ON shops.id = updates.shop
    ORDER BY attempts.seq
"""
_RUNS = """
    SELECT runs.id, shops.name, pid, host, version, started_at, alive_at, ahead, ended_at, operator,
    os_user, kind, exit_status FROM runs JOIN shops ON shops.id = runs.shop ORDER BY runs.id
"""
_SHEETS = """
    SELECT id, run, name, sha256, seq, begun_at, done_at, exit_status, plan FROM sheets ORDER BY id
"""
_AT_A_TIME = 5000


@contextlib.contextmanager
def open_source(path: Path) -> Iterator[SqliteSource]:
    """Open a ledger of any version, while no run works with any of its shops.

    Raises:
        LedgerInUseError: a run does.
        LedgerError: it is not there, or cannot be read.
    """
    path = real_path(path)
    guard = Guard(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(hold_file(path))
        with guard.told_when_read():
            database = reading.open_snapshot(guard, path)
        stack.callback(database.close)
        yield SqliteSource(database, guard)


class SqliteSource:
    """An open ledger, as it is while its shops are held."""

    is_numbered_by_team = False

    def __init__(self, database: sqlite3.Connection, guard: Guard) -> None:
        self._database = database
        self._guard = guard

    def count(self) -> int:
        """Return the number of events."""
        ((count,),) = self._rows("SELECT count(*) FROM attempts")
        return int(count)

    def shops(self) -> list[str]:
        """List the names of all shops."""
        return [str(name) for (name,) in self._rows("SELECT name FROM shops ORDER BY id")]

    def runs(self) -> Iterator[Run]:
        """Iterate over all runs."""
        return (Run(*row) for row in self._rows(_RUNS))

    def sheets(self) -> Iterator[Sheet]:
        """Iterate over all sheets."""
        return (Sheet(*row) for row in self._rows(_SHEETS))

    def counts(self) -> Iterator[tuple[int, str, int]]:
        """Iterate over sheets' numbers of rows by outcome."""
        yield from self._rows("SELECT sheet, outcome, number FROM sheet_counts")

    def events(self) -> Iterator[Event]:
        """Iterate over all events, in their order."""
        return (Event(*row) for row in self._rows(_EVENTS))

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._guard.told_when_read():
            cursor = self._database.execute(query)
        while True:
            with self._guard.told_when_read():
                rows = cursor.fetchmany(_AT_A_TIME)
            if not rows:
                return
            yield from rows


class SqliteTarget:
    """A ledger that is added to.

    Args:
        ledger: the open file.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @contextlib.contextmanager
    def begin(self, shops: Sequence[str]) -> Iterator[SqliteSide]:
        """Hold all shops, and begin the transaction."""
        with self._ledger.hold_all(shops), self._ledger.transaction() as database:
            yield SqliteSide(database)


class SqliteSide:
    """The target's database, within the transaction."""

    schema = ""
    lasting = ""
    is_team = False

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for table in sql.DROPPED:
            database.execute(f"DROP TABLE IF EXISTS temp.{table}")

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement."""
        return self._database.execute(statement, values).fetchall()

    def many(self, statement: str, lines: Iterable[Sequence[object]]) -> None:
        """Run a statement for each line."""
        self._database.executemany(statement, lines)

    def lines(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over what a query finds."""
        return iter(self._database.execute(query))

    def stage(self, events: Iterable[Staged]) -> None:
        """Fill the table `carried`."""
        signs = ", ".join("?" * len(Staged.__annotations__))
        self._database.executemany(f"INSERT INTO carried VALUES ({signs})", events)  # noqa: S608

    def now_ms(self) -> int:
        """Return this moment by the machine's clock."""
        return to_ms(utc_now())

    def take_ids(self, kind: str, count: int) -> list[int]:
        """Return new numbers."""
        ((last,),) = self.run(f"SELECT coalesce(max(id), 0) FROM {kind}")  # noqa: S608
        return list(range(last + 1, last + 1 + count))

    def take_blocks(self, count: int) -> list[int]:
        """Return the first ids of so many blocks: after all numbers, which are ids of updates."""
        ((seq,),) = self.run("SELECT seq FROM counter")
        ((number, __),) = self.run(sql.LAST_NUMBER)
        ((last,),) = self.run("SELECT coalesce(max(id), 0) FROM updates")
        first = max(seq, number, last) + 1
        return list(itertools.islice(itertools.count(first, BLOCK), count))

    def number_from(self, last: int) -> None:
        """Let the ledger number its own next event after a number, and after all ids."""
        ((id_, at),) = self.run(
            "SELECT (SELECT coalesce(max(id), 0) FROM updates), "
            "(SELECT coalesce(max(at), 0) FROM carried_new)"
        )
        self.run("UPDATE counter SET seq = max(seq, ?), at = max(at, ?)", (max(last, id_), at))
