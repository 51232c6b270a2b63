"""Tracking numbers that may as well be a telephone number or a day."""

from __future__ import annotations

import datetime as dt
import re

from batch_update.i18n import _
from batch_update.validator.cells import CellRefusedError, show
from batch_update.validator.patterns import Pattern

_YEAR, _MONTH, _DAY = "20(?:2[0-9]|3[0-5])", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_BARE_TELEPHONE = "[78]9[0-9]{9}"
"""A mobile telephone of Russia; with other codes more numbers would look so."""
LIKE_ANOTHER = (
    rf"{_YEAR}{_MONTH}{_DAY}|{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}|{_BARE_TELEPHONE}"
)
"""Digits that need a look, as a pattern."""
_WAYS_OF_DAYS = ("%Y%m%d", "%d%m%Y", "%m%d%Y")

_LIKE_ANOTHER = Pattern(LIKE_ANOTHER)
_NAMED_DAY = Pattern(
    rf"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec){_DAY}{_YEAR}", re.IGNORECASE
)
_MONTH_OF_YEAR = Pattern(rf"(?:0?[1-9]|1[0-2])[-/]{_YEAR}|{_YEAR}[-/](?:0?[1-9]|1[0-2])")
_TELEPHONE_GLUED = Pattern(rf"(?:tel)?{_BARE_TELEPHONE}", re.IGNORECASE)
_SIGNS = str.maketrans("", "", "-/")

_S = "[ .–-]"
_NOT_BEFORE, _NOT_BEHIND = r"(?<![\w+/=-])(?<![0-9] )", r"(?![\w-])(?! [0-9])"
_TELEPHONES = (
    Pattern(r"(?<![\w+/=-])\+(?:7[0-9]{10}|3[0-9]{10,11}|99[0-9]{10})(?![\w-])"),
    # Any country's, if signs set its parts off.
    Pattern(r"(?<![\w+/=-])(?=\+[0-9]*[ .()–-])\+[0-9](?:[ .()–-]{0,2}[0-9]){9,12}(?![\w-])"),
    Pattern(
        rf"(?<![\w+/=-])(?:[78]{_S}?)?\([0-9]{{3,5}}\){_S}?[0-9](?:{_S}?[0-9]){{4,6}}(?![\w-])"
    ),
    Pattern(r"(?<![\w+/=-])(?:[78][ -]?)?[3489][0-9]{2}[ -][0-9]{3}-[0-9]{2}-[0-9]{2}(?![\w-])"),
    Pattern(
        rf"{_NOT_BEFORE}[78]{_S}[3489][0-9]{{2}}{_S}[0-9]{{3}}{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}"
        rf"{_NOT_BEHIND}"
    ),
    Pattern(rf"{_NOT_BEFORE}[78]{_S}9[0-9]{{9}}{_NOT_BEHIND}"),
    Pattern(
        rf"{_NOT_BEFORE}[78]?9[0-9]{{2}}{_S}[0-9]{{3}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_NOT_BEHIND}"
    ),
)


def refuse_telephones(plain: str, value: str) -> None:
    """Refuse a text that holds a telephone number, by its signs and groups."""
    if plain.isalnum():
        return
    for pattern in _TELEPHONES:
        if found := pattern.search(plain):
            text = _(
                "{found} holds a telephone number ({telephone}). Write the parcel's number only."
            ).format(found=show(value), telephone=found[0])
            raise CellRefusedError("not_valid", text)


def could_be_telephone(rpo: str) -> bool:
    """Return whether a number has the digits of a mobile telephone."""
    return _TELEPHONE_GLUED.fullmatch(rpo.translate(_SIGNS)) is not None


def could_be_day(rpo: str) -> bool:
    """Return whether a number could be a day of these years, in digits or after a month's name."""
    plain = rpo.translate(_SIGNS)
    if _NAMED_DAY.fullmatch(plain) or _MONTH_OF_YEAR.fullmatch(rpo):
        return True
    return _LIKE_ANOTHER.fullmatch(plain) is not None and any(
        _is_day(plain, way) for way in _WAYS_OF_DAYS
    )


def _is_day(text: str, way: str) -> bool:
    try:
        day = dt.datetime.strptime(text, way).replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return re.fullmatch(_YEAR, str(day.year)) is not None
