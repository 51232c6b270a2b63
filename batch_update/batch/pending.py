"""Work that a run comes back to: payments of unknown outcome, and rows that wait."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from batch_update.batch.decisions import Wait
from batch_update.batch.interfaces import Job, RunOptions
from batch_update.model import Approach, CheckedRow, Holder, SendResult

_FIRST_DISTANCE_S = 4.0
_LONGEST_DISTANCE_S = 60.0


@dataclass(slots=True, kw_only=True)
class _Payment:
    """A payment that may have been made.

    Args:
        job: its last job.
        delivery: the result of that job.
        since_s: time when the payment's last request was given up.
        next_at_s: time when the shop is asked again.
        distance_s: seconds until then.
    """

    job: Job
    delivery: SendResult
    since_s: float
    next_at_s: float
    distance_s: float = _FIRST_DISTANCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _WaitingRow:
    row: CheckedRow
    wait: Wait
    due_s: float
    since_s: float


class Pending:
    """Unfinished work whose turn has come. All moments are of the policy's steady clock.

    Args:
        options: the lengths of the waits.
    """

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._payments: dict[int, _Payment] = {}
        self._asked: dict[int, _Payment] = {}
        self._rows: list[_WaitingRow] = []

    def __len__(self) -> int:
        return len(self._payments) + len(self._rows)

    def add_row(self, row: CheckedRow, wait: Wait) -> None:
        """Add a row that waits for an earlier try of its order."""
        now_s = self._options.steady()
        waiting = _WaitingRow(
            row=row,
            wait=wait,
            due_s=now_s + wait.seconds,
            since_s=now_s + wait.seconds - self._options.settle_s,
        )
        self._rows.append(waiting)

    def add_payment(self, job: Job, delivery: SendResult) -> None:
        """Add a payment whose outcome is unknown."""
        number = job.row.row
        payment = self._asked.pop(number, None)
        if payment is None or job.approach is not Approach.LOOK:
            posted = payment.delivery.attempts if payment else 0
            delivery = replace(delivery, attempts=delivery.attempts + posted)
            payment = _Payment(
                job=job, delivery=delivery, since_s=self._since_s(delivery), next_at_s=0.0
            )
        else:
            payment.distance_s = min(2 * payment.distance_s, _LONGEST_DISTANCE_S)
        payment.next_at_s = self._options.steady() + payment.distance_s
        self._payments[number] = payment

    def put_back(self, job: Job) -> bool:
        """Put back a payment that was due and was not looked up; return whether it was one."""
        payment = self._asked.pop(job.row.row, None)
        if payment is not None:
            self._payments[job.row.row] = payment
        return payment is not None

    def done(self, job: Job) -> int:
        """Forget a payment whose outcome is known; return the number of earlier posts."""
        payment = self._asked.pop(job.row.row, None)
        return payment.delivery.attempts if payment else 0

    def take_row(self) -> CheckedRow | None:
        """Return a row that has waited long enough."""
        # The clock costs more than the rest, and mostly no row waits.
        now_s = self._options.steady() if self._rows else 0.0
        for waiting in self._rows:
            if waiting.due_s <= now_s:
                self._rows.remove(waiting)
                return waiting.row
        return None

    def take_payment(self, *, may_send: bool) -> tuple[Job, SendResult, Approach] | None:
        """Return a payment that is due, its last delivery, and the approach.

        Args:
            may_send: whether anything may be sent at all.
        """
        now_s = self._options.steady()
        for number, payment in self._payments.items():
            if self._next_s(payment) <= now_s:
                self._asked[number] = self._payments.pop(number)
                is_settled = now_s - payment.since_s >= self._options.settle_s
                may_post = is_settled and payment.job.posts < self._options.most_posts and may_send
                approach = Approach.SETTLE if may_post else Approach.LOOK
                return payment.job, payment.delivery, approach
        return None

    def wait_s(self) -> float | None:
        """Return the seconds until something is due; None if nothing is worth waiting for."""
        now_s = self._options.steady()
        patience_s = self._options.patience_s
        moments = [
            self._next_s(payment)
            for payment in self._payments.values()
            if now_s < payment.since_s + patience_s
        ]
        moments += [
            waiting.due_s
            for waiting in self._rows
            if waiting.wait.holder or waiting.due_s <= waiting.since_s + patience_s
        ]
        return max(0.0, min(moments) - now_s) if moments else None

    def holder(self) -> Holder | None:
        """Return a run that is waited for, if nothing but orders of other runs is left."""
        if self._payments:
            return None
        holders = [waiting.wait.holder for waiting in self._rows]
        return holders[0] if holders and all(holders) else None

    def take_all(self) -> tuple[list[tuple[Job, SendResult]], list[tuple[CheckedRow, Wait]]]:
        """Give up: return each payment with its last delivery, and each row with its wait."""
        payments = [(payment.job, payment.delivery) for payment in self._payments.values()]
        rows = [(waiting.row, waiting.wait) for waiting in self._rows]
        self._payments.clear()
        self._rows.clear()
        return payments, rows

    def _next_s(self, payment: _Payment) -> float:
        """Return when a payment is asked for: as planned, when it has settled, and at the end."""
        asked_at_s = payment.next_at_s - payment.distance_s
        marks = [
            payment.since_s + distance_s
            for distance_s in (self._options.settle_s, self._options.patience_s)
        ]
        return min([payment.next_at_s, *(mark for mark in marks if asked_at_s < mark)])

    def _since_s(self, delivery: SendResult) -> float:
        now_s = self._options.steady()
        if delivery.unknown_since is None:
            return now_s
        return now_s - max(0.0, self._options.passed_s(delivery.unknown_since))
