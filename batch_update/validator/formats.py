"""The text that a spreadsheet shows for a whole number, by the cell's number format.

Source:
    ECMA-376, part 1, 18.8.31, "numFmts": sections, placeholders, literals, conditions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

_REMEMBERED = 1024
_LONGEST_CODE = 1024
"""Excel takes 255 characters."""
_LONGEST_GENERAL = 11
"""Most digits that `General` shows before it turns to `1.23E+11`."""

_TOKEN = re.compile(
    r"""
    (?P<end>;)
    | "(?P<quoted>[^"]*)"
    | \\(?P<escaped>.)
    | _(?P<padding>.)
    | \*(?P<fill>.)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>general)(?![^\W\d_])
    | (?P<exponent>e[+-])
    | (?P<date>am/pm|a/p|[abcdeghmnqrswy])
    | (?P<digit>[0\#?])
    | (?P<sign>.)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_CURRENCY = re.compile(r"\$([^-]*)(?:-.*)?", re.DOTALL)
_TIME = re.compile(r"h+|m+|s+", re.IGNORECASE)
_NUMERALS = re.compile(r"(?:db|nat)num", re.IGNORECASE)
"""Digits that are written as words or in another script."""
_NAME_OF_GENERAL = re.compile(r"(?![abdeghmsy]+\Z)[^\W\d_]+", re.IGNORECASE)
"""`Standard`, `Основной`: the name of `General` in other languages."""
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_PART_OF_NUMBERS = frozenset("-+=/@_")


class _Kind(Enum):
    """Kind of a piece of a section."""

    DIGIT = auto()
    LITERAL = auto()
    GENERAL = auto()
    POINT = auto()
    COMMA = auto()
    SLASH = auto()
    EXPONENT = auto()
    OTHER = auto()
    """A date, a percent sign or another piece that shows something else than the number."""


_SIGNS = {".": _Kind.POINT, ",": _Kind.COMMA, "/": _Kind.SLASH, "@": _Kind.GENERAL}
_Piece = tuple[_Kind, str]


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the parts that stand between semicolons.

    Args:
        pieces: its pieces.
        condition: comparison and limit of the numbers that it is for, if it has one.
        digits: fewest digits that it shows, if it shows nothing but digits.
    """

    pieces: tuple[_Piece, ...]
    condition: tuple[str, float] | None = None
    digits: int | None = None


def shown_text(number: int, code: str) -> str | None:
    """Return the text that a spreadsheet shows for a whole number.

    Separators of thousands, decimals that are zeros, exponents, padding, currency signs and
    brackets are left out: with them it is the same number. So are blanks between digits.

    Args:
        number: the cell's number; for one that is not above 0 only the digits are returned.
        code: the cell's number format.

    Returns:
        The number's digits, with zeros and literals if the format shows any; None if it shows other
        digits or letters that cannot be known, such as a date or a percentage.
    """
    plain = str(number)
    if code == "General" or number <= 0:
        return plain
    section = _choose(_parse(code), number)
    if section is None:
        return None
    return _show(section.pieces, plain) if section.digits is None else plain.zfill(section.digits)


@lru_cache(_REMEMBERED)
def _parse(code: str) -> Sequence[_Section]:
    """Return the sections that are for numbers."""
    if _NAME_OF_GENERAL.fullmatch(code):
        code = "General"
    if len(code) > _LONGEST_CODE:
        return ()
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code):
        if token["end"] is None:
            parts[-1].append(token)
        else:
            parts.append([])
    is_last_for_text = any(token["sign"] == "@" for token in parts[-1])
    if len(parts) > 1 and (is_last_for_text or len(parts) > 3):
        parts = parts[: min(len(parts) - 1, 3)]
    return [_section(part) for part in parts]


def _section(tokens: Sequence[re.Match[str]]) -> _Section:
    pieces = []
    condition = None
    for token in tokens:
        bracket = token["bracket"]
        if bracket is not None and (match := _CONDITION.fullmatch(bracket.strip())):
            condition = (match[1], float(match[2]))
        else:
            pieces.append(_piece(token))
    has_literals = any(kind is _Kind.LITERAL and text.strip() for kind, text in pieces)
    one = None if has_literals else _show(pieces, "1")
    return _Section(tuple(pieces), condition, None if one is None else len(one))


def _piece(token: re.Match[str]) -> _Piece:
    kind, text = token.lastgroup, str(token[token.lastgroup or 0])
    if kind == "digit":
        return _Kind.DIGIT, text
    if kind == "sign":
        return _sign(text)
    if kind == "bracket":
        return _bracket(text)
    if kind == "padding" or (kind == "fill" and not text.isalnum()):
        return _Kind.LITERAL, " "
    kinds = {"general": _Kind.GENERAL, "exponent": _Kind.EXPONENT}
    literal = _Kind.LITERAL if kind in {"quoted", "escaped"} else _Kind.OTHER
    return kinds.get(str(kind), literal), text


def _sign(text: str) -> _Piece:
    return (_Kind.OTHER if text == "%" else _SIGNS.get(text, _Kind.LITERAL)), text


def _bracket(text: str) -> _Piece:
    """Read the contents of brackets: a currency sign, a time, a colour or the like."""
    if match := _CURRENCY.fullmatch(text):
        return _Kind.LITERAL, match[1]
    if _TIME.fullmatch(text) or _NUMERALS.match(text):
        return _Kind.OTHER, text
    return _Kind.LITERAL, ""


def _choose(sections: Sequence[_Section], number: int) -> _Section | None:
    """Find the section that shows a number above 0."""
    for index, section in enumerate(sections):
        if section.condition is None:
            # Without a condition the first one is for these, and the last one for all others.
            is_meant = index in {0, len(sections) - 1}
        else:
            is_meant = _holds(section.condition, number)
        if is_meant:
            return section
    return None


def _holds(condition: tuple[str, float], number: int) -> bool:
    """Return whether a number is one of those that a section is for."""
    sign, limit = condition
    if sign == "<>":
        return number != limit
    if number == limit:
        return sign.endswith("=")
    return sign != "=" and (number < limit) == sign.startswith("<")


def _show(pieces: Sequence[_Piece], plain: str) -> str | None:
    """Return the text that a section shows; None if something else than the number is shown."""
    if any(kind is _Kind.OTHER for kind, _ in pieces):
        return None
    shown = _render(pieces, plain)
    return None if shown is None else _bare(shown)


def _render(pieces: Sequence[_Piece], plain: str) -> str | None:
    """Put a number's digits into a section."""
    kinds = {kind for kind, _ in pieces}
    literals = "".join(text for kind, text in pieces if kind is _Kind.LITERAL)
    has_words = any(char.isalnum() for char in literals)
    if _Kind.GENERAL in kinds:
        if (_Kind.GENERAL, "@") in pieces:
            # Sections for text are not for numbers.
            return plain
        is_sure = not has_words or len(plain) <= _LONGEST_GENERAL
        return _fill(pieces, plain) if is_sure and _Kind.DIGIT not in kinds else None
    if _Kind.DIGIT not in kinds:
        # Nothing at all is shown of a number that is only hidden.
        return None if literals.strip() or kinds - {_Kind.LITERAL} else plain
    if _Kind.EXPONENT in kinds or _Kind.SLASH in kinds:
        is_same = _Kind.SLASH not in kinds or _is_mixed(pieces)
        return plain if is_same and not has_words else None
    return _render_digits(pieces, plain, has_words=has_words)


def _is_mixed(pieces: Sequence[_Piece]) -> bool:
    """Return whether a fraction stands behind a whole number: `# ?/?`."""
    runs = 0
    last = None
    for kind, _ in pieces:
        if kind is _Kind.SLASH:
            break
        runs += kind is _Kind.DIGIT and last is not _Kind.DIGIT
        last = kind
    return runs > 1


def _render_digits(pieces: Sequence[_Piece], plain: str, *, has_words: bool) -> str | None:
    kinds = [kind for kind, _ in pieces]
    point = kinds.index(_Kind.POINT) if _Kind.POINT in kinds else len(pieces)
    whole, fraction = kinds[:point], kinds[point + 1 :]
    has_more = _Kind.POINT in fraction or _Kind.COMMA in fraction
    if has_more or _is_scaled(whole) or (has_words and (fraction or _Kind.COMMA in whole)):
        return None
    if _Kind.DIGIT not in whole:
        return plain
    return _fill(pieces[:point], plain)


def _is_scaled(whole: Sequence[_Kind]) -> bool:
    """Return whether a comma is not between digits: then thousands are left out."""
    if _Kind.COMMA not in whole:
        return False
    places = [index for index, kind in enumerate(whole) if kind is _Kind.DIGIT]
    commas = [index for index, kind in enumerate(whole) if kind is _Kind.COMMA]
    return not places or commas[0] < places[0] or commas[-1] > places[-1]


def _fill(pieces: Sequence[_Piece], plain: str) -> str | None:
    """Fill the placeholders from the right; the first one takes all digits that are left.

    Programs differ in showing a `#` or `?` without a digit behind a `0`.
    """
    others = {_Kind.LITERAL, _Kind.COMMA}
    places = [index for index, (kind, _) in enumerate(pieces) if kind not in others]
    texts = [text if kind is _Kind.LITERAL else "" for kind, text in pieces]
    left = len(plain)
    is_optional = False
    for index in reversed(places):
        first = 0 if index == places[0] else max(left - 1, 0)
        sign = pieces[index][1]
        if first == left and sign == "0":
            if is_optional:
                return None
            texts[index] = sign
        else:
            is_optional |= first == left
            texts[index] = plain[first:left]
        left = first
    return "".join(texts)


def _bare(shown: str) -> str:
    """Remove blanks between digits and, if nothing else is odd, signs around the number."""
    text = _BETWEEN_DIGITS.sub("", shown).strip()
    first, last = 0, len(text)
    while first < last and _is_around(text[first]):
        first += 1
    while first < last and _is_around(text[last - 1]):
        last -= 1
    bare = text[first:last]
    return bare if all(char.isalnum() or char in _PART_OF_NUMBERS for char in bare) else text


def _is_around(char: str) -> bool:
    """Return whether a sign is a blank, a bracket, a mark or that of a currency."""
    return unicodedata.category(char)[0] in "ZPSC" and char not in _PART_OF_NUMBERS
