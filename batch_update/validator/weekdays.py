"""The weekday that stands beside a date: it must be that of the day."""

from __future__ import annotations

import re
from typing import NamedTuple

from batch_update.i18n import N_, _

_NAMES = (
    "monday mon понедельник пн пон",
    "tuesday tue tues вторник вт втр",
    "wednesday wed среда среду ср срд",
    "thursday thu thur thurs четверг чт чтв",
    "friday fri пятница пятницу пт птн",
    "saturday sat суббота субботу сб суб",
    "sunday sun воскресенье воскресение вс вск",
)
_SHOWN = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_DAY_OF_WORD = {word: day for day, words in enumerate(_NAMES) for word in words.split()}
_LONGEST = 100
_WORD = re.compile(
    rf"(?:^|[\s,]+)\(?(?P<word>{'|'.join(sorted(_DAY_OF_WORD, key=len, reverse=True))})\b\.?\)?,?"
    r"(?=\s|\d|$)",
    re.IGNORECASE,
)


class Weekday(NamedTuple):
    """A weekday that a cell names.

    Args:
        word: as it stands there.
        number: from 0, which is Monday.
    """

    word: str
    number: int


def name_of(number: int) -> str:
    """Return the name of a weekday, counted from 0, in the language in force."""
    return _(_SHOWN[number])


def split_weekday(text: str) -> tuple[Weekday | None, str]:
    """Return the weekday that a text names, if it is one, and the text without it."""
    found = list(_WORD.finditer(text)) if len(text) <= _LONGEST else []
    if len(found) != 1:
        return None, text
    word = found[0]["word"]
    rest = f"{text[: found[0].start()]} {text[found[0].end() :]}"
    return Weekday(word, _DAY_OF_WORD[word.lower()]), " ".join(rest.split())
