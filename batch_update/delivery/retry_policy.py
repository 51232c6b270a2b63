"""Retry policy: the conditions, number and times of repeated calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from batch_update.delivery.limiter import AdaptiveLimiter
from batch_update.errors import SendError

if TYPE_CHECKING:
    import tenacity

LONGEST_WAIT_S = 300.0
"""Longest pause that is waited for; after a longer one, the row is left for another run."""

SETTLING_S = 2.0
"""Time for a request whose answer was lost to take effect: before the order is read back, and
before the update is sent again, so that it does not undo later updates."""

_FIRST_WAIT_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_BUSY_TRIES_PER_TRY = 10


class RetryPolicy:
    """Retry policy for one update: a limited number of failed tries.

    A busy shop does not count as a failed try while it takes the updates of other workers, but it
    must not be so for this one for ever.

    Args:
        retries: most repetitions of a failed call.
        limiter: counts good answers; pauses all workers while the shop is busy.
    """

    def __init__(self, retries: int, limiter: AdaptiveLimiter) -> None:
        self._retries = retries
        self._limiter = limiter
        self._in_vain = 0
        self._counted = 0
        self._good_before = 0

    def retrying(self, may_be_repeated: Callable[[BaseException], bool]) -> tenacity.Retrying:
        """Build the loop that calls again as long as it helps.

        Args:
            may_be_repeated: returns whether a call may be made again after an error.
        """
        # A dry run, which repeats nothing, does without it.
        import tenacity

        return tenacity.Retrying(
            stop=lambda state: self.is_over(state) or self._limiter.is_stopped,
            wait=self.wait_s,
            retry=tenacity.retry_if_exception(may_be_repeated),
            sleep=self._limiter.pause,
            reraise=True,
        )

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        """Return whether a try that has just failed was the last."""
        self._count(state, _error_of(state))
        most = _BUSY_TRIES_PER_TRY * (self._retries + 1)
        return self._in_vain > self._retries or state.attempt_number >= most

    def wait_s(self, state: tenacity.RetryCallState) -> float:
        """Return the seconds to wait for the next try; if the shop is busy, all workers wait."""
        import tenacity

        error = _error_of(state)
        self._count(state, error)
        if error.retry_after_s is not None:
            return error.retry_after_s
        growing_s = _FIRST_WAIT_S * 2.0 ** (self._in_vain - 1)
        # Spread, so that not all who were refused together come back together.
        spread_s = tenacity.wait_random(0, _FIRST_WAIT_S)(state)
        wait_s = min(growing_s, _LONGEST_BACKOFF_S) + spread_s
        if error.is_busy:
            self._limiter.pause_all(wait_s)
            return wait_s
        return max(wait_s, SETTLING_S) if error.may_have_acted else wait_s

    def _count(self, state: tenacity.RetryCallState, error: SendError) -> None:
        """Count a try once, whichever of wait and end is asked for first."""
        if state.attempt_number == 1:
            self._in_vain = 1
        elif state.attempt_number == self._counted:
            return
        else:
            self._in_vain += not error.is_busy or self._limiter.good == self._good_before
        self._counted = state.attempt_number
        self._good_before = self._limiter.good


def may_be_repeated(error: BaseException) -> bool:
    """Return whether a call may be repeated that only sets a value, or reads."""
    if not isinstance(error, SendError):
        return False
    return error.is_retriable and (error.retry_after_s or 0.0) <= LONGEST_WAIT_S


def may_be_paid_again(error: BaseException) -> bool:
    """Return whether a payment may be repeated: only if the server certainly did not act."""
    return isinstance(error, SendError) and not error.may_have_acted and may_be_repeated(error)


def _error_of(state: tenacity.RetryCallState) -> SendError:
    """Return the error of a try; asked only for repeatable ones, which raise a `SendError`."""
    return cast("SendError", state.outcome and state.outcome.exception())
