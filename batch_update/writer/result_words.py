"""The words that many results share, looked up once for a file."""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache

from batch_update.i18n import _
from batch_update.model import OrderUpdate, RunKind, Status

_REMEMBERED = 4096
_BETWEEN = " · "


class ResultWords:
    """Words of the results of one run.

    Args:
        kind: the kind of run.
        zone: the zone in which times are shown.

    Attributes:
        of_outcome: returns the word for an outcome.
    """

    def __init__(self, kind: RunKind, zone: dt.tzinfo) -> None:
        self.of_outcome = cache(kind.word_of)
        self._zone = zone
        self._order = _("order {bill_id}")
        self._of_values = lru_cache(_REMEMBERED)(self._describe)

    def of_update(self, update: OrderUpdate) -> str:
        """Describe an update as the shop sees it."""
        order = self._order.format(bill_id=update.bill_id)
        said = f"{order}{_BETWEEN}{self._of_values(update.status, update.date)}"
        return f"{said}{_BETWEEN}{update.rpo}" if update.rpo else said

    def _describe(self, status: Status, date: dt.datetime | None) -> str:
        if date is None:
            return status.label
        return f"{status.label}{_BETWEEN}{date.astimezone(self._zone):%d.%m.%Y %H:%M %Z}"
