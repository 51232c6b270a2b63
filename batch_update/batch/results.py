"""Results in words: what became of a row, and what its reader is to do."""

from __future__ import annotations

from batch_update.errors import LedgerError
from batch_update.orders import (
    SETTLED,
    CheckedRow,
    Delivery,
    Entry,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
)
from batch_update.texts import batch as texts


def invalid(row: CheckedRow) -> Result:
    """The checks refused it."""
    return Result(
        row=row.row,
        outcome=Outcome.INVALID,
        error_code=row.problems[0].code,
        error_text=" ".join(
            problem.text[:1].upper() + problem.text[1:] for problem in row.problems
        ),
        problems=row.problems,
    )


def same_as(row: CheckedRow, twin: Result) -> Result:
    """An earlier row of the sheet says the same."""
    if twin.outcome in SETTLED:
        return Result(
            row=row.row,
            outcome=Outcome.ALREADY_UPDATED,
            error_text=texts.TWIN_UPDATED.format(row=twin.row),
            updated_at=twin.updated_at,
            update=row.update,
        )
    return not_sent(
        row,
        "same_as_row",
        texts.TWIN_NOT_UPDATED.format(row=twin.row, outcome=twin.outcome),
    )


def known(row: CheckedRow, past: PastUpdate) -> Result:
    """The shop confirmed it to an earlier run."""
    date = row.update.date if row.update and not row.update.is_date_assumed else None
    if past.dated is not None and date is not None:
        dated = past.dated.astimezone(date.tzinfo)
        return not_sent(
            row,
            "paid_before",
            texts.PAID_BEFORE.format(dated=dated, at=past.at, row=past.row, file=past.file),
        )
    return Result(
        row=row.row,
        outcome=Outcome.ALREADY_UPDATED,
        error_text=texts.UPDATED_BEFORE.format(at=past.at, row=past.row, file=past.file),
        updated_at=past.at,
        update=row.update,
    )


def overtaken(row: CheckedRow, update: OrderUpdate, entry: Entry) -> Result:
    """It was tried before, and the shop has taken something else for its order since."""
    since = entry.past
    return not_sent(
        row,
        "overtaken",
        texts.OVERTAKEN.format(
            status=entry.update.status,
            bill_id=update.bill_id,
            at=since.at,
            row=since.row,
            file=since.file,
        ),
    )


def held_back(row: CheckedRow, holder: int) -> Result:
    """An earlier row of its order was not settled."""
    return not_sent(
        row,
        "earlier_row",
        texts.HELD_BACK.format(row=holder),
    )


def stopped(row: CheckedRow, after: int) -> Result:
    """The run was stopped before its turn."""
    return not_sent(
        row,
        "stopped",
        texts.STOPPED_BEFORE.format(after=after),
    )


def interrupted(row: CheckedRow) -> Result:
    """The user wanted to stop before its turn."""
    return not_sent(
        row,
        "interrupted",
        texts.INTERRUPTED_BEFORE,
    )


def not_noted(row: CheckedRow, error: LedgerError) -> Result:
    """It could not be noted that it is sent, so it was not."""
    return not_sent(row, "ledger", texts.LEDGER_FAILED.format(error=error))


def abandoned(row: CheckedRow, update: OrderUpdate) -> Result:
    """The user did not wait for the answer."""
    return Result(
        row=row.row,
        outcome=Outcome.UNCONFIRMED,
        error_code="interrupted",
        error_text=texts.INTERRUPTED_WAITING.format(bill_id=update.bill_id),
        attempts=1,
        update=update,
    )


def not_sent(row: CheckedRow, code: str, text: str) -> Result:
    """It was not sent."""
    return Result(
        row=row.row,
        outcome=Outcome.NOT_SENT,
        error_code=code,
        error_text=text,
        update=row.update,
    )


def delivered(row: CheckedRow, delivery: Delivery) -> Result:
    """It was handed to the shop."""
    return Result(
        row=row.row,
        outcome=delivery.outcome,
        error_code=delivery.error_code,
        error_text=delivery.error_text,
        attempts=delivery.attempts,
        updated_at=delivery.settled_at,
        update=row.update,
    )
