"""Reading of the SQLite file: of any version, beside a run, without a change to it."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from batch_update.ledger import machine
from batch_update.ledger.entries import utc_now
from batch_update.ledger.reading import LedgerReader, RunSigns
from batch_update.ledger.sqlite import migration, sql
from batch_update.ledger.sqlite.guard import Guard
from batch_update.ledger.sqlite.processes import is_running
from batch_update.paths import real_path

_WAIT_S = 2.0
_CANNOT_OPEN = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_SILENT_FOR = dt.timedelta(minutes=15)
"""After so long without a sign, a run of another machine counts as cut off."""

_SILENT_HERE = dt.timedelta(days=1)
"""After so long, a process of the run's number is another one; no run waits longer."""

_ROWS_AT_A_TIME = 500


def open_reader(path: Path, shops: Sequence[str] = ()) -> LedgerReader:
    """Open the ledger as it is at one moment.

    Args:
        path: its file, which must be there.
        shops: names of the shops that are looked at; empty for all.

    Raises:
        LedgerInUseError: another program keeps it to itself.
        LedgerError: it cannot be read, is damaged, or of a newer version.
    """
    return LedgerReader(_Source(real_path(path)), shops)


class _Source:
    """The file, open for reading."""

    def __init__(self, path: Path) -> None:
        self._guard = Guard(path)
        self._host, self._now = machine.host_name(), utc_now()
        with self._guard.told_when_read():
            self._database = open_snapshot(self._guard, path)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Turn faults of the values that are read into a line for the user."""
        return self._guard.told_when_read()

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Iterate over the lines that a query finds."""
        with self.told():
            cursor = self._database.execute(query, values)
        while True:
            with self.told():
                rows = cursor.fetchmany(_ROWS_AT_A_TIME)
            if not rows:
                return
            yield from rows

    def is_at_work(self, run: RunSigns) -> bool:
        """Return whether a run goes on: the last one of its shop, of which no end is noted."""
        if not run.is_last:
            return False
        silent_for = dt.timedelta.max if run.alive_at is None else self._now - run.alive_at
        if run.host != self._host:
            return silent_for < _SILENT_FOR
        return silent_for < _SILENT_HERE and is_running(run.pid)

    def remarks_on(self, run: int) -> tuple[str, None]:  # noqa: ARG002
        """Return that nothing was said of it: a file keeps no reasons."""
        return "", None


def list_locks(guard: Guard, path: Path) -> list[str]:
    """List the names under which runs hold the shops of a ledger of any version.

    Raises:
        LedgerError: it cannot be read.
    """
    with guard.told_when_read(), contextlib.closing(_connect(path)) as db:
        version = guard.version_of(db)
        if version == 0:
            return []
        query = "SELECT account FROM runs" if version == 1 else "SELECT name FROM shops"
        return [str(name) for (name,) in db.execute(query).fetchall()]


def open_snapshot(guard: Guard, path: Path) -> sqlite3.Connection:
    """Open a ledger of any version as one of the present version, as it is at one moment."""
    db = _connect(path)
    try:
        version = guard.version_of(db)
        if version in {0, 1}:
            db = _copy_up_to_date(db, version)
        elif version == 2:
            for statement in sql.AS_IF_OF_VERSION_3:
                db.execute(statement)
        db.execute("PRAGMA query_only = ON")
        # All that is read is of one moment, whatever a run notes meanwhile.
        db.execute("BEGIN")
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path) -> sqlite3.Connection:
    """Open a ledger so that the files beside it are afterwards as they were before."""
    write_ahead_log = path.with_name(f"{path.name}-wal")
    # Who may write takes away the files that were made for reading; those of a run are left alone.
    mode = "ro" if write_ahead_log.exists() else "rw"
    place = path.absolute().as_uri()
    db = sqlite3.connect(f"{place}?mode={mode}", uri=True, timeout=_WAIT_S, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        db.close()
        is_shut = getattr(error, "sqlite_errorcode", 0) & 0xFF in _CANNOT_OPEN
        if not is_shut or write_ahead_log.exists():
            raise
        # A folder without the right to write, in which nobody is at work.
        return sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except BaseException:
        db.close()
        raise
    return db


def _copy_up_to_date(db: sqlite3.Connection, version: int) -> sqlite3.Connection:
    """Return a copy that goes with the program, made as one of the present version."""
    copy = sqlite3.connect("", isolation_level=None)
    with contextlib.closing(db):
        if version:
            db.backup(copy)
    copy.execute("BEGIN")
    migration.bring_up_to_date(copy, version, lambda __: None)
    copy.execute("COMMIT")
    return copy
