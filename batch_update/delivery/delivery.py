"""Delivery of one update: sent, tried again, read back, or given up."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from batch_update.delivery import denials, outcomes, retry_policy
from batch_update.delivery.clock import ShopClock
from batch_update.delivery.limited_api import LimitedApi
from batch_update.delivery.limiter import AdaptiveLimiter
from batch_update.delivery.retry_policy import SETTLING_S, RetryPolicy
from batch_update.delivery.shop_api import ShopApi
from batch_update.errors import HeldBackError, SendError
from batch_update.model import (
    UNPAID,
    Approach,
    Moment,
    OrderState,
    OrderUpdate,
    PaymentState,
    SendResult,
    ShopAnswer,
)

_NOT_TOLD = OrderState(answer=ShopAnswer(is_accepted=False, code=""))
"""The state of an order when asking the shop failed."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Attempts:
    """The attempts at one update so far.

    Args:
        count: number of times it was posted.
        unconfirmed_cause: reason why an earlier try may have taken effect; None if none can have.
        unknown_since: time when the last try was given up that may still take effect.
        last: the last error.
        shows_itself: whether an order that the shop shows as paid is paid by this payment.
        was_unpaid: whether the shop showed the order as not paid before the payment was sent.
    """

    count: int = 0
    unconfirmed_cause: SendError | None = None
    unknown_since: Moment | None = None
    last: SendError | None = None
    shows_itself: bool = True
    was_unpaid: bool = False


