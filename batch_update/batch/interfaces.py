"""What the loop is handed: who delivers, what is remembered, what is wanted, what time it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from batch_update.model import Approach, CheckedRow, Entry, Moment, OrderUpdate, Result, SendResult


class Deliver(Protocol):
    """Brings one update to the shop; never raises. Each worker has its own."""

    def __call__(
        self, update: OrderUpdate, approach: Approach, unknown_since: Moment | None, /
    ) -> SendResult:
        """Send it, or ask what became of it.

        Args:
            update: what to do.
            approach: how.
            unknown_since: when an earlier try was given up whose outcome is unknown.
        """


class LedgerPort(Protocol):
    """What is known of updates beyond this run; each method may raise a `LedgerError`.

    Only the loop's own thread calls it. After an error, nothing noted since the last `commit`
    counts.
    """

    def first_seen(self) -> int | None:
        """Tell what number was due when an earlier run began this very sheet; None if none did."""

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Say which orders come next, so that they need not be looked up one by one."""

    def order(self, bill_id: int) -> Sequence[Entry]:
        """Tell what is known of each update of an order."""

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that it is about to be sent."""

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Note what came of it."""

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Note that a row was there and was not sent, if nothing is known of it."""

    def commit(self) -> None:
        """Make what was noted durable, all at once."""


class StopSignal(Protocol):
    """What the user wants of a run under way."""

    def stop_requested(self) -> bool:
        """Whether nothing new is to be started."""

    def abandon_requested(self) -> bool:
        """Whether not even the requests under way are to be waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An update to be delivered.

    Args:
        row: the row that says it.
        update: what it says.
        approach: how.
        unknown_since: when an earlier try was given up whose outcome is unknown.
        begun_after: how many deliveries had ended when it was handed out.
        is_prefetched: whether it lies ready for the next worker who has nothing to do.
        known_failures: how many failures had been recorded when it was handed out.
        posts: how often it was handed out to be sent in this run, this time included.
        is_noted: whether the ledger knows that its outcome is unknown and somebody was told.
    """

    row: CheckedRow
    update: OrderUpdate
    approach: Approach
    unknown_since: Moment | None
    begun_after: int
    is_prefetched: bool = False
    known_failures: int = 0
    posts: int = 1
    is_noted: bool = False


class Workers(Protocol):
    """Those who deliver what is assigned to them.

    Attributes:
        size: how many updates they deliver at once.
    """

    size: int

    def assign(self, job: Job, /) -> None:
        """Let one of them deliver an update."""

    def take_back(self) -> Sequence[Job]:
        """Give back what none has begun with."""

    def finished(self, timeout_s: float, /) -> Sequence[tuple[Job, SendResult | None]]:
        """Wait until a delivery has ended, but not for ever, and give all that have.

        A job without a delivery was prefetched and not begun.
        """

    def shutdown(self) -> None:
        """Let each of them go when it has ended what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run deals with what it cannot know.

    Args:
        wall: tells the time, in the zone in which people are told it.
        passed_s: tells how many seconds have passed since a moment at the least.
        steady: seconds that only grow, for what is measured within a run.
        is_forced: whether what the shop has confirmed is sent again.
        asks_first: whether the shop is asked for a payment before it is first sent.
        keeps_going: whether equal refusals from the start do not stop the run.
        settle_s: after so many seconds a request that got no answer is taken to have had its
            effect, if it ever has one.
        patience_s: for so many seconds after a payment's request was given up, a run that has
            nothing else to do goes on asking for it.
        most_posts: how often a payment is sent at most in one run.
        poll_s: how long the loop waits at most before it looks whether the user wants to stop.
        sha256: of the bytes of the sheet that is sent.
        origins: what the sheet may have been called whose results or failures it is.
        later_sheets: gives those of the sheets that come later in this run.
        on_wait: told once, when all else is done, for how many rows the run waits.
    """

    wall: Callable[[], dt.datetime]
    steady: Callable[[], float]
    passed_s: Callable[[Moment], float]
    is_forced: bool = False
    asks_first: bool = True
    keeps_going: bool = False
    settle_s: float = 600.0
    patience_s: float = 90.0
    most_posts: int = 5
    poll_s: float = 0.1
    sha256: str = ""
    origins: Collection[str] = ()
    later_sheets: Callable[[], Collection[str]] = frozenset
    on_wait: Callable[[int], None] = lambda _: None
