"""What is written into a team's database and read from it, statement by statement."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import errors

from batch_update import wording
from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.ledger.entries import SENDING, fold, from_ms
from batch_update.ledger.losses import Finder
from batch_update.ledger.postgresql import sql
from batch_update.ledger.postgresql.clock import elapsed_s
from batch_update.ledger.postgresql.connection import Connection, Rows, Run
from batch_update.ledger.postgresql.neighbours import mark_dead
from batch_update.ledger.postgresql.tables import NUMBERS_AT_ONCE
from batch_update.ledger.postgresql.trail import Attempt, Trail
from batch_update.ledger.store import Note, SheetEnd, SheetName
from batch_update.model import Entry, Holder, Status

_PAYING = frozenset({SENDING, "unconfirmed", "updated", "already updated"})
_ONCE_ONLY = frozenset(str(status) for status in Status if not status.rule.is_repeatable)
"""Statuses of which an order has one: payments."""

_NO_RUN = -1
_NUMBERS_LAST_S = 1.0
"""Numbers of all runs are in the order of time but for this."""


class HeldRun(NamedTuple):
    """A run that notes what it does.

    Args:
        id: its number.
        token: the number that its notes carry.
        shops: the numbers of its shop, that of its present name first.
        who: whose run it is and where.
    """

    id: int
    token: int
    shops: list[int]
    who: Finder


class TeamStore:
    """An open database; `batch_update.ledger.store.Store` says what its methods do."""

    most_ahead: int | None = sql.CLAIMS_AT_ONCE
    _connection: Connection
    _run: HeldRun | None = None
    _trail: Trail | None = None
    _seen: dict[int, int]
    _numbers: range = range(0)
    _numbered_at_s = 0.0

    def entries(self, shops: Sequence[int], bill_ids: Sequence[int]) -> list[Entry]:
        """Return the known entries of some orders."""
        run = _NO_RUN if self._run is None else self._run.id
        rows = self._read(sql.ORDERS, (run, list(bill_ids), list(shops)))
        for bill_id in bill_ids:
            self._seen.pop(bill_id, None)
        try:
            found = fold(_with_whose(rows))
        except (ValueError, OverflowError, TypeError) as error:
            raise LedgerError(
                _(
                    "{shown} is damaged ({what}), so it cannot tell what was sent before. Nothing "
                    "more is sent. Ask the administrator of the database for a backup."
                ).format(shown=self._connection.shown, what=" ".join(str(error).split()))
            ) from error
        for entry in found:
            # Another run noted it that did not hold the order; what this one notes comes after.
            if self._numbers and entry.past.seq >= self._numbers[0]:
                self._numbers = range(0)
            if not entry.update.status.rule.is_repeatable:
                bill_id = entry.update.bill_id
                self._seen[bill_id] = max(entry.past.seq, self._seen.get(bill_id, 0))
        return found

    def first_seen(self, sheet: SheetName, shops: Sequence[int], run: int | None) -> int | None:
        """Return the number at which another run began a sheet."""
        read, places, run = self._read, list(shops), _NO_RUN if run is None else run
        if sheet.origins:
            ((seq,),) = read(sql.LAST_SEEN, (run, _cleaned(sheet.origins), places))
        else:
            ((seq,),) = read(sql.FIRST_SEEN, (run, sheet.sha256 or None, places))
        if seq is None and sheet.name:
            found = read(sql.CUT_OFF, (run, _clean(sheet.name), places))
            seq = found[0][0] if found else None
        return None if seq is None else int(seq)

    def begin_sheet(self, run: int, sheet: SheetName, at_ms: int) -> int:
        """Note that a sheet's turn has come."""
        ((number, seq),) = self._read(sql.TAKE_SHEET)
        self._count_from(seq + 1)
        values = number, _clean(sheet.name), sheet.sha256, seq, at_ms, run
        self._connection.write(sql.NOTE_SHEET, values)
        return int(number)

    def write(self, notes: Sequence[Note], shop: int, sheet: int) -> None:
        """Write notes, all lines of a kind at a time.

        If another run has begun a payment of one of the orders since this one looked, whatever
        sends them to the database raises a `LedgerError`.

        Raises:
            LedgerError: they could not be numbered; nothing since the last `commit` was written.
        """
        is_old = elapsed_s() - self._numbered_at_s > _NUMBERS_LAST_S
        if is_old or len(self._numbers) < len(notes):
            ((first,),) = self._read(sql.TAKE_NUMBERS)
            self._count_from(first)
        numbered = list(zip(self._numbers, notes, strict=False))
        self._numbers = self._numbers[len(notes) :]
        self._write_known([one for one in numbered if not one[1].is_for_new], shop, sheet)
        self._write_new([one for one in numbered if one[1].is_for_new], shop, sheet)

    def end_sheet(self, sheet: int, end: SheetEnd) -> None:
        """Note that a sheet has its results."""
        write = self._connection.write
        write(sql.END_SHEET, (end.at_ms, end.exit_status, end.plan, sheet))
        if end.counts:
            write(sql.NOTE_COUNTS, (list(end.counts), list(end.counts.values()), sheet))

    def stay_alive(self, run: int, at_ms: int, ahead_ms: int | None) -> None:  # noqa: ARG002
        """Note the lead of the shop's clock; the run's life is noted by its lease."""
        if ahead_ms is not None:
            self._connection.write(sql.NOTE_LEAD, (ahead_ms, run, ahead_ms))

    def claim(self, shop: int, bill_ids: Sequence[int]) -> Mapping[int, Holder]:
        """Claim orders for this run alone, at once; what was written before is durable then too."""
        run, wanted = self._held(shop), sorted(set(bill_ids))
        with self._told():
            missing = self._claim(run, wanted)
            held = self._connection.transact(self._taking_over(run, missing)) if missing else []
        refused = {bill_id for bill_id, *__ in held}
        got = [bill_id for bill_id in wanted if bill_id not in refused]
        if got and self._trail is not None:
            self._trail.claimed(shop, got[-1])
        return {
            int(bill_id): Holder(pid=int(pid), host=host, since=from_ms(int(since)), user=user)
            for bill_id, user, host, pid, since in held
        }

    def release(self, shop: int, bill_ids: Sequence[int]) -> None:
        """Let go of orders, with the next `commit`."""
        run = self._held(shop)
        for bill_id in bill_ids:
            self._seen.pop(bill_id, None)
        if self._trail is not None:
            self._trail.releases(*((shop, bill_id) for bill_id in bill_ids))
        self._connection.write(sql.RELEASE, (run.shops, sorted(set(bill_ids)), run.id))

    def commit(self) -> None:
        """Make all notes durable."""
        with self._told():
            self._connection.commit()

    def _claim(self, run: HeldRun, wanted: Sequence[int]) -> list[int]:
        """Claim orders; return those that are not held under all names of the shop."""
        claim = sql.CLAIM, (run.id, run.token, run.shops, wanted)
        found, ((first,),) = self._connection.commit(claim, (sql.TAKE_NUMBERS, ()))
        self._count_from(first)
        return _missing(found, run, wanted)

    def _taking_over(self, run: HeldRun, refused: Sequence[int]) -> Callable[[Run], Rows]:
        """Return the work of claiming what lost runs hold, and finding who holds the others."""

        def work(execute: Run) -> Rows:
            mark_dead(execute, run.shops, run.id, run.who)
            execute(sql.MARK_LOST, (*run.who, run.id, run.shops, refused))
            # Whoever holds the others cannot let go of them until the end of the transaction.
            found = execute(sql.CLAIM, (run.id, run.token, run.shops, refused))
            ((first,),) = execute(sql.TAKE_NUMBERS, ())
            self._count_from(first)
            missing = _missing(found, run, refused)
            if not missing:
                return []
            # Of an order of a shop with several names, all are held, or none.
            execute(sql.RELEASE, (run.shops, missing, run.id))
            return execute(sql.HOLDERS, (run.shops, missing, run.id))

        return work

    def _count_from(self, first: int) -> None:
        """Number events from here on.

        What is noted of an order has higher numbers than what other runs noted of it before, as
        the first is taken after the order is claimed.
        """
        self._numbered_at_s = elapsed_s()
        self._numbers = range(first, first - first % NUMBERS_AT_ONCE + NUMBERS_AT_ONCE)

    def _read(self, query: str, values: Sequence[object] = ()) -> Rows:
        with self._told():
            return self._connection.read(query, values)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say in words that a payment was another run's."""
        try:
            yield
        except errors.UniqueViolation as error:
            raise self._paid_elsewhere(error.diag.message_detail or "") from error

    def _write_known(self, lines: Sequence[tuple[int, Note]], shop: int, sheet: int) -> None:
        if not lines:
            return
        run, token = self._whose()
        write, columns = self._connection.write, _Columns(lines)
        # Of several payments of an order, the last one counts.
        paying = {
            note.bill_id: (seq, note)
            for seq, note in lines
            if note.key[0] in _ONCE_ONLY and note.event in _PAYING
        }
        if paying:
            payments = _Columns(list(paying.values())).payments
            known = _numbers([self._seen.get(bill_id, 0) for bill_id in paying])
            write(sql.REPLACE_PAYMENTS, (*payments, known, shop, run))
        seen = _numbers([self._seen.get(note.bill_id, 0) for __, note in lines])
        write(sql.NOTE_UPDATES, (shop, run, token, *columns.updates, seen))
        begun = [
            (seq, note)
            for seq, note in lines
            if note.key[0] in _ONCE_ONLY and note.event == SENDING
        ]
        if begun:
            write(sql.REFUSE_UNWRITTEN_PAYMENTS, (*_Columns(begun).payments, shop, run))
        seq, last = lines[-1]
        attempt = Attempt(shop, last.bill_id, last.key, seq)
        write(sql.NOTE_ATTEMPTS, (sheet, token, *columns.attempts, shop), attempt=attempt)

    def _write_new(self, lines: Sequence[tuple[int, Note]], shop: int, sheet: int) -> None:
        if not lines:
            return
        run, token = self._whose()
        write, columns = self._connection.write, _Columns(lines)
        seen = _numbers([0] * len(lines))
        write(sql.NOTE_UPDATES_IF_NEW, (shop, run, token, *columns.updates, seen, shop, run))
        write(sql.NOTE_ATTEMPTS_IF_NEW, (sheet, token, *columns.attempts, shop))

    def _held(self, shop: int) -> HeldRun:
        if self._run is None or shop != self._run.shops[0]:
            raise ValueError(shop)
        return self._run

    def _whose(self) -> tuple[int, int]:
        return (0, 0) if self._run is None else (self._run.id, self._run.token)

    def _paid_elsewhere(self, which: str) -> LedgerError:
        return LedgerError(
            _(
                "{shown}: another run has begun to pay an order, or has paid it, since this one "
                "looked ({which}). Nothing more is sent. Start again: what was sent is not sent "
                "twice. If it happens again, tell the administrator."
            ).format(shown=self._connection.shown, which=which)
        )


