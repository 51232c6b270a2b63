"""The durable record of every update, so that no run sends again what another has brought home.

A SQLite file, readable with the `sqlite3` command line. One row of `updates` per distinct update:

    account, bill_id, status, date, rpo   what the update says; together the key. `date` is in
                                          unix seconds, 0 where the status has none; `rpo` is
                                          empty where the status has none
    state                                 `sending`, or the outcome: `updated`, `rejected`,
                                          `unconfirmed`, `not sent`
    code, text, attempts                  how it ended; code is the API's number or our word
    file, row                             where it was last read
    begun_at, settled_at                  UTC, ISO 8601; settled_at is empty while it is sending

and one row of `runs` per account: who works with it, or did last (`pid`, `host`, `since`).

What is promised: `sending` is on the disk before a request leaves, and the outcome before the same
worker's next one does (write-ahead log, `synchronous=FULL`), so that neither a kill nor a loss of
power leaves an update out of it. Updates that end and begin together share one commit; it is
durable as a whole or not at all. What is found in `sending` may or may not have happened: it is
under way, or was when the run ended. Only one run per account works at a time, held by a lock of
the operating system, which ends with the process that holds it. A ledger is used by one thread.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import platform
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import filelock

from batch_update import wording
from batch_update.errors import LedgerError
from batch_update.orders import Delivery, Entry, OrderUpdate, Outcome, PastUpdate, Status

_VERSION = 1
_APPLICATION_ID = 0x42555044
_WAIT_S = 10.0
_SENDING = "sending"

# One script per version; a ledger of an older version runs those that it lacks.
_MIGRATIONS = (
    """
    CREATE TABLE updates (
        account TEXT NOT NULL,
        bill_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        date INTEGER NOT NULL,
        rpo TEXT NOT NULL,
        state TEXT NOT NULL,
        code TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,
        file TEXT NOT NULL,
        row INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        settled_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account, bill_id, status, date, rpo)
    ) WITHOUT ROWID;
    CREATE INDEX updates_by_order ON updates (bill_id);
    CREATE TABLE runs (
        account TEXT NOT NULL PRIMARY KEY,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        since TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)

_HISTORY = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates WHERE bill_id = ? ORDER BY begun_at
"""
_RECALL = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates WHERE account = ? AND bill_id = ? AND status = ? AND date = ? AND rpo = ?
"""
_OVERTAKEN = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates
    WHERE account = ? AND bill_id = ? AND NOT (status = ? AND date = ? AND rpo = ?)
    AND state = 'updated' AND status <> 'paid' AND settled_at > ?
    ORDER BY settled_at DESC LIMIT 1
