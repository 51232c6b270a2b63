"""Questions about orders that change nothing, and their use: what a delivery would come to."""

from __future__ import annotations

import threading

from batch_update.delivery.clock import ShopClock
from batch_update.delivery.concurrency import FixedConcurrency
from batch_update.delivery.delivery import Sender
from batch_update.delivery.limited_api import LimitedReader
from batch_update.delivery.limiter import AdaptiveLimiter
from batch_update.delivery.shop_api import OrderReader
from batch_update.errors import SendError
from batch_update.model import (
    Approach,
    Moment,
    OrderFinding,
    OrderState,
    OrderUpdate,
    SendResult,
    ShopAnswer,
)


class Inquirer:
    """Asks a shop for orders, one at a time. It holds nothing that could change one.

    Args:
        api: calls the shop.
        retries: most repetitions of a failed call.
        limiter: decides when a request may leave; shared with the other workers.
        clock: observes the shop's time.
    """

    def __init__(
        self, api: OrderReader, *, retries: int, limiter: AdaptiveLimiter, clock: ShopClock
    ) -> None:
        self._api = LimitedReader(api, retries=retries, limiter=limiter, clock=clock)

    def ask(self, bill_id: int) -> OrderFinding:
        """Ask for one order, with as many tries as a reading may have."""
        try:
            return OrderFinding(state=self._api.read_back(bill_id))
        except SendError as error:
            return OrderFinding(problem=error.text, scope=error.scope)


class _ToldShop:
    """A shop of one order whose state is known, and that is never sent anything.

    Args:
        state: the order, as the real shop told it.

    Attributes:
        is_sent_to: whether the update would have been sent.
    """

    def __init__(self, state: OrderState) -> None:
        self._state = state
        self.is_sent_to = False

    def apply(self, _: OrderUpdate) -> ShopAnswer:
        """Note that the update would leave."""
        self.is_sent_to = True
        return ShopAnswer(is_accepted=True, code="")

    def read_back(self, _: int) -> OrderState:
        """Return the known state."""
        return self._state


def rehearse(
    clock: ShopClock,
    update: OrderUpdate,
    approach: Approach,
    unknown_since: Moment | None,
    state: OrderState,
) -> SendResult | None:
    """Return the result that a delivery would have without sending; None if it would send.

    The sender itself decides, before a shop that is only played.

    Args:
        clock: returns the time, in the zone in which it is shown to people.
        update: the update.
        approach: the way to deliver it; not LOOK, which never sends.
        unknown_since: time when an earlier try of unknown outcome was given up.
        state: the order, as the shop told it.
    """
    shop = _ToldShop(state)
    limiter = AdaptiveLimiter(
        concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
    )
    # How long ago an earlier try was is a matter of the approach, and decided already.
    sender = Sender(shop, retries=0, limiter=limiter, clock=clock, settle_s=0.0)
    result = sender.deliver(update, approach, unknown_since)
    return None if shop.is_sent_to else result
