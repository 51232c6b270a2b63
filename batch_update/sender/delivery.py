"""Bringing one update home: when to try again, when to read back, when to give up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import tenacity

from batch_update import protocol, wording
from batch_update.errors import (
    BusyError,
    NotDeliveredError,
    OutcomeUnknownError,
    SendError,
)
from batch_update.orders import Delivery, OrderUpdate, Status
from batch_update.protocol import Answer, Verdict
from batch_update.sender import verdicts
from batch_update.sender.pace import Pace
from batch_update.texts import sender as texts

LONGEST_WAIT_S = 300.0
"""A server that asks for a longer pause gets it: the row is left for another run."""

_SETTLING_S = 2.0
"""Time for a request whose answer was lost to take effect: before the order is read back, and
before the update is sent again, so that it does not undo what follows."""

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
        last: the last error.
    """

    attempts: int = 0
    doubt: OutcomeUnknownError | None = None
    last: SendError | None = None


class Sender:
    """Delivers updates, one at a time.

    Args:
        api: calls the shop.
        retries: how often a failed call is repeated at most.
        pace: when a request may leave; shared with the other workers' senders.
    """

    def __init__(self, api: Api, *, retries: int, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._posting = self._retrying(retries)
        self._reading = self._retrying(retries)

    def deliver(self, update: OrderUpdate, *, may_have_happened: bool = False) -> Delivery:
        """Send one update as often as is safe.

        Args:
            update: what to send.
            may_have_happened: whether an earlier run may have sent it; a payment is then read back
                before it is sent.

        Returns:
            What came of it; an update is `updated` only by an answer that was verified.
        """
        trail = _Trail(doubt=verdicts.earlier_run() if may_have_happened else None)
        if may_have_happened and update.status is not Status.PAID:
            self._pace.pause(_SETTLING_S)
        try:
            answer = self._settle_earlier(update, trail)
            if answer is None:
                answer = self._posting(self._post, update, trail)
        except SendError as error:
            is_cut_short = self._pace.stop.is_set() and isinstance(error, NotDeliveredError)
            if is_cut_short and trail.doubt is None:
                return verdicts.of_interruption(update, attempts=trail.attempts)
            return verdicts.of_failure(update, error, attempts=trail.attempts, doubt=trail.doubt)
        return self._conclude(update, answer, trail)

    def _post(self, update: OrderUpdate, trail: _Trail) -> Answer:
        try:
            return self._post_in_turn(update, trail)
        except OutcomeUnknownError as error:
            trail.last = trail.doubt = error
            _logger.info(texts.LOG_TRY, update.bill_id, trail.attempts, error.text)
            if update.status is Status.PAID and _may_be_repeated(error):
                return self._settle_payment(update, error, trail)
            raise
        except SendError as error:
            trail.last = error
            _logger.info(texts.LOG_TRY, update.bill_id, trail.attempts, error.text)
            raise

    def _post_in_turn(self, update: OrderUpdate, trail: _Trail) -> Answer:
        with self._pace.turn(trail.attempts) as number:
            if self._pace.stop.is_set():
                raise trail.last or verdicts.not_begun()
            trail.attempts += 1
            return self._call(number, protocol.UPDATE_CALL, protocol.update_fields(update))

    def _read_in_turn(self, bill_id: int) -> Answer:
        with self._pace.turn() as number:
            return self._call(number, protocol.DETAILS_CALL, protocol.details_fields(bill_id))

    def _call(self, number: int, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Make a call whose turn it is, and let all workers know how busy the shop is."""
        try:
            answer = self._api.call(name, fields)
        except BusyError as error:
            self._pace.ease(number)
            if error.retry_after_s is not None and error.retry_after_s <= LONGEST_WAIT_S:
                self._pace.hold(error.retry_after_s)
            raise
        self._pace.quicken()
        return answer

    def _settle_earlier(self, update: OrderUpdate, trail: _Trail) -> Answer | None:
        """Ask whether a payment that an earlier run began was booked; None if it is to be sent."""
        if trail.doubt is None or update.status is not Status.PAID:
            return None
        try:
            return self._settle_payment(update, trail.doubt, trail)
        except NotDeliveredError:
            trail.last = None
            return None

    def _settle_payment(
        self, update: OrderUpdate, error: OutcomeUnknownError, trail: _Trail
    ) -> Answer:
        """Find out whether a payment was booked before anything is sent again."""
        answer, state = self._read_back(update.bill_id)
        is_missing = answer is not None and answer.code in protocol.NO_SUCH_ORDER_CODES
        if answer is not None and (is_missing or state == protocol.PAID_STATE):
            return answer
        # Who wants to stop cuts the pause short, so that the payment may still be on its way.
        if state not in protocol.UNPAID_STATES or self._pace.stop.is_set():
            raise type(error)(error.text, code=error.code, retriable=False) from error
        trail.doubt = None
        trail.last = NotDeliveredError(error.text, code=error.code)
        raise trail.last from error

    def _conclude(self, update: OrderUpdate, answer: Answer, trail: _Trail) -> Delivery:
        meaning = answer.meaning
        if meaning.verdict is Verdict.UPDATED:
            return verdicts.of_success(trail.attempts)
        if trail.doubt is None or meaning.is_conclusive:
            return verdicts.of_refusal(answer, attempts=trail.attempts)
        # The refusal may only say that the earlier try, whose answer was lost, has worked.
        if update.status is Status.CANCEL:
            _, state = self._read_back(update.bill_id)
            if state == protocol.CANCELLED_STATE:
                return verdicts.of_success(trail.attempts)
        return verdicts.of_doubtful_refusal(update, answer, attempts=trail.attempts)

    def _read_back(self, bill_id: int) -> tuple[Answer | None, str]:
        """Ask the shop for an order's payment state; reading may be repeated freely."""
        self._pace.pause(_SETTLING_S)
        try:
            answer = self._reading(self._read_in_turn, bill_id)
        except SendError as error:
            _logger.info(texts.LOG_LOOK, bill_id, error.text)
            return None, ""
        _logger.info(texts.LOG_LOOK, bill_id, wording.quote(answer.text))
        return answer, protocol.payment_state(answer, bill_id)

    def _retrying(self, retries: int) -> tenacity.Retrying:
        patience = _Patience(retries, self._pace)
        return tenacity.Retrying(
            stop=lambda state: patience.is_over(state) or self._pace.stop.is_set(),
            wait=patience.wait_s,
            retry=tenacity.retry_if_exception(_may_be_repeated),
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
        if isinstance(error, BusyError) and error.retry_after_s is not None:
            return error.retry_after_s
        growing_s = _FIRST_WAIT_S * 2.0 ** (self._in_vain - 1)
        # Spread, so that not all who were refused together come back together.
        wait_s = min(growing_s, _LONGEST_BACKOFF_S) + _spread(state)
        if isinstance(error, BusyError):
            self._pace.hold(wait_s)
        return max(wait_s, _SETTLING_S) if isinstance(error, OutcomeUnknownError) else wait_s

    def _count(self, state: tenacity.RetryCallState) -> BaseException | None:
        """Count a try once, whoever asks first, and give how it ended."""
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1:
            self._in_vain = 1
        elif state.attempt_number != self._counted:
            is_in_vain = not isinstance(error, BusyError) or self._pace.good == self._good_before
            self._in_vain += is_in_vain
        else:
            return error
        self._counted = state.attempt_number
        self._good_before = self._pace.good
        return error


def _may_be_repeated(error: BaseException) -> bool:
    if isinstance(error, BusyError) and error.retry_after_s is not None:
        return error.retry_after_s <= LONGEST_WAIT_S
    if isinstance(error, OutcomeUnknownError):
        return error.retriable
    return isinstance(error, NotDeliveredError)
