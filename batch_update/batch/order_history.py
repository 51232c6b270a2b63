"""History of an order beside one update: updates that took its place, or may still take effect.

The order of events is given by the numbers under which they were noted, never by a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from batch_update.batch.interfaces import RunOptions
from batch_update.model import (
    HIDDEN_BY,
    SUPERSEDED_BY,
    WOULD_UNDO,
    Entry,
    OrderUpdate,
    PastUpdate,
    Status,
    Subject,
)


class Neighbours(Protocol):
    """Other updates of a row's order in this run's sheets, looked up only where it matters."""

    def earlier(self) -> Collection[OrderUpdate]:
        """List the updates of rows above."""

    def later(self) -> Collection[OrderUpdate]:
        """List the updates of rows below."""

    def later_sheets(self) -> Collection[str]:
        """List the fingerprints of the sheets that come later."""

    def first_seen(self) -> int | None:
        """Return the sequence number at which this sheet was first begun; None if never."""


class OrderHistory:
    """The updates of an order, seen from one of them.

    Args:
        update: a row's update.
        entries: all known entries of its order.
        options: the user's options.

    Attributes:
        mine: the entry of the update, or of one that is the same but for its date.
        is_same_date: whether it has the update's date.
    """

    def __init__(self, update: OrderUpdate, entries: Sequence[Entry], options: RunOptions) -> None:
        self._update = update
        self._rule = update.status.rule
        self._entries = entries
        self._options = options
        self.mine = next((entry for entry in entries if entry.update == update), None)
        other = self.of_another_date()
        self.is_same_date = other is None or _weight(other) <= _weight(self.mine)
        if not self.is_same_date:
            self.mine = other

    def doubtful(self) -> Entry | None:
        """Find a try of the row's update with an unknown outcome.

        The date does not matter: for a payment it is no difference. A later confirmation by the
        shop, of whatever date, took all earlier tries into account.
        """
        if self._rule.is_repeatable:
            mine = self.mine
            return mine if mine is not None and mine.may_have_happened else None
        status = self._update.status
        payments = [entry for entry in self._entries if entry.update.status is status]
        confirmed = max((entry.confirmed.seq for entry in payments if entry.confirmed), default=0)
        doubtful = [
            entry
            for entry in payments
            if entry.may_have_happened and entry.unknown_seq > confirmed
            if self._last_after(entry.unknown_seq, SUPERSEDED_BY[status]) is None
        ]
        return max(doubtful, key=lambda entry: entry.unknown_seq, default=None)

    def of_another_date(self) -> Entry | None:
        """Find an update that is the same but for its date, where that makes no difference.

        A payment is the same whatever its date, and so is an update whose date is not its row's
        own but the day of the run, unless the shop has left it behind since.
        """
        update = self._update
        if self._rule.is_repeatable and not update.is_date_assumed:
            return None
        statuses = SUPERSEDED_BY[update.status]
        alike = [
            entry
            for entry in self._entries
            if self.is_alike(entry) and (entry.confirmed or entry.may_have_happened)
            if self._last_after(seq_of(entry), statuses) is None
        ]
        return max(
            alike, key=lambda entry: (entry.confirmed is not None, seq_of(entry)), default=None
        )

    def is_alike(self, entry: Entry) -> bool:
        """Return whether an update is the same but for its date."""
        update = self._update
        return entry.update.status is update.status and entry.update.parcel == update.parcel

    def is_paid(self) -> bool:
        """Return whether the shop has a payment of the order, as far as is known."""
        status = self._update.status
        return any(
            entry.update.status is status and entry.confirmed is not None
            for entry in self._entries
            if self._last_after(seq_of(entry), HIDDEN_BY[status]) is None
        )

    def left_behind(self, seq: int, neighbours: Neighbours) -> Entry | None:
        """Find the update that took a confirmed row's place, unless it comes later in this run.

        A payment and the way of a parcel are separate; of each, the last one counts.
        """
        found = self._left_behind_by(seq, SUPERSEDED_BY[self._update.status])
        payments = [entry for entry in found if _is_of_money(entry)]
        others = [entry for entry in found if not _is_of_money(entry)]
        lasts = [max(group, key=_last_seq) for group in (payments, others) if group]
        return next((entry for entry in lasts if not _comes_later(entry, neighbours)), None)

    def _left_behind_by(self, seq: int, statuses: Collection[Status]) -> list[Entry]:
        """List the order's later updates that the shop has accepted, or may have."""
        return [
            entry
            for entry in self._entries
            if _last_seq(entry) > seq and entry.update.status in statuses
            if self._is_another(entry)
        ]

    def _is_another(self, entry: Entry) -> bool:
        """Return whether an update differs from the row's."""
        return not _is_said(entry.update, [self._update])

    def _last_after(self, seq: int, statuses: Collection[Status]) -> Entry | None:
        """Return the last update confirmed after a number, if it has one of these statuses."""
        found = [
            entry
            for entry in self._entries
            if entry.confirmed is not None and entry.confirmed.seq > seq
            if entry.update.status in statuses and self._is_another(entry)
        ]
        return max(found, key=seq_of, default=None)

    def newer(self, neighbours: Neighbours) -> Entry | None:
        """Find a confirmed update that is newer than a row which was never confirmed."""
        statuses = WOULD_UNDO[self._update.status]
        last = self._last_after(0, statuses)
        if last is None:
            return None
        above = neighbours.earlier()
        by_place = None if _is_said(last.update, above) else self._newer_by_place(last, neighbours)
        return by_place or self._of_later_date(above)

    def _newer_by_place(self, last: Entry, neighbours: Neighbours) -> Entry | None:
        """Find a newer update by the order of events; no row above has it."""
        statuses = WOULD_UNDO[self._update.status]
        if self.mine is not None:
            # A try that began before this row was there is older, though it was confirmed later.
            newer = self._last_after(self.mine.past.seq, statuses)
            return newer if newer and newer.confirmed_from > self.mine.past.seq else None
        if _is_said(last.update, neighbours.later()):
            return last
        first_seen = neighbours.first_seen()
        if first_seen is None:
            return None
        # The sheet is older than updates from other sheets that came after it was begun.
        later = self._last_after(first_seen, statuses)
        past = later.confirmed if later else None
        return later if past is not None and not self._is_of_this_sheet(past) else None

    def _is_of_this_sheet(self, past: PastUpdate) -> bool:
        options = self._options
        return past.sha256 == options.sha256 or past.file in options.origins

    def _of_later_date(self, above: Collection[OrderUpdate]) -> Entry | None:
        """Find an update that this row would undo: a parcel posted later by the rows' dates."""
        update = self._update
        status = update.status
        if status not in WOULD_UNDO[status] or update.date is None or update.is_date_assumed:
            return None
        later = [
            entry
            for entry in self._entries
            if entry.update.status is status and entry.confirmed is not None
            if entry.update.date is not None and entry.update.date > update.date
            if not _is_said(entry.update, above)
        ]
        return max(later, key=seq_of, default=None)


