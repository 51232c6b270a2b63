"""Moments out of cells: date cells, unix seconds, Excel serials and written dates.

A date without a zone is in the zone of the run. What has two readings, such as `03/04/2024`, is
refused: a wrong guess could not be seen later.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from batch_update import wording
from batch_update.orders import CellValue
from batch_update.validator.cells import CellRefusedError, refuse_damage, show

EARLIEST_YEAR = 2000
_LATEST_AHEAD = dt.timedelta(days=1)

# A number is unix seconds or an Excel serial; the two ranges lie far apart.
_UNIX_RANGE = range(946_684_800, 4_102_444_800)  # 2000 to 2099
_SERIAL_RANGE = range(35_000, 73_051)  # 1995 to 2099 counted from 1900

_TIME = r"(?:[ T]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?)?"
_ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_FLAGS = re.ASCII | re.IGNORECASE
_ISO = re.compile(rf"(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}}){_TIME}{_ZONE}", _FLAGS)
_DOTTED = re.compile(rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}),?{_TIME}{_ZONE}", _FLAGS)
_EITHER_WAY = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}.*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.0+)?")

_HOW_TO_WRITE = "Write it like 2026-11-20 or 20.11.2026."


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How dates of a run are understood.

    Args:
        zone: the zone of dates that name none.
        now: the present moment, with a zone; a date may lie at most one day ahead of it.
        epoch: the day from which the workbook's serial numbers count.
    """

    zone: ZoneInfo
    now: dt.datetime
    epoch: dt.date = dt.date(1899, 12, 30)


def read_date(value: CellValue, calendar: Calendar) -> dt.datetime:
    """Read the moment that a cell means.

    Args:
        value: the cell; a date without a time means midnight.
        calendar: zone, present moment and epoch.

    Returns:
        The moment, with a zone.

    Raises:
        CellRefusedError: the cell is no date, has two readings, or lies out of range.
    """
    refuse_damage(value)
    moment = _moment(value, calendar)
    if moment.year < EARLIEST_YEAR:
        raise CellRefusedError(
            "too_early", f"{show(value)} is before the year {EARLIEST_YEAR}. Correct the date."
        )
    if moment > calendar.now + _LATEST_AHEAD:
        raise CellRefusedError(
            "in_future",
            f"{show(value)} is more than a day ahead of now ({calendar.now:%Y-%m-%d %H:%M}). "
            "Correct the date.",
        )
    return moment


def _moment(value: CellValue, calendar: Calendar) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return _in_zone(value, calendar.zone, value)
    if isinstance(value, dt.date):
        return _in_zone(dt.datetime.combine(value, dt.time()), calendar.zone, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value, calendar)
    if isinstance(value, str):
        return _of_text(value, calendar)
    raise CellRefusedError("not_a_date", f"{show(value)} is not a date. {_HOW_TO_WRITE}")


def _of_number(value: float, calendar: Calendar) -> dt.datetime:
    if math.isfinite(value):
        if int(value) in _UNIX_RANGE:
            return dt.datetime.fromtimestamp(int(value), tz=dt.UTC)
        if int(value) in _SERIAL_RANGE:
            seconds = round((value - int(value)) * 86_400)
            midnight = dt.datetime.combine(calendar.epoch, dt.time())
            naive = midnight + dt.timedelta(days=int(value), seconds=seconds)
            return _in_zone(naive, calendar.zone, value)
    raise CellRefusedError(
        "not_a_date",
        f"{show(value)} is not a date: it is neither a date cell nor seconds since 1970. "
        f"{_HOW_TO_WRITE}",
    )


def _of_text(value: str, calendar: Calendar) -> dt.datetime:
    text = wording.tidy(value)
    if _NUMBER.fullmatch(text) and len(text) < 20:
        return _of_number(float(text), calendar)
    for pattern in (_ISO, _DOTTED):
        if match := pattern.fullmatch(text):
            return _of_parts(match, calendar.zone, value)
    if _EITHER_WAY.fullmatch(text):
        raise CellRefusedError(
            "ambiguous",
            f"{show(value)} can be read two ways: which part is the day? {_HOW_TO_WRITE}",
        )
    raise CellRefusedError("not_a_date", f"{show(value)} is not a date. {_HOW_TO_WRITE}")


def _of_parts(match: re.Match[str], zone: ZoneInfo, value: str) -> dt.datetime:
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("y", "m", "d", "h", "min", "s")
    )
    try:
        naive = dt.datetime.combine(dt.date(year, month, day), dt.time(hour, minute, second))
        offset = _offset(match["zone"])
    except ValueError:
        raise CellRefusedError(
            "impossible", f"there is no such date as {show(value)}. Correct it."
        ) from None
    if offset is None:
        return _in_zone(naive, zone, value)
    return naive.replace(tzinfo=offset)


def _offset(text: str | None) -> dt.timezone | None:
    if text is None:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    delta = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-delta if text[0] == "-" else delta)


def _in_zone(naive: dt.datetime, zone: ZoneInfo, value: CellValue) -> dt.datetime:
    """Put a local time into the zone; refuse one that a clock change skips or repeats."""
    if naive.tzinfo is not None:
        return naive
    moment = naive.replace(tzinfo=zone)
    other = moment.replace(fold=1)
    try:
        differs = moment.utcoffset() != other.utcoffset()
        exists = moment.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == naive
    except OverflowError:
        raise CellRefusedError(
            "impossible", f"{show(value)} is out of the calendar's range. Correct it."
        ) from None
    if differs:
        what = "happened twice" if exists else "did not exist"
        raise CellRefusedError(
            "clock_change",
            f"{show(value)} {what} in {zone.key}, where the clocks were changed. Write the date "
            "with its zone, such as 2026-11-20 01:30+03:00, or choose --timezone UTC.",
        )
    return moment
