"""What is still open of an order, by all attempts that are noted."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from batch_update.ledger.records import AttemptRecord, OpenUpdate
from batch_update.model import SUPERSEDED_BY, OrderUpdate, Outcome

_CONFIRMED = frozenset({Outcome.UPDATED, Outcome.ALREADY_UPDATED})
_KNOWN = _CONFIRMED | {Outcome.REJECTED}


def open_updates(attempts: Sequence[AttemptRecord]) -> list[OpenUpdate]:
    """List an order's updates of unknown outcome, the longest known first.

    What a later word of the shop settled is not open, nor what a later update of the order took the
    place of.

    Args:
        attempts: all attempts of one order in one shop, in their order.
    """
    groups: dict[Hashable, list[AttemptRecord]] = {}
    for attempt in attempts:
        groups.setdefault(_key(attempt.update), []).append(attempt)
    found = [_open(group, attempts) for group in groups.values()]
    return sorted((one for one in found if one), key=lambda one: one.since)


def _open(group: Sequence[AttemptRecord], others: Iterable[AttemptRecord]) -> OpenUpdate | None:
    update = group[0].update
    known = [attempt.seq for attempt in group if attempt.outcome in _KNOWN]
    known += [
        attempt.seq
        for attempt in others
        if attempt.outcome in _CONFIRMED and attempt.update.status in SUPERSEDED_BY[update.status]
        if _key(attempt.update) != _key(update)
    ]
    settled = max(known, default=0)
    unknown = [
        attempt
        for attempt in group
        if attempt.seq > settled and attempt.outcome in {None, Outcome.UNCONFIRMED}
    ]
    if not unknown:
        return None
    moment = unknown[0].begun_at or unknown[0].ended_at
    if moment is None:
        raise ValueError(update.bill_id)
    return OpenUpdate(since=moment, last=unknown[-1], tries=len(unknown))


def _key(update: OrderUpdate) -> Hashable:
    """Return what makes two updates of an order the same: of a payment, the order alone."""
    if not update.status.rule.is_repeatable:
        return update.status
    return update.status, update.date, (update.rpo or "").upper()
