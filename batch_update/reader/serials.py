"""Days and times as workbooks keep them: numbers that a format shows as a day, a time or a length.

Source: ECMA-376, part 1, 18.17.4, "Dates and Times", and 18.8.31, "numFmts".
"""

from __future__ import annotations

import datetime as dt
import re

from batch_update.model import limits
from batch_update.reader.builtin import is_built_in_date

EPOCH, MAC_EPOCH = (dt.datetime.combine(day, dt.time()) for day in (limits.EPOCH, limits.MAC_EPOCH))
"""The days of serial number 0, in the two systems."""

_MS_OF_DAY = 86_400_000
_FIRST_OF_MARCH = 60
"""Below it, numbers of days are one too low: the system has a 29th of February 1900."""

_DATE = re.compile(r"(?:\[\$-[0-9A-Fa-f]+\])?[dmyhsDMYHS][dmyhsDMYHS./:, -]*(?:;@)?")
"""Formats of days and times as nearly all workbooks have them, such as `dd.mm.yyyy` or `h:mm;@`."""
_LENGTH = re.compile(r"\[(?:hh?|mm?)\](?::mm)?(?::ss)?")
_NUMBER = re.compile(r"[0#?.,% ]*|General|@")
"""Formats of numbers and texts in the same way; those of money are built in."""


def is_date_format(code: str) -> bool:
    """Return whether a number format shows a day, a time or a length of time."""
    if _DATE.fullmatch(code) or _LENGTH.fullmatch(code):
        return True
    if _NUMBER.fullmatch(code):
        return False
    if (is_date := is_built_in_date(code)) is not None:
        return is_date
    # Loaded where a workbook has a format out of the common run: it takes a third of a second.
    from openpyxl.styles import numbers

    return numbers.is_date_format(code)


def is_length_format(code: str) -> bool:
    """Return whether a number format shows a length of time, such as 26 hours."""
    if "[" not in code or _DATE.fullmatch(code) or is_built_in_date(code) is False:
        return False
    if _LENGTH.fullmatch(code):
        return True
    from openpyxl.styles import numbers

    return numbers.is_timedelta_format(code)


def moment_of(serial: float, epoch: dt.datetime) -> dt.datetime | dt.time:
    """Return the moment of a serial number, to the millisecond; below 1, a time without a day.

    Raises:
        OverflowError: it is out of the calendar.
        ValueError: it is no number.
    """
    day, fraction = divmod(serial, 1)
    time = dt.timedelta(milliseconds=round(fraction * _MS_OF_DAY))
    if 0 <= serial < 1 and not time.days:
        return (EPOCH + time).time()
    if 0 < serial < _FIRST_OF_MARCH and epoch == EPOCH:
        day += 1
    return epoch + dt.timedelta(days=day) + time


def length_of(serial: float) -> dt.timedelta:
    """Return the length of time of a serial number, to the millisecond.

    Raises:
        OverflowError: it is too long.
        ValueError: it is no number.
    """
    length = dt.timedelta(days=serial)
    if not length.microseconds:
        return length
    rounded = round(length.microseconds, -3)
    return length + dt.timedelta(microseconds=rounded - length.microseconds)
