"""JustClick's implementation of `ShopApi`: updates to calls, answers to vendor-free values."""

from __future__ import annotations

from typing import Protocol

from batch_update.justclick import protocol
from batch_update.justclick.protocol import Answer
from batch_update.model import OrderState, OrderUpdate, ShopAnswer


class Caller(Protocol):
    """Caller of the API, such as `Client`."""

    def call(self, name: str, fields: list[tuple[str, str]], /) -> Answer:
        """Post one call and verify its answer.

        Raises:
            SendError: there is none that speaks of the order.
        """


class JustClickReader:
    """The part of the API of one JustClick shop that changes nothing.

    Args:
        caller: makes the calls; a `Client`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read_back(self, bill_id: int) -> OrderState:
        """Ask for the state of one order.

        Raises:
            SendError: there is no verified answer that speaks of the order.
        """
        answer = self._caller.call(protocol.DETAILS_CALL, protocol.details_fields(bill_id))
        return OrderState(
            answer=_shop_answer(answer),
            payment=protocol.payment_state(answer, bill_id),
            paid_at=protocol.paid_at(answer),
            is_missing=answer.code in protocol.NO_SUCH_ORDER_CODES,
        )


class JustClickApi(JustClickReader):
    """The API of one JustClick shop, for delivery.

    Args:
        caller: makes the calls; a `Client`.
    """

    def apply(self, update: OrderUpdate) -> ShopAnswer:
        """Send one update.

        Raises:
            SendError: there is no verified answer that speaks of the order.
        """
        fields = protocol.update_fields(update)
        return _shop_answer(self._caller.call(protocol.UPDATE_CALL, fields))


def _shop_answer(answer: Answer) -> ShopAnswer:
    return ShopAnswer(
        is_accepted=answer.is_success,
        code=answer.code,
        text=answer.text,
        explanation="" if answer.is_success else answer.explain(),
        said=answer.said,
        is_conclusive=answer.meaning.is_conclusive,
        denies_payment=answer.meaning.denies_payment,
        shop_time=answer.shop_time,
    )
