"""Results in words: the outcome of a row, and advice for its reader."""

from __future__ import annotations

import datetime as dt

from batch_update import wording
from batch_update.batch import foretold
from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.model import (
    DRY_RUN,
    DRY_RUN_TWIN,
    SETTLED,
    CheckedRow,
    Entry,
    Holder,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Problem,
    Result,
    SendResult,
)


def invalid(row: CheckedRow) -> Result:
    """Return the result of a row that the checks refused."""
    return Result(
        row=row.row,
        outcome=Outcome.INVALID,
        error_code=row.problems[0].code,
        error_text=" ".join(
            problem.text[:1].upper() + problem.text[1:] for problem in row.problems
        ),
        problems=row.problems,
    )


def skipped(row: CheckedRow, why: Problem) -> Result:
    """Return the result of a row for which nothing is to be sent."""
    return Result(
        row=row.row,
        outcome=Outcome.SKIPPED,
        error_code=why.code,
        error_text=why.text[:1].upper() + why.text[1:],
    )


def same_as(row: CheckedRow, twin: Result) -> Result:
    """Return the result of a row that equals an earlier row of the sheet."""
    if twin.outcome in SETTLED:
        text = _("Says the same as row {row}, which was updated just now.")
        if twin.outcome is Outcome.ALREADY_UPDATED:
            text = _("Says the same as row {row}. {text}")
        return Result(
            row=row.row,
            outcome=Outcome.ALREADY_UPDATED,
            error_text=text.format(row=twin.row, text=twin.error_text),
            updated_at=twin.updated_at,
            update=row.update,
        )
    if twin.error_code in {DRY_RUN, DRY_RUN_TWIN}:
        return not_sent(
            row,
            DRY_RUN_TWIN,
            _("Dry run: says the same as row {row}; would be sent once.").format(row=twin.row),
        )
    return not_sent(
        row,
        "same_as_row",
        _(
            "Says the same as row {row}, which is {outcome}; see there, and run only one "
            "of the two again."
        ).format(row=twin.row, outcome=_(twin.outcome)),
    )


def known(row: CheckedRow, confirmed: PastUpdate, zone: dt.tzinfo | None) -> Result:
    """Return the result of a row that the shop confirmed to an earlier run."""
    if confirmed.is_foreseen:
        return not_sent(row, DRY_RUN_TWIN, foretold.known(confirmed))
    text = _(
        "The shop confirmed this update on {at:%Y-%m-%d %H:%M %Z}, from row {row} of {file}; "
        "nothing was sent."
    )
    if confirmed.by:
        text = _(
            "The shop confirmed this update on {at:%Y-%m-%d %H:%M %Z}, sent by {who} from row "
            "{row} of {file}; nothing was sent."
        )
    return Result(
        row=row.row,
        outcome=Outcome.ALREADY_UPDATED,
        error_text=text.format(
            at=confirmed.at.astimezone(zone),
            who=confirmed.by,
            row=confirmed.row,
            file=confirmed.file,
        ),
        updated_at=confirmed.at,
        update=row.update,
    )


def paid_before(
    row: CheckedRow, confirmed: PastUpdate, dated: dt.datetime, zone: dt.tzinfo | None
) -> Result:
    """Return the result of a payment that the shop confirmed with another date."""
    own_zone = row.update.date.tzinfo if row.update and row.update.date else zone
    if confirmed.is_foreseen:
        text = foretold.paid_before(confirmed, dated.astimezone(own_zone))
        return not_sent(row, "paid_before", text)
    return not_sent(
        row,
        "paid_before",
        _(
            "The shop confirmed a payment of this order, dated {dated:%Y-%m-%d}, on "
            "{at:%Y-%m-%d %H:%M %Z}, from row {row} of {file}. Look at the order in the "
            "shop; if this one is to be booked beside it, run a sheet with it alone and "
            "--force."
        ).format(
            dated=dated.astimezone(own_zone),
            at=confirmed.at.astimezone(zone),
            row=confirmed.row,
            file=_file_of(confirmed),
        ),
    )


