"""Lines of the ledger to values, and moments to text."""

from __future__ import annotations

import datetime as dt

from batch_update.ledger import schema
from batch_update.orders import Entry, OrderUpdate, Outcome, PastUpdate, Status

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def read_entry(row: tuple[object, ...]) -> Entry:
    """Read a line that a query of the schema gives.

    Raises:
        ValueError: it says what we do not write.
        OverflowError: its date is beyond the calendar.
    """
    account, bill_id, status, date, rpo, state, code, text, file, number, begun, settled = map(
        str, row
    )
    seconds = int(date)
    update = OrderUpdate(
        bill_id=int(bill_id),
        status=Status(status),
        date=_EPOCH + dt.timedelta(seconds=seconds) if seconds else None,
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
    return _as_text(dt.datetime.now(dt.UTC))


def written(moment: dt.datetime) -> str:
    """Write a moment: UTC, ISO 8601, to the millisecond."""
    return _as_text(moment.astimezone(dt.UTC))


def _as_text(moment: dt.datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
