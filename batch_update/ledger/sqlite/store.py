"""What is written into the SQLite file and read from it, statement by statement."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from batch_update.i18n import _
from batch_update.ledger.entries import CONFIRMED, fold
from batch_update.ledger.sqlite import sql
from batch_update.ledger.sqlite.guard import Guard
from batch_update.ledger.store import Note, SheetEnd, SheetName
from batch_update.model import Entry, Holder


class SqliteStore:
    """An open database; `batch_update.ledger.store.Store` says what its methods do.

    A shop is held by one run alone, as long as its file is locked, so nothing is claimed.
    """

    most_ahead: int | None = None
    _database: sqlite3.Connection
    _guard: Guard

    def entries(self, shops: Sequence[int], bill_ids: Sequence[int]) -> list[Entry]:
        """Return the known entries of some orders."""
        found = []
        for start in range(0, len(bill_ids), sql.MOST_ASKED_FOR):
            asked = bill_ids[start : start + sql.MOST_ASKED_FOR]
            where = f"updates.bill_id IN ({_places(asked)}) AND updates.shop IN ({_places(shops)})"
            rows = self.execute(sql.ORDERS.format(where=where), (*asked, *shops))
            with self._guard.told(_("used")):
                found += fold(rows)
        return found

    def first_seen(self, sheet: SheetName, shops: Sequence[int], run: int | None) -> int | None:
        """Return the number at which another run began a sheet."""
        places, run = _places(shops), -1 if run is None else run
        if sheet.origins:
            query = sql.LAST_SEEN.format(names=_places(sheet.origins), shops=places)
            ((seq,),) = self.execute(query, (run, *sheet.origins, *shops))
        else:
            query = sql.FIRST_SEEN.format(shops=places)
            ((seq,),) = self.execute(query, (run, sheet.sha256 or None, *shops))
        if seq is None and sheet.name:
            found = self.execute(sql.CUT_OFF.format(shops=places), (run, sheet.name, *shops))
            seq = found[0][0] if found else None
        return None if seq is None else int(str(seq))

    def begin_sheet(self, run: int, sheet: SheetName, at_ms: int) -> int:
        """Note that a sheet's turn has come."""
        seq = self._take_numbers(1, at_ms)
        self.note(sql.NOTE_SHEET, [(run, sheet.name, sheet.sha256, seq, at_ms)])
        return self._last_id()

    def write(self, notes: Sequence[Note], shop: int, sheet: int) -> None:
        """Write notes, all lines of a kind at a time."""
        first = self._take_numbers(len(notes), max(note.at_ms for note in notes))
        numbered = list(enumerate(notes, start=first))
        for is_for_new, update, attempt in (
            (False, sql.NOTE_UPDATE, sql.NOTE_ATTEMPT),
            (True, sql.NOTE_UPDATE_IF_NEW, sql.NOTE_ATTEMPT_IF_NEW),
        ):
            lines = [one for one in numbered if one[1].is_for_new is is_for_new]
            if lines:
                self.note(update, [_as_update(*line, shop) for line in lines])
                self.note(attempt, [_as_attempt(*line, shop, sheet) for line in lines])

    def end_sheet(self, sheet: int, end: SheetEnd) -> None:
        """Note that a sheet has its results."""
        self.note(sql.END_SHEET, [(end.at_ms, end.exit_status, end.plan, sheet)])
        if end.counts:
            self.note(sql.NOTE_COUNT, [(sheet, *count) for count in end.counts.items()])

    def stay_alive(self, run: int, at_ms: int, ahead_ms: int | None) -> None:
        """Note that a run lives."""
        self.note(sql.STAY_ALIVE, [(at_ms, ahead_ms, run)])

    def claim(self, shop: int, bill_ids: Sequence[int]) -> Mapping[int, Holder]:  # noqa: ARG002
        """Return that no order is another run's."""
        return {}

    def release(self, shop: int, bill_ids: Sequence[int]) -> None:
        """Do nothing: nothing was claimed."""

    def commit(self) -> None:
        """Make all notes durable.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        if self._database.in_transaction:
            self.execute("COMMIT", ())

    def execute(self, statement: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        """Run one statement; its changes are on the disk when this returns.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        with self._undone_if_it_fails():
            return self._database.execute(statement, values).fetchall()

    def note(self, statement: str, lines: Sequence[Sequence[object]]) -> None:
        """Run one statement for each line; the changes are on the disk after the next `commit`.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
        """
        with self._undone_if_it_fails():
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            if len(lines) == 1:
                self._database.execute(statement, lines[0])
            else:
                self._database.executemany(statement, lines)

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        """Undo the transaction under way if something in it fails."""
        try:
            yield
        except Exception:
            # A rollback that fails has no more to undo: SQLite has done it by itself.
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            with self._guard.told(_("used")):
                raise

    def _take_numbers(self, count: int, at_ms: int) -> int:
        """Return the first of so many numbers that come after all notes so far."""
        self.note(sql.TAKE_NUMBERS, [(count, at_ms)])
        ((last, __),) = self.execute(sql.COUNTER, ())
        return int(str(last)) - count + 1

    def _last_id(self) -> int:
        ((number,),) = self.execute("SELECT last_insert_rowid()", ())
        return int(str(number))


def _as_update(seq: int, note: Note, shop: int) -> tuple[object, ...]:
    confirmed = seq if note.event in CONFIRMED else 0
    return note.bill_id, shop, *note.key, seq, note.event, confirmed


def _as_attempt(seq: int, note: Note, shop: int, sheet: int) -> tuple[object, ...]:
    said = note.event, note.at_ms, sheet, note.row, note.posts, note.code, note.text
    values = seq, *said, note.unknown_ms, note.bill_id, shop, *note.key
    return (*values, seq) if note.is_for_new else values


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
