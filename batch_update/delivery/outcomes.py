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
from batch_update.i18n import _, ngettext
from batch_update.model import OrderState, OrderUpdate, Outcome, SendResult, ShopAnswer

_INTERRUPTED = "interrupted"
_STOPPED = "stopped"
_DAY_S = 86_400.0


def earlier_run() -> OutcomeUnknownError:
    """Return the error of an update that an earlier run sent without learning its outcome."""
    return OutcomeUnknownError(
        _(
            "An earlier run sent this update and did not learn what came of it, and now "
            "the shop could not be asked."
        ),
        code="earlier_run",
    )


def not_there_yet() -> NotShownError:
    """Return the error of a payment that an earlier run sent, and that the shop does not show."""
    return NotShownError(
        _(
            "An earlier try of this payment got no answer or was cut off; the shop does not "
            "show it, or not yet."
        ),
        code="earlier_run",
    )


def cancelled_meanwhile() -> OutcomeUnknownError:
    """Error of a payment that an earlier run sent, if the order is cancelled now."""
    return OutcomeUnknownError(
        _(
            "An earlier try of this payment got no answer or was cut off, and the order is "
            "cancelled now, so the shop does not tell whether it was booked."
        ),
        code="earlier_run",
    )


def not_begun(reason: str = "") -> NotDeliveredError:
    """Error of an update that was not sent because the user wanted to stop, or the run had to.

    Args:
        reason: the reason why the run had to stop; empty if the user wanted it.
    """
    if reason:
        text = _("The run had to stop before this update. {reason}").format(reason=reason)
        return NotDeliveredError(text, code=_STOPPED)
    return NotDeliveredError(_("The run was interrupted before this update."), code=_INTERRUPTED)


def of_interruption(update: OrderUpdate, reason: str, *, attempts: int) -> SendResult:
    """Return the result of an interrupted update on which the shop has certainly not acted."""
    error = not_begun(reason)
    return SendResult(
        outcome=Outcome.NOT_SENT,
        error_code=error.code,
        error_text=f"{error.text} {_not_changed(update, error)}",
        attempts=attempts,
    )


def of_success(attempts: int, at: dt.datetime) -> SendResult:
    """Return the result of an update that the shop has just confirmed.

    Args:
        attempts: number of times it was posted.
        at: this moment, with a zone.
    """
    return SendResult(outcome=Outcome.UPDATED, attempts=attempts, settled_at=at)


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
        error_text=_(
            "The first try got no answer and may have worked; to the repetition the shop "
            "said no. {look} Its answer: {answer}"
        ).format(look=_what_to_look_at(update), answer=answer.explanation),
        attempts=attempts,
    )


def of_payment_found(
    update: OrderUpdate, state: OrderState, at: dt.datetime, *, is_ours: bool
) -> SendResult:
    """Return the result of a payment that was not sent because the order is paid.

    Args:
        update: the payment.
        state: the order, as the shop tells it.
        at: this moment, with a zone.
        is_ours: whether an earlier try may have done it.
    """
    if is_ours:
        return of_success(0, at)
    when = (
        ""
        if state.paid_at is None
        else _(" ({paid_at:%Y-%m-%d %H:%M %Z})").format(paid_at=state.paid_at)
    )
    return SendResult(
        outcome=Outcome.ALREADY_UPDATED,
        error_text=_(
            "The shop says that order {bill_id} is paid already{when}, so nothing was "
            "sent. If this payment is to be booked beside that one, run a sheet with it "
            "alone and --force."
        ).format(bill_id=update.bill_id, when=when),
        settled_at=at,
    )


def of_no_state(update: OrderUpdate, answer: ShopAnswer) -> SendResult:
    """Return the result of a payment that was not sent because the shop does not show its state."""
    return SendResult(
        outcome=Outcome.NOT_SENT,
        error_code="state_unknown",
        error_text=_(
            "The shop did not say whether order {bill_id} is paid (code {code}: {text}), "
            "so nothing was sent. Ask the administrator whether the API may read orders; "
            "to send payments without asking first, use --no-read-back."
        ).format(bill_id=update.bill_id, code=answer.code, text=wording.quote(answer.text)),
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
    paid_again = _(
        "The order may have been paid before, so the shop cannot tell whether this payment "
        "was booked. Look at order {bill_id} in the shop; if this payment is missing, run "
        "this row again with --force{when}."
    ).format(bill_id=update.bill_id, when=when)
    return f"{error.text} {paid_again}"


def _not_changed(update: OrderUpdate, error: SendError) -> str:
    return _("Order {bill_id} was not changed; run this row again{when}.").format(
        bill_id=update.bill_id, when=_in_minutes(error)
    )


def _in_minutes(error: SendError) -> str:
    """Return the pause that the server asks for in words, if it is long."""
    minutes = min(error.retry_after_s or 0.0, _DAY_S) / 60
    return (
        ngettext(
            " in {minutes:.0f} minute or later",
            " in {minutes:.0f} minutes or later",
            round(minutes),
        ).format(minutes=minutes)
        if minutes > 1.5
        else ""
    )


def after(safe_from: dt.datetime, *, needs_force: bool = False) -> str:
    """Describe when a row may be run again, and whether that takes --force."""
    if needs_force:
        return _(" with --force after {moment}").format(moment=wording.moment(safe_from))
    return _(" after {moment}").format(moment=wording.moment(safe_from))


def _what_to_look_at(update: OrderUpdate, when: str = "") -> str:
    number = _(" with tracking number {rpo}").format(rpo=update.rpo) if update.rpo else ""
    state = f"{_(update.status.rule.state)}{number}"
    return _(
        "Look at order {bill_id} in the shop: if it is {state}, all is well; if it is not, "
        "run this row again{when}."
    ).format(bill_id=update.bill_id, state=state, when=when)
