"""Updates: the checked contents of rows.

Three words are the vendor's and stay the vendor's: `bill_id` is the order number, `rpo` the
parcel's tracking number, `date` the moment the parcel was posted or the order paid.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msgspec import Struct

from batch_update import wording
from batch_update.model.status_rules import Status


class OrderUpdate(Struct, frozen=True, kw_only=True, eq=False):
    """One change of one order, checked and ready to be signed.

    Two of them are equal if they have the same effect: a tracking number in capitals makes no
    difference, nor does the source of a date.

    Args:
        bill_id: order number, positive.
        status: the status to set.
        date: moment of posting or payment, with a zone; None unless the status needs it.
        rpo: tracking number; None unless the status needs it.
        is_date_assumed: whether the date is not the row's own, but the run's for all rows.
    """

    bill_id: int
    status: Status
    date: dt.datetime | None = None
    rpo: str | None = None
    is_date_assumed: bool = False

    def __eq__(self, other: object) -> bool:
        """Return whether another update has the same effect."""
        if not isinstance(other, OrderUpdate):
            return NotImplemented
        return self._said() == other._said()

    def __hash__(self) -> int:
        """Return the same number for updates that are equal."""
        return hash(self._said())

    @property
    def parcel(self) -> str | None:
        """The tracking number as it is compared: in capitals, which no carrier tells apart."""
        return None if self.rpo is None else self.rpo.upper()

    def describe(self, zone: dt.tzinfo | None) -> str:
        """Describe it in a few words, with the day in a zone."""
        date = wording.day(self.date.astimezone(zone)) if self.date else ""
        return " ".join(filter(None, [self.status.label, date, self.rpo]))

    def _said(self) -> tuple[object, ...]:
        return self.bill_id, self.status, self.date, self.parcel


def lacks_zeros(rpo: str, whole: str) -> bool:
    """Return whether a tracking number is another one without zeros in front of it.

    Only of digits alone do spreadsheet programs make a number, which has no such zeros.
    """
    return len(rpo) < len(whole) and rpo.isdecimal() and rpo.lstrip("0") == whole.lstrip("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Reason why a row cannot be sent, with advice in words.

    Args:
        row: the row's number in the sheet.
        column: index from 0 of the column to fix; None if the sheet lacks it.
        code: one word for the kind of problem, such as `date_missing`.
        text: a sentence for the person who fixes it.
        word: the unknown status word; empty for all other problems.
        beside: indexes of further columns of the same problem.
    """

    row: int
    column: int | None
    code: str
    text: str
    word: str = ""
    beside: tuple[int, ...] = ()


class CheckedRow(Struct, frozen=True, kw_only=True):
    """Outcome of the checks of a row: an update, problems, a repetition, or nothing to send.

    Args:
        row: the row's number in the sheet.
        bill_id: the order, also where other cells of the row are wrong; None if unreadable.
        update: the update to send; None if there are problems.
        problems: everything wrong with the row.
        same_as: number of the earlier row that is exactly equal.
        warnings: oddities of the row, which is sent all the same.
        skipped: reason for sending nothing for it, though it is valid.
    """

    row: int
    bill_id: int | None
    update: OrderUpdate | None
    problems: tuple[Problem, ...] = ()
    same_as: int | None = None
    warnings: tuple[Problem, ...] = ()
    skipped: Problem | None = None
