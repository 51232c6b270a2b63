"""One shop's part of the ledger."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from batch_update import wording
from batch_update.errors import LedgerError
from batch_update.ledger.entries import HEARTBEAT_S, SENDING, key_of, to_ms, utc_now
from batch_update.ledger.store import Note, SheetEnd, SheetName, Store
from batch_update.model import Entry, Holder, OrderUpdate, Outcome, Result, SendResult

_ASK_AGAIN_S = 0.25
"""Time after which another run is expected to have moved on by some orders."""


class Clocks(Protocol):
    """Clocks of the machine and the shop."""

    @property
    def ahead(self) -> dt.timedelta | None:
        """The lead of the shop's clock; None if that is not known."""

    def now(self) -> dt.datetime:
        """Return this moment by the machine's clock, with a zone."""


class MachineClock:
    """The machine's clock alone."""

    ahead = None

    def now(self) -> dt.datetime:
        """Return this moment."""
        return utc_now()


class AccountLedger:
    """One shop's part of the ledger.

    Args:
        store: the database of the whole of it.
        shops: the shop's numbers; the first is the one that is noted, the others are those of its
            former names.
        clocks: give the time, with a zone, and the lead of the shop's clock.
        run: number of the run that notes; None for one that only looks.
        sheet: the sheet that is sent.

    Attributes:
        exit_status: that of the run, to be noted with its end; None as long as it is not known.
    """

    def __init__(
        self,
        store: Store,
        shops: Sequence[int],
        *,
        clocks: Clocks,
        run: int | None = None,
        sheet: SheetName | None = None,
    ) -> None:
        self._store = store
        self._shops = shops
        self._clocks = clocks
        self._wall = clocks.now
        self._run = run
        self.exit_status: int | None = None
        self._file = sheet or SheetName(name="")
        self._sheet = 0
        self._is_sheet_kept = False
        self._noted: list[Note] = []
        self._claimed: set[int] = set()
        self._refused: dict[int, Holder] = {}
        self._refused_at_s = 0.0
        self._released: dict[int, None] = {}
        self._recent: dict[int, list[Entry]] = {}
        self._earlier: dict[int, list[Entry]] = {}
        self._alive_ms = 0
        self._ahead: dt.timedelta | None = None

    def for_file(self, name: str, sha256: str = "", origins: Sequence[str] = ()) -> AccountLedger:
        """Return the same part, to note down one sheet's updates.

        Args:
            name: its name.
            sha256: of its bytes; empty if that is not known.
            origins: possible names of the sheet whose results or failures it is; none for a sheet
                that is neither.
        """
        # A name whose bytes are no UTF-8 can be kept in no database.
        sheet = SheetName(
            name=wording.encodable(name),
            sha256=sha256,
            origins=[wording.encodable(origin) for origin in origins],
        )
        return AccountLedger(
            self._store, self._shops, clocks=self._clocks, run=self._run, sheet=sheet
        )

    def first_seen(self) -> int | None:
        """Return the number at which an earlier run began this sheet; None if it is new.

        It is known by its bytes; by its name, if the last run of a sheet of that name was cut off,
        and it is run again with corrections. Results are as old as the last run of the sheet they
        are of.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return self._store.first_seen(self._file, self._shops, self._run)

    @property
    def most_ahead(self) -> int | None:
        """Most orders to be looked up at once; None where the run holds the shop alone."""
        return None if self._run is None else self._store.most_ahead

    def holder(self, bill_id: int) -> Holder | None:
        """Claim an order for this run alone, if it is not yet; return who holds it otherwise.

        Orders that were refused are asked for again together, and not at every call.

        Raises:
            LedgerError: it could not be done.
        """
        if self.most_ahead is None or bill_id in self._claimed:
            return None
        is_fresh = time.monotonic() - self._refused_at_s < _ASK_AGAIN_S
        if not is_fresh or bill_id not in self._refused:
            self._claim([bill_id, *self._refused][: self.most_ahead])
        return self._refused.get(bill_id)

    def release(self, bill_id: int) -> None:
        """Let go of an order with the next `commit`, after all notes."""
        if bill_id in self._claimed:
            self._claimed.discard(bill_id)
            self._released[bill_id] = None
            for known in (self._recent, self._earlier):
                known.pop(bill_id, None)

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Look up the next orders together.

        Until they are noted in here, the entries found stay valid, as the order is held.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        if self.most_ahead is not None:
            self._claim(bill_ids)
            bill_ids = [bill_id for bill_id in bill_ids if bill_id in self._claimed]
        self._earlier, self._recent = self._recent, {}
        self._recent = {bill_id: [] for bill_id in bill_ids}
        for entry in self._read(bill_ids):
            self._recent[entry.update.bill_id].append(entry)

    def order(self, bill_id: int) -> Sequence[Entry]:
        """Return the known entry of each update of an order.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        for known in (self._recent, self._earlier):
            if bill_id in known:
                return known[bill_id]
        entries = self._recent[bill_id] = self._read([bill_id])
        return entries

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that an update is about to be sent, as soon as `commit` has returned."""
        self._note(self._new(update, row, SENDING))

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Note the outcome of a begun update; if that fails, the next run will ask the shop."""
        note = self._new(update, row, delivery.outcome.value)
        note.posts = delivery.attempts
        if delivery.error_code is not None:
            note.code, note.text = str(delivery.error_code), delivery.error_text
        if delivery.unknown_since is not None:
            note.unknown_ms = to_ms(delivery.unknown_since.machine)
        elif delivery.outcome is Outcome.UNCONFIRMED:
            note.unknown_ms = note.at_ms
        self._note(note)

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Note a row that was not sent, unless its update is known already."""
        note = self._new(update, result.row, Outcome.NOT_SENT.value)
        note.code, note.text, note.is_for_new = str(result.error_code), result.error_text, True
        self._note(note)

    def commit(self) -> None:
        """Make all notes durable or none; now and then, note also that the run lives.

        Raises:
            LedgerError: it could not be done; nothing noted since the last time counts.
        """
        with self._undone_if_it_fails():
            self._write()
            now_ms = to_ms(self._wall())
            ahead = self._clocks.ahead
            is_due = abs(now_ms - self._alive_ms) >= HEARTBEAT_S * 1000 or ahead != self._ahead
            if self._run is not None and is_due:
                ahead_ms = None if ahead is None else ahead // dt.timedelta(milliseconds=1)
                self._store.stay_alive(self._run, now_ms, ahead_ms)
                self._alive_ms, self._ahead = now_ms, ahead
            if self._released:
                self._store.release(self._shops[0], list(self._released))
            self._store.commit()
        self._released.clear()
        self._is_sheet_kept = self._sheet != 0

    def end_sheet(self, counts: Mapping[Outcome, int], exit_status: int, plan: str) -> None:
        """Note that the sheet has its results; without this note it counts as cut off.

        Args:
            counts: number of rows by outcome.
            exit_status: the one that it alone would give.
            plan: the fingerprint of its plan.

        Raises:
            LedgerError: it could not be done.
        """
        with self._undone_if_it_fails():
            self._write()
            if self._sheet:
                counted = {outcome.value: number for outcome, number in counts.items() if number}
                at_ms = to_ms(self._wall())
                end = SheetEnd(at_ms=at_ms, counts=counted, exit_status=exit_status, plan=plan)
                self._store.end_sheet(self._sheet, end)
            self._store.commit()

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        """Forget the notes that the storage undoes when an operation fails."""
        try:
            yield
        except LedgerError:
            self._recent, self._earlier = {}, {}
            self._alive_ms = 0
            if not self._is_sheet_kept:
                self._sheet = 0
            raise

    def _claim(self, bill_ids: Sequence[int]) -> None:
        wanted = [bill_id for bill_id in dict.fromkeys(bill_ids) if bill_id not in self._claimed]
        if not wanted:
            return
        with self._undone_if_it_fails():
            self._write()
            held = self._store.claim(self._shops[0], wanted)
        self._refused_at_s = time.monotonic()
        for bill_id in wanted:
            self._released.pop(bill_id, None)
            self._refused.pop(bill_id, None)
            if bill_id in held:
                self._refused[bill_id] = held[bill_id]
            else:
                self._claimed.add(bill_id)

    def _new(self, update: OrderUpdate, row: int, event: str) -> Note:
        return Note(update.bill_id, key_of(update), row, event, to_ms(self._wall()))

    def _note(self, note: Note) -> None:
        for known in (self._recent, self._earlier):
            known.pop(note.bill_id, None)
        self._noted.append(note)

    def _read(self, bill_ids: Sequence[int]) -> list[Entry]:
        with self._undone_if_it_fails():
            self._write()
            return self._store.entries(self._shops, bill_ids)

    def _write(self) -> None:
        """Pass the notes to the database, all at a time: each call has a price."""
        noted, self._noted = self._noted, []
        is_new = not self._sheet and (self._file.name or noted)
        if is_new and self._run is not None:
            self._sheet = self._store.begin_sheet(self._run, self._file, to_ms(self._wall()))
        if noted:
            self._store.write(noted, self._shops[0], self._sheet)
