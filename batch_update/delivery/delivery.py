"""Bringing one update home: when to try again, when to read back, when to give up."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from batch_update import wording
from batch_update.delivery import outcomes, retry_policy
from batch_update.delivery.clock import ShopClock
from batch_update.delivery.limiter import AdaptiveLimiter
from batch_update.delivery.retry_policy import LONGEST_WAIT_S, SETTLING_S, RetryPolicy
from batch_update.errors import SendError
from batch_update.justclick import protocol
from batch_update.justclick.protocol import Answer
from batch_update.orders import Approach, Moment, OrderUpdate, SendResult, Status
from batch_update.texts import delivery as texts

_WAITING = "waiting"

_logger = logging.getLogger(__name__)


class Api(Protocol):
    """What the sender needs of a client."""

    def call(self, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Post one call and verify its answer."""


@dataclass(slots=True, kw_only=True)
class Attempts:
    """What has happened to one update so far.

    Args:
        count: how many times it was posted.
        unconfirmed_cause: why an earlier try may have taken effect; None if none can have.
        unknown_since: when the last try was given up that may still take effect.
        last: the last error.
        shows_itself: whether the shop, when it says that an order is paid, speaks of this payment.
    """

    count: int = 0
    unconfirmed_cause: SendError | None = None
    unknown_since: Moment | None = None
    last: SendError | None = None
    shows_itself: bool = True


