"""Convert lines of the ledger to values, and moments to numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from batch_update.model import Entry, Moment, OrderUpdate, Outcome, PastUpdate, Status

Key = tuple[str, int, str]
"""What tells an update from others of its order: status, date in unix seconds, tracking number."""

SENDING = "sending"
"""What is noted of an update before it is sent; anything else is an outcome."""

CONFIRMED = frozenset({"updated", "already updated"})
"""The outcomes by which the shop has the update."""

HEARTBEAT_S = 2.0
"""Interval at which a run notes that it lives."""

_UNKNOWN_KEPT = 8
"""Most tries of unknown outcome that are looked at; before the next one, time has passed."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def utc_now() -> dt.datetime:
    """Return this moment."""
    return dt.datetime.now(dt.UTC)


def to_ms(moment: dt.datetime) -> int:
    """Return a moment as the ledger writes it: milliseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> dt.datetime:
    """Read a moment.

    Raises:
        OverflowError: it is beyond the calendar.
    """
    return _EPOCH + dt.timedelta(milliseconds=milliseconds)


def key_of(update: OrderUpdate) -> Key:
    """Return the key of an update in its order."""
    seconds = 0 if update.date is None else int(update.date.timestamp())
    return update.status.value, seconds, update.rpo or ""


def fold(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    """Sum up lines found by a query of orders, of one or more orders.

    Tracking numbers that differ only in capitals are one update, though they are kept as they were
    sent.

    Returns:
        An entry for each update, in the order in which something was noted of them first.

    Raises:
        ValueError: a line holds values that we do not write.
        OverflowError: a date is beyond the calendar.
    """
    entries: dict[tuple[object, ...], _Folding] = {}
    for row in rows:
        key = (*row[1:4], str(row[4]).upper())
        if key not in entries:
            entries[key] = _Folding(row[:5])
        entries[key].add(row[5:], spelling=str(row[4]))
    return [entry.done() for entry in entries.values()]


class _Folding:
    """State of one update while its lines are read; they come in their order."""

    def __init__(self, head: tuple[Any, ...]) -> None:
        account, bill_id, status, date, rpo = head
        self._account, seconds = str(account), int(date)
        self._update = OrderUpdate(
            bill_id=int(bill_id),
            status=Status(status),
            date=_EPOCH + dt.timedelta(seconds=seconds) if seconds else None,
            rpo=str(rpo) or None,
        )
        self._past: PastUpdate | None = None
        self._confirmed: PastUpdate | None = None
        self._unknown: list[Moment] = []
        self._unknown_seq = 0
        self._open: tuple[int, Moment] | None = None
        self._open_in: object = None
        self._is_told = True
        self._begun_seq = self._confirmed_from = 0

    def add(self, line: tuple[Any, ...], *, spelling: str) -> None:
        """Add one more line, with its spelling of the tracking number."""
        seq, event, at, row, code, text, unknown_at, file, sha256, run, *signs = line
        alive_at, ended_at, ahead, by, is_beside = signs
        if seq is None or alive_at is None:
            # An update without attempts, or one of no known run.
            raise ValueError(self._update.bill_id)
        outcome = None if event == SENDING else Outcome(event)
        self._past = PastUpdate(
            outcome=outcome,
            code=str(code or ""),
            text=str(text or ""),
            file=str(file),
            row=int(row),
            at=from_ms(int(at)),
            seq=int(seq),
            sha256=str(sha256),
            by=str(by),
            is_beside=bool(is_beside),
        )
        if outcome is None:
            self._close_open()
            self._begun_seq = self._begun_seq or seq
            # As long as its run lived, it may have been sent again and again; the last time that it
            # noted so may have been a little more than a heartbeat before its end.
            self._open = seq, _moment(max(at, alive_at) + int(2 * HEARTBEAT_S * 1000), ahead)
            self._open_in = run, spelling
            return
        if self._open_in != (run, spelling):
            # It may act as late as before: another run has only reported it, or the end was written
            # differently.
            self._close_open()
        self._open = None
        if event in CONFIRMED:
            self._confirmed, self._confirmed_from = self._past, self._begun_seq or seq
            if not self._update.status.rule.is_repeatable:
                # A payment is confirmed by the shop's word that it is, whichever try that was.
                self._unknown = []
        if unknown_at is not None:
            self._note_unknown(_moment(int(unknown_at), ahead), seq)
            self._is_told = ended_at > 0
        if event in CONFIRMED or not self._unknown:
            self._begun_seq = 0

    def done(self) -> Entry:
        """Return the sum."""
        is_untold = bool(self._unknown) and not self._is_told
        is_open = self._open is not None or is_untold
        self._close_open()
        if self._past is None:
            raise ValueError(self._update.bill_id)
        return Entry(
            account=self._account,
            update=self._update,
            past=self._past,
            confirmed=self._confirmed,
            confirmed_from=self._confirmed_from,
            unknown_since=self._unknown[-1] if self._unknown else None,
            unknown_before=tuple(self._unknown[:-1]),
            unknown_seq=self._unknown_seq,
            unknown_from=self._begun_seq,
            is_open=is_open,
        )

    def _close_open(self) -> None:
        """Count a try without a noted end as one of unknown outcome."""
        if self._open is not None:
            seq, moment = self._open
            self._note_unknown(moment, seq)
        self._open = None

    def _note_unknown(self, moment: Moment, seq: int) -> None:
        # Each by the clocks of its run, so that none of them stands for the others.
        self._unknown = [*self._unknown[1 - _UNKNOWN_KEPT :], moment]
        self._unknown_seq = seq


def _moment(milliseconds: int, ahead: int | None) -> Moment:
    """Return a moment of a run by both clocks, if the run knew the lead of the shop's."""
    machine = from_ms(milliseconds)
    if ahead is None:
        return Moment(machine=machine)
    return Moment(machine=machine, shop=machine + dt.timedelta(milliseconds=int(ahead)))
