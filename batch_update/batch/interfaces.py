"""Interfaces of the loop: delivery, ledger, stop signal, workers and options."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from batch_update.model import (
    Approach,
    CheckedRow,
    Entry,
    Holder,
    Moment,
    OrderFinding,
    OrdersAsked,
    OrderState,
    OrderUpdate,
    Result,
    SendResult,
)


class Deliver(Protocol):
    """Callable that delivers one update; never raises. Each worker has its own."""

    def __call__(
        self, update: OrderUpdate, approach: Approach, unknown_since: Moment | None, /
    ) -> SendResult:
        """Send the update, or look up its outcome.

        Args:
            update: the update.
            approach: the way to do it.
            unknown_since: time when an earlier try of unknown outcome was given up.
        """


class Ask(Protocol):
    """Callable that asks the shop for one order; never raises. Each worker has its own."""

    def __call__(self, bill_id: int, /) -> OrderFinding:
        """Ask for an order; this changes nothing."""


class Rehearse(Protocol):
    """Callable that decides as a delivery does, of an order whose state is known."""

    def __call__(
        self,
        update: OrderUpdate,
        approach: Approach,
        unknown_since: Moment | None,
        state: OrderState,
        /,
    ) -> SendResult | None:
        """Return the result that a delivery would have without sending; None if it would send.

        Args:
            update: the update.
            approach: the way to deliver it; one that may send.
            unknown_since: time when an earlier try of unknown outcome was given up.
            state: the order, as the shop told it.
        """


class LedgerPort(Protocol):
    """Ledger of updates beyond this run; each method may raise a `LedgerError`.

    Only the loop's own thread calls it. After an error, nothing noted since the last `commit`
    counts.
    """

    def first_seen(self) -> int | None:
        """Return the number at which an earlier run began this very sheet; None if none did."""

    @property
    def most_ahead(self) -> int | None:
        """Most orders to be announced at once; None for as many as one likes."""

    def holder(self, bill_id: int) -> Holder | None:
        """Claim an order for this run alone; return the run that holds it, if another one does."""

    def release(self, bill_id: int) -> None:
        """Let others work on an order, as soon as all notes are durable."""

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Announce the next orders, so that they need not be looked up one by one."""

    def order(self, bill_id: int) -> Sequence[Entry]:
        """Return the known entry of each update of an order."""

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that an update is about to be sent."""

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Note the outcome of an update."""

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Note a row that was not sent, if its update is not known yet."""

    def commit(self) -> None:
        """Make all notes durable at once."""


class StopSignal(Protocol):
    """The user's wish to stop a run under way."""

    def stop_requested(self) -> bool:
        """Return whether nothing new is to be started."""

    def abandon_requested(self) -> bool:
        """Return whether not even the requests under way are to be waited for."""


class Work(Protocol):
    """Work that was handed to a worker, as far as the policy of a run looks at it."""

    @property
    def row(self) -> CheckedRow:
        """The row it is done for."""

    @property
    def begun_after(self) -> int:
        """Number of deliveries that had ended when it was handed out."""


class Job(NamedTuple):
    """An update to be delivered.

    Args:
        row: the row of the update.
        update: the update.
        approach: the way to deliver it.
        unknown_since: time when an earlier try of unknown outcome was given up.
        begun_after: number of deliveries that had ended when it was handed out.
        is_prefetched: whether it lies ready for the next idle worker.
        known_failures: number of failures recorded when it was handed out.
        posts: number of times it was handed out to be sent in this run, this time included.
        is_noted: whether the ledger holds its unknown outcome, and it was reported.
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


class OrderFindings(Protocol):
    """The shop's answers about the orders of a sheet, for a dry run.

    Attributes:
        stop_reason: reason for not asking about the rest; empty if nothing stopped it.
    """

    stop_reason: str

    @property
    def asked(self) -> OrdersAsked:
        """The answers about the rows so far, counted and grouped."""

    def foretell(self, job: Job, /) -> SendResult | None:
        """Return the result that an update would have without sending; None if it would be sent."""

    def annotate(self, row: CheckedRow, result: Result, /) -> Result:
        """Add to a row's result what the shop said of its order."""


