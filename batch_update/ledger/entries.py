"""Lines of the ledger to values, and moments to text."""

from __future__ import annotations

import datetime as dt

from batch_update.ledger import schema
from batch_update.orders import Entry, OrderUpdate, Outcome, PastUpdate, Status


def read_entry(row: tuple[object, ...]) -> Entry:
    """Read a line that a query of the schema gives."""
    account, bill_id, status, date, rpo, state, code, text, file, number, begun, settled = map(
        str, row
    )
    seconds = int(date)
    update = OrderUpdate(
        bill_id=int(bill_id),
        status=Status(status),
        date=dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None,
        rpo=rpo or None,
    )
    past = PastUpdate(
        outcome=None if state == schema.SENDING else Outcome(state),
        code=code,
        text=text,
        file=file,
        row=int(number),
        at=dt.datetime.fromisoformat(settled or begun).replace(tzinfo=dt.UTC),
    )
    return Entry(account=account, update=update, past=past)


def now() -> str:
    """Give this moment as the ledger writes it."""
    return written(dt.datetime.now(dt.UTC))


def written(moment: dt.datetime) -> str:
    """Write a moment: UTC, ISO 8601, to the millisecond."""
    return (
        moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    )
