"""The file of the ledger: opened with care, locked per shop, changed as a whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import batch_update
from batch_update.errors import LedgerError, ShopHeldError
from batch_update.i18n import _
from batch_update.ledger import machine
from batch_update.ledger.account_ledger import AccountLedger, Clocks, MachineClock
from batch_update.ledger.entries import from_ms, to_ms
from batch_update.ledger.records import NOBODY, StartedBy
from batch_update.ledger.sqlite import migration, sharing, sql
from batch_update.ledger.sqlite.guard import Guard
from batch_update.ledger.sqlite.locks import file_lock, lock_of, refuse_by
from batch_update.ledger.sqlite.store import SqliteStore
from batch_update.paths import real_path

_WAIT_S = 10.0
_LOOKS, _LOOK_AGAIN_S = 20, 0.05
_SHOPS = "SELECT name, id FROM shops"
_CLOCK_MAY_DIFFER = dt.timedelta(seconds=5)
"""Clocks are corrected by the network now and then, by a second or two."""


class Ledger(SqliteStore):
    """The record, open; a context that closes it.

    Args:
        path: the file; made if it is not there. None for a record that ends with the run.
        clocks: give the time; None for the machine's.
        on_migration: called with the number of lines of an older ledger, before it is brought up to
            date.
        on_begin: called when it has been made, with whether an empty file was there.

    Attributes:
        pace: that of other runs of the shop: there are none.

    Raises:
        LedgerInUseError: another program keeps it to itself.
        LedgerError: it cannot be opened, is damaged, or of a newer version; the file is untouched.
    """

    pace: None = None

    def __init__(
        self,
        path: Path | None,
        *,
        clocks: Clocks | None = None,
        on_migration: Callable[[int], None] = lambda __: None,
        on_begin: Callable[[bool], None] = lambda __: None,
    ) -> None:
        # One ledger is locked in one place, by whichever link it is named.
        path = None if path is None else real_path(path)
        self._path = path
        self._inode: int | None = None
        self._clocks = clocks or MachineClock()
        self._wall = self._clocks.now
        self._on_migration = on_migration
        self._guard = guard = Guard(path)
        with guard.told(_("opened")):
            if path is None:
                self._open(":memory:")
                return
            sharing.make_folder(path.parent)
            import filelock

            # Two runs that begin at once must not find each other's ledger half made.
            try:
                with file_lock(path.with_name(f"{path.name}.lock"), _WAIT_S):
                    guard.examine(path)
                    was_there = path.exists()
                    is_new = not was_there or path.stat().st_size == 0
                    sharing.make_file(path)
                    self._open(path)
                    self._inode = path.stat().st_ino
            except filelock.Timeout:
                raise guard.in_use() from None
        if is_new:
            on_begin(was_there)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self._database.close()

    @contextlib.contextmanager
    def hold(self, shop: str, *former: str, by: StartedBy = NOBODY) -> Iterator[AccountLedger]:
        """Hold one shop for this run alone.

        Args:
            shop: its name.
            former: other names under which it may have been noted.
            by: whose run it is, and of what kind.

        Raises:
            ShopHeldError: another run works with it; the message names that run and its start.
        """
        names = list(dict.fromkeys((shop, *former)))
        numbers = [self._number(name) for name in names]
        with contextlib.ExitStack() as stack:
            for name, number in zip(names, numbers, strict=True):
                self._lock(name, number, stack)
            now = to_ms(self._wall())
            who = numbers[0], os.getpid(), machine.host_name(), batch_update.__version__
            whose = by.operator, by.os_user, by.kind
            self.note(sql.NOTE_RUN, [(*who, now, now, *whose)])
            run = self._last_id()
            self.commit()
            book = AccountLedger(self, numbers, clocks=self._clocks, run=run)
            try:
                yield book
            finally:
                self._end(run, book.exit_status)

    @contextlib.contextmanager
    def hold_all(self, others: Sequence[str] = ()) -> Iterator[None]:
        """Hold all shops that it knows, and others, for something that is not a run.

        Raises:
            ShopHeldError: a run works with one of them; the message names that run and its start.
        """
        known = {str(name): int(str(number)) for name, number in self.execute(_SHOPS, ())}
        with contextlib.ExitStack() as stack:
            for name in dict.fromkeys((*known, *others)):
                self._lock(name, known.get(name, -1), stack)
            yield

    @contextlib.contextmanager
    def transaction(self, *, changes: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the database for one transaction, which is undone as a whole if anything fails.

        Args:
            changes: whether something is to be written, so that nobody else may.

        Raises:
            LedgerError: it could not be done, and nothing was.
        """
        with self._undone_if_it_fails():
            self._database.execute("BEGIN IMMEDIATE" if changes else "BEGIN")
            yield self._database
        self.commit()

    def look_at(self, shop: str, *former: str) -> AccountLedger:
        """Return one shop's part for reading only, also while a run holds it."""
        names = dict.fromkeys((shop, *former))
        numbers = [self._number(name, is_new=False) for name in names]
        return AccountLedger(self, numbers, clocks=self._clocks)

    def clock_behind(self) -> dt.datetime | None:
        """Return the time of the last note, if by the clock it is yet to come.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        ((__, at_ms),) = self.execute(sql.COUNTER, ())
        with self._guard.told(_("used")):
            last = from_ms(int(str(at_ms)))
        return last if last > self._wall() + _CLOCK_MAY_DIFFER else None

    def check(self) -> list[str]:
        """Look through the whole ledger, which takes longer the larger it is.

        Returns:
            Its damages, in words; nothing if all is well.
        """
        found = []
        try:
            for (state,) in self.execute("PRAGMA integrity_check(20)", ()):
                if state != "ok":
                    found.append(" ".join(str(state).split()))
            for query in () if found else sql.CHECKS:
                ((count,),) = self.execute(query, ())
                if count:
                    found.append(_("lines that contradict others: {count}").format(count=count))
        except LedgerError as error:
            found.append(str(error))
        return found

    def commit(self) -> None:
        """Make all notes durable.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        if not self._database.in_transaction:
            return
        super().commit()
        if self._path is not None and not self._is_still_there(self._path):
            raise LedgerError(
                _(
                    "{shown} was removed or replaced while it was in use, so the next run "
                    "would not know what was sent. Put it back from a backup, or ask the "
                    "administrator. Nothing more is sent."
                ).format(shown=self._guard.shown)
            )

    def _is_still_there(self, path: Path) -> bool:
        """Return whether the open file is the one that a next run would find."""
        try:
            return path.stat().st_ino == self._inode
        except OSError:
            return False

    def _number(self, shop: str, *, is_new: bool = True) -> int:
        """Return a shop's number; -1 if it has none and is to get none."""
        query = "SELECT id FROM shops WHERE name = ?"
        found = self.execute(query, (shop,))
        if not found and is_new:
            self.execute(
                "INSERT INTO shops (name) VALUES (?) ON CONFLICT (name) DO NOTHING", [shop]
            )
            found = self.execute(query, (shop,))
        return int(str(found[0][0])) if found else -1

    def _lock(self, shop: str, number: int, stack: contextlib.ExitStack) -> None:
        if self._path is None:
            return
        import filelock

        try:
            with self._guard.told(_("locked")):
                lock = lock_of(self._path, shop)
                lock.acquire(blocking=False)
        except filelock.Timeout:
            raise self._held(number) from None
        stack.callback(lock.release)

    def _end(self, run: object, exit_status: int | None) -> None:
        """Note that a run has ended; without this note it counts as cut off."""
        now = to_ms(self._wall())
        with contextlib.suppress(LedgerError):
            self.execute(sql.END_RUN, (now, now, exit_status, run))

    def _open(self, place: Path | str) -> None:
        self._database = sqlite3.connect(place, timeout=_WAIT_S, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        db = self._database
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA cell_size_check = ON")
        with contextlib.ExitStack() as stack:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 1:
                self._keep_others_out(stack)
            db.execute("BEGIN IMMEDIATE")
            migration.bring_up_to_date(db, version, self._on_migration)
            db.execute(f"PRAGMA application_id = {sql.APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {sql.VERSION}")
            db.execute("COMMIT")
        if version == 1:
            # For room only; without enough of it on the disk, the file stays larger.
            with contextlib.suppress(sqlite3.Error):
                db.execute("VACUUM")

    def _keep_others_out(self, stack: contextlib.ExitStack) -> None:
        """Hold each account as version 1 did, so that none of its runs is in the middle."""
        for (account,) in self._database.execute("SELECT account FROM runs").fetchall():
            if self._path is not None:
                stack.enter_context(lock_of(self._path, account).acquire(blocking=False))

    def _held(self, number: int) -> ShopHeldError:
        rows = self.execute(sql.LAST_RUN, (number,))
        for __ in range(_LOOKS):
            if rows:
                break
            # The other run has the lock, and is about to note its name.
            time.sleep(_LOOK_AGAIN_S)
            rows = self.execute(sql.LAST_RUN, (number,))
        with self._guard.told(_("used")):
            return refuse_by(rows, self._wall().tzinfo)
