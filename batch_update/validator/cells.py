"""Order numbers, statuses and tracking numbers out of cells.

A cell is taken if it has one reading, and refused otherwise. Spreadsheets damage numbers in known
ways: they keep 15 digits of a number and no more, drop leading zeros, and write `1E+13`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from functools import lru_cache

from batch_update import wording
from batch_update.orders import UNKNOWN_FORMAT, CellValue, ErrorCell, Status, UnsavedFormula
from batch_update.texts import validator as texts
from batch_update.validator.formats import shown_text

MAX_BILL_ID = 2**63 - 1
EXACT_DIGITS = 15
"""Digits that Excel keeps of a number. Source: Microsoft, "Excel specifications and limits"."""

_REMEMBERED = 4096
"""Words that are looked at once; a column says the same few of them again and again."""
_PLAIN_ORDER = re.compile(r"[1-9][0-9]{0,17}")
_PLAIN_TRACKING = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}|[1-9][0-9]{13}")
"""Numbers of which no check below would say anything."""
_WHOLE = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+")
_POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eEеЕ][+-]?[0-9]+")
_TRACKING = re.compile(r"[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*")
_TRACKING_LIMIT = 64
_SHORTEST_ALONE = 8
"""Characters that no group of a tracking number has twice."""
_WHOLE_ALONE = re.compile(r"[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}|[0-9]{14}")
"""What is a whole number by itself: the international form, and the 14 digits of Russian Post."""
_TELLING_ZEROS = 4
"""So many zeros at the end of a long number come by chance in one of 10,000."""
_NOTHING = frozenset({"-", "–", "—", "n/a", "нет", "none", "null"})
_ERROR_WORDS = frozenset(
    {
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
        "#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?", "#ДЕЛ/0!", "#ЧИСЛО!", "#ПУСТО!",
    }
)  # fmt: skip

_STATUS_WORDS = {
    Status.SENT: "sent shipped dispatched отправлен отправлено отправлена отправлены отгружен "
    "отгружено отгружена отгружены выслан выслано выслана высланы",
    Status.PAID: "paid payment_received оплачен оплачено оплачена оплачены",
    Status.RETURN: "return returned возврат возвращен возвращено возвращена возвращены",
    Status.CANCEL: "cancel canceled cancelled отмена отменен отменено отменена отменены "
    "аннулирован аннулировано аннулирована",
}
_STATUS_OF_WORD = {
    **{word: status for status, words in _STATUS_WORDS.items() for word in words.split()},
    "payment received": Status.PAID,
    "оплата получена": Status.PAID,
}


_AS_IT_IS = frozenset({"General", UNKNOWN_FORMAT})
"""Formats of which an order number needs to know no more."""


class CellRefusedError(ValueError):
    """A cell that cannot be taken.

    Args:
        code: the last part of the problem's code, such as `missing`.
        text: what was found and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def is_empty(value: CellValue) -> bool:
    """Tell whether a cell says nothing: blank, or a dash or word that stands for nothing."""
    return value is None or (isinstance(value, str) and _is_empty_text(value))


def _is_empty_text(value: str) -> bool:
    # Nothing is left out of letters and digits of ASCII, nor changed but to lower case.
    if value.isalnum() and value.isascii():
        return value.lower() in _NOTHING
    return _is_nothing(value)


@lru_cache(_REMEMBERED)
def _is_nothing(value: str) -> bool:
    return not wording.tidy(value) or wording.normalise(value) in _NOTHING


def show(value: CellValue) -> str:
    """Say in a message what a cell holds."""
    if isinstance(value, ErrorCell | UnsavedFormula):
        value = value.text
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    return wording.quote(value) if isinstance(value, str) else str(value)


