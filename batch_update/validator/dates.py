"""Read moments from cells: date cells, unix seconds, Excel serials and written dates.

A date without a zone is in the zone of the run. A date with two readings, such as `03/04/2024`, is
refused: a wrong guess could not be seen later.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.model import CellValue, limits
from batch_update.validator.cells import CellRefusedError, refuse_damage, show
from batch_update.validator.date_formats import unread, use_of_format
from batch_update.validator.weekdays import name_of, split_weekday

EARLIEST_YEAR = 2000
_LATEST_AHEAD = dt.timedelta(days=1)

# A number is a day in digits, unix time or an Excel serial; the ranges lie far apart.
_UNIX_RANGE = range(946_684_800, 4_102_444_800)  # 2000 to 2099
_UNIX_MS_RANGE = range(_UNIX_RANGE.start * 1000, _UNIX_RANGE.stop * 1000)
_SERIAL_RANGE = range(35_000, 73_051)  # 1995 to 2099 counted from 1900
_DIGITS_OF_A_DAY = range(1900_01_01, 2100_01_01)
_FORMAT_OF_DIGITS = "%Y%m%d"

_TIME = (
    r"(?:[ T]+(?P<h>[0-9]{1,2}):(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.[0-9]+)?)?"
    r"(?: ?(?P<half>[AP])\.?M\.?)?)?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
_FLAGS = re.ASCII | re.IGNORECASE
_YEAR_WORD = r"(?: ?(?:г\.?|года))?"
_ISO = re.compile(rf"(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}}),?{_TIME}{_ZONE}", _FLAGS)
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})(?P<sign>[/.])(?P<m>\d{{1,2}})(?P=sign)(?P<d>\d{{1,2}}){_YEAR_WORD},?{_TIME}{_ZONE}",
    _FLAGS,
)
_DOTTED = re.compile(
    rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}){_YEAR_WORD}(?:,| в)?{_TIME}{_ZONE}",
    _FLAGS,
)
_EITHER_WAY = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<sign>[/-])(?P<b>\d{{1,2}})(?P=sign)(?P<y>\d{{4}}),?{_TIME}{_ZONE}",
    _FLAGS,
)
_NAMED = (
    re.compile(
        r"(?:[a-zа-я]+\.?,? )?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?[ .-]{1,2}(?P<name>[a-zа-я]+)"
        rf"[ .,-]{{1,2}}(?P<y>[0-9]{{4}}){_YEAR_WORD}(?:,| в)?{_TIME}{_ZONE}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:[a-z]+\.?,? )?(?P<name>[a-zа-я]+)\.?[ -](?P<d>[0-9]{1,2})(?:st|nd|rd|th)?,?[ -]"
        rf"(?P<y>[0-9]{{4}}),?{_TIME}{_ZONE}",
        re.IGNORECASE,
    ),
)
_GLUED_PARTS = re.compile(r"%[dmyYHIMSj]%[dmyYHIMSj]")
_NUMBER = re.compile(r"[0-9]+(?:\.0+)?")

_MONTH_WORDS = (
    "january jan январь января янв",
    "february feb февраль февраля фев февр",
    "march mar март марта мар",
    "april apr апрель апреля апр",
    "may май мая",
    "june jun июнь июня июн",
    "july jul июль июля июл",
    "august aug август августа авг",
    "september sep sept сентябрь сентября сен сент",
    "october oct октябрь октября окт",
    "november nov ноябрь ноября ноя нояб",
    "december dec декабрь декабря дек",
)
_MONTH_OF_WORD = {
    word: number for number, words in enumerate(_MONTH_WORDS, start=1) for word in words.split()
}


class DateOrder(StrEnum):
    """The place of the day in `03/04/2026`."""

    DAY_FIRST = N_("day first")
    MONTH_FIRST = N_("month first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Rules for reading the dates of a run.

    Args:
        zone: the zone of dates that name none.
        now: the present moment, with a zone; a date may lie at most one day ahead of it.
        epoch: the day from which the workbook's serial numbers count.
        order: the reading of `03/04/2026`; None to take only dates with one reading.
        date_format: the format of written dates, in the words of `strptime`; None for the usual
            ones.
    """

    zone: ZoneInfo
    now: dt.datetime
    epoch: dt.date = limits.EPOCH
    order: DateOrder | None = None
    date_format: str | None = None


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
            "too_early",
            _("{found} is before the year {year}. Correct the date.").format(
                found=show(value), year=EARLIEST_YEAR
            ),
        )
    if moment > calendar.now + _LATEST_AHEAD:
        raise CellRefusedError(
            "in_future",
            _(
                "{found} is more than a day ahead of now ({now:%Y-%m-%d %H:%M %Z}). "
                "Correct the date."
            ).format(found=show(value), now=calendar.now),
        )
    return moment


