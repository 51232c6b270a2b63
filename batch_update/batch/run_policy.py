"""Decide after each result whether the run continues."""

from __future__ import annotations

from batch_update.batch.interfaces import Work
from batch_update.errors import FailureScope
from batch_update.i18n import ngettext
from batch_update.model import (
    SETTLED,
    CheckedRow,
    Outcome,
    Result,
    SendResult,
)

TROUBLES_IN_A_ROW = 3
"""Failures in a row, without the shop's verified word, that stop the batch."""

REFUSALS_IN_A_ROW = 20
"""Equal refusals from the start on, and nothing else, that stop the batch."""


_MOST_READY = 16

_HOPELESS = frozenset({FailureScope.ACCOUNT, FailureScope.PROGRAM})


def most_ready(workers: int) -> int:
    """Return how many updates may lie ready for so many workers.

    Enough for all that end while others' outcomes are written down: what ends meanwhile is noted
    with one commit, together with those that begin next. A single worker goes strictly row by row.
    """
    return min(_MOST_READY, workers * 3 // 4)


class RunPolicy:
    """State of a run while it goes on.

    Args:
        keeps_going: whether equal refusals do not stop it.

    Attributes:
        held_by: for an order that must wait, the row that was not settled.
        deliveries: number of deliveries that have ended.
        failures: number of them that failed for another reason than their row.
        stop_reason: reason for sending nothing more; empty if all is well.
        stopped_at: the row that tells why nothing more was sent after it; 0 if none does.
        is_hopeless: whether the shop would answer no request, or none may leave.
        is_halted: whether something outside this run stopped it, and not a row.
        may_pass: whether the reason for the stop may pass without anybody doing something about it.
        deferred: number of rows that a later run may well settle without a person.
    """

    def __init__(self, *, keeps_going: bool) -> None:
        self.held_by: dict[int, int] = {}
        self.deliveries = 0
        self.failures = 0
        self.stop_reason = ""
        self.stopped_at = 0
        self.is_hopeless = False
        self.is_halted = False
        self.may_pass = False
        self.deferred = 0
        self._has_word = False
        self._refused_alike: list[int | str | None] | None = None if keeps_going else []
        self._unanswered = 0
        self._failures_in_a_row = 0
        self._last_failure_at = 0
        self._last_word_at = 0

    def most_at_hand(self, workers: int) -> int:
        """Return the number of updates that may be under way now, or lie ready for the next worker.

        One, until the shop has proved that login and address are right, and when it was last in
        trouble; and never more than are needed to see that it refuses everything alike. Some more
        lie ready, so that no worker is idle, where the next answer does not change how many are
        sent.
        """
        if not self._has_word or self._failures_in_a_row:
            return 1
        if self._refused_alike is not None:
            return max(1, min(workers, REFUSALS_IN_A_ROW - len(self._refused_alike)))
        return workers + most_ready(workers)

    def add(self, row: CheckedRow, result: Result) -> None:
        """Note a result; an order that was not settled holds its later rows back."""
        if result.outcome in SETTLED:
            self._refused_alike = None
        elif row.bill_id is not None and result.needs_person:
            self.held_by.setdefault(row.bill_id, row.row)

    def record(self, job: Work, delivery: SendResult) -> None:
        """Decide whether the batch can go on after a delivery."""
        self.deliveries += 1
        if delivery.scope is FailureScope.ROW:
            self._has_word = True
            self._last_word_at = self.deliveries
            self._unanswered = self._failures_in_a_row = 0
        else:
            self.failures += 1
            self._record_failure(job, delivery)
        self._record_refusal(job, delivery)

    def stop(self, row: CheckedRow | None, reason: str, *, may_pass: bool = False) -> None:
        """Send nothing more, for what a row's result tells, if there is one; the first counts."""
        if not self.stop_reason:
            self.stop_reason = reason
            self.may_pass = may_pass
            self.stopped_at = row.row if row else 0

    def halt(self, reason: str) -> None:
        """Send nothing more, for a reason that lies outside this run."""
        self.is_halted = self.is_halted or not self.stop_reason
        self.is_hopeless = True
        self.stop(None, reason)

    def describe_unanswered(self, count: int, last: str) -> str:
        """Report that the shop's word is missing."""
        return ngettext(
            "{count} update got no proper answer. The last one: {last}",
            "{count} updates in a row got no proper answer. The last one: {last}",
            count,
        ).format(count=count, last=last)

    def describe_refused(self, count: int, last: str) -> str:
        """Report that the shop has refused everything alike."""
        return ngettext(
            "The shop has refused all of the first {count} update alike, so this "
            "may be the wrong shop or the wrong column. If it is right as it is, "
            "say --keep-going. The last one: {last}",
            "The shop has refused all of the first {count} updates alike, so this "
            "may be the wrong shop or the wrong column. If it is right as it is, "
            "say --keep-going. The last one: {last}",
            count,
        ).format(count=count, last=last)

    def _record_failure(self, job: Work, delivery: SendResult) -> None:
        self._unanswered += 1
        # Failures of requests that were under way when the trouble began belong to it, and do not
        # make it longer.
        if not self._failures_in_a_row or job.begun_after >= self._last_failure_at:
            self._failures_in_a_row += 1
            self._last_failure_at = self.deliveries
        is_first_answer_strange = delivery.scope is FailureScope.ANSWER and self.deliveries == 1
        # A limit that lets others through meanwhile is no reason to stop.
        is_used_up = (
            delivery.scope is FailureScope.OVERLOAD and self._last_word_at <= job.begun_after
        )
        is_hopeless = delivery.scope in _HOPELESS
        self.is_hopeless = self.is_hopeless or is_hopeless
        if is_hopeless or is_first_answer_strange or is_used_up:
            self.stop(job.row, delivery.error_text, may_pass=not is_hopeless)
        elif self._failures_in_a_row >= TROUBLES_IN_A_ROW:
            text = self.describe_unanswered(self._unanswered, delivery.error_text)
            self.stop(job.row, text, may_pass=True)

    def _record_refusal(self, job: Work, delivery: SendResult) -> None:
        """Stop when the shop refuses everything alike: it may be the wrong shop or column."""
        if self._refused_alike is None:
            return
        is_refusal = delivery.outcome is Outcome.REJECTED
        if not is_refusal or {delivery.error_code, *self._refused_alike} != {delivery.error_code}:
            self._refused_alike = None
            return
        self._refused_alike.append(delivery.error_code)
        if len(self._refused_alike) == REFUSALS_IN_A_ROW:
            self.stop(job.row, self.describe_refused(REFUSALS_IN_A_ROW, delivery.error_text))
