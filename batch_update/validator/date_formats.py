"""Dates that need an option, and the `--date-format` that would read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

from batch_update import wording
from batch_update.i18n import _
from batch_update.validator.cells import CellRefusedError, show

_TAIL = (
    r"(?P<word> ?г\.?)?(?P<gap>(?:,| в)? (?=[0-9]))?(?:(?P<h>[0-9]{1,2})(?P<colon>[:.-])"
    r"(?P<min>[0-9]{2})(?P<s>(?P=colon)[0-9]{2})?(?P<half> ?[AP]M)?)?"
    r"(?P<zone> ?\(?[A-Za-zА-Яа-я]{2,5}\)?)?"
)
_YEAR = r"(?P<y>[0-9]{4}|[0-9]{2})"
_SHAPES = tuple(
    re.compile(shape + _TAIL, re.IGNORECASE | re.ASCII)
    for shape in (
        r"[0-9]{1,2}(?P<sign>[-./, ])[0-9]{1,2}(?P=sign)" + _YEAR,
        r"(?P<y>[0-9]{4})(?P<sign>[-./])[0-9]{1,2}(?P=sign)[0-9]{1,2}",
        r"(?P<day>[0-9]{1,2})(?P<one>[-./ ])(?P<name>[a-z]{3,9})(?P<two>[-./, ]{1,2})" + _YEAR,
        r"(?P<name>[a-z]{3,9})(?P<one>[-./ ]{1,2})(?P<day>[0-9]{1,2})(?P<two>[-./, ]{1,2})" + _YEAR,
    )
)
_SHORT_YEAR_IN_RUSSIAN = re.compile(r"[0-9]{1,2}[-. ][а-я]{3,8}[-., ]{1,2}[0-9]{2}", re.IGNORECASE)
"""The names of months that a format reads are the English ones."""
_OF_DIGITS = {8: ("%d%m%Y", "%m%d%Y"), 6: ("%d%m%y", "%y%m%d", "%m%d%y")}
_EARLIEST_YEAR = 2000
_EXAMPLE = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
_KNOWN_ZONES = frozenset({"Z", "UTC", "GMT"})


class _Hint(NamedTuple):
    """Advice about a date.

    Args:
        has_short_year: whether its year has two digits.
        zone: the name of a time zone in it; empty if there is none.
        formats: each format that would read it, and the day that it would give.
    """

    has_short_year: bool
    zone: str
    formats: tuple[tuple[str, dt.date], ...]


def unread(text: str, value: str, date_format: str | None) -> CellRefusedError:
    """Return the refusal of a text that cannot be read in any way.

    Args:
        text: the cell's text, tidied.
        value: the cell.
        date_format: the user's format of dates; None if none was given.
    """
    if not date_format and (hint := _find_hint(text)):
        return _not_by_itself(hint, value)
    if date_format:
        return CellRefusedError(
            "not_a_date",
            _(
                "{found} is not a date nor like {format}. Write it like {example} or 2026-11-20."
            ).format(found=show(value), format=date_format, example=_EXAMPLE.strftime(date_format)),
        )
    return CellRefusedError(
        "not_a_date",
        _("{found} is not a date. {advice}").format(
            found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026.")
        ),
    )


def use_of_format(text: str) -> str:
    """Return a sentence on the formats that would read a text; empty if there are none."""
    hint = _find_hint(text)
    return _use(hint) if hint else ""


def _not_by_itself(hint: _Hint, value: str) -> CellRefusedError:
    """Return the refusal of a date that can be read with an option."""
    if hint.zone:
        options = _options(hint)
        use = (
            _(
                " If all dates of the sheet are written like this, use {options} and the "
                "zone's name, such as --timezone America/Los_Angeles."
            ).format(options=options)
            if options
            else ""
        )
        text = _(
            "{found} names a time zone that is not known here ({zone}). Write the offset "
            "in its place, like 2026-11-20 10:15+03:00.{use}"
        ).format(found=show(value), zone=hint.zone, use=use)
        return CellRefusedError("zone_unknown", text)
    code, text = (
        ("short_year", _("{found} has a year of two digits. {advice}{use}"))
        if hint.has_short_year
        else ("not_a_date", _("{found} is not a date that can be read by itself. {advice}{use}"))
    )
    advice = _("Write it like 2026-11-20 or 20.11.2026.")
    return CellRefusedError(code, text.format(found=show(value), advice=advice, use=_use(hint)))


def _use(hint: _Hint) -> str:
    if not hint.formats:
        return ""
    return _(" If all dates of the sheet are written like this, use {options}.").format(
        options=_options(hint)
    )


def _options(hint: _Hint) -> str:
    return _(" or ").join(
        _('--date-format "{format}" (reads it as {day})').format(
            format=date_format, day=wording.day(day)
        )
        for date_format, day in hint.formats
    )


def _find_hint(text: str) -> _Hint | None:
    """Find formats for a date that is not read by itself."""
    for shape in _SHAPES:
        if match := shape.fullmatch(text):
            return _hint_of(match)
    if text.isascii() and text.isdecimal() and len(text) in _OF_DIGITS:
        formats = _readable(text, _OF_DIGITS[len(text)])
        return _Hint(has_short_year=False, zone="", formats=tuple(formats)) if formats else None
    if _SHORT_YEAR_IN_RUSSIAN.fullmatch(text):
        return _Hint(has_short_year=True, zone="", formats=())
    return None


def _hint_of(match: re.Match[str]) -> _Hint | None:
    zone = (match["zone"] or "").strip(" ()")
    is_short = len(match["y"]) == 2
    # A format would read a known zone as the run's.
    is_known = zone.upper() in _KNOWN_ZONES
    formats = () if is_known else _likely(_readable(match.string, _formats(match)))
    if not (is_short or formats or (zone and not is_known)):
        return None
    return _Hint(has_short_year=is_short, zone="" if is_known else zone, formats=formats)


def _readable(text: str, formats: Sequence[str]) -> list[tuple[str, dt.date]]:
    """List the formats that read a text, each with the day that it gives."""
    read = ((one, _day(text, one)) for one in formats)
    return [(one, day) for one, day in read if day is not None]


def _formats(match: re.Match[str]) -> list[str]:
    parts = match.groupdict()
    year = "%Y" if len(parts["y"]) == 4 else "%y"
    if "name" in parts:
        month = "%B" if len(parts["name"]) > 3 else "%b"
        day_first = match.start("day") == 0
        first, second = ("%d", month) if day_first else (month, "%d")
        days = [f"{first}{parts['one']}{second}{parts['two']}{year}"]
    elif match.start("y") == 0:
        days = [parts["sign"].join(order) for order in (("%Y", "%m", "%d"), ("%Y", "%d", "%m"))]
    else:
        orders = (("%d", "%m", year), ("%m", "%d", year), ("%y", "%m", "%d"))
        days = [parts["sign"].join(order) for order in orders]
    return [day + _tail_format(parts) for day in days]


def _tail_format(parts: dict[str, str | None]) -> str:
    time = ""
    if parts["h"]:
        half = parts["half"]
        colon = parts["colon"]
        time = f"%I{colon}%M" if half else f"%H{colon}%M"
        time += f"{colon}%S" if parts["s"] else ""
        time += f"{half[:-2]}%p" if half else ""
    return f"{parts['word'] or ''}{parts['gap'] or ''}{time}{parts['zone'] or ''}"


def _day(text: str, date_format: str) -> dt.date | None:
    try:
        read = dt.datetime.strptime(text, date_format)  # noqa: DTZ007 only its day is wanted
    except ValueError:
        return None
    return read.date() if read.year >= _EARLIEST_YEAR else None


def _likely(found: list[tuple[str, dt.date]]) -> tuple[tuple[str, dt.date], ...]:
    """Drop unlikely formats: with dots, the day comes first if it can.

    With slashes, the year comes first only if nothing else can.
    """
    if found and found[0][0].startswith("%d.%m."):
        return tuple(found[:1])
    return tuple(found[:1] + [one for one in found[1:] if not one[0].startswith("%y/")])
