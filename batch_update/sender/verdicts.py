"""What a delivery's end means for its row, in words for the person who reads the results."""

from __future__ import annotations

import datetime as dt

from batch_update import protocol
from batch_update.errors import (
    AccountRefusedError,
    BusyError,
    NotDeliveredError,
    OutcomeUnknownError,
    OverloadedError,
    SendError,
    UnexpectedAnswerError,
)
from batch_update.orders import Delivery, OrderUpdate, Outcome, Status, Trouble
from batch_update.protocol import Answer
from batch_update.texts import sender as texts

_INTERRUPTED = "interrupted"
_DAY_S = 86_400.0
_STATES = {
    Status.SENT: texts.STATE_SENT,
    Status.PAID: texts.STATE_PAID,
    Status.RETURN: texts.STATE_RETURNED,
    Status.CANCEL: texts.STATE_CANCELLED,
}


def earlier_run() -> OutcomeUnknownError:
    """An earlier run sent the update and did not learn what came of it."""
    return OutcomeUnknownError(
        texts.EARLIER_RUN,
        code="earlier_run",
    )


def not_begun() -> NotDeliveredError:
    """The user wanted to stop before the update was sent."""
    return NotDeliveredError(texts.INTERRUPTED, code=_INTERRUPTED)


def of_interruption(update: OrderUpdate, *, attempts: int) -> Delivery:
    """The user wanted to stop, and the shop has certainly not acted."""
    error = not_begun()
    return Delivery(
        outcome=Outcome.NOT_SENT,
        error_code=error.code,
        error_text=f"{error.text} {_not_changed(update, error)}",
        attempts=attempts,
    )


def of_success(attempts: int) -> Delivery:
    """The shop confirmed the update just now."""
    return Delivery(outcome=Outcome.UPDATED, attempts=attempts, settled_at=dt.datetime.now(dt.UTC))


def of_refusal(answer: Answer, *, attempts: int) -> Delivery:
    """The shop said no, and nothing was changed."""
    return Delivery(
        outcome=Outcome.REJECTED,
        error_code=answer.code,
        error_text=answer.explain(),
        attempts=attempts,
    )


def of_doubtful_refusal(update: OrderUpdate, answer: Answer, *, attempts: int) -> Delivery:
    """The shop said no to a repetition of what it may have done before."""
    return Delivery(
        outcome=Outcome.UNCONFIRMED,
        error_code=answer.code,
        error_text=texts.DOUBTFUL_REFUSAL.format(
            look=_what_to_look_at(update), answer=answer.explain()
        ),
        attempts=attempts,
    )


def of_failure(
    update: OrderUpdate, error: SendError, *, attempts: int, doubt: OutcomeUnknownError | None
) -> Delivery:
    """No answer of the shop settled the matter.

    Args:
        update: what was to be done.
        error: how the last try ended.
        attempts: how many times it was posted.
        doubt: why an earlier try may have taken effect; None if none can have.
    """
    if doubt is not None:
        outcome, text = Outcome.UNCONFIRMED, f"{error.text} {_what_to_look_at(update)}"
    elif isinstance(error.code, int) and not isinstance(error, OverloadedError):
        outcome, text = Outcome.REJECTED, error.text
    else:
        outcome, text = Outcome.NOT_SENT, f"{error.text} {_not_changed(update, error)}"
    return Delivery(
        outcome=outcome,
        error_code=error.code,
        error_text=text,
        attempts=attempts,
        trouble=_trouble(error),
    )


def _trouble(error: SendError) -> Trouble:
    if isinstance(error, AccountRefusedError) or error.code == protocol.WRONG_KEY:
        return Trouble.ACCOUNT
    if isinstance(error, OverloadedError):
        return Trouble.OVERLOAD
    return Trouble.ANSWER if isinstance(error, UnexpectedAnswerError) else Trouble.CONNECTION


def _not_changed(update: OrderUpdate, error: SendError) -> str:
    wait_s = error.retry_after_s if isinstance(error, BusyError) else None
    minutes = min(wait_s or 0.0, _DAY_S) / 60
    when = texts.LATER.format(minutes=minutes) if minutes > 1.5 else ""
    return texts.NOT_CHANGED.format(bill_id=update.bill_id, when=when)


def _what_to_look_at(update: OrderUpdate) -> str:
    number = texts.WITH_NUMBER.format(rpo=update.rpo) if update.rpo else ""
    state = f"{_STATES[update.status]}{number}"
    return texts.LOOK_AT_ORDER.format(bill_id=update.bill_id, state=state)
