"""Bringing one update home: when to try again, when to read back, when to give up."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import tenacity

from batch_update import protocol, wording
from batch_update.errors import NotDeliveredError, OutcomeUnknownError, SendError
from batch_update.orders import Approach, Delivery, Moment, OrderUpdate, Status
from batch_update.protocol import Answer, Verdict
from batch_update.sender import verdicts
from batch_update.sender.clock import ShopClock
from batch_update.sender.pace import Pace
from batch_update.texts import sender as texts

LONGEST_WAIT_S = 300.0
"""A server that asks for a longer pause gets it: the row is left for another run."""

_SETTLING_S = 2.0
"""Time for a request whose answer was lost to take effect: before the order is read back, and
before the update is sent again, so that it does not undo what follows."""

_WAITING = "waiting"
_FIRST_WAIT_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_spread = tenacity.wait_random(0, _FIRST_WAIT_S)
_BUSY_TRIES_PER_TRY = 10

_logger = logging.getLogger(__name__)


class Api(Protocol):
    """What the sender needs of a client."""

    def call(self, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Post one call and verify its answer."""


@dataclass(slots=True, kw_only=True)
class _Trail:
    """What has happened to one update so far.

    Args:
        attempts: how many times it was posted.
        doubt: why an earlier try may have taken effect; None if none can have.
        unknown_since: when the last try was given up that may still take effect.
        last: the last error.
        shows_itself: whether the shop, when it says that an order is paid, speaks of this payment.
    """

    attempts: int = 0
    doubt: OutcomeUnknownError | None = None
    unknown_since: Moment | None = None
    last: SendError | None = None
    shows_itself: bool = True


