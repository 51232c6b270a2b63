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
            error_text=f"Says the same as row {twin.row}, which was updated just now.",
            updated_at=twin.updated_at,
            update=row.update,
        )
    return not_sent(
        row,
        "same_as_row",
        f"Says the same as row {twin.row}, which is {twin.outcome}; see there, and run only one "
        "of the two again.",
    )


def known(row: CheckedRow, past: PastUpdate) -> Result:
    """The shop confirmed it to an earlier run."""
    date = row.update.date if row.update and not row.update.is_date_assumed else None
    if past.dated is not None and date is not None:
        dated = past.dated.astimezone(date.tzinfo)
        return not_sent(
            row,
            "paid_before",
            f"The shop confirmed a payment of this order, dated {dated:%Y-%m-%d}, on "
            f"{past.at:%Y-%m-%d %H:%M} UTC, from row {past.row} of {past.file}. Look at the order "
            "in the shop; if this one is to be booked beside it, run a sheet with it alone and "
            "--force.",
        )
    return Result(
        row=row.row,
        outcome=Outcome.ALREADY_UPDATED,
        error_text=f"The shop confirmed this update on {past.at:%Y-%m-%d %H:%M} UTC, from row "
        f"{past.row} of {past.file}; nothing was sent.",
        updated_at=past.at,
        update=row.update,
    )


def overtaken(row: CheckedRow, update: OrderUpdate, entry: Entry) -> Result:
    """It was tried before, and the shop has taken something else for its order since."""
    since = entry.past
    return not_sent(
        row,
        "overtaken",
        f"This row was tried before. Since then the shop has taken {entry.update.status} for order "
        f"{update.bill_id} ({since.at:%Y-%m-%d %H:%M} UTC, row {since.row} of {since.file}), which "
        "this row would undo. Look at the order in the shop; if this row is right, run a sheet "
        "with it alone and --force.",
    )


def held_back(row: CheckedRow, holder: int) -> Result:
    """An earlier row of its order was not settled."""
    return not_sent(
        row,
        "earlier_row",
        f"Row {holder} is of the same order and was not settled, so this one was held back. Settle "
        f"row {holder} first, then run this row.",
    )


def stopped(row: CheckedRow, after: int) -> Result:
    """The run was stopped before its turn."""
    return not_sent(
        row,
        "stopped",
        f"The run was stopped after row {after}, before this row's turn; see there. "
        "Run this row again when that is mended.",
    )


def interrupted(row: CheckedRow) -> Result:
    """The user wanted to stop before its turn."""
    return not_sent(
        row,
        "interrupted",
        "The run was interrupted before this row's turn. Run this row again.",
    )


def not_noted(row: CheckedRow, error: LedgerError) -> Result:
    """It could not be noted that it is sent, so it was not."""
    return not_sent(row, "ledger", f"{error} Run this row again when that is mended.")


def abandoned(row: CheckedRow, update: OrderUpdate) -> Result:
    """The user did not wait for the answer."""
    return Result(
        row=row.row,
        outcome=Outcome.UNCONFIRMED,
        error_code="interrupted",
        error_text="The run was interrupted while the shop's answer was awaited. Look at order "
        f"{update.bill_id} in the shop before you run this row again.",
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
