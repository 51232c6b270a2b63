"""Delivery through a shop's API that is neither JustClick's nor HTTP."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender, ShopApi
from batch_update.errors import (
    AccountRefusedError,
    CannotConnectError,
    FailureScope,
    NotDeliveredError,
    OutcomeUnknownError,
    SendError,
)
from batch_update.model import (
    OrderState,
    OrderUpdate,
    Outcome,
    PaymentState,
    SendResult,
    ShopAnswer,
    Status,
)

DONE = ShopAnswer(is_accepted=True, code="done")
REFUSED = ShopAnswer(is_accepted=False, code="gone", explanation="There is no such order.")
PAID = OrderUpdate(bill_id=1, status=Status.PAID, date=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))


class Notebook:
    """A shop in memory, which fails at first in the given ways."""

    def __init__(self, *errors: SendError) -> None:
        self.states = {1: PaymentState.WAITING}
        self.errors = list(errors)

    def apply(self, update: OrderUpdate) -> ShopAnswer:
        if update.bill_id not in self.states:
            return REFUSED
        error = self.errors.pop(0) if self.errors else None
        if error is None or error.may_have_acted:
            self.states[update.bill_id] = PaymentState.PAID
        if error is not None:
            raise error
        return DONE

    def read_back(self, bill_id: int) -> OrderState:
        return OrderState(answer=DONE, payment=self.states[bill_id])


def deliver(shop: ShopApi, update: OrderUpdate = PAID) -> SendResult:
    limiter = AdaptiveLimiter(
        concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
    )
    return Sender(shop, retries=1, limiter=limiter).deliver(update)


def test_an_update_is_delivered() -> None:
    shop = Notebook()
    result = deliver(shop)
    assert (result.outcome, result.attempts) == (Outcome.UPDATED, 1)
    assert shop.states == {1: PaymentState.PAID}


def test_a_refusal_carries_the_shops_own_code_and_words() -> None:
    result = deliver(Notebook(), OrderUpdate(bill_id=2, status=Status.CANCEL))
    assert (result.outcome, result.error_code) == (Outcome.REJECTED, "gone")
    assert result.error_text == "There is no such order."
    assert result.scope is FailureScope.ROW


def test_what_certainly_did_not_arrive_is_sent_again() -> None:
    result = deliver(Notebook(NotDeliveredError("The line is busy.", code="busy")))
    assert (result.outcome, result.attempts) == (Outcome.UPDATED, 2)


def test_a_payment_without_an_answer_is_read_back_and_not_sent_again() -> None:
    result = deliver(Notebook(OutcomeUnknownError("The line broke.", code="broke")))
    assert (result.outcome, result.attempts) == (Outcome.UPDATED, 1)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AccountRefusedError("The account is closed.", code="closed"), Outcome.REJECTED),
        (CannotConnectError("There is no line.", code="no_line"), Outcome.NOT_SENT),
    ],
    ids=["refused", "no-connection"],
)
def test_an_error_says_itself_what_it_means_for_row_and_run(
    error: SendError, outcome: Outcome
) -> None:
    result = deliver(Notebook(error))
    assert (result.outcome, result.scope) == (outcome, FailureScope.ACCOUNT)
