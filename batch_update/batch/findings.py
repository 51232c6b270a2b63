"""The shop's answers about the orders of a sheet, as a dry run takes them into account."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from msgspec.structs import replace

from batch_update.batch.interfaces import Job, Rehearse
from batch_update.errors import FailureScope
from batch_update.i18n import _
from batch_update.model import (
    DRY_RUN,
    IN_ORDER,
    Approach,
    CheckedRow,
    OrderFinding,
    OrdersAsked,
    OrderState,
    OrderUpdate,
    Outcome,
    PaymentState,
    Problem,
    Result,
    SendResult,
    WarningKind,
)

ORDER_MISSING = "order_missing"
"""The code of a row whose order the shop does not have."""


class Findings:
    """The shop's answers, by order, and their meaning for the rows of one sheet.

    An answer tells what was when the shop was asked. Once a row of the order would be sent, the
    order is as that row leaves it, as far as the shop would show it.

    Args:
        found: the answers, by order; an order that is not there was not asked about.
        changed: the orders that rows so far would have changed, as these leave them; None for one
            of which the shop's next answer cannot be known.
        rehearse: returns the result that a delivery would have without sending.

    Attributes:
        stop_reason: reason for not asking about the rest; empty if nothing stopped it.
    """

    def __init__(
        self,
        found: Mapping[int, OrderFinding],
        changed: dict[int, OrderState | None],
        rehearse: Rehearse,
    ) -> None:
        self.stop_reason = ""
        self._found = found
        self._changed = changed
        self._rehearse = rehearse
        self._changed_by = dict.fromkeys(changed, 0)
        self._foretold: dict[int, str] = {}
        self._kinds: dict[str, tuple[str, array[int]]] = {}
        self._orders: set[int] = set()

    @property
    def asked(self) -> OrdersAsked:
        """The answers about the rows so far, counted and grouped."""
        found = [self._found[one] for one in self._orders & self._found.keys()]
        return OrdersAsked(
            count=len(self._orders),
            answered=sum(finding.state is not None for finding in found),
            kinds=[
                WarningKind(code=code, text=text, rows=sorted(rows))
                for code, (text, rows) in self._kinds.items()
            ],
        )

    def foretell(self, job: Job) -> SendResult | None:
        """Return the result that an update would have without sending; None if it would be sent."""
        state = self._state(job.update.bill_id)
        if state is None:
            return None
        if state.is_missing:
            return SendResult(
                outcome=Outcome.NOT_SENT,
                error_code=ORDER_MISSING,
                error_text=_missing(job.update.bill_id, state),
            )
        if job.approach is Approach.LOOK:
            return self._foretell_look(job, state)
        result = self._rehearse(job.update, job.approach, job.unknown_since, state)
        if result is None:
            self._change(job, state)
            return None
        if result.outcome is Outcome.UPDATED:
            return self._paid_before(job)
        if result.outcome is Outcome.ALREADY_UPDATED:
            self._foretold[job.row.row] = result.error_text
        return replace(result, scope=FailureScope.ROW, settled_at=None, may_be_looked_up=False)

    def annotate(self, row: CheckedRow, result: Result) -> Result:
        """Add to a row's result what the shop said of its order."""
        bill_id = row.bill_id
        if bill_id is None or row.skipped is not None:
            return result
        self._orders.add(bill_id)
        finding = self._found.get(bill_id) or OrderFinding()
        if finding.state is None:
            problem = _unanswered(row, bill_id, finding) if _is_ready(result) else None
        elif finding.state.is_missing:
            problem = _problem(row, ORDER_MISSING, _missing(bill_id, finding.state))
            if result.outcome is Outcome.NOT_SENT:
                return replace(result, error_code=ORDER_MISSING, error_text=problem.text)
        else:
            problem = self._remark(row, result, finding.state)
            if problem is None and result.error_code == DRY_RUN:
                return replace(result, error_text=_found(bill_id))
        return result if problem is None else self._with(problem, result)

    def _with(self, problem: Problem, result: Result) -> Result:
        """Count something that somebody should know, and add it to a row's text."""
        __, rows = self._kinds.setdefault(problem.code, (problem.text, array("q")))
        rows.append(result.row)
        if problem.text in result.error_text:
            return result
        said = result.error_text if result.error_code != DRY_RUN else _("Dry run: would be sent.")
        return replace(result, error_text=f"{said} {problem.text}".strip())

    def _state(self, bill_id: int) -> OrderState | None:
        if bill_id in self._changed:
            return self._changed[bill_id]
        finding = self._found.get(bill_id)
        return finding.state if finding else None

    def _change(self, job: Job, state: OrderState) -> None:
        """Let an order be as an update would leave it."""
        rule, bill_id = job.update.status.rule, job.update.bill_id
        if state.payment is PaymentState.UNKNOWN:
            return
        if rule.proved_by is not None:
            self._changed[bill_id] = OrderState(answer=state.answer, payment=rule.proved_by)
        elif rule.is_end:
            # Whether a returned order counts as paid is the shop's own affair.
            self._changed[bill_id] = None
        if bill_id in self._changed:
            self._changed_by.setdefault(bill_id, job.row.row)

    def _foretell_look(self, job: Job, state: OrderState) -> SendResult:
        if state.payment is job.update.status.rule.proved_by:
            return self._paid_before(job)
        return SendResult(
            outcome=Outcome.UNCONFIRMED,
            error_code="earlier_run",
            error_text=_(
                "Dry run: an earlier try of this payment got no answer, and the shop, asked just "
                "now, does not show it, or not yet. Nothing would be sent before it has had its "
                "time."
            ),
        )

    def _paid_before(self, job: Job) -> SendResult:
        """Return the result of a payment that an earlier run has made after all."""
        text = _(
            "The shop shows order {bill_id} as paid, so the payment of which an earlier run did "
            "not learn the outcome is there; nothing would be sent."
        ).format(bill_id=job.update.bill_id)
        self._foretold[job.row.row] = text
        return SendResult(outcome=Outcome.ALREADY_UPDATED, error_text=text)

    def _remark(self, row: CheckedRow, result: Result, state: OrderState) -> Problem | None:
        """Return what somebody should know of a row's order; None if there is nothing."""
        update = row.update
        if row.row in self._foretold:
            return _problem(row, "order_paid", self._foretold.pop(row.row))
        if update is None or self._changed_by.get(update.bill_id, row.row) != row.row:
            return None
        is_ready = _is_ready(result)
        if state.payment is PaymentState.CANCELLED:
            code, text = "order_cancelled", _cancelled(update)
        elif state.payment is PaymentState.UNKNOWN and is_ready:
            code, text = "order_unclear", _unclear(update, state)
        elif state.payment is update.status.rule.proved_by and is_ready:
            code, text = "order_paid", _paid(update)
        else:
            return None
        return _problem(row, code, text)


