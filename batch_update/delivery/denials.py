"""Results of payments that the shop says it could not record, by what it shows afterwards."""

from __future__ import annotations

import datetime as dt

from batch_update.i18n import _
from batch_update.model import (
    OrderState,
    OrderUpdate,
    Outcome,
    PaymentState,
    SendResult,
    ShopAnswer,
)


def of_unpaid_order(
    update: OrderUpdate, answer: ShopAnswer, state: OrderState, *, attempts: int
) -> SendResult:
    """Return the result if the shop, read back, shows no payment."""
    text = (
        _(
            "The shop could not record the payment ({said}), and shows order {bill_id} as "
            "cancelled. Look at the order in the shop: if the payment is to be booked all the "
            "same, record it there."
        )
        if state.payment is PaymentState.CANCELLED
        else _(
            "The shop could not record the payment ({said}), and shows order {bill_id} as not "
            "paid. Record it in the shop by hand, or ask the administrator why it is refused."
        )
    )
    return SendResult(
        outcome=Outcome.REJECTED,
        error_code=answer.code,
        error_text=text.format(said=answer.said, bill_id=update.bill_id),
        attempts=attempts,
    )


def of_paid_order(
    update: OrderUpdate,
    answer: ShopAnswer,
    state: OrderState,
    at: dt.datetime,
    *,
    attempts: int,
    is_wanted: bool,
) -> SendResult:
    """Return the result if the shop shows a payment that may have been there before.

    Args:
        update: the payment.
        answer: the shop's refusal of it.
        state: the order, as the shop tells it.
        at: this moment, with a zone.
        attempts: number of times it was posted.
        is_wanted: whether it was to be booked beside a payment that is there.
    """
    if is_wanted:
        outcome, code = Outcome.REJECTED, answer.code
        text = _(
            "The shop could not record this payment ({said}); order {bill_id} has a payment "
            "already{when}. Look at the order in the shop; if this payment is missing, record it "
            "there by hand."
        )
    else:
        outcome, code = Outcome.ALREADY_UPDATED, None
        text = _(
            "The shop did not record this payment ({said}), since order {bill_id} is paid "
            "already{when}. If this payment is to be booked beside that one, record it in the shop "
            "by hand."
        )
    when = (
        ""
        if state.paid_at is None
        else _(" ({paid_at:%Y-%m-%d %H:%M %Z})").format(paid_at=state.paid_at)
    )
    return SendResult(
        outcome=outcome,
        error_code=code,
        error_text=text.format(said=answer.said, bill_id=update.bill_id, when=when),
        attempts=attempts,
        settled_at=None if is_wanted else at,
    )


def of_no_word(
    update: OrderUpdate, answer: ShopAnswer, when: str, *, attempts: int, is_second: bool
) -> SendResult:
    """Return the result if the shop did not tell whether the order is paid.

    Args:
        update: the payment.
        answer: the shop's refusal of it.
        when: time from which the row may be run again, in words.
        attempts: number of times it was posted.
        is_second: whether the order may have been paid before.
    """
    text = (
        _(
            "The shop could not record this payment ({said}), and the order may have been paid "
            "before. Look at order {bill_id} in the shop: if this payment is missing, record it "
            "there by hand, or run this row again{when}."
        )
        if is_second
        else _(
            "The shop could not record the payment ({said}), and reading order {bill_id} back did "
            "not settle whether it is paid. Look at the order in the shop: if it is paid, all is "
            "well; if it is not, record the payment there by hand, or run this row again{when}."
        )
    )
    return SendResult(
        outcome=Outcome.UNCONFIRMED,
        error_code=answer.code,
        error_text=text.format(said=answer.said, bill_id=update.bill_id, when=when),
        attempts=attempts,
    )
