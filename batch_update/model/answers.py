"""The shop's answers, whichever API it has: to an update, and about an order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from batch_update.errors import FailureScope


class PaymentState(StrEnum):
    """The state of an order as far as payments go; UNKNOWN if the shop does not tell."""

    PAID = "paid"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


UNPAID = frozenset({PaymentState.WAITING, PaymentState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopAnswer:
    """A verified answer that speaks of the order, not of the account.

    Args:
        is_accepted: whether the shop did as requested.
        code: the API's number, or its word.
        text: the shop's words as they came.
        explanation: the meaning of the answer and advice, for the user; empty if it accepted.
        said: the code and the text, for the user.
        is_conclusive: whether a refusal proves that the order was not changed, even if an earlier
            try got no answer.
        denies_payment: whether a refusal says that a payment could not be recorded.
        shop_time: time of the answer by the shop; None if it has none.
    """

    is_accepted: bool
    code: int | str
    text: str = ""
    explanation: str = ""
    said: str = ""
    is_conclusive: bool = False
    denies_payment: bool = False
    shop_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """The state of one order, as the shop tells it.

    Args:
        answer: the answer that tells it.
        payment: whether it is paid.
        paid_at: time of payment, with a zone; None if the shop does not tell.
        is_missing: whether the shop has no such order.
    """

    answer: ShopAnswer
    payment: PaymentState = PaymentState.UNKNOWN
    paid_at: dt.datetime | None = None
    is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinding:
    """The shop's answer to a question about one order, or the lack of one.

    Args:
        state: the order, as the shop tells it; None if it did not answer.
        problem: the reason for having no answer, for the user; empty if there is one.
        scope: the part of the run that this reason concerns.
    """

    state: OrderState | None = None
    problem: str = ""
    scope: FailureScope = FailureScope.ROW
