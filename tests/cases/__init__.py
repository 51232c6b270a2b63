"""What real sheets hold, by hand: each row, and what goes on the wire for it or why nothing does.

A case is one small sheet, so that every row of it can be told by its result. The table is data, to
be run through every way in which a sheet can be read.
"""

from tests.cases import affixes, dates, formats, headers, orders, rows, sheets, statuses, tracking
from tests.cases.case import Case

__all__ = ["CASES", "Case"]

CASES = (
    *affixes.CASES,
    *orders.CASES,
    *statuses.CASES,
    *tracking.CASES,
    *formats.CASES,
    *dates.CASES,
    *sheets.CASES,
    *rows.CASES,
    *headers.CASES,
)
