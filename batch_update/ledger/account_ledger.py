"""One shop's part of the ledger."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from batch_update.errors import LedgerError
from batch_update.ledger.entries import HEARTBEAT_S, key_of, to_ms, utc_now
from batch_update.ledger.sqlite import sql
from batch_update.model import Entry, OrderUpdate, Outcome, Result, SendResult


class Storage(Protocol):
    """Storage of the ledger; each method may raise a `LedgerError`."""

    def read(self, query: str, values: Sequence[object]) -> list[Entry]:
        """Return the entries of the updates whose lines a query finds."""

    def execute(self, statement: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        """Run one statement and return the lines it finds."""

    def note(self, statement: str, lines: Sequence[Sequence[object]]) -> None:
        """Run one statement for each line, durable after the next `commit`."""

    def take_numbers(self, count: int, at_ms: int) -> int:
        """Return the first of so many numbers that come after all notes so far."""

    def commit(self) -> None:
        """Make all notes durable."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Known facts about a sheet that is sent; `AccountLedger.for_file` explains them."""

    name: str
    sha256: str = ""
    origins: Sequence[str] = ()


class AccountLedger:
    """One shop's part of the ledger.

    Args:
        storage: the whole of it.
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
        storage: Storage,
        shops: Sequence[int],
        *,
        clocks: Clocks,
        run: int | None = None,
        sheet: _Sheet | None = None,
    ) -> None:
        self._storage = storage
        self._shops = shops
        self._clocks = clocks
        self._wall = clocks.now
        self._run = run
        self.exit_status: int | None = None
        self._file = sheet or _Sheet(name="")
        self._sheet = 0
        self._is_sheet_kept = False
        self._noted: list[_Line] = []
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
        sheet = _Sheet(name=name, sha256=sha256, origins=origins)
        return AccountLedger(
            self._storage, self._shops, clocks=self._clocks, run=self._run, sheet=sheet
        )

    def first_seen(self) -> int | None:
        """Return the number at which an earlier run began this sheet; None if it is new.

        It is known by its bytes; by its name, if the last run of a sheet of that name was cut off,
        and it is run again with corrections. Results are as old as the last run of the sheet they
        are of.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        shops = self._places(self._shops)
        run = -1 if self._run is None else self._run
        if self._file.origins:
            names = self._places(self._file.origins)
            query = sql.LAST_SEEN.format(names=names, shops=shops)
            ((seq,),) = self._storage.execute(query, (run, *self._file.origins, *self._shops))
        else:
            query = sql.FIRST_SEEN.format(shops=shops)
            sha256 = self._file.sha256 or None
            ((seq,),) = self._storage.execute(query, (run, sha256, *self._shops))
        if seq is None and self._file.name:
            cut_off = sql.CUT_OFF.format(shops=shops)
            found = self._storage.execute(cut_off, (run, self._file.name, *self._shops))
            seq = found[0][0] if found else None
        return None if seq is None else int(str(seq))

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Look up the next orders together.

        Until they are noted in here, the entries found stay valid, as the shop is held.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self._earlier, self._recent = self._recent, {}
        for start in range(0, len(bill_ids), sql.MOST_ASKED_FOR):
            asked = bill_ids[start : start + sql.MOST_ASKED_FOR]
            found: dict[int, list[Entry]] = {bill_id: [] for bill_id in asked}
            for entry in self._read(asked):
                found[entry.update.bill_id].append(entry)
            self._recent |= found

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
        self._note(_Line(update, row, sql.SENDING, to_ms(self._wall())))

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Note the outcome of a begun update; if that fails, the next run will ask the shop."""
        line = _Line(update, row, delivery.outcome.value, to_ms(self._wall()))
        line.posts = delivery.attempts
        if delivery.error_code is not None:
            line.code, line.text = str(delivery.error_code), delivery.error_text
        if delivery.unknown_since is not None:
            line.unknown_ms = to_ms(delivery.unknown_since.machine)
        elif delivery.outcome is Outcome.UNCONFIRMED:
            line.unknown_ms = line.at_ms
        self._note(line)

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Note a row that was not sent, unless its update is known already."""
        line = _Line(update, result.row, Outcome.NOT_SENT.value, to_ms(self._wall()))
        line.code, line.text, line.is_for_new = str(result.error_code), result.error_text, True
        self._note(line)

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
                self._storage.note(sql.STAY_ALIVE, [(now_ms, ahead_ms, self._run)])
                self._alive_ms, self._ahead = now_ms, ahead
            self._storage.commit()
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
                counted = [(outcome.value, number) for outcome, number in counts.items() if number]
                lines = [(self._sheet, *count) for count in counted]
                end = to_ms(self._wall()), exit_status, plan, self._sheet
                self._storage.note(sql.END_SHEET, [end])
                if lines:
                    self._storage.note(sql.NOTE_COUNT, lines)
            self._storage.commit()

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

    def _note(self, line: _Line) -> None:
        for known in (self._recent, self._earlier):
            known.pop(line.update.bill_id, None)
        self._noted.append(line)

    def _read(self, bill_ids: Sequence[int]) -> list[Entry]:
        where = (
            f"updates.bill_id IN ({self._places(bill_ids)}) "
            f"AND updates.shop IN ({self._places(self._shops)})"
        )
        with self._undone_if_it_fails():
            self._write()
            return self._storage.read(sql.ORDERS.format(where=where), (*bill_ids, *self._shops))

    def _write(self) -> None:
        """Pass the notes to the storage, all lines of a kind at a time: each call has a price."""
        noted, self._noted = self._noted, []
        if self._file.name and not self._sheet and self._run is not None:
            self._sheet = self._begin_sheet(to_ms(self._wall()))
        if not noted:
            return
        if not self._sheet:
            self._sheet = self._begin_sheet(noted[0].at_ms)
        first = self._storage.take_numbers(len(noted), max(line.at_ms for line in noted))
        for is_for_new, update, attempt in (
            (False, sql.NOTE_UPDATE, sql.NOTE_ATTEMPT),
            (True, sql.NOTE_UPDATE_IF_NEW, sql.NOTE_ATTEMPT_IF_NEW),
        ):
            lines = [
                (line, number)
                for number, line in enumerate(noted, start=first)
                if line.is_for_new is is_for_new
            ]
            if lines:
                self._storage.note(update, [self._as_update(*line) for line in lines])
                self._storage.note(attempt, [self._as_attempt(*line) for line in lines])

    def _begin_sheet(self, at_ms: int) -> int:
        seq = self._storage.take_numbers(1, at_ms)
        self._storage.note(
            sql.NOTE_SHEET, [(self._run, self._file.name, self._file.sha256, seq, at_ms)]
        )
        ((number,),) = self._storage.execute("SELECT last_insert_rowid()", ())
        return int(str(number))

    def _as_update(self, line: _Line, seq: int) -> tuple[object, ...]:
        confirmed = seq if line.event in sql.CONFIRMED else 0
        return *self._key(line.update), seq, line.event, confirmed

    def _as_attempt(self, line: _Line, seq: int) -> tuple[object, ...]:
        said = line.event, line.at_ms, self._sheet, line.row, line.posts, line.code, line.text
        values = seq, *said, line.unknown_ms, *self._key(line.update)
        return (*values, seq) if line.is_for_new else values

    def _key(self, update: OrderUpdate) -> tuple[int, int, str, int, str]:
        return update.bill_id, self._shops[0], *key_of(update)

    @staticmethod
    def _places(values: Sequence[object]) -> str:
        return ", ".join("?" * len(values))


class _Line:
    """A note that is not written yet."""

    __slots__ = (
        *("at_ms", "code", "event", "is_for_new", "posts", "row", "text", "unknown_ms"),
        "update",
    )

    def __init__(self, update: OrderUpdate, row: int, event: str, at_ms: int) -> None:
        self.update = update
        self.row = row
        self.event = event
        self.at_ms = at_ms
        self.posts: int | None = None
        self.code: str | None = None
        self.text: str | None = None
        self.unknown_ms: int | None = None
        self.is_for_new = False
