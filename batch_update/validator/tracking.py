"""Tracking numbers out of cells: taken if the cell has one reading, and refused otherwise."""

from __future__ import annotations

import re
import unicodedata

from batch_update import wording
from batch_update.orders import UNKNOWN_FORMAT, CellValue
from batch_update.texts import validator as texts
from batch_update.validator.cells import (
    EXACT_DIGITS,
    POINT_ZERO,
    CellRefusedError,
    exact_integer,
    kind_of,
    refuse_damage,
    refuse_scientific,
    show,
)

_PLAIN_TRACKING = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}|[1-9][0-9]{13}")
"""Numbers of which no check below would say anything."""
_WHOLE = re.compile(r"[0-9]+")
_TRACKING = re.compile(r"[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*")
_TRACKING_LIMIT = 64
_SHORTEST_ALONE = 8
"""Characters that no group of a tracking number has twice."""
_WHOLE_ALONE = re.compile(r"[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}|[0-9]{14}")
"""What is a whole number by itself: the international form, and the 14 digits of Russian Post."""
_TELLING_ZEROS = 4
"""So many zeros at the end of a long number come by chance in one of 10,000."""
_ZERO_PADDED = re.compile(r"0{2,}")


def read_rpo(value: CellValue, number_format: str) -> str:
    """Read a tracking number; digits keep the zeros that the sheet shows.

    Args:
        value: the cell.
        number_format: its number format; `00000000000000` shows a number with leading zeros.

    Raises:
        CellRefusedError: the cell is not a tracking number, or a spreadsheet has damaged it.
    """
    if isinstance(value, str) and _PLAIN_TRACKING.fullmatch(value):
        return value
    refuse_damage(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(exact_integer(value))
        if number_format == UNKNOWN_FORMAT:
            raise CellRefusedError(
                "zeros_unknown",
                texts.ZEROS_UNKNOWN.format(found=text),
            )
        if _ZERO_PADDED.fullmatch(number_format):
            text = text.zfill(len(number_format))
    elif isinstance(value, str):
        text = _tracking_of_text(value)
    else:
        raise CellRefusedError(
            "not_valid",
            texts.KIND_IS_NO_TRACKING.format(kind=kind_of(value), found=show(value)),
        )
    if len(text) > _TRACKING_LIMIT:
        raise CellRefusedError(
            "not_valid",
            texts.TRACKING_TOO_LONG.format(found=show(text), count=len(text)),
        )
    # A number cell may be below 0; in a text, a sign in front was refused before.
    if text.startswith("-") or not text.strip("0-/"):
        raise CellRefusedError("not_valid", texts.NO_TRACKING.format(found=show(value)))
    return text


def _tracking_of_text(value: str) -> str:
    plain = wording.tidy(value)
    if plain[:1] in {"=", "+", "-", "@"}:
        raise CellRefusedError(
            "formula_like",
            texts.FORMULA_LIKE.format(found=show(value)),
        )
    refuse_scientific(plain, value)
    _refuse_several(plain, value)
    joined = plain.replace(" ", "")
    if match := POINT_ZERO.fullmatch(joined):
        joined = match[1]
    _refuse_rounded(joined, value)
    foreign = next((char for char in joined if char.isalnum() and not char.isascii()), None)
    if foreign is not None:
        name = unicodedata.name(foreign, texts.UNKNOWN_SIGN).lower()
        raise CellRefusedError(
            "not_valid",
            texts.FOREIGN_LETTER.format(found=show(value), letter=foreign, name=name),
        )
    if not _TRACKING.fullmatch(joined) or not any(char.isdigit() for char in joined):
        raise CellRefusedError(
            "not_valid",
            texts.NOT_ONE_TRACKING.format(found=show(value)),
        )
    return joined


def _refuse_several(plain: str, value: str) -> None:
    """Refuse what may be two numbers: groups of one are short, and stand on one line."""
    parts = [part for part in re.split(r"[ /]", plain) if part]
    long_parts = sum(len(part) >= _SHORTEST_ALONE for part in parts)
    is_whole = any(_WHOLE_ALONE.fullmatch(part) for part in parts)
    if len(parts) > 1 and (long_parts > 1 or is_whole or "\n" in value.strip()):
        raise CellRefusedError(
            "not_valid",
            texts.TWO_TRACKING_NUMBERS.format(found=show(value)),
        )


def _refuse_rounded(plain: str, value: str) -> None:
    """Refuse a long number that ends in zeros from where a spreadsheet stops counting."""
    tail = plain[EXACT_DIGITS:]
    if len(tail) >= _TELLING_ZEROS and _WHOLE.fullmatch(plain) and not tail.strip("0"):
        raise CellRefusedError(
            "digits_lost",
            texts.ROUNDED.format(found=show(value), digit=EXACT_DIGITS + 1),
        )