def read_bill_id(value: CellValue, number_format: str = "General") -> int:
    """Read an order number: a positive integer of at most 19 digits.

    Args:
        value: the cell.
        number_format: its number format, by which the sheet may show more than the number.

    Raises:
        CellRefusedError: the cell is anything else, or has more than one reading.
    """
    if isinstance(value, str) and _PLAIN_ORDER.fullmatch(value):
        return int(value)
    refuse_damage(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = _exact_integer(value)
        if number_format not in _AS_IT_IS:
            shown = _text_of_number(number, number_format)
            number = number if shown == str(number) else _integer_of_text(shown)
    elif isinstance(value, str):
        number = _integer_of_text(value)
    else:
        raise CellRefusedError(
            "not_a_number",
            texts.KIND_IS_NO_ORDER.format(kind=_kind(value), found=show(value)),
        )
    if not 0 < number <= MAX_BILL_ID:
        raise CellRefusedError(
            "not_a_number",
            texts.ORDER_NOT_POSITIVE.format(found=show(value)),
        )
    return number


def read_status(value: CellValue) -> Status:
    """Read a status: sent, paid, return or cancel, or a common word for one of them.

    Raises:
        CellRefusedError: the cell says something else.
    """
    if isinstance(value, str) and (status := _status_of_text(value)) is not None:
        return status
    refuse_damage(value)
    raise CellRefusedError(
        "unknown",
        texts.NO_STATUS.format(found=show(value)),
    )


@lru_cache(_REMEMBERED)
def _status_of_text(value: str) -> Status | None:
    return _STATUS_OF_WORD.get(wording.normalise(wording.tidy(value)))


def read_rpo(value: CellValue, number_format: str) -> str:
    """Read a tracking number; a number is read as the sheet shows it.

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
        number = _exact_integer(value)
        text = _text_of_number(number, number_format)
        if not text.isdecimal() and number > 0:
            text = _tracking_of_text(text)
    elif isinstance(value, str):
        text = _tracking_of_text(value)
    else:
        raise CellRefusedError(
            "not_valid",
            texts.KIND_IS_NO_TRACKING.format(kind=_kind(value), found=show(value)),
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


def as_shown(value: CellValue, number_format: str) -> CellValue:
    """Give the text that the sheet shows for a number cell; any other cell as it is.

    Raises:
        CellRefusedError: it shows something else than the number.
    """
    if isinstance(value, bool) or number_format in _AS_IT_IS:
        return value
    if isinstance(value, int | float):
        return _text_of_number(_exact_integer(value), number_format)
    return value


def _text_of_number(number: int, number_format: str) -> str:
    """Give the text that the sheet shows for a whole number: its digits, or more than them."""
    if number_format == UNKNOWN_FORMAT:
        raise CellRefusedError("zeros_unknown", texts.ZEROS_UNKNOWN.format(found=number))
    shown = shown_text(number, number_format)
    if shown is None:
        raise CellRefusedError(
            "shown_otherwise",
            texts.SHOWN_OTHERWISE.format(found=number, format=wording.quote(number_format)),
        )
    return shown


def _tracking_of_text(value: str) -> str:
    plain = wording.tidy(value)
    if plain[:1] in {"=", "+", "-", "@"}:
        raise CellRefusedError(
            "formula_like",
            texts.FORMULA_LIKE.format(found=show(value)),
        )
    _refuse_scientific(plain, value)
    _refuse_several(plain, value)
    joined = plain.replace(" ", "")
    if match := _POINT_ZERO.fullmatch(joined):
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


def _integer_of_text(value: str) -> int:
    plain = wording.tidy(value).lstrip("#№").strip()
    _refuse_scientific(plain, value)
    if match := _POINT_ZERO.fullmatch(plain):
        plain = match[1]
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(" ", "")
    if not _WHOLE.fullmatch(plain) or len(plain.lstrip("0")) > len(str(MAX_BILL_ID)):
        raise CellRefusedError(
            "not_a_number",
            texts.NO_ORDER.format(found=show(value)),
        )
    return int(plain)


def _exact_integer(value: float) -> int:
    if not math.isfinite(value) or value != int(value):
        raise CellRefusedError("not_a_number", texts.NOT_WHOLE.format(found=show(value)))
    number = int(value)
    if len(str(abs(number))) > EXACT_DIGITS:
        raise CellRefusedError(
            "digits_lost",
            texts.TOO_MANY_DIGITS.format(
                number=number, count=len(str(abs(number))), kept=EXACT_DIGITS
            ),
        )
    return number


def is_shortened(plain: str) -> bool:
    """Tell whether a text is a number that a spreadsheet has shortened, such as `1.00E+13`."""
    return _SCIENTIFIC.fullmatch(plain) is not None


def _refuse_scientific(plain: str, value: str) -> None:
    if is_shortened(plain):
        raise CellRefusedError(
            "digits_lost",
            texts.SHORTENED.format(found=show(value)),
        )


def refuse_damage(value: CellValue) -> None:
    """Refuse what no field can hold: error cells and formulas without a saved result."""
    if isinstance(value, UnsavedFormula):
        raise CellRefusedError(
            "not_calculated",
            texts.UNSAVED_FORMULA.format(found=show(value)),
        )
    is_error = isinstance(value, str) and wording.tidy(value).upper() in _ERROR_WORDS
    if isinstance(value, ErrorCell) or is_error:
        raise CellRefusedError(
            "error_cell",
            texts.ERROR_CELL.format(found=show(value)),
        )


def _kind(value: CellValue) -> str:
    return texts.KIND_YES_NO if isinstance(value, bool) else texts.KIND_DATE