"""
# What the shop has confirmed once stays confirmed, whatever comes of sending it again.
_BEGIN = """
    INSERT INTO updates
    (account, bill_id, status, date, rpo, state, file, row, begun_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
    state = excluded.state, code = '', text = '', attempts = 0, file = excluded.file,
    row = excluded.row, begun_at = excluded.begun_at, settled_at = ''
    WHERE state <> 'updated'
"""
_SETTLE = """
    UPDATE updates SET state = ?1, code = ?2, text = ?3, attempts = ?4, settled_at = ?5
    WHERE account = ?6 AND bill_id = ?7 AND status = ?8 AND date = ?9 AND rpo = ?10
    AND (state <> 'updated' OR ?1 = 'updated')
"""
_HOLD = "INSERT OR REPLACE INTO runs (account, pid, host, since) VALUES (?, ?, ?, ?)"


class Ledger:
    """The record, open; a context that closes it.

    Args:
        path: the file; made if it is not there. None for a record that ends with the run.

    Raises:
        LedgerError: it cannot be opened, is damaged, or of a newer version; the file is untouched.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._shown = "the ledger" if path is None else f"the ledger {wording.printable(str(path))}"
        with self._told("opened"):
            if path is None:
                self._open(":memory:")
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Two runs that begin at once must not find each other's ledger half made.
            with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=_WAIT_S):
                self._examine(path)
                self._open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextlib.contextmanager
    def hold(self, account: str) -> Iterator[Book]:
        """Work with one account, alone.

        Args:
            account: the shop's address and login.

        Raises:
            LedgerError: another run works with it; the message says which and since when.
        """
        if self._path is None:
            yield Book(self, account)
            return
        digest = hashlib.sha256(account.encode()).hexdigest()[:16]
        lock = filelock.FileLock(self._path.with_name(f"{self._path.name}.{digest}.lock"))
        try:
            with self._told("locked"):
                lock.acquire(blocking=False)
        except filelock.Timeout:
            raise self._held(account) from None
        try:
            self.execute(_HOLD, (account, os.getpid(), platform.node(), _now()))
            yield Book(self, account)
        finally:
            lock.release()

    def look_at(self, account: str) -> Book:
        """Give one account's part for reading only, whoever works with it."""
        return Book(self, account)

    def history(self, bill_id: int) -> list[Entry]:
        """List what is known of an order, in all accounts, oldest first.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        rows = self.execute(_HISTORY, (bill_id,))
        return [_entry(row) for row in rows]

    def execute(self, statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        """Run one statement; what it changes is on the disk when this returns.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        with self._told("used"), self._whole():
            return self._database.execute(statement, values).fetchall()

    def note(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one statement; what it changes is on the disk after the next `commit`.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        with self._told("used"), self._whole():
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(statement, values)

    def commit(self) -> None:
        """Make durable what was noted.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        with self._told("used"), self._whole():
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    def _open(self, place: Path | str) -> None:
        self._database = sqlite3.connect(place, timeout=_WAIT_S, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _examine(self, path: Path) -> None:
        """Look at a file without changing it, and refuse what is no ledger of ours."""
        if not path.exists() or path.stat().st_size == 0:
            return
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as db:
            (application_id,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if application_id != _APPLICATION_ID:
            raise LedgerError(
                f"{self._shown} is a file of another program. Name another place: --ledger PATH."
            )
        if version > _VERSION:
            raise LedgerError(
                f"{self._shown} was written by a newer batch-update. Install that one here too; "
                "nothing was sent."
            )
        if state != "ok":
            raise self._damaged(str(state))

    def _prepare(self) -> None:
        db = self._database
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for script in _MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")

    def _held(self, account: str) -> LedgerError:
        rows = self.execute("SELECT pid, host, since FROM runs WHERE account = ?", (account,))
        who = "another run"
        if rows:
            pid, host, since = rows[0]
            who = f"another run (process {pid} on {host}, since {str(since)[:16]} UTC)"
        return LedgerError(
            f"{who} is sending updates to this shop. Wait until it has ended, then start again; "
            "what it has sent is not sent twice."
        )

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Undo the transaction under way if a part of it fails."""
        try:
            yield
        except sqlite3.Error:
            # A rollback that fails has no more to undo: SQLite has done it by itself.
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn what SQLite and the file system raise into a line for the user."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LedgerError(
                f"{self._shown} cannot be {what}: {error}. Make room or ask for the right to "
                "write there, or name another place: --ledger PATH. Nothing more is sent."
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error
        except OSError as error:
            if isinstance(error, filelock.Timeout):
                raise
            reason = (error.strerror or str(error)).lower()
            raise LedgerError(
                f"{self._shown} cannot be {what}: {reason}. Name another place: --ledger PATH. "
                "Nothing more is sent."
            ) from error

    def _damaged(self, what: str) -> LedgerError:
        return LedgerError(
            f"{self._shown} is damaged ({' '.join(what.split())}), so it cannot tell what was sent "
            "before. Nothing was sent. Put a copy from a backup in its place; or move it away and "
            "run only rows that no run has sent before."
        )


class Book:
    """The part of the ledger that is one account's.

    Args:
        ledger: the whole of it.
        account: whose part.
        file: the sheet that is being sent.
    """

    def __init__(self, ledger: Ledger, account: str, file: str = "") -> None:
        self._ledger = ledger
        self._account = account
        self._file = file

    def for_file(self, name: str) -> Book:
        """Give the same part, to note down what one sheet says."""
        return Book(self._ledger, self._account, name)

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update before; None if it is not known.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        rows = self._ledger.execute(_RECALL, self._key(update))
        return _entry(rows[0]).past if rows else None

    def overtaken_by(self, update: OrderUpdate, past: PastUpdate) -> Entry | None:
        """Find what the shop confirmed of the order since an update was tried in vain.

        A payment overtakes nothing: it stands beside the other statuses.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        rows = self._ledger.execute(_OVERTAKEN, (*self._key(update), _written(past.at)))
        return _entry(rows[0]) if rows else None

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that an update is about to be sent, as soon as `commit` has returned.

        Raises:
            LedgerError: it cannot be noted, so it must not be sent.
        """
        self._ledger.note(_BEGIN, (*self._key(update), _SENDING, self._file, row, _now()))

    def settle(self, update: OrderUpdate, delivery: Delivery) -> None:
        """Note what came of it.

        Raises:
            LedgerError: it cannot be noted; the next run will ask what became of it.
        """
        code = "" if delivery.error_code is None else str(delivery.error_code)
        self._ledger.note(
            _SETTLE,
            (
                delivery.outcome.value,
                code,
                delivery.error_text,
                delivery.attempts,
                _now(),
                *self._key(update),
            ),
        )

    def commit(self) -> None:
        """Make durable what was noted, all of it or nothing.

        Raises:
            LedgerError: it could not be done; nothing noted since the last time counts.
        """
        self._ledger.commit()

    def _key(self, update: OrderUpdate) -> tuple[str, int, str, int, str]:
        seconds = 0 if update.date is None else int(update.date.timestamp())
        return self._account, update.bill_id, update.status.value, seconds, update.rpo or ""


def _entry(row: tuple[object, ...]) -> Entry:
    account, bill_id, status, date, rpo, state, code, text, file, number, begun, settled = map(
        str, row
    )
    seconds = int(date)
    update = OrderUpdate(
        bill_id=int(bill_id),
        status=Status(status),
        date=dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None,
        rpo=rpo or None,
    )
    past = PastUpdate(
        outcome=None if state == _SENDING else Outcome(state),
        code=code,
        text=text,
        file=file,
        row=int(number),
        at=dt.datetime.fromisoformat(settled or begun).replace(tzinfo=dt.UTC),
    )
    return Entry(account=account, update=update, past=past)


def _now() -> str:
    return _written(dt.datetime.now(dt.UTC))


def _written(moment: dt.datetime) -> str:
    return (
        moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    )
