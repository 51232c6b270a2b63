"""What the loop is handed: who delivers, what is remembered, what the user wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from batch_update.orders import Delivery, Entry, OrderUpdate, PastUpdate


class Deliver(Protocol):
    """Sends one update; never raises. Each worker has its own and calls it from its thread."""

    def __call__(self, update: OrderUpdate, *, may_have_happened: bool) -> Delivery:
        """Send it; with care if an earlier run may have done so."""


class Memory(Protocol):
    """What is known of updates beyond this run; each method may raise a `LedgerError`.

    Only the loop's own thread calls it. After an error, nothing noted since the last `commit`
    counts.
    """

    def look_ahead(self, bill_ids: Sequence[int]) -> None:
        """Say which orders come next, so that they need not be looked up one by one."""

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update before."""

    def overtaken_by(self, update: OrderUpdate, past: PastUpdate) -> Entry | None:
        """Find what the shop confirmed of the order since an update was tried in vain."""

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that it is about to be sent."""

    def settle(self, update: OrderUpdate, row: int, delivery: Delivery) -> None:
        """Note what came of it."""

    def commit(self) -> None:
        """Make what was noted durable, all at once."""


class Wishes(Protocol):
    """What the user wants of a run under way."""

    def stop_requested(self) -> bool:
        """Whether nothing new is to be started."""

    def abandon_requested(self) -> bool:
        """Whether not even the requests under way are to be waited for."""


class Insistence:
    """A memory that does not mind what the shop has confirmed, so that it is sent again.

    What may have happened is remembered even so: a payment is still read back first.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.look_ahead = memory.look_ahead
        self.begin = memory.begin
        self.settle = memory.settle
        self.commit = memory.commit

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update, unless it is confirmed."""
        past = self._memory.recall(update)
        return None if past is None or past.is_confirmed else past

    def overtaken_by(self, _update: OrderUpdate, _past: PastUpdate) -> Entry | None:
        """Find nothing: what is insisted on overtakes in its turn."""
        return None