def _is_said(update: OrderUpdate, said: Collection[OrderUpdate]) -> bool:
    """Return whether rows contain an update; a date that is only the day of the run is ignored."""
    return any(
        one == update
        or (one.is_date_assumed and (one.status, one.parcel) == (update.status, update.parcel))
        for one in said
    )


def _weight(entry: Entry | None) -> int:
    """Return the weight of an entry: its update is there, may be there, or neither."""
    if entry is None:
        return 0
    if entry.confirmed is not None:
        return 3
    return 2 if entry.may_have_happened else 1


def _is_of_money(entry: Entry) -> bool:
    """Return whether an update moves money, and not the parcel."""
    return entry.update.status.rule.subject is Subject.MONEY


def seq_of(entry: Entry) -> int:
    """Return the number under which an update was confirmed, else its last number."""
    return entry.confirmed.seq if entry.confirmed else entry.past.seq


def _last_seq(entry: Entry) -> int:
    """Return the number of an update's last confirmation or last try with unknown outcome."""
    confirmed = entry.confirmed.seq if entry.confirmed else 0
    return max(confirmed, entry.unknown_seq if entry.may_have_happened else 0)


def _comes_later(entry: Entry, neighbours: Neighbours) -> bool:
    """Return whether an entry's update comes later in this run, so that the run ends with it."""
    if _is_said(entry.update, neighbours.later()):
        return True
    sha256 = entry.confirmed.sha256 if entry.confirmed else ""
    return sha256 != "" and sha256 in neighbours.later_sheets()
