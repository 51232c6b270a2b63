"""Words of a dry run about rows that come after others of the same run, none of which was sent."""

from __future__ import annotations

import datetime as dt

from batch_update.i18n import _
from batch_update.model import CheckedRow, OrderUpdate, PastUpdate


def known(first: PastUpdate) -> str:
    """Describe a row whose update an earlier row would send."""
    return _(
        "Dry run: an earlier row of this dry run, row {row} of {file}, would send this update; "
        "it would be sent once."
    ).format(row=first.row, file=first.file)


def paid_before(first: PastUpdate, dated: dt.datetime) -> str:
    """Describe a payment after one of another date."""
    return _(
        "Dry run: an earlier row of this dry run, row {row} of {file}, would book a payment of "
        "this order, dated {dated:%Y-%m-%d}, so this one would not be sent. If it is to be "
        "booked beside it, run a sheet with it alone and --force."
    ).format(row=first.row, file=first.file, dated=dated)


def superseded(
    row: CheckedRow, later: OrderUpdate, since: PastUpdate, zone: dt.tzinfo | None
) -> str:
    """Describe a row in whose place an earlier row would send another update."""
    return _(
        "Dry run: an earlier row of this dry run, row {row} of {file}, would send {what} for "
        "order {bill_id}, which takes the place of this row ({own}), so this one would not be "
        "sent. If this row is right, run a sheet with it alone and --force."
    ).format(
        row=since.row,
        file=since.file,
        what=later.describe(zone),
        bill_id=later.bill_id,
        own=row.update.describe(zone) if row.update else "",
    )


def overtaken(
    row: CheckedRow, later: OrderUpdate, since: PastUpdate, zone: dt.tzinfo | None
) -> str:
    """Describe a row that is older than what an earlier row would send."""
    return _(
        "Dry run: this row ({own}) is older than what an earlier row of this dry run, row {row} "
        "of {file}, would send for order {bill_id}: {what}, which this row would undo. If this "
        "row is right, run a sheet with it alone and --force."
    ).format(
        row=since.row,
        file=since.file,
        what=later.describe(zone),
        bill_id=later.bill_id,
        own=row.update.describe(zone) if row.update else "",
    )
