"""Limits of spreadsheets, and the days from which they count.

Source:
    Microsoft, "Excel specifications and limits" and "Date systems in Excel".
"""

from __future__ import annotations

import datetime as dt
from typing import Final

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
MOST_STYLES: Final = 65_490
WIDEST_COLUMN: Final = 255
"""In characters."""

EXACT_DIGITS: Final = 15
"""Number of digits that a spreadsheet keeps of a number."""

LARGEST_NUMBER: Final = 9.99e307
LONGEST_CELL: Final = 32_767
"""In units of UTF-16."""

LONGEST_FORMAT: Final = 255
LONGEST_SHEET_NAME: Final = 31

EPOCH: Final = dt.date(1899, 12, 30)
"""The day that serial number 0 means."""

MAC_EPOCH: Final = dt.date(1904, 1, 1)
"""The same in workbooks of the 1904 date system."""

LAST_SERIAL: Final = 2_957_004
"""The end of the year 9999."""
