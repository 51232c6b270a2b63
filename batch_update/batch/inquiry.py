"""Questions about the orders of a sheet, before anything of it is sent; they change nothing."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from batch_update.batch.findings import Findings
from batch_update.batch.interfaces import Ask, Rehearse, RunOptions, StopSignal
from batch_update.batch.run_policy import RunPolicy
from batch_update.errors import FailureScope
from batch_update.i18n import _, ngettext
from batch_update.model import CheckedRow, OrderFinding, OrderState, Outcome, SendResult

_logger = logging.getLogger(__name__)


class _Question(NamedTuple):
    """A question about an order.

    Args:
        row: the first row of the order.
        bill_id: the order.
        begun_after: number of answers that had come when it was handed out.
    """

    row: CheckedRow
    bill_id: int
    begun_after: int


class Inquiry:
    """Asks the shop about orders, each once, however many rows and sheets name it.

    Args:
        askers: one per worker, each called from a separate thread.
        rehearse: returns the result that a delivery would have without sending.
    """

    def __init__(self, askers: Sequence[Ask], rehearse: Rehearse) -> None:
        self._askers = askers
        self._rehearse = rehearse
        self._found: dict[int, OrderFinding] = {}
        self._changed: dict[int, OrderState | None] = {}

    def count(self, rows: Sequence[CheckedRow]) -> int:
        """Return the number of orders that are left to ask about."""
        return len({row.bill_id for row in rows if _is_asked(row)} - self._found.keys())

    def ask(
        self,
        rows: Sequence[CheckedRow],
        *,
        stop_signal: StopSignal,
        on_answer: Callable[[OrderFinding], None],
        options: RunOptions,
    ) -> Findings:
        """Ask about each order of a sheet; no more than sending would, if there is trouble.

        Only one question is under way until the shop has answered the first. It stops when the
        account is refused, when answers are missing several times in a row, or when the shop has
        none of the first orders.

        Args:
            rows: the checked rows, in the order of the sheet.
            stop_signal: whether the user wants to stop.
            on_answer: called with each answer as it comes, in the caller's thread.
            options: the user's options.
        """
        policy = _InquiryPolicy(keeps_going=options.keeps_going)
        if self.count(rows):
            workers = _Askers(self._askers)
            try:
                self._ask_all(rows, workers, policy, (stop_signal, on_answer, options.poll_s))
            finally:
                workers.shutdown()
        findings = Findings(self._found, self._changed, self._rehearse)
        findings.stop_reason = policy.stop_reason
        return findings

    def _ask_all(
        self,
        rows: Sequence[CheckedRow],
        workers: _Askers,
        policy: RunPolicy,
        parts: tuple[StopSignal, Callable[[OrderFinding], None], float],
    ) -> None:
        stop_signal, on_answer, poll_s = parts
        orders = self._left(rows)
        under_way: set[int] = set()
        while not stop_signal.abandon_requested():
            is_over = bool(policy.stop_reason) or stop_signal.stop_requested()
            if is_over:
                under_way -= workers.take_back()
            while not is_over and len(under_way) < policy.most_at_hand(workers.size):
                row = next(orders, None)
                if row is None or row.bill_id is None:
                    break
                under_way.add(row.bill_id)
                workers.assign(_Question(row, row.bill_id, policy.deliveries))
            if not under_way:
                return
            for question, finding in workers.answers(poll_s):
                under_way.discard(question.bill_id)
                self._found[question.bill_id] = finding
                policy.record(question, _as_delivery(finding))
                on_answer(finding)

    def _left(self, rows: Sequence[CheckedRow]) -> Iterator[CheckedRow]:
        """Give the first row of each order that is left to ask about."""
        seen = set(self._found)
        for row in rows:
            if row.bill_id is not None and _is_asked(row) and row.bill_id not in seen:
                seen.add(row.bill_id)
                yield row


class _InquiryPolicy(RunPolicy):
    """The policy of a run, in words for questions."""

    def describe_unanswered(self, count: int, last: str) -> str:
        """Report that the shop does not answer."""
        return ngettext(
            "{count} question got no proper answer. The last one: {last}",
            "{count} questions in a row got no proper answer. The last one: {last}",
            count,
        ).format(count=count, last=last)

    def describe_refused(self, count: int, last: str) -> str:
        """Report that the shop has none of the first orders."""
        return ngettext(
            "The shop does not have the first order of the sheet, so this may be the wrong shop or "
            "the wrong column. If it is right as it is, use --keep-going. {last}",
            "The shop has none of the first {count} orders of the sheet, so this may be the wrong "
            "shop or the wrong column. If it is right as it is, use --keep-going. The last one: "
            "{last}",
            count,
        ).format(count=count, last=last)


class _Askers:
    """Threads that ask, one per asker, as far as the machine can start them.

    They do not keep the process alive.

    Args:
        askers: one per thread.

    Raises:
        RuntimeError: the machine cannot start a single thread.
    """

    def __init__(self, askers: Sequence[Ask]) -> None:
        self.size = 0
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[_Question, OrderFinding]] = queue.SimpleQueue()
        for ask in askers:
            try:
                threading.Thread(target=self._work, args=(ask,), daemon=True).start()
            except RuntimeError:
                if not self.size:
                    raise
                break
            self.size += 1

    def assign(self, question: _Question) -> None:
        """Hand a question to the next idle asker."""
        self._questions.put(question)

    def take_back(self) -> set[int]:
        """Take back the questions that no asker has begun; return their orders."""
        orders = set()
        with contextlib.suppress(queue.Empty):
            while question := self._questions.get_nowait():
                orders.add(question.bill_id)
        return orders

    def answers(self, timeout_s: float) -> list[tuple[_Question, OrderFinding]]:
        """Wait until an answer has come, but not for ever, and return all that have."""
        come = []
        with contextlib.suppress(queue.Empty):
            come.append(self._answers.get(timeout=timeout_s))
            while True:
                come.append(self._answers.get_nowait())
        return come

    def shutdown(self) -> None:
        """Let each asker go when its question is answered."""
        for __ in range(self.size):
            self._questions.put(None)

    def _work(self, ask: Ask) -> None:
        while question := self._questions.get():
            try:
                finding = ask(question.bill_id)
            except BaseException:
                _logger.exception("order %s: a fault of the program", question.bill_id)
                finding = OrderFinding(
                    problem=_(
                        "batch-update itself failed at this order. Report it to the makers of "
                        "batch-update with what --log-file writes down."
                    ),
                    scope=FailureScope.PROGRAM,
                )
            self._answers.put((question, finding))


def _is_asked(row: CheckedRow) -> bool:
    """Return whether the shop is asked about a row's order, also while the row is wrong."""
    return row.bill_id is not None and row.skipped is None


def _as_delivery(finding: OrderFinding) -> SendResult:
    """Return what the policy of a run is to make of an answer."""
    if finding.state is None:
        return SendResult(outcome=Outcome.NOT_SENT, error_text=finding.problem, scope=finding.scope)
    if finding.state.is_missing:
        answer = finding.state.answer
        return SendResult(
            outcome=Outcome.REJECTED, error_code=answer.code, error_text=answer.explanation
        )
    return SendResult(outcome=Outcome.NOT_SENT)
