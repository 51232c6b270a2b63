"""Dates that need an option, and the `--date-format` that would read them."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from batch_update.i18n import _
from batch_update.validator.cells import CellRefusedError, show

_TAIL = (
    r"(?P<word> ?г\.?)?(?P<gap>(?:,| в)? (?=[0-9]))?(?:(?P<h>[0-9]{1,2}):(?P<min>[0-9]{2})"
    r"(?P<s>:[0-9]{2})?(?P<half> ?[AP]M)?)?(?P<zone> ?\(?[A-Za-zА-Яа-я]{2,5}\)?)?"
)
_YEAR = r"(?P<y>[0-9]{4}|[0-9]{2})"
_SHAPES = tuple(
    re.compile(shape + _TAIL, re.IGNORECASE | re.ASCII)
    for shape in (
        r"[0-9]{1,2}(?P<sign>[-./])[0-9]{1,2}(?P=sign)" + _YEAR,
        r"(?P<y>[0-9]{4})(?P<sign>[-./])[0-9]{1,2}(?P=sign)[0-9]{1,2}",
        r"(?P<day>[0-9]{1,2})(?P<one>[-./ ])(?P<name>[a-z]{3,9})(?P<two>[-./, ]{1,2})" + _YEAR,
        r"(?P<name>[a-z]{3,9})(?P<one>[-./ ]{1,2})(?P<day>[0-9]{1,2})(?P<two>[-./, ]{1,2})" + _YEAR,
    )
)
_EARLIEST_YEAR = 2000
_KNOWN_ZONES = frozenset({"Z", "UTC", "GMT"})


class _Hint(NamedTuple):
    """Advice about a date.

    Args:
        zone: the name of a time zone in it; empty if there is none.
        formats: each format that would read it, and the day that it would give.
    """

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
    wanted = _(" nor like {format}").format(format=date_format) if date_format else ""
    return CellRefusedError(
        "not_a_date",
        _("{found} is not a date{wanted}. {advice}").format(
            found=show(value), wanted=wanted, advice=_("Write it like 2026-11-20 or 20.11.2026.")
        ),
    )


def _not_by_itself(hint: _Hint, value: str) -> CellRefusedError:
    """Return the refusal of a date that can be read with an option."""
    options = _(" or ").join(
        _('--date-format "{format}" (reads it as {day})').format(format=date_format, day=day)
        for date_format, day in hint.formats
    )
    if hint.zone:
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
    use = (
        _(" If all dates of the sheet are written like this, use {options}.").format(
            options=options
        )
        if options
        else ""
    )
    text = _("{found} has a year of two digits. {advice}{use}").format(
        found=show(value), advice=_("Write it like 2026-11-20 or 20.11.2026."), use=use
    )
    return CellRefusedError("short_year", text)


def _find_hint(text: str) -> _Hint | None:
    """Find formats for a date that has a year of two digits or the name of a zone."""
    for shape in _SHAPES:
        match = shape.fullmatch(text)
        if match and (match["zone"] or len(match["y"]) == 2):
            zone = (match["zone"] or "").strip(" ()")
            if zone.upper() in _KNOWN_ZONES:
                # A format would read it as a moment of the run's zone.
                return _Hint(zone="", formats=()) if len(match["y"]) == 2 else None
            read = ((form, _day(text, form)) for form in _formats(match))
            found = [(form, day) for form, day in read if day is not None]
            return _Hint(zone=zone, formats=_likely(found))
    return None


def _formats(match: re.Match[str]) -> list[str]:
    parts = match.groupdict()
    year = "%Y" if len(parts["y"]) == 4 else "%y"
    if "name" in parts:
        month = "%B" if len(parts["name"]) > 3 else "%b"
        day_first = match.start("day") == 0
        first, second = ("%d", month) if day_first else (month, "%d")
        days = [f"{first}{parts['one']}{second}{parts['two']}{year}"]
    elif match.start("y") == 0:
        days = [parts["sign"].join(("%Y", "%m", "%d"))]
    else:
        orders = (("%d", "%m", year), ("%m", "%d", year), ("%y", "%m", "%d"))
        days = [parts["sign"].join(order) for order in orders]
    return [day + _tail_format(parts) for day in days]


def _tail_format(parts: dict[str, str | None]) -> str:
    time = ""
    if parts["h"]:
        half = parts["half"]
        time = ("%I" if half else "%H") + ":%M" + (":%S" if parts["s"] else "")
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
