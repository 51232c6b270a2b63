"""What is to become of a row, by what is known of its order.

What the shop confirmed stays so until it confirms something else of the order that takes its
place. In which order things happened is told by the numbers under which they were noted, never by a
clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from batch_update.batch import results
from batch_update.batch.interfaces import RunOptions
from batch_update.model import (
    HIDDEN_BY,
    SUPERSEDED_BY,
    WOULD_UNDO,
    Approach,
    CheckedRow,
    Entry,
    Moment,
    OrderUpdate,
    PastUpdate,
    Result,
    Status,
    Subject,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The row is brought to the shop.

    Args:
        approach: how.
        unknown_since: when an earlier try was given up whose outcome is unknown.
    """

    approach: Approach
    unknown_since: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The row waits until what was tried before it has had its effect.

    Args:
        seconds: how long still.
        then: how it is brought to the shop when it has waited.
        result: what becomes of the row if the run ends before.
    """

    seconds: float
    then: Send
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """The row's reader is told that nobody knows what came of an earlier try.

    Args:
        result: in these words.
        update: what was tried.
        unknown_since: when that try was given up.
    """

    result: Result
    update: OrderUpdate
    unknown_since: Moment | None


class Neighbours(Protocol):
    """What else the sheets of this run say of a row's order, looked up only where it matters."""

    def earlier(self) -> Collection[OrderUpdate]:
        """List the updates of rows above."""

    def later(self) -> Collection[OrderUpdate]:
        """List the updates of rows below."""

    def later_sheets(self) -> Collection[str]:
        """List the fingerprints of the sheets that come later."""

    def first_seen(self) -> int | None:
        """Give the number that was due when this sheet was begun first; None if never."""


def decide(
    row: CheckedRow,
    update: OrderUpdate,
    entries: Sequence[Entry],
    neighbours: Neighbours,
    options: RunOptions,
) -> Send | Wait | Tell | Result:
    """Decide what becomes of a row that is in order and whose turn it is.

    Args:
        row: the row.
        update: what it says.
        entries: all that is known of its order.
        neighbours: what else this run says of the order.
        options: what the user wants.
    """
    if not entries:
        return _unhindered(update, options, is_paid=False)
    known = _Known(row, update, entries, options)
    if not options.is_forced and (result := known.settled(neighbours)):
        return known.untold() or result
    decision = known.approach()
    if isinstance(decision, Tell) or decision.approach is Approach.LOOK:
        return decision
    return known.waiting(decision) or decision


def _unhindered(update: OrderUpdate, options: RunOptions, *, is_paid: bool) -> Send:
    """Tell how an update is sent of which no try is under way.

    Args:
        update: what to do.
        options: what the user wants.
        is_paid: whether the shop has a payment of the order, as far as is known.
    """
    if update.status.rule.is_repeatable:
        return Send(approach=Approach.POST)
    if options.is_forced:
        return Send(approach=Approach.AGAIN)
    if options.asks_first:
        return Send(approach=Approach.ASK)
    # Where a payment is there already, the shop cannot tell later which one it has.
    return Send(approach=Approach.AGAIN if is_paid else Approach.POST)


