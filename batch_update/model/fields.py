"""Fields: the meanings a column of a sheet can have, and their labels."""

from __future__ import annotations

from enum import StrEnum

from batch_update.i18n import N_, _


class Field(StrEnum):
    """A meaning that a column of the sheet can have."""

    BILL_ID = "bill_id"
    STATUS = "status"
    DATE = "date"
    DATE_SENT = "date_sent"
    DATE_PAID = "date_paid"
    RPO = "rpo"

    @property
    def label(self) -> str:
        """The label shown to people."""
        return _(_LABELS[self])

    @property
    def topic(self) -> Field:
        """The part of an order it concerns: the date, whatever status it is the date of."""
        return Field.DATE if self in DATES else self


DATES = frozenset({Field.DATE, Field.DATE_SENT, Field.DATE_PAID})
"""A date for whatever status a row has, and dates that hold for one status only."""

_LABELS = {
    Field.BILL_ID: N_("order number"),
    Field.STATUS: N_("status"),
    Field.DATE: N_("date"),
    Field.DATE_SENT: N_("date of sending"),
    Field.DATE_PAID: N_("date of payment"),
    Field.RPO: N_("tracking number"),
}
