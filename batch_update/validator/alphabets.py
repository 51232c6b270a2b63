"""Latin and Cyrillic letters: look-alikes, and numbers with Cyrillic letters."""

from __future__ import annotations

import re

from batch_update.i18n import _

_CAPITALS = "А-ЯЁІЇЄҐ"
_LOOK_LATIN = frozenset("АВЕКМНОРСТУХІЈЅ")
_WORD = re.compile(r"[^\W_]+")
_PEK = re.compile(rf"[{_CAPITALS}]{{5,8}}-[0-9]+/[0-9]{{4}}", re.IGNORECASE)
"""Form of ПЭК's cargo codes."""
_PLACES = re.compile(rf"([{_CAPITALS}]{{2,8}})[0-9]{{6,}}")
"""Form of freight carriers' numbers: the places of departure and arrival, and a number."""
_INTERNATIONAL = re.compile(rf"[{_CAPITALS}]{{2}}[0-9]{{9}}[{_CAPITALS}]{{2}}", re.IGNORECASE)


def is_cyrillic(letter: str) -> bool:
    """Return whether a letter is Cyrillic."""
    return "\u0400" <= letter <= "\u04ff"


def foreign_letter(text: str) -> str | None:
    """Find the first letter or digit that is not of ASCII."""
    return next((char for char in text if char.isalnum() and not char.isascii()), None)


def is_cyrillic_number(text: str) -> bool:
    """Return whether a text has the form of a number that is written in Cyrillic letters.

    Where every letter of places looks Latin, the meaning cannot be known.
    """
    if _PEK.fullmatch(text):
        return True
    places = _PLACES.fullmatch(text)
    return places is not None and not _LOOK_LATIN.issuperset(places[1])


def looking_latin(text: str) -> str | None:
    """Find a part that looks Latin and is not, in a text that is meant to be Latin.

    That is a word of both alphabets, or of letters that all look Latin, or a number of the
    international form, which has Latin letters always; and letters of other alphabets.
    """
    for word in _words(text):
        foreign = foreign_letter(word)
        if foreign and (not is_cyrillic(foreign) or mixed_letter(word)):
            return foreign
    if is_cyrillic_number(text):
        return None
    letters = [char for char in text if is_cyrillic(char)]
    alike = [char for char in letters if char.upper() in _LOOK_LATIN]
    is_meant_latin = len(alike) == len(letters) or bool(_INTERNATIONAL.fullmatch(text))
    return alike[0] if is_meant_latin and alike else None


def mixed_letter(text: str) -> str | None:
    """Find a letter of the rarer alphabet in a word of both."""
    for word in _words(text):
        latin = [char for char in word if char.isascii() and char.isalpha()]
        cyrillic = [char for char in word if is_cyrillic(char)]
        if latin and cyrillic:
            return min(latin, cyrillic, key=len)[0]
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def name_of(char: str) -> str:
    """Return the alphabet of a letter, or the code of any other sign, for a message.

    Unicode's own names are English only.
    """
    if is_cyrillic(char):
        return _("a Cyrillic letter")
    return _("a Latin letter") if char.isascii() and char.isalpha() else f"U+{ord(char):04X}"
