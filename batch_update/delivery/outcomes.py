"""Errors and results of deliveries, in words for the person who reads the results."""

from __future__ import annotations

import datetime as dt

from batch_update import wording
from batch_update.errors import (
    NotDeliveredError,
    NotShownError,
    OutcomeUnknownError,
    SendError,
)
from batch_update.model import OrderState, OrderUpdate, Outcome, SendResult, ShopAnswer
from batch_update.texts import delivery as texts

_INTERRUPTED = "interrupted"
_DAY_S = 86_400.0


def earlier_run() -> OutcomeUnknownError:
    """Return the error of an update that an earlier run sent without learning its outcome."""
    return OutcomeUnknownError(
        texts.EARLIER_RUN,
        code="earlier_run",
    )


def not_there_yet() -> NotShownError:
    """Return the error of a payment that an earlier run sent, and that the shop does not show."""
    return NotShownError(texts.NOT_THERE_YET, code="earlier_run")


def cancelled_meanwhile() -> OutcomeUnknownError:
    """Return the error of a payment that an earlier run sent, if the order is cancelled now."""
    return OutcomeUnknownError(texts.CANCELLED_MEANWHILE, code="earlier_run")


def not_begun() -> NotDeliveredError:
    """Return the error of an update that was not sent because the user wanted to stop."""
    return NotDeliveredError(texts.INTERRUPTED, code=_INTERRUPTED)


def of_interruption(update: OrderUpdate, *, attempts: int) -> SendResult:
    """Return the result of an interrupted update on which the shop has certainly not acted."""
    error = not_begun()
    return SendResult(
        outcome=Outcome.NOT_SENT,
        error_code=error.code,
        error_text=f"{error.text} {_not_changed(update, error)}",
        attempts=attempts,
    )


def of_success(attempts: int) -> SendResult:
    """Return the result of an update that the shop has just confirmed."""
    return SendResult(
        outcome=Outcome.UPDATED, attempts=attempts, settled_at=dt.datetime.now(dt.UTC)
    )


def of_refusal(answer: ShopAnswer, *, attempts: int) -> SendResult:
    """Return the result of an update that the shop refused, and that changed nothing."""
    return SendResult(
        outcome=Outcome.REJECTED,
        error_code=answer.code,
        error_text=answer.explanation,
        attempts=attempts,
    )


def of_doubtful_refusal(update: OrderUpdate, answer: ShopAnswer, *, attempts: int) -> SendResult:
    """Return the result of an update whose repetition was refused, perhaps as already done."""
    return SendResult(
        outcome=Outcome.UNCONFIRMED,
        error_code=answer.code,
        error_text=texts.DOUBTFUL_REFUSAL.format(
            look=_what_to_look_at(update), answer=answer.explanation
        ),
        attempts=attempts,
    )


def of_payment_found(update: OrderUpdate, state: OrderState, *, is_ours: bool) -> SendResult:
    """Return the result of a payment that was not sent because the order is paid.

    Args:
        update: the payment.
        state: the order, as the shop tells it.
        is_ours: whether an earlier try may have done it.
    """
    if is_ours:
        return of_success(0)
    when = "" if state.paid_at is None else texts.PAID_ON.format(paid_at=state.paid_at)
    return SendResult(
        outcome=Outcome.ALREADY_UPDATED,
        error_text=texts.PAID_ALREADY.format(bill_id=update.bill_id, when=when),
        settled_at=dt.datetime.now(dt.UTC),
    )


def of_no_state(update: OrderUpdate, answer: ShopAnswer) -> SendResult:
    """Return the result of a payment that was not sent because the shop does not show its state."""
    return SendResult(
        outcome=Outcome.NOT_SENT,
        error_code="state_unknown",
        error_text=texts.STATE_UNKNOWN.format(
            bill_id=update.bill_id, code=answer.code, text=wording.quote(answer.text)
        ),
    )


def of_failure(
    update: OrderUpdate,
    error: SendError,
    *,
    attempts: int,
    unconfirmed_cause: SendError | None = None,
    when: str = "",
) -> SendResult:
    """Return the result of an update that no answer of the shop settled.

    Args:
        update: the update.
        error: the last try's error.
        attempts: number of times it was posted.
        unconfirmed_cause: reason why an earlier try may have taken effect; None if none can have.
        when: time from which the row may be run again, in words; empty for that of the error.
    """
    if unconfirmed_cause is not None:
        outcome = Outcome.UNCONFIRMED
        text = f"{error.text} {_what_to_look_at(update, when or _in_minutes(error))}"
    elif error.is_refusal:
        outcome, text = Outcome.REJECTED, error.text
    else:
        text = f"{error.text} {_not_changed(update, error)}"
        outcome = Outcome.NOT_SENT
    return SendResult(
        outcome=outcome,
        error_code=error.code,
        error_text=text,
        attempts=attempts,
        scope=error.scope,
    )


def maybe_paid_again(update: OrderUpdate, error: SendError, safe_from: dt.datetime | None) -> str:
    """Describe a payment beside another one that got no answer."""
    when = after(safe_from) if safe_from else ""
    paid_again = texts.MAYBE_PAID_AGAIN.format(bill_id=update.bill_id, when=when)
    return f"{error.text} {paid_again}"


def _not_changed(update: OrderUpdate, error: SendError) -> str:
    return texts.NOT_CHANGED.format(bill_id=update.bill_id, when=_in_minutes(error))


def _in_minutes(error: SendError) -> str:
    """Return the pause that the server asks for in words, if it is long."""
    minutes = min(error.retry_after_s or 0.0, _DAY_S) / 60
    return texts.LATER.format(minutes=minutes) if minutes > 1.5 else ""


def after(safe_from: dt.datetime, *, needs_force: bool = False) -> str:
    """Describe when a row may be run again, and whether that takes --force."""
    if needs_force:
        return texts.FORCED_AFTER.format(moment=wording.moment(safe_from))
    return texts.AFTER.format(moment=wording.moment(safe_from))


def _what_to_look_at(update: OrderUpdate, when: str = "") -> str:
    number = texts.WITH_NUMBER.format(rpo=update.rpo) if update.rpo else ""
    state = f"{update.status.rule.state}{number}"
    return texts.LOOK_AT_ORDER.format(bill_id=update.bill_id, state=state, when=when)
