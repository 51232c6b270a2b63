"""The run itself: rows are handed to the workers, and each gets its result."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from batch_update.batch import notes, results
from batch_update.batch.collector import Collected
from batch_update.batch.decisions import Send, Tell, Wait, decide
from batch_update.batch.interfaces import (
    Deliver,
    Foretell,
    Job,
    LedgerPort,
    RunOptions,
    StopSignal,
    Workers,
)
from batch_update.batch.neighbours import SheetOrders
from batch_update.batch.order_queue import OrderQueue
from batch_update.batch.pending import Pending
from batch_update.batch.plan import Fingerprint
from batch_update.batch.run_policy import RunPolicy
from batch_update.batch.wait_notice import WaitNotice
from batch_update.batch.worker_pool import WorkerPool
from batch_update.errors import FailureScope, LedgerAwayError, LedgerError, LedgerInUseError
from batch_update.model import (
    Approach,
    CheckedRow,
    Moment,
    OrderUpdate,
    Outcome,
    Result,
    SendResult,
    Summary,
)

MOST_AT_A_TIME = 500
"""Number of rows decided before their notes are made durable."""
_PASSED_OVER = frozenset({"stopped", "interrupted", "earlier_row", "unsettled", "other_run"})
"""The codes of rows that are to be run again; by then the shop may have taken newer ones."""
_HELD_S = 0.3
"""Time after which another run may have let go of an order."""

_ALWAYS_WEIGHED = frozenset({FailureScope.ROW, FailureScope.ACCOUNT})
"""Any other failure of a run that only asks in vain again and again adds nothing."""


def send_updates(
    rows: Sequence[CheckedRow],
    deliverers: Sequence[Deliver],
    *,
    ledger: LedgerPort,
    stop_signal: StopSignal,
    on_result: Callable[[Result], None],
    options: RunOptions,
) -> Summary:
    """Send every valid row and give every row its result.

    As many updates are under way at once as may be, and as there are deliverers, except that rows
    of one order follow one another in the order of the sheet, and that nothing else is sent until
    the shop has answered the first update as it should. When all goes well, some updates more are
    noted down and lie ready (`most_ready`); they are not sent if there is trouble, or if the user
    wants to stop, before their turn.

    A row that equals an earlier one, or an update that the shop has confirmed to an earlier run, is
    not sent again. A row of an order whose earlier row was not settled is held back. The batch
    stops when the account is refused, when the first answer is not the shop's, when the shop's word
    is missing several times in a row, or when it has refused all of the first updates alike.

    A payment of unknown outcome is asked for at growing distances while the others go on, and for a
    while after. A row of an order of which an earlier try may still have its effect waits for that,
    or is not sent if it takes too long.

    Args:
        rows: the checked rows, in the order of the sheet.
        deliverers: one per worker, each called from a separate thread.
        ledger: record of earlier runs; its notes before an update is sent and after it was answered
            are durable before the next one is sent.
        stop_signal: whether the user wants to stop.
        on_result: called with each row's result as it comes, in the caller's thread.
        options: the ways of treating doubtful updates.

    Returns:
        One result per row, in the order of the sheet.
    """
    workers = WorkerPool(
        deliverers[: max(1, len(rows))],
        lambda: stop_signal.stop_requested() or bool(options.told_to_stop()),
        options.at_once,
    )
    return run_rows(rows, workers, (ledger, stop_signal, on_result), options)


def run_rows(
    rows: Sequence[CheckedRow],
    workers: Workers,
    parts: tuple[LedgerPort, StopSignal, Callable[[Result], None]],
    options: RunOptions,
    foretell: Foretell | None = None,
) -> Summary:
    """Run `send_updates` with workers that are there already.

    Args:
        rows: as there.
        workers: they deliver.
        parts: the ledger, the stop signal, and what is called with each result.
        options: as there.
        foretell: tells results without deliveries; for a dry run.
    """
    sending = _Run(rows, workers, parts, options)
    sending.foretell = foretell
    try:
        sending.run()
    finally:
        workers.shutdown()
    findings = options.findings
    return Summary(
        results=sending.collected.results,
        stop_reason=sending.run_policy.stop_reason or (findings.stop_reason if findings else ""),
        asked=findings.asked if findings else None,
        is_interrupted=parts[1].stop_requested(),
        fingerprint=str(sending.order_queue.fingerprint),
        deferred=sending.run_policy.deferred,
        counter=sending.collected.counter,
    )


class _Run:
    """One run over the rows of a sheet.

    All decisions are made and noted in one thread; the workers only deliver. Deliveries that have
    ended are noted together with those that begin next, in one commit.
    """

    def __init__(
        self,
        rows: Sequence[CheckedRow],
        workers: Workers,
        parts: tuple[LedgerPort, StopSignal, Callable[[Result], None]],
        options: RunOptions,
    ) -> None:
        self.run_policy = RunPolicy(keeps_going=options.keeps_going)
        self.foretell: Foretell | None = None
        self._options = options
        fingerprint = Fingerprint(is_forced=options.is_forced, asks_first=options.asks_first)
        self.order_queue = OrderQueue(rows, fingerprint)
        self.collected = Collected(self.order_queue.numbers)
        self._pending = Pending(options)
        self._workers = workers
        self._ledger, self._stop_signal, self._on_result = parts
        self._most_ahead = self._ledger.most_ahead
        self._orders = SheetOrders(rows, self._ledger, options)
        self._under_way: dict[int, Job] = {}
        self._ended: list[tuple[Job, SendResult]] = []
        self._withdrawn: list[Job] = []
        self._wait_notice = WaitNotice(options)

    def run(self) -> None:
        """Give every row its result."""
        while self.order_queue.left:
            self._hand_out()
            if self._under_way:
                self._take_in()
            elif self._pending:
                self._wait_or_give_up()
        self._hand_out()

    def _hand_out(self) -> None:
        """Begin as many updates as may be under way, after all notes are durable."""
        group: list[Job] = []
        row = None
        self._heed_team()
        try:
            self._settle_ended()
            for _ in range(MOST_AT_A_TIME):
                if not self._has_room(len(group)):
                    break
                self._look_ahead()
                if not group and self._pass_plain():
                    break
                if job := self._come_back():
                    group.append(job)
                    continue
                row = self._pending.take_row() or self.order_queue.take()
                if row is None:
                    break
                is_prefetched = len(self._under_way) + len(group) >= self._workers.size
                group += self._attend_to(row, is_prefetched=is_prefetched)
                row = None
            self._ledger.commit()
            self._forget_ended()
        except LedgerError as error:
            self._give_back(group, row, error)
            return
        for job in group:
            self._under_way[job.row.row] = job
            self._workers.assign(job)

    def _pass_plain(self) -> bool:
        """Give the next rows the results that are foretold; return whether there are any."""
        if self.foretell is None or self.run_policy.stop_reason:
            return False
        if self._under_way or self._pending:
            return False
        told = self.foretell(itertools.takewhile(self._is_plain, self.order_queue.peek()))
        self.order_queue.pass_by(len(told))
        self.collected.add_due(told)
        for result in told:
            self._on_result(result)
        return bool(told)

    def _is_plain(self, row: CheckedRow) -> bool:
        """Return whether only the ledger can say anything against sending a row."""
        is_valid = row.update is not None and row.same_as is None and row.skipped is None
        return is_valid and row.bill_id not in self.run_policy.held_by

    def _look_ahead(self) -> None:
        """Look up orders that come next together; those that are passed over are so one by one.

        Where other runs work with the shop, only as many as are needed soon: they get the rest.
        """
        most = self._most_ahead
        least = MOST_AT_A_TIME if most is None else self._workers.size + 1
        if self.order_queue.fetched >= least or self.run_policy.stop_reason:
            return
        rows = self.order_queue.fetch(most)
        if bill_ids := [row.update.bill_id for row in rows if row.update is not None]:
            self._ledger.prefetch(bill_ids)

    def _has_room(self, further: int) -> bool:
        most = self.run_policy.most_at_hand(self._workers.size)
        return len(self._under_way) + further < most

    def _come_back(self) -> Job | None:
        """Ask for a payment whose outcome is unknown; send it if it is settled and not there."""
        if not self._pending or self.run_policy.is_halted or self._stop_signal.stop_requested():
            return None
        found = self._pending.take_payment(may_send=not self.run_policy.stop_reason)
        if found is None:
            return None
        job, delivery, approach = found
        is_sent = approach is Approach.SETTLE
        if is_sent:
            self._ledger.begin(job.update, job.row.row)
        return job._replace(
            approach=approach,
            unknown_since=delivery.unknown_since,
            begun_after=self.run_policy.deliveries,
            known_failures=self.run_policy.failures,
            posts=job.posts + is_sent,
            is_prefetched=False,
        )

    def _attend_to(self, row: CheckedRow, *, is_prefetched: bool) -> list[Job]:
        """Return the job that a row makes; or none, if it has its result or waits."""
        decision = self._decide(row, is_prefetched=is_prefetched)
        if isinstance(decision, Job):
            return [decision]
        if isinstance(decision, Wait):
            self._pending.add_row(row, decision)
        else:
            self._finish(row, decision)
        return []

    def _decide(self, row: CheckedRow, *, is_prefetched: bool) -> Job | Wait | Result:
        """Note that a row is about to be sent, or return the result of one that is not."""
        if row.skipped is not None:
            return results.skipped(row, row.skipped)
        if row.update is None:
            return results.invalid(row)
        if row.same_as is not None:
            return results.same_as(row, self.collected.of(row.same_as))
        if row.bill_id in self.run_policy.held_by:
            return results.held_back(row, self.run_policy.held_by[row.bill_id])
        if self.run_policy.stop_reason:
            return self._stopped(row)
        return self._begin(row, row.update, is_prefetched=is_prefetched)

    def _stopped(self, row: CheckedRow) -> Result:
        policy = self.run_policy
        policy.deferred += policy.may_pass
        if not policy.stopped_at:
            return results.halted(row, policy.stop_reason)
        return results.stopped(row, policy.stopped_at)

    def _begin(
        self, row: CheckedRow, update: OrderUpdate, *, is_prefetched: bool
    ) -> Job | Wait | Result:
        if holder := self._ledger.holder(update.bill_id):
            result = results.held_elsewhere(row, holder, self._options.wall().tzinfo)
            return Wait(seconds=_HELD_S, result=result, holder=holder)
        around = self._orders.around(row)
        decision = decide(row, update, self._ledger.order(update.bill_id), around, self._options)
        if isinstance(decision, Tell):
            self._ledger.settle(decision.update, row.row, notes.told(decision))
            return decision.result
        if not isinstance(decision, Send):
            return decision
        if self._stop_signal.stop_requested():
            return results.interrupted(row)
        is_sent = decision.approach is not Approach.LOOK
        if is_sent:
            self._ledger.begin(update, row.row)
        return Job(
            row=row,
            update=update,
            approach=decision.approach,
            unknown_since=decision.unknown_since,
            begun_after=self.run_policy.deliveries,
            is_prefetched=is_prefetched and is_sent,
            known_failures=self.run_policy.failures,
            posts=int(is_sent),
        )

    def _heed_team(self) -> None:
        """Stop if another run, or what others noted in the ledger, says so."""
        if reason := self._options.told_to_stop():
            self.run_policy.halt(reason)

    def _take_in(self) -> None:
        """Wait for deliveries to end, and note their outcomes."""
        ended = self._workers.finished(self._options.poll_s)
        # First, since deliveries that were cut short by it are no failures of their own.
        self._heed_team()
        for job, delivery in ended:
            del self._under_way[job.row.row]
            if delivery is None:
                self._withdraw(job)
            else:
                self._record(job, delivery)
        if self.run_policy.is_halted or self._stop_signal.stop_requested():
            for job in self._workers.take_back():
                del self._under_way[job.row.row]
                self._withdraw(job)
        if not self._ended and self._stop_signal.abandon_requested():
            for job in self._under_way.values():
                self._finish(job.row, results.abandoned(job.row, job.update))
            self._under_way.clear()

    def _record(self, job: Job, delivery: SendResult) -> None:
        """Apply a delivery to its row and to the run."""
        if delivery.outcome is Outcome.UNCONFIRMED and delivery.unknown_since is None:
            delivery = replace(delivery, unknown_since=Moment(machine=self._options.wall()))
        # A run that only asks in vain again and again learns nothing new of the connection.
        is_new = job.approach is not Approach.LOOK or delivery.scope in _ALWAYS_WEIGHED
        if is_new:
            self.run_policy.record(job, delivery)
        if delivery.may_be_looked_up:
            if not job.is_noted or job.approach is not Approach.LOOK:
                self._ended.append((job, delivery))
            self._pending.add_payment(job._replace(is_noted=True), delivery)
            return
        if posted_before := self._pending.done(job):
            delivery = replace(delivery, attempts=delivery.attempts + posted_before)
        self._ended.append((job, delivery))
        self.run_policy.deferred += delivery.is_deferred
        self._finish(job.row, results.delivered(job.row, delivery))

    def _wait_or_give_up(self) -> None:
        """Wait for the next due work; if nothing is worth it, end the rest with its known state."""
        wait_s = self._pending.wait_s()
        if (
            wait_s is not None
            and not self._stop_signal.stop_requested()
            and not self.run_policy.is_hopeless
            and not self._wait_notice.is_over(self._pending)
        ):
            self._wait_notice.tell(self._pending)
            self._workers.finished(min(wait_s, self._options.poll_s))
            return
        payments, rows = self._pending.take_all()
        if not self.run_policy.is_hopeless:
            self.run_policy.deferred += len(payments) + len(rows)
        for job, delivery in payments:
            self._finish(job.row, results.delivered(job.row, delivery))
        for row, wait in rows:
            self._finish(row, wait.result)

    def _withdraw(self, job: Job) -> None:
        """Let an update that was noted but not begun wait for its turn again."""
        if job.approach is not Approach.LOOK:
            self._withdrawn.append(job)
        if not self._pending.put_back(job):
            self.order_queue.give_back(job.row)

    def _settle_ended(self) -> None:
        for job, delivery in self._ended:
            self._ledger.settle(job.update, job.row.row, delivery)
        for job in self._withdrawn:
            self._ledger.settle(job.update, job.row.row, notes.withdrawn(job))

    def _forget_ended(self) -> None:
        self._ended.clear()
        self._withdrawn.clear()

    def _give_back(self, group: Sequence[Job], row: CheckedRow | None, error: LedgerError) -> None:
        """Send nothing of the jobs that could not be noted, and nothing more."""
        for job in self._workers.take_back():
            del self._under_way[job.row.row]
            self._withdraw(job)
        rows = [job.row for job in group if not self._pending.put_back(job)]
        rows += [row] if row else []
        may_pass = isinstance(error, LedgerInUseError | LedgerAwayError)
        self.run_policy.stop(rows[0] if rows else None, str(error), may_pass=may_pass)
        self.run_policy.deferred += may_pass and len(rows)
        for one in rows:
            self._finish(one, results.not_noted(one, error))
        # Notes of ended deliveries fell with those of new ones; alone they may still be written.
        with contextlib.suppress(LedgerError):
            self._settle_ended()
            self._ledger.commit()
        self._forget_ended()

    def _finish(self, row: CheckedRow, result: Result) -> None:
        if self._options.findings is not None:
            result = self._options.findings.annotate(row, result)
        if row.warnings:
            result = replace(result, warnings=row.warnings)
        if self._options.on_finish is not None:
            result = self._options.on_finish(row, result)
        if row.update is not None and result.error_code in _PASSED_OVER:
            self._ledger.pass_over(row.update, result)
        self.run_policy.add(row, result)
        self.collected.add(result)
        self._on_result(result)
        if self.order_queue.release(row) and row.bill_id is not None:
            self._ledger.release(row.bill_id)
