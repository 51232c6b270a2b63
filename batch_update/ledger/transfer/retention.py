"""What a ledger may forget of an order, and what it must keep.

Forgotten is what the shop has spoken about long ago, if nothing else hangs on it. Kept is each
payment; each update of which the outcome is not known; and all of an order with a return or a
cancellation that the shop has confirmed, since these forbid payments and older parcels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batch_update.ledger.entries import Key, key_of
from batch_update.model import SUPERSEDED_BY, Entry, Outcome, Status

_SETTLED = frozenset(
    {
        *(Outcome.UPDATED, Outcome.ALREADY_UPDATED, Outcome.REJECTED, Outcome.NOT_SENT),
        Outcome.INVALID,
    }
)
_GUARDS = frozenset(
    other for status in Status if not status.rule.is_repeatable for other in SUPERSEDED_BY[status]
)
"""Statuses that, once confirmed, say of a payment that it is over."""


@dataclass(slots=True, kw_only=True)
class Forgotten:
    """What was forgotten, or would be, in numbers."""

    orders: int = 0
    updates: int = 0
    attempts: int = 0
    kept: int = 0
    """Orders that are as old, and kept."""


def forgettable(entries: Sequence[Entry]) -> list[Key]:
    """List the updates of an old order that may be forgotten.

    Args:
        entries: all known entries of the order, none of them younger than what is kept anyway.
    """
    if any(_is_open(entry) or _is_guard(entry) for entry in entries):
        return []
    return [key_of(entry.update) for entry in entries if entry.update.status.rule.is_repeatable]


def _is_open(entry: Entry) -> bool:
    is_settled = entry.past.outcome in _SETTLED
    return not is_settled or entry.is_open or entry.may_have_happened


def _is_guard(entry: Entry) -> bool:
    return entry.confirmed is not None and entry.update.status in _GUARDS