def _is_ready(result: Result) -> bool:
    """Return whether a row would be sent, itself or with its twin."""
    return result.error_code in IN_ORDER


def _problem(row: CheckedRow, code: str, text: str) -> Problem:
    return Problem(row=row.row, column=None, code=code, text=text)


def _unanswered(row: CheckedRow, bill_id: int, finding: OrderFinding) -> Problem:
    """Report that nothing is known of a row's order."""
    if finding.problem:
        text = _(
            "The shop was asked about order {bill_id} and gave no proper answer, so it is not "
            "known whether it takes this row: {problem}"
        ).format(bill_id=bill_id, problem=finding.problem)
        return _problem(row, "order_no_answer", text)
    text = _(
        "The shop was not asked about order {bill_id}, because the asking ended before its turn."
    ).format(bill_id=bill_id)
    return _problem(row, "order_not_asked", text)


def _found(bill_id: int) -> str:
    return _("Dry run: in order, and the shop has order {bill_id}; would be sent.").format(
        bill_id=bill_id
    )


def _missing(bill_id: int, state: OrderState) -> str:
    return _(
        "The shop has no order {bill_id} ({said}). Check the number against the shop, correct "
        "the cell and check again. Sent as it is, the row would be refused."
    ).format(bill_id=bill_id, said=state.answer.said)


def _cancelled(update: OrderUpdate) -> str:
    if update.status.rule.proved_by is PaymentState.CANCELLED:
        text = _("The shop shows order {bill_id} as cancelled already.")
    else:
        text = _(
            "The shop shows order {bill_id} as cancelled. Look at it in the shop before you send "
            "this row; if the order is to stay cancelled, take the row out."
        )
    return text.format(bill_id=update.bill_id)


def _unclear(update: OrderUpdate, state: OrderState) -> str:
    return _(
        "The shop answered for order {bill_id}, but did not say whether it is paid or cancelled "
        "({said})."
    ).format(bill_id=update.bill_id, said=state.answer.said)


def _paid(update: OrderUpdate) -> str:
    return _(
        "The shop shows order {bill_id} as paid already, and yet this payment would be sent, "
        "because of --force or --no-read-back."
    ).format(bill_id=update.bill_id)