def superseded(
    row: CheckedRow, confirmed: PastUpdate, later: Entry, zone: dt.tzinfo | None
) -> Result:
    """Return the result of a confirmed row whose order has, or may have, a later update."""
    since = later.past if later.may_have_happened else later.confirmed or later.past
    if since.is_foreseen:
        text = foretold.superseded(row, later.update, since, zone)
        return not_sent(row, "superseded", text)
    text = (
        _(
            "The shop confirmed this row ({own}) on {at:%Y-%m-%d %H:%M %Z}, but since then "
            "{what} was sent for order {bill_id} and its answer was lost ({since:%Y-%m-%d "
            "%H:%M %Z}, row {row} of {file}), so nobody knows what the shop has now. Look at "
            "the order in the shop; if this row is right, run a sheet with it alone and "
            "--force."
        )
        if later.may_have_happened
        else _(
            "The shop confirmed this row ({own}) on {at:%Y-%m-%d %H:%M %Z}, but since then it "
            "has taken {what} for order {bill_id} ({since:%Y-%m-%d %H:%M %Z}, row {row} of "
            "{file}). Look at the order in the shop; if this row is right, run a sheet with it "
            "alone and --force."
        )
    )
    return not_sent(
        row,
        "superseded",
        text.format(
            at=confirmed.at.astimezone(zone),
            own=_own(row, zone),
            bill_id=later.update.bill_id,
            what=later.update.describe(zone),
            since=since.at.astimezone(zone),
            row=since.row,
            file=_file_of(since),
        ),
    )


def overtaken(row: CheckedRow, later: Entry, zone: dt.tzinfo | None) -> Result:
    """Return the result of a row that is older than the order's confirmed update."""
    since = later.confirmed or later.past
    if since.is_foreseen:
        text = foretold.overtaken(row, later.update, since, zone)
        return not_sent(row, "overtaken", text)
    return not_sent(
        row,
        "overtaken",
        _(
            "This row ({own}) is older than what the shop has taken since for order "
            "{bill_id}: {what} ({since:%Y-%m-%d %H:%M %Z}, row {row} of {file}), which "
            "this row would undo. Look at the order in the shop; if this row is right, run "
            "a sheet with it alone and --force."
        ).format(
            own=_own(row, zone),
            bill_id=later.update.bill_id,
            what=later.update.describe(zone),
            since=since.at.astimezone(zone),
            row=since.row,
            file=_file_of(since),
        ),
    )


def rejected_beside(row: CheckedRow, past: PastUpdate, zone: dt.tzinfo | None) -> Result:
    """Return the result of a row that the shop refused to another run of the same sheet."""
    return Result(
        row=row.row,
        outcome=Outcome.REJECTED,
        error_code=int(past.code) if past.code.isdecimal() else past.code,
        error_text=_(
            "{text} (The shop's answer on {at:%Y-%m-%d %H:%M %Z} to {who}, whose run worked on "
            "this sheet too; this one did not ask again.)"
        ).format(text=past.text, at=past.at.astimezone(zone), who=past.by),
        update=row.update,
    )


def held_elsewhere(row: CheckedRow, holder: Holder, zone: dt.tzinfo | None) -> Result:
    """Return the result of a row whose order another run still works on."""
    return not_sent(
        row,
        "other_run",
        _(
            "Order {bill_id} was being worked on by another run ({who}, since "
            "{since:%Y-%m-%d %H:%M %Z}), so nothing was sent. Run this row again when that run "
            "has ended; what it has sent is not sent twice."
        ).format(
            bill_id=row.bill_id, who=describe_holder(holder), since=holder.since.astimezone(zone)
        ),
    )


def describe_holder(holder: Holder) -> str:
    """Return whose run it is, and where it is at work."""
    return wording.printable(
        _("{user}, process {pid} on {host}").format(
            user=wording.show_name(holder.user) or "?",
            pid=holder.pid,
            host=wording.show_name(holder.host),
        )
    )