class _Known:
    """What is known of one row's update, and of the others of its order."""

    def __init__(
        self, row: CheckedRow, update: OrderUpdate, entries: Sequence[Entry], options: RunOptions
    ) -> None:
        self._row = row
        self._update = update
        self._rule = update.status.rule
        self._entries = entries
        self._options = options
        self._zone = options.wall().tzinfo
        self._mine = next((entry for entry in entries if entry.update == update), None)
        self._is_same_date = True
        other = self._of_another_date()
        if other is not None and _weight(other) > _weight(self._mine):
            self._mine, self._is_same_date = other, False
        self._doubtful = self._find_doubtful()

    def settled(self, neighbours: Neighbours) -> Result | None:
        """Give the result of a row that the shop has confirmed, or has left behind."""
        mine = self._mine
        if mine is None or mine.confirmed is None:
            if result := self._run_on_another_day(neighbours):
                return result
            newer = self._newer(neighbours)
            return results.overtaken(self._row, newer, self._zone) if newer else None
        left_behind = self._left_behind(mine.confirmed.seq, neighbours)
        if left_behind is None:
            return self._already(mine, mine.confirmed, is_same_date=self._is_same_date)
        again = self._of_another_date()
        # What was tried since, and may have had its effect, leaves that one behind as well.
        if (
            again is not None
            and again.confirmed is not None
            and self._left_behind(again.confirmed.seq, neighbours) is None
        ):
            return self._already(again, again.confirmed, is_same_date=False)
        return results.superseded(self._row, mine.confirmed, left_behind, self._zone)

    def _run_on_another_day(self, neighbours: Neighbours) -> Result | None:
        """Give the result of a row without a date that was confirmed before, and left behind since.

        In a sheet that is new, a payment is another one, since the day of the run is its date. A
        parcel with the same number is not.
        """
        alike = [entry for entry in self._entries if entry.confirmed and self._is_alike(entry)]
        if not self._update.is_date_assumed or not alike:
            return None
        last = max(alike, key=_seq)
        confirmed = last.confirmed or last.past
        left_behind = self._left_behind(confirmed.seq, neighbours)
        if left_behind is None:
            return results.known(self._row, confirmed)
        if not self._rule.is_repeatable and neighbours.first_seen() is None:
            return None
        return results.superseded(self._row, confirmed, left_behind, self._zone)

    def untold(self) -> Tell | None:
        """Tell of a payment that was confirmed, and sent once more by a run that was cut off."""
        doubtful = self._doubtful
        if self._rule.is_repeatable or doubtful is None or not self._is_paid():
            return None
        return self._maybe_paid_again(doubtful) if doubtful.is_open else None

    def approach(self) -> Send | Tell:
        """Tell how the row is to be sent, if nothing forbids it."""
        doubtful = self._doubtful
        if doubtful is not None:
            if not self._rule.is_repeatable:
                return self._approach_to_unknown_payment(doubtful)
            return Send(approach=Approach.REPEAT, unknown_since=self._since(doubtful))
        is_paid = not self._rule.is_repeatable and self._is_paid()
        return _unhindered(self._update, self._options, is_paid=is_paid)

    def _approach_to_unknown_payment(self, doubtful: Entry) -> Send | Tell:
        is_settled = self._left_s(doubtful) <= 0
        if self._is_paid():
            # The shop would say "paid" either way, so only a person can tell.
            may_insist = self._options.is_forced and is_settled and not doubtful.is_open
            return Send(approach=Approach.AGAIN) if may_insist else self._maybe_paid_again(doubtful)
        approach = Approach.SETTLE if is_settled else Approach.LOOK
        if is_settled and self._options.is_forced and not doubtful.is_open:
            approach = Approach.INSIST
        return Send(approach=approach, unknown_since=self._since(doubtful))

    def _maybe_paid_again(self, doubtful: Entry) -> Tell:
        until = self._options.wall() + dt.timedelta(seconds=max(0.0, self._left_s(doubtful)))
        result = results.maybe_paid_again(self._row, self._update, until)
        return Tell(result=result, unknown_since=self._since(doubtful), update=doubtful.update)

    def waiting(self, then: Send) -> Wait | None:
        """Tell whether something else of the order may still have its effect."""
        others = [
            entry for entry in self._entries if not self._is_own(entry) and self._left_s(entry) > 0
        ]
        if not others:
            return None
        entry = max(others, key=self._left_s)
        seconds = self._left_s(entry)
        until = self._options.wall() + dt.timedelta(seconds=seconds)
        result = results.unsettled(self._row, entry, until)
        return Wait(seconds=seconds, then=then, result=result)

    def _is_own(self, entry: Entry) -> bool:
        """Tell whether a try of an update would set what the row says, whenever it took effect."""
        if not self._rule.is_repeatable:
            return entry is self._mine or entry is self._doubtful
        return entry.update == self._update

    def _left_s(self, entry: Entry) -> float:
        """Tell for how many seconds what was tried may still have its effect."""
        if entry.unknown_since is None:
            return 0.0
        tries = (entry.unknown_since, *entry.unknown_before)
        # A clock that went back meanwhile must not make it longer than it ever is.
        passed_s = max(0.0, min(map(self._options.passed_s, tries)))
        return self._options.settle_s - passed_s

    def _since(self, entry: Entry) -> Moment | None:
        """Give when a try was given up, by the clocks of this run."""
        if entry.unknown_since is None:
            return None
        passed_s = max(0.0, self._options.passed_s(entry.unknown_since))
        machine = self._options.wall() - dt.timedelta(seconds=passed_s)
        return Moment(machine=machine, shop=entry.unknown_since.shop)

    def _find_doubtful(self) -> Entry | None:
        """Find a try of what the row says, of which nobody knows whether the shop acted on it.

        Whatever its date: of a payment that is no difference. What the shop has confirmed since, of
        whatever date, it confirmed knowing of all that was tried before.
        """
        if self._rule.is_repeatable:
            mine = self._mine
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

    def _of_another_date(self) -> Entry | None:
        """Find an update that says the same but for its date, where that makes no difference.

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
            if self._is_alike(entry) and (entry.confirmed or entry.may_have_happened)
            if self._last_after(_seq(entry), statuses) is None
        ]
        return max(
            alike, key=lambda entry: (entry.confirmed is not None, _seq(entry)), default=None
        )

    def _is_alike(self, entry: Entry) -> bool:
        """Tell whether an update says the same but for its date."""
        update = self._update
        return entry.update.status is update.status and entry.update.parcel == update.parcel

    def _already(self, mine: Entry, confirmed: PastUpdate, *, is_same_date: bool) -> Result:
        is_own_date = not self._update.is_date_assumed
        if not is_same_date and is_own_date and mine.update.date is not None:
            return results.paid_before(self._row, confirmed, mine.update.date)
        return results.known(self._row, confirmed)

    def _is_paid(self) -> bool:
        """Tell whether the shop has a payment of the order, as far as is known."""
        status = self._update.status
        return any(
            entry.update.status is status and entry.confirmed is not None
            for entry in self._entries
            if self._last_after(_seq(entry), HIDDEN_BY[status]) is None
        )

    def _left_behind(self, seq: int, neighbours: Neighbours) -> Entry | None:
        """Find what has taken the place of a confirmed row, and is not said further on in this run.

        A payment and the way of a parcel are two things; of each, the last one counts.
        """
        found = self._left_behind_by(seq, SUPERSEDED_BY[self._update.status])
        payments = [entry for entry in found if _is_of_money(entry)]
        others = [entry for entry in found if not _is_of_money(entry)]
        lasts = [max(group, key=_last_seq) for group in (payments, others) if group]
        return next((entry for entry in lasts if not _comes_later(entry, neighbours)), None)

    def _left_behind_by(self, seq: int, statuses: Collection[Status]) -> list[Entry]:
        """List what the shop has taken of the order after something, or may have taken."""
        return [
            entry
            for entry in self._entries
            if _last_seq(entry) > seq and entry.update.status in statuses
            if self._is_another(entry)
        ]

    def _is_another(self, entry: Entry) -> bool:
        """Tell whether an update says something else than the row."""
        return not _is_said(entry.update, [self._update])

    def _last_after(self, seq: int, statuses: Collection[Status]) -> Entry | None:
        """Give what the shop confirmed last of the order after something, if it is one of these."""
        found = [
            entry
            for entry in self._entries
            if entry.confirmed is not None and entry.confirmed.seq > seq
            if entry.update.status in statuses and self._is_another(entry)
        ]
        return max(found, key=_seq, default=None)

    def _newer(self, neighbours: Neighbours) -> Entry | None:
        """Find what the shop has confirmed that is newer than a row which it never confirmed."""
        statuses = WOULD_UNDO[self._update.status]
        last = self._last_after(0, statuses)
        if last is None:
            return None
        above = neighbours.earlier()
        by_place = None if _is_said(last.update, above) else self._newer_by_place(last, neighbours)
        return by_place or self._of_later_date(above)

    def _newer_by_place(self, last: Entry, neighbours: Neighbours) -> Entry | None:
        """Find what is newer by the order in which things happened; no row above says it."""
        statuses = WOULD_UNDO[self._update.status]
        if self._mine is not None:
            # What had been begun before this row was there is older, though it was confirmed later.
            newer = self._last_after(self._mine.past.seq, statuses)
            return newer if newer and newer.confirmed_from > self._mine.past.seq else None
        if _is_said(last.update, neighbours.later()):
            return last
        first_seen = neighbours.first_seen()
        if first_seen is None:
            return None
        # The sheet is older than what came after it was begun, from other sheets.
        later = self._last_after(first_seen, statuses)
        past = later.confirmed if later else None
        return later if past is not None and not self._is_of_this_sheet(past) else None

    def _is_of_this_sheet(self, past: PastUpdate) -> bool:
        options = self._options
        return past.sha256 == options.sha256 or past.file in options.origins

    def _of_later_date(self, above: Collection[OrderUpdate]) -> Entry | None:
        """Find what this row would undo, as a parcel posted later, by the dates of the rows."""
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
        return max(later, key=_seq, default=None)


def _is_said(update: OrderUpdate, said: Collection[OrderUpdate]) -> bool:
    """Tell whether rows say an update; a date that is only the day of the run says nothing."""
    return any(
        one == update
        or (one.is_date_assumed and (one.status, one.parcel) == (update.status, update.parcel))
        for one in said
    )


def _weight(entry: Entry | None) -> int:
    """Tell how much an entry says of its update: that it is there, that it may be, or neither."""
    if entry is None:
        return 0
    if entry.confirmed is not None:
        return 3
    return 2 if entry.may_have_happened else 1


def _is_of_money(entry: Entry) -> bool:
    """Tell whether an update moves money, and not the parcel."""
    return entry.update.status.rule.subject is Subject.MONEY


def _seq(entry: Entry) -> int:
    """Give the number under which an update was confirmed, else the last one it has."""
    return entry.confirmed.seq if entry.confirmed else entry.past.seq


def _last_seq(entry: Entry) -> int:
    """Give the number under which an update was confirmed, or tried with unknown outcome, last."""
    confirmed = entry.confirmed.seq if entry.confirmed else 0
    return max(confirmed, entry.unknown_seq if entry.may_have_happened else 0)


def _comes_later(entry: Entry, neighbours: Neighbours) -> bool:
    """Tell whether this run says further on what an entry says, so that it ends with that."""
    if _is_said(entry.update, neighbours.later()):
        return True
    sha256 = entry.confirmed.sha256 if entry.confirmed else ""
    return sha256 != "" and sha256 in neighbours.later_sheets()