class Foretell(Protocol):
    """Callable that tells the results of rows that nothing is known against; it may be in vain."""

    def __call__(self, rows: Iterable[CheckedRow], /) -> Sequence[Result]:
        """Return the results of the first of some rows; of none if more is to be known of it.

        Args:
            rows: valid rows that follow one another, and wait for no others.

        Raises:
            LedgerError: the ledger cannot be read.
        """


class Workers(Protocol):
    """Workers that deliver the jobs assigned to them."""

    @property
    def size(self) -> int:
        """Number of updates they deliver at once just now."""

    def assign(self, job: Job, /) -> None:
        """Assign an update to one of them."""

    def take_back(self) -> Sequence[Job]:
        """Return the jobs that no worker has begun."""

    def finished(self, timeout_s: float, /) -> Sequence[tuple[Job, SendResult | None]]:
        """Wait until a delivery has ended, but not for ever, and return all that have.

        A job without a delivery was prefetched and not begun.
        """

    def shutdown(self) -> None:
        """Let each worker go when its delivery has ended."""


class SeenNumber(NamedTuple):
    """A tracking number that a sheet has for an order.

    Args:
        rpo: the number.
        row: the number of its row.
        file: the name of the sheet.
    """

    rpo: str
    row: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options for a run, and its ways of treating doubtful updates.

    Args:
        wall: returns the time, in the zone in which it is shown to people.
        passed_s: returns the least number of seconds passed since a moment.
        steady: seconds that only grow, for durations within a run.
        is_forced: whether confirmed updates are sent again.
        asks_first: whether the shop is asked for a payment before it is first sent.
        keeps_going: whether equal refusals from the start do not stop the run.
        at_once: returns the number of updates that may be under way just now.
        settle_s: after so many seconds a request that got no answer is taken to have had its
            effect, if it ever has one.
        patience_s: for so many seconds after a payment's request was given up, a run that has
            nothing else to do goes on asking for it.
        held_s: for so many seconds a run that has nothing else to do waits for orders that another
            run works on; without end if it is infinite.
        most_posts: most times that a payment is sent in one run.
        poll_s: longest wait of the loop before it checks for the user's wish to stop.
        file: name of the sheet that is sent.
        sha256: of the bytes of the sheet that is sent.
        origins: possible names of the sheet whose results or failures this sheet is.
        later_sheets: returns those of the sheets that come later in this run.
        findings: the shop's answers about the orders, for a dry run; None if it was not asked.
        numbers_of_origin: the tracking numbers, by order, of the sheet whose results or failures
            this sheet is; only those with zeros in front.
        on_finish: called with each row and its result, returns the result to report.
        on_wait: called once, when all else is done, with the number of rows the run waits for.
        on_held: called once, when nothing but orders that another run works on has been left for
            some seconds, with their number and that run.
        told_to_stop: returns the reason, met by another run of the team or in its ledger, for which
            this run may send nothing more; empty while it may.
    """

    wall: Callable[[], dt.datetime]
    steady: Callable[[], float]
    passed_s: Callable[[Moment], float]
    is_forced: bool = False
    asks_first: bool = True
    keeps_going: bool = False
    at_once: Callable[[], int] = lambda: sys.maxsize
    settle_s: float = 600.0
    patience_s: float = 90.0
    held_s: float = math.inf
    most_posts: int = 5
    poll_s: float = 0.1
    file: str = ""
    sha256: str = ""
    origins: Collection[str] = ()
    later_sheets: Callable[[], Collection[str]] = frozenset
    findings: OrderFindings | None = None
    numbers_of_origin: Mapping[int, Sequence[SeenNumber]] = field(default_factory=dict)
    on_finish: Callable[[CheckedRow, Result], Result] | None = None
    on_wait: Callable[[int], None] = lambda _: None
    on_held: Callable[[int, Holder], None] = lambda *_: None
    told_to_stop: Callable[[], str] = str
