"""What a sheet would do, in a few figures, and a sum by which a change of it is seen."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batch_update.orders import CheckedRow, Status


@dataclass(slots=True, kw_only=True)
class Share:
    """What a sheet would do with one status.

    Args:
        status: which.
        count: how many rows say it.
        first: the earliest of their dates; None if they have none.
        last: the latest.
    """

    status: Status
    count: int = 0
    first: dt.datetime | None = None
    last: dt.datetime | None = None

    def take(self, date: dt.datetime | None) -> None:
        """Count a row with its date."""
        self.count += 1
        if date is None:
            return
        if self.first is None or date < self.first:
            self.first = date
        if self.last is None or date > self.last:
            self.last = date


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a sheet would do.

    Args:
        fingerprint: twelve hexadecimal digits, the same for the same rows, read by the same
            settings.
        shares: of each status that occurs.
    """

    fingerprint: str
    shares: Sequence[Share]


def plan_of(rows: Iterable[CheckedRow]) -> Plan:
    """Sum up what checked rows would do."""
    total = hashlib.sha256()
    shares = {status: Share(status=status) for status in Status}
    for row in rows:
        update = row.update
        said: object = [problem.code for problem in row.problems]
        if row.skipped is not None:
            said = row.skipped.code
        if update is not None:
            date, status = update.date, update.status
            said = f"{status} {date and date.timestamp()} {update.rpo}"
            shares[status].take(date)
        total.update(f"{row.row} {row.bill_id} {said}\n".encode())
    return Plan(
        fingerprint=total.hexdigest()[:12],
        shares=[share for share in shares.values() if share.count],
    )
