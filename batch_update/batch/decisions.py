"""What is to become of a row, by what is known of its order.

What the shop confirmed stays so until it confirms something else of the order that takes its
place. In which order things happened is told by the numbers under which they were noted, never by a
clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from batch_update.batch import results
from batch_update.batch.parts import Policy
from batch_update.orders import Approach, CheckedRow, Entry, OrderUpdate, PastUpdate, Result, Status

_TAKES_PLACE_OF_CONFIRMED = {
    Status.SENT: frozenset({Status.SENT, Status.RETURN, Status.CANCEL}),
    Status.PAID: frozenset({Status.RETURN, Status.CANCEL}),
    Status.RETURN: frozenset({Status.SENT, Status.CANCEL}),
    Status.CANCEL: frozenset({Status.SENT, Status.RETURN, Status.PAID}),
}
"""For each status: what the shop no longer says once it has confirmed one of these."""

_OVERTAKES = {
    Status.SENT: frozenset({Status.SENT, Status.RETURN, Status.CANCEL}),
    Status.PAID: frozenset({Status.RETURN, Status.CANCEL}),
    Status.RETURN: frozenset({Status.SENT, Status.RETURN, Status.CANCEL}),
    Status.CANCEL: frozenset({Status.SENT, Status.RETURN, Status.CANCEL}),
}
"""For each status: what an older row of it would undo. A payment stands beside the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The row is brought to the shop.

    Args:
        approach: how.
        unknown_since: when an earlier try was given up whose outcome is unknown.
    """

    approach: Approach
    unknown_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The row waits until what was tried before it has had its effect.

    Args:
        seconds: how long still.
        entry: what was tried.
        result: what becomes of the row if the run ends before.
    """

    seconds: float
    entry: Entry
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """The row's reader is told that nobody knows what came of an earlier try.

    Args:
        result: in these words.
        unknown_since: when that try was given up.
    """

    result: Result
    unknown_since: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What else the sheets of this run say of a row's order, looked up only where it matters.

    Args:
        earlier: gives the updates of rows above.
        later: gives the updates of rows below.
        later_sheets: gives the fingerprints of the sheets that come later.
        first_seen: gives the number that was due when this sheet was begun first; None if never.
    """

    earlier: Callable[[], Collection[OrderUpdate]]
    later: Callable[[], Collection[OrderUpdate]]
    later_sheets: Callable[[], Collection[str]]
    first_seen: Callable[[], int | None]


def decide(
    row: CheckedRow,
    update: OrderUpdate,
    entries: Sequence[Entry],
    neighbours: Neighbours,
    policy: Policy,
) -> Send | Wait | Tell | Result:
    """Decide what becomes of a row that is in order and whose turn it is.

    Args:
        row: the row.
        update: what it says.
        entries: all that is known of its order.
        neighbours: what else this run says of the order.
        policy: what the user wants.
    """
    known = _Known(row, update, entries, policy)
    if not policy.is_forced and (result := known.settled(neighbours)):
        return known.untold() or result
    decision = known.approach()
    if isinstance(decision, Tell) or decision.approach is Approach.LOOK:
        return decision
    return known.waiting() or decision


class _Known:
    """What is known of one row's update, and of the others of its order."""

    def __init__(
        self, row: CheckedRow, update: OrderUpdate, entries: Sequence[Entry], policy: Policy
    ) -> None:
        self._row = row
        self._update = update
        self._entries = entries
        self._policy = policy
        self._zone = policy.wall().tzinfo
        self._mine = next((entry for entry in entries if entry.update == update), None)
        self._is_same_date = self._mine is not None
        if self._mine is None:
            self._mine = self._of_another_date()

    def settled(self, neighbours: Neighbours) -> Result | None:
        """Give the result of a row that the shop has confirmed, or has left behind."""
        mine = self._mine
        if mine is not None and mine.confirmed is not None:
            later = self._last_after(
                mine.confirmed.seq, _TAKES_PLACE_OF_CONFIRMED[self._update.status]
            )
            if later is None or _comes_later(later, neighbours):
                return self._already(mine, mine.confirmed, is_same_date=self._is_same_date)
            again = self._of_another_date()
            if again is not None and again.confirmed is not None:
                return self._already(again, again.confirmed, is_same_date=False)
            return results.superseded(self._row, mine.confirmed, later, self._zone)
        newer = self._newer(neighbours)
        return results.overtaken(self._row, newer, self._zone) if newer else None

    def untold(self) -> Tell | None:
        """Tell of a payment that was confirmed, and sent once more by a run that was cut off."""
        mine = self._mine
        is_untold = mine is not None and mine.is_open and mine.confirmed is not None
        if mine is None or not is_untold or self._update.status is not Status.PAID:
            return None
        return self._maybe_paid_again(mine)

    def approach(self) -> Send | Tell:
        """Tell how the row is to be sent, if nothing forbids it."""
        mine = self._mine
        is_payment = self._update.status is Status.PAID
        if mine is not None and mine.may_have_happened:
            if is_payment:
                return self._approach_to_unknown_payment(mine)
            return Send(approach=Approach.REPEAT, unknown_since=mine.unknown_since)
        if not is_payment:
            return Send(approach=Approach.POST)
        if self._policy.is_forced:
            return Send(approach=Approach.AGAIN)
        return Send(approach=Approach.ASK if self._policy.asks_first else Approach.POST)

    def _approach_to_unknown_payment(self, mine: Entry) -> Send | Tell:
        is_settled = self._left_s(mine) <= 0
        if self._policy.is_forced and self._is_paid():
            # The shop would say "paid" either way, so only a person can tell.
            is_told = is_settled and not mine.is_open
            return Send(approach=Approach.AGAIN) if is_told else self._maybe_paid_again(mine)
        approach = Approach.SETTLE if is_settled else Approach.LOOK
        if is_settled and self._policy.is_forced and not mine.is_open:
            approach = Approach.INSIST
        return Send(approach=approach, unknown_since=mine.unknown_since)

    def _maybe_paid_again(self, mine: Entry) -> Tell:
        until = self._policy.wall() + dt.timedelta(seconds=max(0.0, self._left_s(mine)))
        result = results.maybe_paid_again(self._row, self._update, until)
        return Tell(result=result, unknown_since=mine.unknown_since)

    def waiting(self) -> Wait | None:
        """Tell whether something else of the order may still have its effect."""
        mine = self._mine
        others = [entry for entry in self._entries if entry is not mine and self._left_s(entry) > 0]
        if not others:
            return None
        entry = max(others, key=self._left_s)
        seconds = self._left_s(entry)
        until = self._policy.wall() + dt.timedelta(seconds=seconds)
        return Wait(seconds=seconds, entry=entry, result=results.unsettled(self._row, entry, until))

    def _left_s(self, entry: Entry) -> float:
        """Tell for how many seconds what was tried may still have its effect."""
        if entry.unknown_since is None:
            return 0.0
        passed_s = (self._policy.wall() - entry.unknown_since).total_seconds()
        # A clock that went back meanwhile must not make it longer than it ever is.
        return min(self._policy.settle_s, self._policy.settle_s - passed_s)

    def _of_another_date(self) -> Entry | None:
        """Find an update that says the same but for its date, where that makes no difference.

        A payment is the same whatever its date, and so is an update whose date is not its row's
        own but the day of the run, unless the order was cancelled or returned since.
        """
        update = self._update
        if update.status is not Status.PAID and not update.is_date_assumed:
            return None
        alike = [
            entry
            for entry in self._entries
            if entry.update.status is update.status and entry.update.rpo == update.rpo
            if entry.confirmed is not None or entry.may_have_happened
            if self._last_after(_seq(entry), {Status.RETURN, Status.CANCEL}) is None
        ]
        return max(
            alike, key=lambda entry: (entry.confirmed is not None, _seq(entry)), default=None
        )

    def _already(self, mine: Entry, confirmed: PastUpdate, *, is_same_date: bool) -> Result:
        is_own_date = not self._update.is_date_assumed
        if not is_same_date and is_own_date and mine.update.date is not None:
            return results.paid_before(self._row, confirmed, mine.update.date)
        return results.known(self._row, confirmed)

    def _is_paid(self) -> bool:
        return any(
            entry.update.status is Status.PAID and entry.confirmed is not None
            for entry in self._entries
        )

    def _last_after(self, seq: int, statuses: Collection[Status]) -> Entry | None:
        """Give what the shop confirmed last of the order after something, if it is one of these."""
        found = [
            entry
            for entry in self._entries
            if entry.confirmed is not None and entry.confirmed.seq > seq
            if entry.update.status in statuses and entry.update != self._update
        ]
        return max(found, key=_seq, default=None)

    def _newer(self, neighbours: Neighbours) -> Entry | None:
        """Find what the shop has confirmed that is newer than a row which it never confirmed."""
        statuses = _OVERTAKES[self._update.status]
        last = self._last_after(0, statuses)
        if last is None or last.update in neighbours.earlier():
            return None
        if self._mine is not None:
            return self._last_after(self._mine.past.seq, statuses)
        if last.update in neighbours.later():
            return last
        first_seen = neighbours.first_seen()
        if first_seen is not None:
            # The sheet is older than what came after it was begun, from other sheets.
            later = self._last_after(first_seen, statuses)
            past = later.confirmed if later else None
            if past is not None and not self._is_of_this_sheet(past):
                return later
        return self._of_later_date()

    def _is_of_this_sheet(self, past: PastUpdate) -> bool:
        policy = self._policy
        return past.sha256 == policy.sha256 or past.file in policy.origins

    def _of_later_date(self) -> Entry | None:
        """Find a parcel that was posted later than this row's, by the dates of the rows."""
        update = self._update
        if update.status is not Status.SENT or update.date is None or update.is_date_assumed:
            return None
        later = [
            entry
            for entry in self._entries
            if entry.update.status is Status.SENT and entry.confirmed is not None
            if entry.update.date is not None and entry.update.date > update.date
        ]
        return max(later, key=_seq, default=None)


def _seq(entry: Entry) -> int:
    """Give the number under which an update was confirmed, else the last one it has."""
    return entry.confirmed.seq if entry.confirmed else entry.past.seq


def _comes_later(entry: Entry, neighbours: Neighbours) -> bool:
    """Tell whether this run says further on what an entry says, so that it ends with that."""
    if entry.update in neighbours.later():
        return True
    sha256 = entry.confirmed.sha256 if entry.confirmed else ""
    return sha256 != "" and sha256 in neighbours.later_sheets()
