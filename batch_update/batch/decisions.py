"""Decide about a row from the known history of its order.

A confirmation of the shop holds until it confirms another update of the order that takes its place.
The order of events is given by the numbers under which they were noted, never by a clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from batch_update.batch import lost_zeros, order_history, results
from batch_update.batch.interfaces import RunOptions
from batch_update.batch.order_history import Neighbours, OrderHistory
from batch_update.model import (
    SETTLED,
    Approach,
    CheckedRow,
    Entry,
    Holder,
    Moment,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
)


class Send(Struct, frozen=True, kw_only=True):
    """Decision to send the row, or to look it up.

    Args:
        approach: the way to do it.
        unknown_since: time when an earlier try of unknown outcome was given up.
    """

    approach: Approach
    unknown_since: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Decision to let the row wait until an earlier try has had its effect.

    Args:
        seconds: seconds left to wait.
        result: the result of the row if the run ends before.
        holder: the run that works on the order, if it is that which is waited for.
    """

    seconds: float
    result: Result
    holder: Holder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Decision to report that the outcome of an earlier try is unknown.

    Args:
        result: the result, with the words of the report.
        update: the update that was tried.
        unknown_since: time when that try was given up.
    """

    result: Result
    update: OrderUpdate
    unknown_since: Moment | None


def decide(
    row: CheckedRow,
    update: OrderUpdate,
    entries: Sequence[Entry],
    neighbours: Neighbours,
    options: RunOptions,
) -> Send | Wait | Tell | Result:
    """Decide about a valid row whose turn it is.

    Args:
        row: the row.
        update: its update.
        entries: all known entries of its order.
        neighbours: the other updates of the order in this run.
        options: the user's options.
    """
    if result := _done_beside(row, update, entries, options):
        return result
    is_open = not options.is_forced and not _is_confirmed(update, entries)
    if is_open and (result := lost_zeros.find(row, update, entries, options)):
        return result
    if not entries:
        return _unhindered(update, options, is_paid=False)
    known = _Known(row, update, entries, options)
    if not options.is_forced and (result := known.settled(neighbours)):
        return known.untold() or result
    decision = known.approach()
    if isinstance(decision, Tell) or decision.approach is Approach.LOOK:
        return decision
    return known.waiting() or decision


def is_unhindered(entries: Sequence[Entry], options: RunOptions) -> bool:
    """Return whether `decide` can only say that a row is to be sent, since nothing is known of it.

    Args:
        entries: all known entries of its order.
        options: the user's options.
    """
    return not entries and not options.numbers_of_origin


def _done_beside(
    row: CheckedRow, update: OrderUpdate, entries: Sequence[Entry], options: RunOptions
) -> Result | None:
    """Return what another run of the same sheet got, while this one was at work, if that is final.

    Else each of them would send what the shop has refused, or was told to send again, once more.
    """
    past = next((entry.past for entry in entries if entry.update == update), None)
    if past is None or not past.is_beside or past.sha256 != options.sha256:
        return None
    if past.outcome is Outcome.REJECTED:
        return results.rejected_beside(row, past, options.wall().tzinfo)
    if past.outcome in SETTLED:
        return results.known(row, past, options.wall().tzinfo)
    return None


def _is_confirmed(update: OrderUpdate, entries: Sequence[Entry]) -> bool:
    return any(entry.confirmed is not None for entry in entries if entry.update == update)


def _unhindered(update: OrderUpdate, options: RunOptions, *, is_paid: bool) -> Send:
    """Return the approach for an update that has no try under way.

    Args:
        update: the update.
        options: the user's options.
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
    """Known facts about one row's update, and the others of its order."""

    def __init__(
        self, row: CheckedRow, update: OrderUpdate, entries: Sequence[Entry], options: RunOptions
    ) -> None:
        self._row = row
        self._update = update
        self._rule = update.status.rule
        self._entries = entries
        self._options = options
        self._history = OrderHistory(update, entries, options)
        self._zone = options.wall().tzinfo
        self._mine = self._history.mine
        self._doubtful = self._history.doubtful()

    def settled(self, neighbours: Neighbours) -> Result | None:
        """Return the result of a row that the shop has confirmed or left behind."""
        mine = self._mine
        if mine is None or mine.confirmed is None:
            if result := self._run_on_another_day(neighbours):
                return result
            newer = self._history.newer(neighbours)
            return results.overtaken(self._row, newer, self._zone) if newer else None
        left_behind = self._history.left_behind(mine.confirmed.seq, neighbours)
        if left_behind is None:
            return self._already(mine, mine.confirmed, is_same_date=self._history.is_same_date)
        again = self._history.of_another_date()
        # Later tries, which may have had their effect, leave that one behind as well.
        if (
            again is not None
            and again.confirmed is not None
            and self._history.left_behind(again.confirmed.seq, neighbours) is None
        ):
            return self._already(again, again.confirmed, is_same_date=False)
        return results.superseded(self._row, mine.confirmed, left_behind, self._zone)

    def _run_on_another_day(self, neighbours: Neighbours) -> Result | None:
        """Return the result of a row without a date, confirmed before and left behind since.

        In a sheet that is new, a payment is another one, since the day of the run is its date. A
        parcel with the same number is not.
        """
        alike = [
            entry for entry in self._entries if entry.confirmed and self._history.is_alike(entry)
        ]
        if not self._update.is_date_assumed or not alike:
            return None
        last = max(alike, key=order_history.seq_of)
        confirmed = last.confirmed or last.past
        left_behind = self._history.left_behind(confirmed.seq, neighbours)
        if left_behind is None:
            return results.known(self._row, confirmed, self._zone)
        if not self._rule.is_repeatable and neighbours.first_seen() is None:
            return None
        return results.superseded(self._row, confirmed, left_behind, self._zone)

    def untold(self) -> Tell | None:
        """Report a payment that was confirmed, and sent once more by a run that was cut off."""
        doubtful = self._doubtful
        if self._rule.is_repeatable or doubtful is None or not self._history.is_paid():
            return None
        return self._maybe_paid_again(doubtful) if doubtful.is_open else None

    def approach(self) -> Send | Tell:
        """Return the approach for the row, unless something forbids sending it."""
        doubtful = self._doubtful
        if doubtful is not None:
            if not self._rule.is_repeatable:
                return self._approach_to_unknown_payment(doubtful)
            return Send(approach=Approach.REPEAT, unknown_since=self._since(doubtful))
        is_paid = not self._rule.is_repeatable and self._history.is_paid()
        return _unhindered(self._update, self._options, is_paid=is_paid)

    def _approach_to_unknown_payment(self, doubtful: Entry) -> Send | Tell:
        is_settled = self._left_s(doubtful) <= 0
        if self._history.is_paid():
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

    def waiting(self) -> Wait | None:
        """Return a wait if another update of the order may still take effect."""
        others = [
            entry for entry in self._entries if not self._is_own(entry) and self._left_s(entry) > 0
        ]
        if not others:
            return None
        entry = max(others, key=self._left_s)
        seconds = self._left_s(entry)
        until = self._options.wall() + dt.timedelta(seconds=seconds)
        result = results.unsettled(self._row, entry, until)
        return Wait(seconds=seconds, result=result)

    def _is_own(self, entry: Entry) -> bool:
        """Return whether a try of an update would set the row's values, whenever it took effect."""
        if not self._rule.is_repeatable:
            return entry is self._mine or entry is self._doubtful
        return entry.update == self._update

    def _left_s(self, entry: Entry) -> float:
        """Return the seconds for which a try may still take effect."""
        if entry.unknown_since is None:
            return 0.0
        tries = (entry.unknown_since, *entry.unknown_before)
        # A clock that went back meanwhile must not make it longer than it ever is.
        passed_s = max(0.0, min(map(self._options.passed_s, tries)))
        return self._options.settle_s - passed_s

    def _since(self, entry: Entry) -> Moment | None:
        """Return when a try was given up, by the clocks of this run."""
        if entry.unknown_since is None:
            return None
        passed_s = max(0.0, self._options.passed_s(entry.unknown_since))
        machine = self._options.wall() - dt.timedelta(seconds=passed_s)
        return Moment(machine=machine, shop=entry.unknown_since.shop)

    def _already(self, mine: Entry, confirmed: PastUpdate, *, is_same_date: bool) -> Result:
        is_own_date = not self._update.is_date_assumed
        if not is_same_date and is_own_date and mine.update.date is not None:
            return results.paid_before(self._row, confirmed, mine.update.date, self._zone)
        return results.known(self._row, confirmed, self._zone)