class Sender:
    """Delivers updates, one at a time.

    Args:
        api: calls the shop.
        retries: most repetitions of a failed call.
        limiter: decides when a request may leave; shared with the other workers' senders.
        clock: returns the time, in the zone in which it is shown to people; all workers share it.
        settle_s: after so many seconds a request is taken to have had its effect.
    """

    def __init__(
        self,
        api: ShopApi,
        *,
        retries: int,
        limiter: AdaptiveLimiter,
        clock: ShopClock | None = None,
        settle_s: float = 600.0,
    ) -> None:
        self._limiter = limiter
        self._clock = clock or ShopClock(partial(dt.datetime.now, dt.UTC))
        self._api = LimitedApi(api, retries=retries, limiter=limiter, clock=self._clock)
        self._settle_s = settle_s
        self._posting = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_repeated)
        self._paying = RetryPolicy(retries, limiter).retrying(retry_policy.may_be_paid_again)

    def deliver(
        self,
        update: OrderUpdate,
        approach: Approach = Approach.POST,
        unknown_since: Moment | None = None,
    ) -> SendResult:
        """Deliver one update, with as many tries as are safe.

        A payment that may have been made is not sent again here: the shop is asked for it once, and
        then it is for the caller to come back to it (`SendResult.may_be_looked_up`).

        Args:
            update: the update.
            approach: the way to do it.
            unknown_since: time when an earlier try of unknown outcome was given up.

        Returns:
            The result; an update is `updated` only by an answer that was verified.
        """
        attempts = Attempts(unknown_since=unknown_since)
        if unknown_since is not None:
            attempts.unconfirmed_cause = outcomes.earlier_run()
        if approach is Approach.REPEAT:
            self._limiter.pause(SETTLING_S)
        if approach is Approach.LOOK:
            return self._look(update, attempts)
        if approach is Approach.AGAIN:
            attempts.shows_itself = attempts.was_unpaid = self._is_unpaid(update.bill_id)
        is_asked = approach in {Approach.ASK, Approach.SETTLE, Approach.INSIST}
        insists = approach is Approach.INSIST
        if is_asked and (known := self._ask(update, attempts, insists=insists)):
            return known
        posting = self._posting if update.status.rule.is_repeatable else self._paying
        try:
            answer = posting(self._post, update, attempts)
        except SendError as error:
            return self._give_up(update, error, attempts)
        return self._conclude(update, answer, attempts)

    def _post(self, update: OrderUpdate, attempts: Attempts) -> ShopAnswer:
        try:
            return self._post_in_turn(update, attempts)
        except SendError as error:
            attempts.last = error
            if error.may_have_acted:
                attempts.unconfirmed_cause, attempts.unknown_since = error, self._clock.read()
            _note_failed_try(update, attempts.count, error)
            raise

    def _post_in_turn(self, update: OrderUpdate, attempts: Attempts) -> ShopAnswer:
        """Send an update as soon as it may leave; being held back at the door is no try."""
        while True:
            with self._limiter.slot(attempts.count) as slot:
                if self._limiter.is_stopped:
                    raise attempts.last or outcomes.not_begun(self._limiter.stop_reason)
                attempts.count += 1
                try:
                    return self._api.apply(update, slot)
                except HeldBackError:
                    attempts.count -= 1

    def _give_up(self, update: OrderUpdate, error: SendError, attempts: Attempts) -> SendResult:
        """Return the result of an update whose answers do not settle it."""
        is_undone = error.is_retriable and not error.may_have_acted
        if self._limiter.is_stopped and is_undone and attempts.unconfirmed_cause is None:
            return self._interrupted(update, attempts)
        is_lost_payment = not update.status.rule.is_repeatable and error.may_have_acted
        if is_lost_payment and not attempts.shows_itself:
            result = self._unsettled(update, error, attempts)
            safe_from = self._safe_from(attempts)
            text = outcomes.maybe_paid_again(update, error, safe_from)
            return replace(result, error_text=text, is_for_person=True)
        if is_lost_payment and retry_policy.may_be_repeated(error):
            self._limiter.pause(SETTLING_S)
            return self._look(update, attempts)
        return self._unsettled(update, error, attempts)

    def _interrupted(self, update: OrderUpdate, attempts: Attempts) -> SendResult:
        reason = self._limiter.stop_reason
        return outcomes.of_interruption(update, reason, attempts=attempts.count)

    def _unsettled(
        self,
        update: OrderUpdate,
        error: SendError,
        attempts: Attempts,
        *,
        needs_force: bool = False,
    ) -> SendResult:
        safe_from = None if update.status.rule.is_repeatable else self._safe_from(attempts)
        result = outcomes.of_failure(
            update,
            error,
            attempts=attempts.count,
            unconfirmed_cause=attempts.unconfirmed_cause,
            when="" if safe_from is None else outcomes.after(safe_from, needs_force=needs_force),
        )
        return replace(result, unknown_since=attempts.unknown_since)

    def _safe_from(self, attempts: Attempts) -> dt.datetime | None:
        """Return when the tries that may be under way have certainly had their effect."""
        if attempts.unknown_since is None:
            return None
        left_s = self._settle_s - self._clock.passed_s(attempts.unknown_since)
        return self._clock.now() + dt.timedelta(seconds=max(0.0, min(left_s, self._settle_s)))

    def _is_unpaid(self, bill_id: int) -> bool:
        """Return whether the shop shows an order as not paid."""
        try:
            return self._api.read_back(bill_id).payment in UNPAID
        except SendError:
            return False

    def _ask(self, update: OrderUpdate, attempts: Attempts, *, insists: bool) -> SendResult | None:
        """Ask for a payment before it is sent; return the result, or None if it is to be sent."""
        try:
            state = self._api.read_back(update.bill_id)
        except SendError as error:
            if not insists:
                return self._not_asked(update, error, attempts)
            state = _NOT_TOLD
        if known := self._found(update, state, attempts) or self._not_yet(update, attempts):
            return known
        # Once it may have been paid, its cancellation does not tell whether it was.
        is_new = attempts.unconfirmed_cause is None
        is_unpaid = state.payment in (UNPAID if is_new else {PaymentState.WAITING})
        if not is_unpaid and not insists:
            return self._cannot_tell(update, state, attempts)
        attempts.shows_itself = attempts.was_unpaid = is_unpaid
        attempts.unconfirmed_cause = attempts.unknown_since = None
        return None

    def _not_yet(self, update: OrderUpdate, attempts: Attempts) -> SendResult | None:
        """Return the result of a payment that must not be sent now: a stop, or it may come.

        The time since it was given up is known only now, by the clock of the shop's answer.
        """
        if self._limiter.is_stopped:
            return self._give_up(update, outcomes.not_begun(self._limiter.stop_reason), attempts)
        since = attempts.unknown_since
        if since is None or self._clock.passed_s(since) >= self._settle_s:
            return None
        unsettled = self._unsettled(update, outcomes.not_there_yet(), attempts)
        return replace(unsettled, may_be_looked_up=True)

    def _cannot_tell(
        self, update: OrderUpdate, state: OrderState, attempts: Attempts
    ) -> SendResult:
        """Return the result if the shop's answer does not show whether a payment is there."""
        if attempts.unconfirmed_cause is None:
            return outcomes.of_no_state(update, state.answer)
        cause = attempts.unconfirmed_cause
        if state.payment is PaymentState.CANCELLED and not attempts.count:
            cause = outcomes.cancelled_meanwhile()
        unsettled = self._unsettled(update, cause, attempts, needs_force=True)
        return replace(unsettled, is_for_person=True)

    def _not_asked(self, update: OrderUpdate, error: SendError, attempts: Attempts) -> SendResult:
        """Return the result of a payment not sent because the shop could not be asked for it."""
        if attempts.unconfirmed_cause is not None:
            unsettled = self._unsettled(update, attempts.unconfirmed_cause, attempts)
            return replace(unsettled, scope=error.scope)
        if self._limiter.is_stopped:
            return self._interrupted(update, attempts)
        return outcomes.of_failure(update, error, attempts=attempts.count)

    def _look(self, update: OrderUpdate, attempts: Attempts) -> SendResult:
        """Ask for the outcome of a payment that may have been made; nothing is sent."""
        cause = attempts.unconfirmed_cause or outcomes.earlier_run()
        try:
            state = self._api.read_back(update.bill_id)
        except SendError:
            return replace(self._unsettled(update, cause, attempts), may_be_looked_up=True)
        if known := self._found(update, state, attempts):
            return known
        if state.payment is not PaymentState.WAITING:
            return self._cannot_tell(update, state, attempts)
        if not attempts.count:
            cause = outcomes.not_there_yet()
        return replace(self._unsettled(update, cause, attempts), may_be_looked_up=True)

    def _found(
        self, update: OrderUpdate, state: OrderState, attempts: Attempts
    ) -> SendResult | None:
        """Return the result that an answer about an order settles: paid, or not in the shop."""
        if state.is_missing:
            return outcomes.of_refusal(state.answer, attempts=attempts.count)
        if state.payment is not update.status.rule.proved_by:
            return None
        if attempts.count:
            return outcomes.of_success(attempts.count, self._clock.now())
        is_ours = attempts.unconfirmed_cause is not None
        return outcomes.of_payment_found(update, state, self._clock.now(), is_ours=is_ours)

    def _conclude(self, update: OrderUpdate, answer: ShopAnswer, attempts: Attempts) -> SendResult:
        result = self._by_answer(update, answer, attempts)
        # An order that does not exist cannot be changed late either.
        is_over = answer.is_conclusive or not update.status.rule.is_repeatable
        return result if is_over else replace(result, unknown_since=attempts.unknown_since)

    def _by_answer(self, update: OrderUpdate, answer: ShopAnswer, attempts: Attempts) -> SendResult:
        if answer.is_accepted:
            return outcomes.of_success(attempts.count, self._clock.now())
        if answer.denies_payment and not update.status.rule.is_repeatable:
            return self._check_denial(update, answer, attempts)
        if attempts.unconfirmed_cause is None or answer.is_conclusive:
            return outcomes.of_refusal(answer, attempts=attempts.count)
        # The refusal may only say that the earlier try, whose answer was lost, has worked.
        if update.status.rule.is_repeatable and self._is_shown(update):
            return outcomes.of_success(attempts.count, self._clock.now())
        return outcomes.of_doubtful_refusal(update, answer, attempts=attempts.count)

    def _check_denial(
        self, update: OrderUpdate, answer: ShopAnswer, attempts: Attempts
    ) -> SendResult:
        """Ask for a payment that the shop says it could not record, before a person is told to.

        If the shop does not tell, the payment is as doubtful as one whose answer was lost.
        """
        self._limiter.pause(SETTLING_S)
        try:
            state = self._api.read_back(update.bill_id)
        except SendError:
            state = _NOT_TOLD
        if state.is_missing:
            return outcomes.of_refusal(state.answer, attempts=attempts.count)
        if state.payment in UNPAID:
            return denials.of_unpaid_order(update, answer, state, attempts=attempts.count)
        if state.payment is PaymentState.UNKNOWN:
            return self._denied_without_proof(update, answer, state, attempts)
        if attempts.was_unpaid:
            return outcomes.of_success(attempts.count, self._clock.now())
        return denials.of_paid_order(
            *(update, answer, state, self._clock.now()),
            attempts=attempts.count,
            is_wanted=not attempts.shows_itself,
        )

    def _denied_without_proof(
        self, update: OrderUpdate, answer: ShopAnswer, state: OrderState, attempts: Attempts
    ) -> SendResult:
        """Return the result if the shop denies a payment, and does not tell whether it is there."""
        attempts.unknown_since = self._clock.read()
        doubt = denials.of_no_word(
            update,
            answer,
            outcomes.after(
                self._clock.now() + dt.timedelta(seconds=self._settle_s),
                needs_force=not attempts.shows_itself or state is not _NOT_TOLD,
            ),
            attempts=attempts.count,
            is_second=not attempts.shows_itself,
        )
        # Only if it was not there before does a payment that is shown later prove this one.
        may_be_looked_up = state is _NOT_TOLD and attempts.was_unpaid
        return replace(
            doubt, unknown_since=attempts.unknown_since, may_be_looked_up=may_be_looked_up
        )

    def _is_shown(self, update: OrderUpdate) -> bool:
        """Return whether the shop, read back, shows an update."""
        proof = update.status.rule.proved_by
        if proof is None:
            return False
        self._limiter.pause(SETTLING_S)
        try:
            return self._api.read_back(update.bill_id).payment is proof
        except SendError:
            return False


def _note_failed_try(update: OrderUpdate, count: int, error: SendError) -> None:
    """Put a try into the log, in words and as values."""
    failed = {
        "order": update.bill_id,
        "attempt": count,
        "code": str(error.code),
        "text": error.text,
    }
    _logger.info(
        "order %s, try %s: %s", update.bill_id, count, error.text, extra={"failed_try": failed}
    )
