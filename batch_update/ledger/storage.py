"""The file of the ledger: opened with care, locked per account, changed as a whole."""

from __future__ import annotations

import contextlib
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
from batch_update.ledger import schema
from batch_update.ledger.book import Book
from batch_update.ledger.entries import now, read_entry
from batch_update.orders import Entry
from batch_update.texts import ledger as texts

_WAIT_S = 10.0


class Ledger:
    """The record, open; a context that closes it.

    Args:
        path: the file; made if it is not there. None for a record that ends with the run.

    Raises:
        LedgerError: it cannot be opened, is damaged, or of a newer version; the file is untouched.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._shown = (
            texts.THE_LEDGER_SHORT
            if path is None
            else texts.THE_LEDGER.format(path=wording.printable(str(path)))
        )
        with self._told(texts.OPENED):
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
            with self._told(texts.LOCKED):
                lock.acquire(blocking=False)
        except filelock.Timeout:
            raise self._held(account) from None
        try:
            self.execute(schema.HOLD, (account, os.getpid(), platform.node(), now()))
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
        return self.read(schema.HISTORY, (bill_id,))

    def read(self, query: str, values: tuple[object, ...]) -> list[Entry]:
        """Give the lines that a query finds.

        Raises:
            LedgerError: they cannot be read, or say what we do not write.
        """
        rows = self.execute(query, values)
        if not rows:
            return []
        with self._told(texts.USED):
            return [read_entry(row) for row in rows]

    def execute(self, statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        """Run one statement; what it changes is on the disk when this returns.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        return self._run(statement, values).fetchall()

    def note(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one statement; what it changes is on the disk after the next `commit`.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        if not self._database.in_transaction:
            self._run("BEGIN IMMEDIATE")
        self._run(statement, values)

    def commit(self) -> None:
        """Make durable what was noted.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        if self._database.in_transaction:
            self._run("COMMIT")

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run one statement, and undo the transaction under way if it fails."""
        try:
            return self._database.execute(statement, values)
        except Exception:
            # A rollback that fails has no more to undo: SQLite has done it by itself.
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            with self._told(texts.USED):
                raise

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
        if application_id != schema.APPLICATION_ID:
            raise LedgerError(texts.FOREIGN.format(shown=self._shown))
        if version > schema.VERSION:
            raise LedgerError(texts.NEWER.format(shown=self._shown))
        if state != "ok":
            raise self._damaged(str(state))

    def _prepare(self) -> None:
        db = self._database
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for script in schema.MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {schema.VERSION}")
        db.execute("COMMIT")

    def _held(self, account: str) -> LedgerError:
        rows = self.execute("SELECT pid, host, since FROM runs WHERE account = ?", (account,))
        who = texts.ANOTHER_RUN
        if rows:
            pid, host, since = rows[0]
            who = wording.printable(
                texts.ANOTHER_RUN_OF.format(pid=pid, host=host, since=str(since)[:16])
            )
        return LedgerError(texts.BUSY.format(who=who))

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn what SQLite and the file system raise into a line for the user."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LedgerError(
                texts.NO_ROOM.format(
                    shown=self._shown, what=what, reason=wording.printable(str(error))
                )
            ) from error
        except (sqlite3.DatabaseError, ValueError, OverflowError) as error:
            raise self._damaged(str(error)) from error
        except OSError as error:
            if isinstance(error, filelock.Timeout):
                raise
            reason = (error.strerror or str(error)).lower()
            raise LedgerError(
                texts.FAILED.format(shown=self._shown, what=what, reason=reason)
            ) from error

    def _damaged(self, what: str) -> LedgerError:
        return LedgerError(texts.DAMAGED.format(shown=self._shown, what=" ".join(what.split())))