class Sender:
    """Delivers updates, one at a time.

    Args:
        api: calls the shop.
        retries: how often a failed call is repeated at most.
        pace: when a request may leave; shared with the other workers' senders.
        clock: tells the time, in the zone in which people are told it; all workers share it.
        settle_s: after so many seconds a request is taken to have had its effect.
    """

    def __init__(
        self,
        api: Api,
        *,
        retries: int,
        pace: Pace,
        clock: ShopClock | None = None,
        settle_s: float = 600.0,
    ) -> None:
        self._api = api
        self._pace = pace
        self._clock = clock or ShopClock(partial(dt.datetime.now, dt.UTC))
        self._settle_s = settle_s
        self._posting = self._retrying(retries, _may_be_repeated)
        self._paying = self._retrying(retries, _may_be_paid)
        self._reading = self._retrying(retries, _may_be_repeated)

    def deliver(
        self,
        update: OrderUpdate,
        approach: Approach = Approach.POST,
        unknown_since: Moment | None = None,
    ) -> Delivery:
        """Bring one update to the shop, as often as is safe.

        A payment that may have been made is not sent again here: the shop is asked for it once, and
        then it is for the caller to come back to it (`Delivery.may_be_looked_up`).

        Args:
            update: what to send.
            approach: how.
            unknown_since: when an earlier try was given up whose outcome is unknown.

        Returns:
            What came of it; an update is `updated` only by an answer that was verified.
        """
        trail = _Trail(unknown_since=unknown_since)
        if unknown_since is not None:
            trail.doubt = verdicts.earlier_run()
        if approach is Approach.REPEAT:
            self._pace.pause(_SETTLING_S)
        if approach is Approach.LOOK:
            return self._look(update, trail)
        if approach is Approach.AGAIN:
            trail.shows_itself = self._is_unpaid(update.bill_id)
        is_asked = approach in {Approach.ASK, Approach.SETTLE, Approach.INSIST}
        insists = approach is Approach.INSIST
        if is_asked and (known := self._ask(update, trail, insists=insists)):
            return known
        posting = self._paying if update.status is Status.PAID else self._posting
        try:
            answer = posting(self._post, update, trail)
        except SendError as error:
            return self._give_up(update, error, trail)
        return self._conclude(update, answer, trail)

    def _post(self, update: OrderUpdate, trail: _Trail) -> Answer:
        try:
            with self._pace.turn(trail.attempts) as number:
                if self._pace.stop.is_set():
                    raise trail.last or verdicts.not_begun()
                trail.attempts += 1
                fields = protocol.update_fields(update)
                return self._call(number, protocol.UPDATE_CALL, fields)
        except SendError as error:
            trail.last = error
            if isinstance(error, OutcomeUnknownError):
                trail.doubt, trail.unknown_since = error, self._clock.read()
            _logger.info(texts.LOG_TRY, update.bill_id, trail.attempts, error.text)
            raise

    def _call(self, number: int, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Make a call whose turn it is, and let all workers know how busy the shop is."""
        try:
            answer = self._api.call(name, fields)
        except SendError as error:
            if error.is_busy:
                self._pace.ease(number)
                if error.retry_after_s is not None and error.retry_after_s <= LONGEST_WAIT_S:
                    self._pace.hold(error.retry_after_s)
            raise
        self._clock.observe(answer.shop_time)
        self._pace.quicken()
        return answer

    def _give_up(self, update: OrderUpdate, error: SendError, trail: _Trail) -> Delivery:
        """Say what is known of an update that got no answer which settles it."""
        is_cut_short = self._pace.stop.is_set() and isinstance(error, NotDeliveredError)
        if is_cut_short and trail.doubt is None:
            return verdicts.of_interruption(update, attempts=trail.attempts)
        is_lost_payment = update.status is Status.PAID and isinstance(error, OutcomeUnknownError)
        if is_lost_payment and not trail.shows_itself:
            delivery = self._unsettled(update, error, trail)
            safe_from = self._safe_from(trail)
            text = verdicts.maybe_paid_again(update, error, safe_from)
            return replace(delivery, error_text=text)
        if is_lost_payment and _may_be_repeated(error):
            self._pace.pause(_SETTLING_S)
            return self._look(update, trail)
        return self._unsettled(update, error, trail)

    def _unsettled(
        self, update: OrderUpdate, error: SendError, trail: _Trail, *, needs_force: bool = False
    ) -> Delivery:
        safe_from = self._safe_from(trail) if update.status is Status.PAID else None
        delivery = verdicts.of_failure(
            update,
            error,
            attempts=trail.attempts,
            doubt=trail.doubt,
            when="" if safe_from is None else verdicts.after(safe_from, needs_force=needs_force),
        )
        return replace(delivery, unknown_since=trail.unknown_since)

    def _safe_from(self, trail: _Trail) -> dt.datetime | None:
        """Tell from when on what may be under way has had its effect."""
        if trail.unknown_since is None:
            return None
        left_s = self._settle_s - self._clock.passed_s(trail.unknown_since)
        return self._clock.now() + dt.timedelta(seconds=max(0.0, min(left_s, self._settle_s)))

    def _is_unpaid(self, bill_id: int) -> bool:
        """Tell whether the shop says that an order is not paid."""
        try:
            answer = self._read(bill_id)
        except SendError:
            return False
        return protocol.payment_state(answer, bill_id) in protocol.UNPAID_STATES

    def _ask(self, update: OrderUpdate, trail: _Trail, *, insists: bool) -> Delivery | None:
        """Ask for a payment before it is sent; give what comes of it, None if it is to be sent."""
        try:
            answer = self._read(update.bill_id)
        except SendError as error:
            if not insists:
                return self._not_asked(update, error, trail)
            answer = Answer(code=-1, text="")
        if known := self._found(update, answer, trail) or self._not_yet(update, trail):
            return known
        state = protocol.payment_state(answer, update.bill_id)
        # Once it may have been paid, that it is cancelled does not tell whether it was.
        is_unpaid = state in (protocol.UNPAID_STATES if trail.doubt is None else {_WAITING})
        if not is_unpaid and not insists:
            return self._cannot_tell(update, answer, trail)
        trail.shows_itself = is_unpaid
        trail.doubt = trail.unknown_since = None
        return None

    def _not_yet(self, update: OrderUpdate, trail: _Trail) -> Delivery | None:
        """Give what is known if a payment is not to be sent now: there is a stop, or it may come.

        How long ago it was given up is known only now, by the clock of the shop's answer.
        """
        if self._pace.stop.is_set():
            return self._give_up(update, verdicts.not_begun(), trail)
        since = trail.unknown_since
        if since is None or self._clock.passed_s(since) >= self._settle_s:
            return None
        unsettled = self._unsettled(update, verdicts.not_there_yet(), trail)
        return replace(unsettled, may_be_looked_up=True, trouble=None)

    def _cannot_tell(self, update: OrderUpdate, answer: Answer, trail: _Trail) -> Delivery:
        """Say that the shop has answered, but not whether a payment is there."""
        if trail.doubt is None:
            return verdicts.of_no_state(update, answer)
        state = protocol.payment_state(answer, update.bill_id)
        doubt = trail.doubt
        if state == protocol.CANCELLED_STATE and not trail.attempts:
            doubt = verdicts.cancelled_meanwhile()
        return self._unsettled(update, doubt, trail, needs_force=True)

    def _not_asked(self, update: OrderUpdate, error: SendError, trail: _Trail) -> Delivery:
        """Say that a payment was not sent, because the shop could not be asked for it."""
        if trail.doubt is not None:
            unsettled = self._unsettled(update, trail.doubt, trail)
            return replace(unsettled, trouble=verdicts.trouble_of(error))
        if self._pace.stop.is_set():
            return verdicts.of_interruption(update, attempts=trail.attempts)
        return verdicts.of_failure(update, error, attempts=trail.attempts)

    def _look(self, update: OrderUpdate, trail: _Trail) -> Delivery:
        """Ask what came of a payment that may have been made; nothing is sent."""
        doubt = trail.doubt or verdicts.earlier_run()
        try:
            answer = self._read(update.bill_id)
        except SendError:
            return replace(self._unsettled(update, doubt, trail), may_be_looked_up=True)
        if known := self._found(update, answer, trail):
            return known
        if protocol.payment_state(answer, update.bill_id) != _WAITING:
            return self._cannot_tell(update, answer, trail)
        if trail.attempts:
            return replace(self._unsettled(update, doubt, trail), may_be_looked_up=True)
        # The shop has answered, if not what was hoped for.
        unsettled = self._unsettled(update, verdicts.not_there_yet(), trail)
        return replace(unsettled, may_be_looked_up=True, trouble=None)

    def _found(self, update: OrderUpdate, answer: Answer, trail: _Trail) -> Delivery | None:
        """Give what an answer about an order settles: that it is paid, or not in the shop."""
        if answer.code in protocol.NO_SUCH_ORDER_CODES:
            return verdicts.of_refusal(answer, attempts=trail.attempts)
        if protocol.payment_state(answer, update.bill_id) != protocol.PAID_STATE:
            return None
        if trail.attempts:
            return verdicts.of_success(trail.attempts)
        return verdicts.of_payment_found(update, answer, is_ours=trail.doubt is not None)

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
        with self._pace.turn() as number:
            return self._call(number, protocol.DETAILS_CALL, protocol.details_fields(bill_id))

    def _conclude(self, update: OrderUpdate, answer: Answer, trail: _Trail) -> Delivery:
        delivery = self._by_answer(update, answer, trail)
        # What does not exist cannot be changed late either.
        is_over = answer.meaning.is_conclusive or update.status is Status.PAID
        return delivery if is_over else replace(delivery, unknown_since=trail.unknown_since)

    def _by_answer(self, update: OrderUpdate, answer: Answer, trail: _Trail) -> Delivery:
        meaning = answer.meaning
        if meaning.verdict is Verdict.UPDATED:
            return verdicts.of_success(trail.attempts)
        if trail.doubt is None or meaning.is_conclusive:
            return verdicts.of_refusal(answer, attempts=trail.attempts)
        # The refusal may only say that the earlier try, whose answer was lost, has worked.
        if update.status is Status.CANCEL and self._is_cancelled(update.bill_id):
            return verdicts.of_success(trail.attempts)
        return verdicts.of_doubtful_refusal(update, answer, attempts=trail.attempts)

    def _is_cancelled(self, bill_id: int) -> bool:
        self._pace.pause(_SETTLING_S)
        try:
            answer = self._read(bill_id)
        except SendError:
            return False
        return protocol.payment_state(answer, bill_id) == protocol.CANCELLED_STATE

    def _retrying(
        self, retries: int, may_be_repeated: Callable[[BaseException], bool]
    ) -> tenacity.Retrying:
        patience = _Patience(retries, self._pace)
        return tenacity.Retrying(
            stop=lambda state: patience.is_over(state) or self._pace.stop.is_set(),
            wait=patience.wait_s,
            retry=tenacity.retry_if_exception(may_be_repeated),
            sleep=self._pace.pause,
            reraise=True,
        )


class _Patience:
    """How long one update is tried: as often as allowed in vain.

    That the shop is busy is not in vain while it takes the updates of other workers, but it must
    not be so for this one for ever.
    """

    def __init__(self, retries: int, pace: Pace) -> None:
        self._retries = retries
        self._pace = pace
        self._in_vain = 0
        self._counted = 0
        self._good_before = 0

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        """Tell whether a try that has just failed was the last."""
        self._count(state)
        most = _BUSY_TRIES_PER_TRY * (self._retries + 1)
        return self._in_vain > self._retries or state.attempt_number >= most

    def wait_s(self, state: tenacity.RetryCallState) -> float:
        """Tell how long to wait for the next try; if the shop is busy, nobody tries meanwhile."""
        error = self._count(state)
        is_busy = isinstance(error, SendError) and error.is_busy
        if isinstance(error, SendError) and error.retry_after_s is not None:
            return error.retry_after_s
        growing_s = _FIRST_WAIT_S * 2.0 ** (self._in_vain - 1)
        # Spread, so that not all who were refused together come back together.
        wait_s = min(growing_s, _LONGEST_BACKOFF_S) + _spread(state)
        if is_busy:
            self._pace.hold(wait_s)
            return wait_s
        return max(wait_s, _SETTLING_S) if isinstance(error, OutcomeUnknownError) else wait_s

    def _count(self, state: tenacity.RetryCallState) -> BaseException | None:
        """Count a try once, whoever asks first, and give how it ended."""
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1:
            self._in_vain = 1
        elif state.attempt_number != self._counted:
            is_busy = isinstance(error, SendError) and error.is_busy
            is_in_vain = not is_busy or self._pace.good == self._good_before
            self._in_vain += is_in_vain
        else:
            return error
        self._counted = state.attempt_number
        self._good_before = self._pace.good
        return error


def _may_be_repeated(error: BaseException) -> bool:
    """Tell whether a call may be repeated that only sets a value, or reads."""
    if not isinstance(error, SendError):
        return False
    if error.retry_after_s is not None and error.retry_after_s > LONGEST_WAIT_S:
        return False
    if isinstance(error, OutcomeUnknownError):
        return error.retriable
    return isinstance(error, NotDeliveredError)


def _may_be_paid(error: BaseException) -> bool:
    """Tell whether a payment may be repeated: only if the server certainly did not act."""
    return isinstance(error, NotDeliveredError) and _may_be_repeated(error)