class Sender:
    """Delivers updates, one at a time.

    Args:
        api: calls the shop.
        retries: how often a failed call is repeated at most.
        limiter: when a request may leave; shared with the other workers' senders.
        clock: tells the time, in the zone in which people are told it; all workers share it.
        settle_s: after so many seconds a request is taken to have had its effect.
    """

    def __init__(
        self,
        api: Api,
        *,
        retries: int,
        limiter: AdaptiveLimiter,
        clock: ShopClock | None = None,
        settle_s: float = 600.0,
    ) -> None:
        self._api = api
        self._limiter = limiter
        self._clock = clock or ShopClock(partial(dt.datetime.now, dt.UTC))
        self._settle_s = settle_s
        self._posting = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_repeated)
        self._paying = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_paid_again)
        self._reading = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_repeated)

    def deliver(
        self,
        update: OrderUpdate,
        approach: Approach = Approach.POST,
        unknown_since: Moment | None = None,
    ) -> SendResult:
        """Bring one update to the shop, as often as is safe.

        A payment that may have been made is not sent again here: the shop is asked for it once, and
        then it is for the caller to come back to it (`SendResult.may_be_looked_up`).

        Args:
            update: what to send.
            approach: how.
            unknown_since: when an earlier try was given up whose outcome is unknown.

        Returns:
            What came of it; an update is `updated` only by an answer that was verified.
        """
        attempts = Attempts(unknown_since=unknown_since)
        if unknown_since is not None:
            attempts.unconfirmed_cause = outcomes.earlier_run()
        if approach is Approach.REPEAT:
            self._limiter.pause(SETTLING_S)
        if approach is Approach.LOOK:
            return self._look(update, attempts)
        if approach is Approach.AGAIN:
            attempts.shows_itself = self._is_unpaid(update.bill_id)
        is_asked = approach in {Approach.ASK, Approach.SETTLE, Approach.INSIST}
        insists = approach is Approach.INSIST
        if is_asked and (known := self._ask(update, attempts, insists=insists)):
            return known
        posting = self._paying if update.status is Status.PAID else self._posting
        try:
            answer = posting(self._post, update, attempts)
        except SendError as error:
            return self._give_up(update, error, attempts)
        return self._conclude(update, answer, attempts)

    def _post(self, update: OrderUpdate, attempts: Attempts) -> Answer:
        try:
            with self._limiter.slot(attempts.count) as number:
                if self._limiter.stop.is_set():
                    raise attempts.last or outcomes.not_begun()
                attempts.count += 1
                fields = protocol.update_fields(update)
                return self._call(number, protocol.UPDATE_CALL, fields)
        except SendError as error:
            attempts.last = error
            if error.may_have_acted:
                attempts.unconfirmed_cause, attempts.unknown_since = error, self._clock.read()
            _logger.info(texts.LOG_TRY, update.bill_id, attempts.count, error.text)
            raise

    def _call(self, number: int, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Make a call whose turn it is, and let all workers know how busy the shop is."""
        try:
            answer = self._api.call(name, fields)
        except SendError as error:
            if error.is_busy:
                self._limiter.on_overload(number)
                if error.retry_after_s is not None and error.retry_after_s <= LONGEST_WAIT_S:
                    self._limiter.pause_all(error.retry_after_s)
            raise
        self._clock.observe(answer.shop_time)
        self._limiter.on_success()
        return answer

    def _give_up(self, update: OrderUpdate, error: SendError, attempts: Attempts) -> SendResult:
        """Say what is known of an update that got no answer which settles it."""
        is_undone = error.is_retriable and not error.may_have_acted
        if self._limiter.stop.is_set() and is_undone and attempts.unconfirmed_cause is None:
            return outcomes.of_interruption(update, attempts=attempts.count)
        is_lost_payment = update.status is Status.PAID and error.may_have_acted
        if is_lost_payment and not attempts.shows_itself:
            delivery = self._unsettled(update, error, attempts)
            safe_from = self._safe_from(attempts)
            text = outcomes.maybe_paid_again(update, error, safe_from)
            return replace(delivery, error_text=text)
        if is_lost_payment and retry_policy.may_be_repeated(error):
            self._limiter.pause(SETTLING_S)
            return self._look(update, attempts)
        return self._unsettled(update, error, attempts)

    def _unsettled(
        self,
        update: OrderUpdate,
        error: SendError,
        attempts: Attempts,
        *,
        needs_force: bool = False,
    ) -> SendResult:
        safe_from = self._safe_from(attempts) if update.status is Status.PAID else None
        delivery = outcomes.of_failure(
            update,
            error,
            attempts=attempts.count,
            unconfirmed_cause=attempts.unconfirmed_cause,
            when="" if safe_from is None else outcomes.after(safe_from, needs_force=needs_force),
        )
        return replace(delivery, unknown_since=attempts.unknown_since)

    def _safe_from(self, attempts: Attempts) -> dt.datetime | None:
        """Tell from when on what may be under way has had its effect."""
        if attempts.unknown_since is None:
            return None
        left_s = self._settle_s - self._clock.passed_s(attempts.unknown_since)
        return self._clock.now() + dt.timedelta(seconds=max(0.0, min(left_s, self._settle_s)))

    def _is_unpaid(self, bill_id: int) -> bool:
        """Tell whether the shop says that an order is not paid."""
        try:
            answer = self._read(bill_id)
        except SendError:
            return False
        return protocol.payment_state(answer, bill_id) in protocol.UNPAID_STATES

    def _ask(self, update: OrderUpdate, attempts: Attempts, *, insists: bool) -> SendResult | None:
        """Ask for a payment before it is sent; give what comes of it, None if it is to be sent."""
        try:
            answer = self._read(update.bill_id)
        except SendError as error:
            if not insists:
                return self._not_asked(update, error, attempts)
            answer = Answer(code=-1, text="")
        if known := self._found(update, answer, attempts) or self._not_yet(update, attempts):
            return known
        state = protocol.payment_state(answer, update.bill_id)
        # Once it may have been paid, that it is cancelled does not tell whether it was.
        is_unpaid = state in (
            protocol.UNPAID_STATES if attempts.unconfirmed_cause is None else {_WAITING}
        )
        if not is_unpaid and not insists:
            return self._cannot_tell(update, answer, attempts)
        attempts.shows_itself = is_unpaid
        attempts.unconfirmed_cause = attempts.unknown_since = None
        return None

    def _not_yet(self, update: OrderUpdate, attempts: Attempts) -> SendResult | None:
        """Give what is known if a payment is not to be sent now: there is a stop, or it may come.

        How long ago it was given up is known only now, by the clock of the shop's answer.
        """
        if self._limiter.stop.is_set():
            return self._give_up(update, outcomes.not_begun(), attempts)
        since = attempts.unknown_since
        if since is None or self._clock.passed_s(since) >= self._settle_s:
            return None
        unsettled = self._unsettled(update, outcomes.not_there_yet(), attempts)
        return replace(unsettled, may_be_looked_up=True)

    def _cannot_tell(self, update: OrderUpdate, answer: Answer, attempts: Attempts) -> SendResult:
        """Say that the shop has answered, but not whether a payment is there."""
        if attempts.unconfirmed_cause is None:
            return outcomes.of_no_state(update, answer)
        state = protocol.payment_state(answer, update.bill_id)
        doubt = attempts.unconfirmed_cause
        if state == protocol.CANCELLED_STATE and not attempts.count:
            doubt = outcomes.cancelled_meanwhile()
        return self._unsettled(update, doubt, attempts, needs_force=True)

    def _not_asked(self, update: OrderUpdate, error: SendError, attempts: Attempts) -> SendResult:
        """Say that a payment was not sent, because the shop could not be asked for it."""
        if attempts.unconfirmed_cause is not None:
            unsettled = self._unsettled(update, attempts.unconfirmed_cause, attempts)
            return replace(unsettled, scope=error.scope)
        if self._limiter.stop.is_set():
            return outcomes.of_interruption(update, attempts=attempts.count)
        return outcomes.of_failure(update, error, attempts=attempts.count)

    def _look(self, update: OrderUpdate, attempts: Attempts) -> SendResult:
        """Ask what came of a payment that may have been made; nothing is sent."""
        doubt = attempts.unconfirmed_cause or outcomes.earlier_run()
        try:
            answer = self._read(update.bill_id)
        except SendError:
            return replace(self._unsettled(update, doubt, attempts), may_be_looked_up=True)
        if known := self._found(update, answer, attempts):
            return known
        if protocol.payment_state(answer, update.bill_id) != _WAITING:
            return self._cannot_tell(update, answer, attempts)
        if attempts.count:
            return replace(self._unsettled(update, doubt, attempts), may_be_looked_up=True)
        # The shop has answered, if not what was hoped for.
        unsettled = self._unsettled(update, outcomes.not_there_yet(), attempts)
        return replace(unsettled, may_be_looked_up=True)

    def _found(self, update: OrderUpdate, answer: Answer, attempts: Attempts) -> SendResult | None:
        """Give what an answer about an order settles: that it is paid, or not in the shop."""
        if answer.code in protocol.NO_SUCH_ORDER_CODES:
            return outcomes.of_refusal(answer, attempts=attempts.count)
        if protocol.payment_state(answer, update.bill_id) != protocol.PAID_STATE:
            return None
        if attempts.count:
            return outcomes.of_success(attempts.count)
        return outcomes.of_payment_found(
            update, answer, is_ours=attempts.unconfirmed_cause is not None
        )

    def _read(self, bill_id: int) -> Answer:
        """Ask the shop for an order; reading may be repeated freely.

        Raises:
            SendError: no verified answer came.
        """
        try:
            answer = self._reading(self._read_in_turn, bill_id)
        except SendError as error:
            _logger.info(texts.LOG_LOOK, bill_id, error.text)
            raise
        _logger.info(texts.LOG_LOOK, bill_id, wording.quote(answer.text))
        return answer

    def _read_in_turn(self, bill_id: int) -> Answer:
        with self._limiter.slot() as number:
            return self._call(number, protocol.DETAILS_CALL, protocol.details_fields(bill_id))

    def _conclude(self, update: OrderUpdate, answer: Answer, attempts: Attempts) -> SendResult:
        delivery = self._by_answer(update, answer, attempts)
        # What does not exist cannot be changed late either.
        is_over = answer.meaning.is_conclusive or update.status is Status.PAID
        return delivery if is_over else replace(delivery, unknown_since=attempts.unknown_since)

    def _by_answer(self, update: OrderUpdate, answer: Answer, attempts: Attempts) -> SendResult:
        meaning = answer.meaning
        if answer.is_success:
            return outcomes.of_success(attempts.count)
        if attempts.unconfirmed_cause is None or meaning.is_conclusive:
            return outcomes.of_refusal(answer, attempts=attempts.count)
        # The refusal may only say that the earlier try, whose answer was lost, has worked.
        if update.status is Status.CANCEL and self._is_cancelled(update.bill_id):
            return outcomes.of_success(attempts.count)
        return outcomes.of_doubtful_refusal(update, answer, attempts=attempts.count)

    def _is_cancelled(self, bill_id: int) -> bool:
        self._limiter.pause(SETTLING_S)
        try:
            answer = self._read(bill_id)
        except SendError:
            return False
        return protocol.payment_state(answer, bill_id) == protocol.CANCELLED_STATE