def tells_whole_date(date_format: str) -> bool:
    """Return whether a day that is written in a `strptime` format can be read back from it."""
    day = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    if "%y" not in date_format.lower():
        return False
    try:
        written = day.strftime(date_format)
    except ValueError:
        # Windows refuses letters that other systems leave as they are.
        return False
    read = _of_format(written, date_format, ZoneInfo("UTC"), date_format)
    return read is not None and read.date() == day.date()


def _moment(value: CellValue, calendar: Calendar) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return _in_zone(value, calendar.zone, value)
    if isinstance(value, dt.date):
        return _in_zone(dt.datetime.combine(value, dt.time()), calendar.zone, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value, calendar, value)
    if isinstance(value, str):
        return _of_text(value, calendar)
    raise CellRefusedError(
        "not_a_date",
        _("{found} is not a date. {advice}").format(
            found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026.")
        ),
    )


def _of_number(number: float, calendar: Calendar, value: CellValue) -> dt.datetime:
    if math.isfinite(number):
        if int(number) in _UNIX_RANGE:
            return dt.datetime.fromtimestamp(int(number), tz=dt.UTC)
        if int(number) in _UNIX_MS_RANGE:
            return dt.datetime.fromtimestamp(int(number) // 1000, tz=dt.UTC)
        if int(number) in _SERIAL_RANGE:
            seconds = round((number - int(number)) * 86_400)
            midnight = dt.datetime.combine(calendar.epoch, dt.time())
            naive = midnight + dt.timedelta(days=int(number), seconds=seconds)
            return _in_zone(naive, calendar.zone, value)
        is_whole = number == int(number) and calendar.date_format in {None, _FORMAT_OF_DIGITS}
        if is_whole and int(number) in _DIGITS_OF_A_DAY:
            return _of_digits(int(number), calendar.zone, value)
    if isinstance(value, str) and not calendar.date_format and use_of_format(wording.tidy(value)):
        raise unread(wording.tidy(value), value, None)
    raise CellRefusedError(
        "not_a_date",
        _(
            "{found} is not a date: it is neither a date cell nor seconds since 1970. {advice}"
        ).format(found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026.")),
    )


def _of_digits(digits: int, zone: ZoneInfo, value: CellValue) -> dt.datetime:
    moment = _of_format(str(digits), _FORMAT_OF_DIGITS, zone, value)
    if moment is None:
        raise CellRefusedError(
            "impossible",
            _("there is no such date as {found}. Correct it.").format(found=show(value)),
        )
    return moment


def _of_text(value: str, calendar: Calendar) -> dt.datetime:
    text = wording.tidy(value)
    if any(char.isdigit() and not char.isascii() for char in text):
        raise CellRefusedError(
            "not_a_date",
            _("{found} is not a date. {advice}").format(
                found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026.")
            ),
        )
    weekday, rest = split_weekday(text)
    if weekday is None or _NUMBER.fullmatch(rest):
        return _of_plain_text(text, calendar, value)
    moment = None
    if calendar.date_format is not None:
        moment = _of_format(text, calendar.date_format, calendar.zone, value)
    moment = moment or _of_plain_text(rest, calendar, value)
    if moment.weekday() != weekday.number:
        raise CellRefusedError(
            "weekday",
            _(
                "{found} names a weekday ({weekday}) that is not that of its day: "
                "{day:%Y-%m-%d} is a {right}. Correct the date or the weekday."
            ).format(
                found=show(value),
                weekday=weekday.word,
                day=moment,
                right=name_of(moment.weekday()),
            ),
        )
    return moment


def _of_plain_text(text: str, calendar: Calendar, value: str) -> dt.datetime:
    for date_format in _with_long_year(calendar.date_format):
        moment = _of_format(text, date_format, calendar.zone, value)
        if moment is not None:
            return moment
    if _NUMBER.fullmatch(text):
        return _of_number(float(text), calendar, value)
    patterns = (_ISO, *_NAMED) if calendar.date_format else (_ISO, _YEAR_FIRST, _DOTTED, *_NAMED)
    for pattern in patterns:
        match = pattern.fullmatch(text)
        if match and (month := _month(match)):
            return _of_parts(match, (month, int(match["d"])), calendar.zone, value)
    if not calendar.date_format and (match := _EITHER_WAY.fullmatch(text)):
        return _of_parts(match, _month_and_day(match, calendar, value), calendar.zone, value)
    raise unread(text, value, calendar.date_format)


def _with_long_year(date_format: str | None) -> tuple[str, ...]:
    """List a format of a short year, and the same with a long one: it has no other reading.

    Without signs between its parts it might have.
    """
    if date_format is None:
        return ()
    if _GLUED_PARTS.search(date_format):
        return (date_format,)
    return tuple(dict.fromkeys((date_format, date_format.replace("%y", "%Y"))))


def _of_format(text: str, date_format: str, zone: ZoneInfo, value: CellValue) -> dt.datetime | None:
    try:
        naive = dt.datetime.strptime(text, date_format)  # noqa: DTZ007 the zone comes next
    except ValueError:
        return None
    if _GLUED_PARTS.search(date_format) and naive.strftime(date_format) != text:
        # A zero is missing, and nobody knows where: 1112026 is the 1st or the 11th.
        return None
    return _in_zone(naive, zone, value)


def _month(match: re.Match[str]) -> int:
    """Return the month's number, 0 if its name is not known."""
    parts = match.groupdict()
    return int(parts["m"]) if "m" in parts else month_of(parts["name"])


def month_of(word: str) -> int:
    """Return the number of the month of a name, English or Russian; 0 if it is none."""
    return _MONTH_OF_WORD.get(wording.normalise(word), 0)


def _month_and_day(match: re.Match[str], calendar: Calendar, value: str) -> tuple[int, int]:
    first, second = int(match["a"]), int(match["b"])
    if calendar.order is DateOrder.DAY_FIRST:
        return second, first
    if calendar.order is DateOrder.MONTH_FIRST:
        return first, second
    if first == second or second > 12:
        return first, second
    if first > 12:
        return second, first
    raise CellRefusedError(
        "ambiguous",
        _(
            "{found} can be read two ways: which part is the day? {advice} If all dates of "
            "the sheet are meant alike, say --day-first or --month-first."
        ).format(found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026.")),
    )


def _of_parts(
    match: re.Match[str], month_and_day: tuple[int, int], zone: ZoneInfo, value: str
) -> dt.datetime:
    hour, minute, second = (int(match[name] or 0) for name in ("h", "min", "s"))
    try:
        if match["half"]:
            hour = _hour_of_half(hour, match["half"])
        naive = dt.datetime.combine(
            dt.date(int(match["y"]), *month_and_day), dt.time(hour, minute, second)
        )
        offset = _offset(match["zone"])
    except ValueError:
        text = _("there is no such date as {found}. Correct it.{use}").format(
            found=show(value), use=use_of_format(match.string)
        )
        raise CellRefusedError("impossible", text) from None
    if offset is None:
        return _in_zone(naive, zone, value)
    return naive.replace(tzinfo=offset)


def _hour_of_half(hour: int, half: str) -> int:
    """Read an hour of the twelve-hour clock."""
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in "Pp" else 0)


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
            "impossible",
            _("{found} is out of the calendar's range. Correct it.").format(found=show(value)),
        ) from None
    if differs:
        what = _("happened twice") if exists else _("did not exist")
        raise CellRefusedError(
            "clock_change",
            _(
                "{found} {what} in {zone}, where the clocks were changed. Write the date "
                "with its zone, such as 2026-11-20 01:30+03:00, or choose --timezone UTC."
            ).format(found=show(value), what=what, zone=zone.key),
        )
    return moment