def unsettled(row: CheckedRow, entry: Entry, until: dt.datetime) -> Result:
    """Return the result of a row while another update of its order may still take effect."""
    return not_sent(
        row,
        "unsettled",
        _(
            "For order {bill_id}, {what} (row {row} of {file}) was sent and its answer was "
            "lost, so it may still take effect. Nothing else of the order is sent until "
            "then: run this row again after {until}."
        ).format(
            bill_id=entry.update.bill_id,
            what=entry.update.describe(until.tzinfo),
            row=entry.past.row,
            file=_file_of(entry.past),
            until=wording.moment(until),
        ),
    )


def maybe_paid_again(row: CheckedRow, update: OrderUpdate, until: dt.datetime) -> Result:
    """Return the result of a confirmed payment that was insisted on again, with unknown outcome."""
    return Result(
        row=row.row,
        outcome=Outcome.UNCONFIRMED,
        error_code="earlier_run",
        error_text=_(
            "The payment of order {bill_id} was confirmed, then sent once more with "
            "--force, and nobody knows whether it was booked twice. Nothing was sent now. "
            "Look at order {bill_id} in the shop; if a payment is missing, run this row "
            "again with --force after {until}."
        ).format(bill_id=update.bill_id, until=wording.moment(until)),
        update=update,
    )


def _file_of(past: PastUpdate) -> str:
    """Return the sheet of an earlier row, in a team's ledger with whose run sent it."""
    if not past.by:
        return past.file
    return _("{file}, sent by {who}").format(file=past.file, who=past.by)


def _own(row: CheckedRow, zone: dt.tzinfo | None) -> str:
    return row.update.describe(zone) if row.update else ""


def held_back(row: CheckedRow, holder: int) -> Result:
    """Return the result of a row whose order has an earlier row that was not settled."""
    return not_sent(
        row,
        "earlier_row",
        _(
            "Row {row} is of the same order and was not settled, so this one was held "
            "back. Settle row {row} first, then run this row."
        ).format(row=holder),
    )


def stopped(row: CheckedRow, after: int) -> Result:
    """Return the result of a row whose turn had not come when the run was stopped."""
    return not_sent(
        row,
        "stopped",
        _(
            "The run was stopped after row {after}, before this row's turn; see there. Run "
            "this row again when that is mended."
        ).format(after=after),
    )


def halted(row: CheckedRow, reason: str) -> Result:
    """Return the result of a row whose turn had not come when the run stopped at no row."""
    return not_sent(
        row,
        "stopped",
        _(
            "The run had to stop before this row's turn. {reason} Run this row again when that is "
            "mended."
        ).format(reason=reason),
    )


def interrupted(row: CheckedRow) -> Result:
    """Return the result of a row whose turn had not come when the user wanted to stop."""
    return not_sent(
        row,
        "interrupted",
        _("The run was interrupted before this row's turn. Run this row again."),
    )


def not_noted(row: CheckedRow, error: LedgerError) -> Result:
    """Return the result of a row not sent because the sending could not be noted."""
    return not_sent(
        row, "ledger", _("{error} Run this row again when that is mended.").format(error=error)
    )


def abandoned(row: CheckedRow, update: OrderUpdate) -> Result:
    """Return the result of a row whose answer the user did not wait for."""
    return Result(
        row=row.row,
        outcome=Outcome.UNCONFIRMED,
        error_code="interrupted",
        error_text=_(
            "The run was interrupted while the shop's answer was awaited. Look at order "
            "{bill_id} in the shop before you run this row again."
        ).format(bill_id=update.bill_id),
        attempts=1,
        update=update,
    )


def not_sent(row: CheckedRow, code: str, text: str) -> Result:
    """Return the result of a row that was not sent."""
    return Result(
        row=row.row,
        outcome=Outcome.NOT_SENT,
        error_code=code,
        error_text=text,
        update=row.update,
    )


def delivered(row: CheckedRow, delivery: SendResult) -> Result:
    """Return the result of a row that was handed to the shop."""
    return Result(
        row=row.row,
        outcome=delivery.outcome,
        error_code=delivery.error_code,
        error_text=delivery.error_text,
        attempts=delivery.attempts,
        updated_at=delivery.settled_at,
        update=row.update,
        warnings=row.warnings,
    )
