"""The run itself: rows are handed to the workers, and each gets its result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from batch_update.batch import results
from batch_update.batch.course import Course
from batch_update.batch.crew import Crew, Job
from batch_update.batch.parts import Deliver, Memory, Wishes
from batch_update.batch.turns import Turns
from batch_update.errors import LedgerError
from batch_update.orders import CheckedRow, Delivery, OrderUpdate, Outcome, Result, Summary

_LOOK_UP_S = 0.1
_WITHDRAWN = Delivery(outcome=Outcome.NOT_SENT, error_code="withdrawn")
_MOST_AT_A_TIME = 500
"""So many rows are decided before what is noted of them is made durable."""
_LOOK_AHEAD = 2 * _MOST_AT_A_TIME


def send_updates(
    rows: Sequence[CheckedRow],
    deliverers: Sequence[Deliver],
    *,
    memory: Memory,
    wishes: Wishes,
    on_result: Callable[[Result], None],
    keeps_going: bool = False,
) -> Summary:
    """Send every valid row and give every row its result.

    As many updates are under way at once as there are deliverers, except that rows of one order
    follow one another in the order of the sheet, and that nothing else is sent until the shop has
    answered the first update as it should. When all goes well, one update more is noted down and
    lies ready; it is not sent if there is trouble, or if the user wants to stop, before its turn.

    A row that says the same as an earlier one, or as what the shop has confirmed to an earlier run,
    is not sent again. A row of an order whose earlier row was not settled is held back. The batch
    stops when the account is refused, when the first answer is not the shop's, when the shop's word
    is missing several times in a row, or when it has refused all of the first updates alike.

    Args:
        rows: the checked rows, in the order of the sheet.
        deliverers: one per worker, each called from a thread of its own.
        memory: what earlier runs did; what it is told before an update is sent and after it was
            answered is durable before the next one is sent.
        wishes: whether the user wants to stop.
        on_result: told of each row's result as it comes, in the caller's thread.
        keeps_going: whether equal refusals from the start do not stop the batch.

    Returns:
        One result per row, in the order of the sheet.
    """
    crew = Crew(deliverers[: max(1, len(rows))], wishes.stop_requested)
    sending = _Sending(rows, crew, (memory, wishes, on_result), keeps_going=keeps_going)
    try:
        sending.run()
    finally:
        crew.dismiss()
    course = sending.course
    return Summary(
        results=tuple(course.results[row.row] for row in rows),
        stop_reason=course.stop_reason,
        is_interrupted=wishes.stop_requested(),
    )


class _Sending:
    """One run over the rows of a sheet.

    All decisions are made and noted in one thread; the workers only deliver. What has ended is
    noted together with what begins next, in one commit.
    """

    def __init__(
        self,
        rows: Sequence[CheckedRow],
        crew: Crew,
        parts: tuple[Memory, Wishes, Callable[[Result], None]],
        *,
        keeps_going: bool,
    ) -> None:
        self.course = Course(keeps_going=keeps_going)
        self._rows = rows
        self._turns = Turns(rows)
        self._looked_ahead = 0
        self._crew = crew
        self._memory, self._wishes, self._on_result = parts
        self._under_way: dict[int, Job] = {}
        self._ended: list[tuple[Job, Delivery]] = []
        self._withdrawn: list[Job] = []
        self._last = rows[0] if rows else None

    def run(self) -> None:
        """Give every row its result."""
        while self._turns.left:
            self._hand_out()
            if self._under_way:
                self._take_in()
        self._hand_out()

    def _hand_out(self) -> None:
        """Begin as many updates as may be under way, after all that was noted is durable."""
        group: list[Job] = []
        row = None
        try:
            self._look_ahead()
            self._settle_ended()
            for _ in range(_MOST_AT_A_TIME):
                if not self._has_room(len(group)) or not (row := self._turns.take()):
                    break
                is_spare = len(self._under_way) + len(group) >= self._crew.size
                decision = self._decide(row, is_spare=is_spare)
                if isinstance(decision, Result):
                    self._finish(row, decision)
                else:
                    group.append(decision)
                row = None
            self._memory.commit()
            self._forget_ended()
        except LedgerError as error:
            self._give_back([job.row for job in group] + ([row] if row else []), error)
            return
        for job in group:
            self._under_way[job.row.row] = job
            self._crew.assign(job)

    def _look_ahead(self) -> None:
        """Look up orders that come next together; those that are passed over are so one by one."""
        is_near = self._turns.reached + _MOST_AT_A_TIME > self._looked_ahead
        if not is_near or self.course.stop_reason:
            return
        rows = self._rows[self._looked_ahead : self._looked_ahead + _LOOK_AHEAD]
        self._looked_ahead += len(rows)
        if bill_ids := [row.update.bill_id for row in rows if row.update is not None]:
            self._memory.look_ahead(bill_ids)

    def _has_room(self, further: int) -> bool:
        most = self.course.most_at_once(self._crew.size) + self.course.spares(self._crew.size)
        return len(self._under_way) + further < most

    def _decide(self, row: CheckedRow, *, is_spare: bool) -> Job | Result:
        """Note that a row is about to be sent, or give the result of one that is not."""
        if row.update is None:
            return results.invalid(row)
        if row.same_as is not None:
            return results.same_as(row, self.course.results[row.same_as])
        if row.bill_id in self.course.held_by:
            return results.held_back(row, self.course.held_by[row.bill_id])
        if self.course.stop_reason:
            return results.stopped(row, self.course.stopped_at)
        return self._begin(row, row.update, is_spare=is_spare)

    def _begin(self, row: CheckedRow, update: OrderUpdate, *, is_spare: bool) -> Job | Result:
        past = self._memory.recall(update)
        if past is not None and past.is_confirmed:
            return results.known(row, past)
        if past is not None and (entry := self._memory.overtaken_by(update, past)):
            return results.overtaken(row, update, entry)
        if self._wishes.stop_requested():
            return results.interrupted(row)
        self._memory.begin(update, row.row)
        return Job(
            row=row,
            update=update,
            may_have_happened=past is not None and past.may_have_happened,
            begun_after=self.course.deliveries,
            is_spare=is_spare,
            known_troubles=self.course.troubles,
        )

    def _take_in(self) -> None:
        """Wait for deliveries to end, and note what came of them."""
        for job, delivery in self._crew.finished(_LOOK_UP_S):
            if delivery is None:
                self._withdraw(job)
                continue
            self._ended.append((job, delivery))
            del self._under_way[job.row.row]
            self.course.weigh(job, delivery)
            self._finish(job.row, results.delivered(job.row, delivery))
        if self._wishes.stop_requested():
            for job in self._crew.take_back():
                self._withdraw(job)
        if not self._ended and self._wishes.abandon_requested():
            for job in self._under_way.values():
                self._finish(job.row, results.abandoned(job.row, job.update))
            self._under_way.clear()

    def _withdraw(self, job: Job) -> None:
        """Let an update that was noted down but not begun wait for its turn again."""
        del self._under_way[job.row.row]
        self._withdrawn.append(job)
        self._turns.give_back(job.row)

    def _settle_ended(self) -> None:
        for job, delivery in self._ended:
            self._memory.settle(job.update, job.row.row, delivery)
        for job in self._withdrawn:
            # What an earlier run may have sent may still have happened.
            if not job.may_have_happened:
                self._memory.settle(job.update, job.row.row, _WITHDRAWN)

    def _forget_ended(self) -> None:
        self._ended.clear()
        self._withdrawn.clear()

    def _give_back(self, rows: Sequence[CheckedRow], error: LedgerError) -> None:
        """Send nothing of what could not be noted, and nothing more."""
        for job in self._crew.take_back():
            self._withdraw(job)
        self.course.stop(rows[0] if rows else self._last, str(error))
        for row in rows:
            self._finish(row, results.not_noted(row, error))
        # What has ended fell with what should have begun; alone it may still be noted.
        with contextlib.suppress(LedgerError):
            self._settle_ended()
            self._memory.commit()
        self._forget_ended()

    def _finish(self, row: CheckedRow, result: Result) -> None:
        if row.warnings:
            result = replace(result, warnings=row.warnings)
        self.course.add(row, result)
        self._last = row
        self._on_result(result)
        self._turns.release(row)