def _missing(found: Rows, run: HeldRun, wanted: Sequence[int]) -> list[int]:
    """Return the orders that are not held under all names of the shop."""
    got: dict[int, int] = {}
    for (bill_id,) in found:
        got[bill_id] = got.get(bill_id, 0) + 1
    return [bill_id for bill_id in wanted if got.get(bill_id, 0) < len(run.shops)]


def _with_whose(rows: Rows) -> Iterator[tuple[Any, ...]]:
    """Say in each line in words whose it is."""
    for *line, operator, host, is_beside in rows:
        yield *line, wording.printable(whose(operator, host)), is_beside


def whose(operator: str, host: str) -> str:
    """Return whose a run is and where it is, in words."""
    return _("{operator} on {host}").format(operator=operator or _("somebody"), host=host)


class _Columns:
    """The columns of notes, as texts of arrays: the driver takes five times as long for them.

    Args:
        lines: the notes, with their numbers.
    """

    def __init__(self, lines: Sequence[tuple[int, Note]]) -> None:
        notes = [note for __, note in lines]
        self.bill_ids = _numbers([note.bill_id for note in notes])
        self.statuses = _texts([note.key[0] for note in notes])
        self.dates = _numbers([note.key[1] for note in notes])
        self.parcels = _texts([note.key[2] for note in notes])
        self.numbers = _numbers([number for number, __ in lines])
        self.events = _texts([note.event for note in notes])
        self._notes = notes

    @property
    def updates(self) -> tuple[str, ...]:
        """Those of updates."""
        return (self.bill_ids, self.statuses, self.dates, self.parcels, self.numbers, self.events)

    @property
    def payments(self) -> tuple[str, ...]:
        """Those of payments."""
        return self.bill_ids, self.dates, self.parcels, self.numbers

    @property
    def attempts(self) -> tuple[str, ...]:
        """Those of attempts."""
        return (
            *self.updates,
            _numbers([note.at_ms for note in self._notes]),
            _numbers([note.row for note in self._notes]),
            _numbers([note.posts for note in self._notes]),
            _texts([note.code for note in self._notes]),
            _texts([note.text for note in self._notes]),
            _numbers([note.unknown_ms for note in self._notes]),
        )


def _numbers(values: Sequence[int | None]) -> str:
    items = ["NULL" if value is None else str(value) for value in values]
    return f"{{{','.join(items)}}}"


def _texts(values: Sequence[str | None]) -> str:
    items = ["NULL" if value is None else _quoted(value) for value in values]
    return f"{{{','.join(items)}}}"


def _quoted(value: str) -> str:
    text = _clean(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _cleaned(texts: Sequence[str]) -> list[str]:
    return [_clean(text) for text in texts]


def _clean(text: str) -> str:
    """Return a text without what the database does not take: zero bytes and halves of signs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
