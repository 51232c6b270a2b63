"""Order numbers, statuses and tracking numbers out of cells.

A cell is taken if it has one reading, and refused otherwise. Spreadsheets damage numbers in known
ways: they keep 15 digits of a number and no more, drop leading zeros, and write `1E+13`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata

from batch_update import wording
from batch_update.orders import UNKNOWN_FORMAT, CellValue, ErrorCell, Status, UnsavedFormula

MAX_BILL_ID = 2**63 - 1
EXACT_DIGITS = 15
"""Digits that Excel keeps of a number. Source: Microsoft, "Excel specifications and limits"."""

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
_ZERO_PADDED = re.compile(r"0{2,}")
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
    if value is None:
        return True
    return isinstance(value, str) and (
        not wording.tidy(value) or wording.normalise(value) in _NOTHING
    )


def show(value: CellValue) -> str:
    """Say in a message what a cell holds."""
    if isinstance(value, ErrorCell | UnsavedFormula):
        value = value.text
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    return wording.quote(value) if isinstance(value, str) else str(value)


def read_bill_id(value: CellValue) -> int:
    """Read an order number: a positive integer of at most 19 digits.

    Raises:
        CellRefusedError: the cell is anything else, or has more than one reading.
    """
    refuse_damage(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = _exact_integer(value)
    elif isinstance(value, str):
        number = _integer_of_text(value)
    else:
        raise CellRefusedError(
            "not_a_number",
            f"{_kind(value)} {show(value)} is not an order number. "
            "Write the order's number from the shop.",
        )
    if not 0 < number <= MAX_BILL_ID:
        raise CellRefusedError(
            "not_a_number",
            f"{show(value)} is not an order number: it must be a whole number above 0. Write the "
            "order's number from the shop.",
        )
    return number


def read_status(value: CellValue) -> Status:
    """Read a status: sent, paid, return or cancel, or a common word for one of them.

    Raises:
        CellRefusedError: the cell says something else.
    """
    refuse_damage(value)
    if isinstance(value, str):
        status = _STATUS_OF_WORD.get(wording.normalise(wording.tidy(value)))
        if status is not None:
            return status
    raise CellRefusedError(
        "unknown",
        f"{show(value)} is none of sent, paid, return, cancel. Write one of these, or delete the "
        "row if the order is in none of these states.",
    )


def read_rpo(value: CellValue, number_format: str) -> str:
    """Read a tracking number; digits keep the zeros that the sheet shows.

    Args:
        value: the cell.
        number_format: its number format; `00000000000000` shows a number with leading zeros.

    Raises:
        CellRefusedError: the cell is not a tracking number, or a spreadsheet has damaged it.
    """
    refuse_damage(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(_exact_integer(value))
        if number_format == UNKNOWN_FORMAT:
            raise CellRefusedError(
                "zeros_unknown",
                f"{text} stands in a number cell, and this kind of file does not tell whether the "
                "sheet shows zeros in front of it. Save the sheet as .xlsx and run that, or format "
                "the column as text and type the number again.",
            )
        if _ZERO_PADDED.fullmatch(number_format):
            text = text.zfill(len(number_format))
    elif isinstance(value, str):
        text = _tracking_of_text(value)
    else:
        raise CellRefusedError(
            "not_valid",
            f"{_kind(value)} {show(value)} is not a tracking number. "
            "Format the column as text and type the number again.",
        )
    if len(text) > _TRACKING_LIMIT:
        raise CellRefusedError(
            "not_valid",
            f"{show(text)} is too long for a tracking number "
            f"({len(text)} characters). Write one number only.",
        )
    if not text.strip("0-/"):
        raise CellRefusedError(
            "not_valid", f"{show(value)} is not a tracking number. Write the parcel's number."
        )
    return text


def _tracking_of_text(value: str) -> str:
    plain = wording.tidy(value)
    if plain[:1] in {"=", "+", "-", "@"}:
        raise CellRefusedError(
            "formula_like",
            f"{show(value)} begins like a formula. Write the tracking "
            "number without the sign in front.",
        )
    _refuse_scientific(plain, value)
    _refuse_several(plain, value)
    joined = plain.replace(" ", "")
    if match := _POINT_ZERO.fullmatch(joined):
        joined = match[1]
    _refuse_rounded(joined, value)
    foreign = next((char for char in joined if char.isalnum() and not char.isascii()), None)
    if foreign is not None:
        name = unicodedata.name(foreign, "an unknown sign").lower()
        raise CellRefusedError(
            "not_valid",
            f"{show(value)} holds a letter or digit that only looks "
            f"Latin ({foreign}, {name}). Type the tracking number with Latin letters.",
        )
    if not _TRACKING.fullmatch(joined) or not any(char.isdigit() for char in joined):
        raise CellRefusedError(
            "not_valid",
            f"{show(value)} is not one tracking number: it must be "
            "Latin letters and digits. Write one number only.",
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
            f"{show(value)} may be more than one tracking number. Write one number only, without "
            "spaces; a second parcel of the same order cannot be told to the shop.",
        )


def _refuse_rounded(plain: str, value: str) -> None:
    """Refuse a long number that ends in zeros from where a spreadsheet stops counting."""
    tail = plain[EXACT_DIGITS:]
    if len(tail) >= _TELLING_ZEROS and _WHOLE.fullmatch(plain) and not tail.strip("0"):
        raise CellRefusedError(
            "digits_lost",
            f"{show(value)} ends in zeros from its digit {EXACT_DIGITS + 1} on: a spreadsheet has "
            "rounded it, and its end is lost. Format the column as text and type the number again, "
            "or export the sheet anew.",
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
            f"{show(value)} is not an order number: it must be a whole "
            "number. Write the order's number from the shop.",
        )
    return int(plain)


def _exact_integer(value: float) -> int:
    if not math.isfinite(value) or value != int(value):
        raise CellRefusedError(
            "not_a_number", f"{show(value)} is not a whole number. Correct the cell."
        )
    number = int(value)
    if len(str(abs(number))) > EXACT_DIGITS:
        raise CellRefusedError(
            "digits_lost",
            f"{number} has {len(str(abs(number)))} digits, and spreadsheets keep only "
            f"{EXACT_DIGITS} of a number: the last ones are lost. Format the column as text and "
            "type the number again, or export the sheet anew.",
        )
    return number


def _refuse_scientific(plain: str, value: str) -> None:
    if _SCIENTIFIC.fullmatch(plain):
        raise CellRefusedError(
            "digits_lost",
            f"{show(value)} is a number that a spreadsheet has shortened: its digits are lost. "
            "Format the column as text and type the number again, or export the sheet anew.",
        )


def refuse_damage(value: CellValue) -> None:
    """Refuse what no field can hold: error cells and formulas without a saved result."""
    if isinstance(value, UnsavedFormula):
        raise CellRefusedError(
            "not_calculated",
            f"the formula {show(value)} has no saved result. Open the sheet in Excel, save it "
            "and run it again, or replace the formula by its value.",
        )
    is_error = isinstance(value, str) and wording.tidy(value).upper() in _ERROR_WORDS
    if isinstance(value, ErrorCell) or is_error:
        raise CellRefusedError(
            "error_cell",
            f"the cell shows the error {show(value)}. Mend the formula, "
            "or replace it by its value.",
        )


def _kind(value: CellValue) -> str:
    return "the yes/no value" if isinstance(value, bool) else "the date or time"
