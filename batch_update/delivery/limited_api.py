"""A shop's API behind the limiter, which learns the shop's load from each answer."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace

from batch_update import wording
from batch_update.delivery import outcomes, retry_policy
from batch_update.delivery.clock import ShopClock
from batch_update.delivery.limiter import AdaptiveLimiter
from batch_update.delivery.retry_policy import LONGEST_WAIT_S, RetryPolicy
from batch_update.delivery.shop_api import OrderReader, ShopApi
from batch_update.errors import HeldBackError, SendError
from batch_update.model import OrderState, OrderUpdate, ShopAnswer

_logger = logging.getLogger(__name__)

# Kinds of calls, some of which take the shop longer than others.
_READING, _UPDATING = "reading", "updating: "


class LimitedReader:
    """Reader of a shop's orders, paced by the limiter.

    All workers' limiter and clock observe each answer.

    Args:
        api: makes the calls.
        retries: most repetitions of a failed call.
        limiter: decides when a call may be made.
        clock: observes the shop's time.
    """

    def __init__(
        self, api: OrderReader, *, retries: int, limiter: AdaptiveLimiter, clock: ShopClock
    ) -> None:
        self._reader = api
        self._limiter = limiter
        self._clock = clock
        self._reading = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_repeated)

    def read_back(self, bill_id: int) -> OrderState:
        """Ask the shop for an order; reading may be repeated freely.

        Returns:
            Its state, with times in the zone in which they are shown.

        Raises:
            SendError: no verified answer came.
        """
        try:
            state = self._reading(self._read_in_slot, bill_id)
        except SendError as error:
            _logger.info("order %s, reading it back: %s", bill_id, error.text)
            raise
        _logger.info("order %s, reading it back: %s", bill_id, wording.quote(state.answer.text))
        if state.paid_at is None:
            return state
        return replace(state, paid_at=state.paid_at.astimezone(self._clock.now().tzinfo))

    def _read_in_slot(self, bill_id: int) -> OrderState:
        while not self._limiter.stop_reason:
            with self._limiter.slot() as slot, self._watching(slot, _READING):
                try:
                    state = self._reader.read_back(bill_id)
                except HeldBackError:
                    if self._limiter.is_stopped:
                        break
                    continue
                self._note(state.answer, slot, _READING)
                return state
        raise outcomes.not_begun(self._limiter.stop_reason)

    @contextlib.contextmanager
    def _watching(self, slot: int, call: str) -> Iterator[None]:
        """Report a busy shop, or one that does not answer, to all workers."""
        try:
            yield
        except SendError as error:
            if error.is_busy:
                self._limiter.on_overload(slot)
                if error.retry_after_s is not None and error.retry_after_s <= LONGEST_WAIT_S:
                    self._limiter.pause_all(error.retry_after_s)
            elif error.is_refusal:
                self._limiter.on_refusal(error.text)
            elif error.may_have_acted:
                self._limiter.on_lost(slot, call)
            raise

    def _note(self, answer: ShopAnswer, slot: int, call: str) -> None:
        self._clock.observe(answer.shop_time)
        self._limiter.on_success(slot, call)


class LimitedApi(LimitedReader):
    """Caller of a shop, paced by the limiter.

    Args:
        api: makes the calls.
        retries: most repetitions of a failed read-back.
        limiter: decides when a call may be made.
        clock: observes the shop's time.
    """

    def __init__(
        self, api: ShopApi, *, retries: int, limiter: AdaptiveLimiter, clock: ShopClock
    ) -> None:
        super().__init__(api, retries=retries, limiter=limiter, clock=clock)
        self._api = api

    def apply(self, update: OrderUpdate, slot: int) -> ShopAnswer:
        """Send one update, once.

        Args:
            update: the update.
            slot: the number of the slot in which it is sent.

        Raises:
            SendError: no verified answer came.
            HeldBackError: it had to be held back, and is to have another slot.
        """
        call = _UPDATING + update.status.value
        with self._watching(slot, call):
            answer = self._api.apply(update)
        self._note(answer, slot, call)
        return answer
