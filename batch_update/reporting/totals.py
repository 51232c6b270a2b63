"""The time that a report is about, and its totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time that a report is about.

    Args:
        since: its begin; None for the ledger's first note.
        until: its end; None for now.
        zone: the zone of its days.
    """

    since: dt.datetime | None
    until: dt.datetime | None
    zone: dt.tzinfo

    def days(self, first_note: dt.datetime | None, now: dt.datetime) -> tuple[dt.date, dt.date]:
        """Return its first and last day."""
        first = (self.since or first_note or now).astimezone(self.zone).date()
        if self.until is None:
            return first, max(first, now.astimezone(self.zone).date())
        return first, self.until.astimezone(self.zone).date() - dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTotals:
    """What a report counts.

    Args:
        first: its first day.
        last: its last day.
        zone: the name of the zone of all its times.
        updates: number of updates by outcome; each counts once.
        attempts: how often they were sent.
        open_now: number of updates whose outcome is not known now.
    """

    first: dt.date
    last: dt.date
    zone: str
    updates: Mapping[str, int]
    attempts: int
    open_now: int
