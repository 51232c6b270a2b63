"""Read order numbers and statuses from cells, with the checks common to all cells.

A cell is taken if it has one reading, and refused otherwise. Spreadsheets damage numbers in known
ways: they keep 15 digits of a number and no more, drop leading zeros, and write `1E+13`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache

from batch_update import wording
from batch_update.i18n import _, ngettext
from batch_update.model import (
    UNKNOWN_FORMAT,
    CellValue,
    ErrorCell,
    Status,
    UnsavedFormula,
    labels,
    limits,
)
from batch_update.validator import alphabets
from batch_update.validator.formats import shown_text

MAX_BILL_ID = 2**63 - 1

_REMEMBERED = 4096
"""Words that are looked at once; a column repeats the same few of them."""
_PLAIN_ORDER = re.compile(r"[1-9][0-9]{0,17}")
_WHOLE = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+")
POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_COMMA_ZERO = re.compile(r"([0-9]+),0{1,2}")
_THOUSANDS = re.compile(r"([1-9][0-9]{0,2})[.,]000")
"""A fraction of zero in some countries, thousands in others."""
_WITH_TAIL = re.compile(r"([0-9]+)([-/][0-9A-Za-z]{1,3})")
_WITH_HEAD = re.compile(r"([^\W\d_][^\d\"$`!\\]{0,19}?) ?0*([1-9][0-9]{0,17})")
_OF_MONEY = re.compile(
    r"[0-9][0-9 .,]*? ?(?:руб(?:л(?:ей|я|ь))?\.?|р\.|коп\.?|rub|usd|eur|uah|грн\.?|[₽$€₴])"
    r"|(?:rub|usd|eur|[₽$€₴]) ?[0-9][0-9 .,]*",
    re.IGNORECASE,
)
_LONGEST_SUM = 40
_TYPED = re.compile(r"[\w .,;:/()-]{1,40}")
_NEEDS_NO_QUOTES = re.compile(r"[\w.-]+")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eEеЕ][+-]?[0-9]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""Signs that are invisible and no blanks; between digits they show that these are damaged."""
_AT_ENDS = "".join(map(chr, range(0x21))) + "\x7f\u00a0\ufeff"
_NOTHING = frozenset({"-", "–", "—", "n/a", "нет", "none", "null"})
_ERROR_WORDS = frozenset(
    {
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
        "#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?", "#ДЕЛ/0!", "#ЧИСЛО!", "#ПУСТО!",
    }
)  # fmt: skip

_STATUS_OF_WORD = {word: status for status in Status for word in status.rule.words}


_AS_IT_IS = frozenset({"General", UNKNOWN_FORMAT})
"""Formats of which an order number needs to know no more."""


class CellRefusedError(ValueError):
    """A cell that is refused.

    Args:
        code: the last part of the problem's code, such as `missing`.
        text: the contents that were found, and advice.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def is_empty(value: CellValue) -> bool:
    """Return whether a cell is empty: blank, or a dash or word for nothing."""
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
    """Return a cell's contents for a message."""
    if isinstance(value, ErrorCell | UnsavedFormula):
        value = value.text
    if isinstance(value, dt.datetime):
        time = value.timetz().isoformat() if value.time() != dt.time() else ""
        return f"{wording.day(value)} {time}".rstrip()
    if isinstance(value, dt.date):
        return wording.day(value)
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
        number = exact_integer(value)
        if number_format not in _AS_IT_IS:
            shown = text_of_number(number, number_format)
            number = number if shown == str(number) else _integer_of_text(shown)
    elif isinstance(value, str):
        number = _integer_of_text(value)
    else:
        raise CellRefusedError(
            "not_a_number",
            _(
                "{kind} {found} is not an order number. Write the order's number from the shop."
            ).format(kind=kind_of(value), found=show(value)),
        )
    if not 0 < number <= MAX_BILL_ID:
        raise CellRefusedError(
            "not_a_number",
            _(
                "{found} is not an order number: it must be a whole number above 0. Write "
                "the order's number from the shop."
            ).format(found=show(value)),
        )
    return number


def read_status(value: CellValue) -> Status:
    """Read a status: the word of the API, or a common word for it.

    Raises:
        CellRefusedError: the cell holds another text.
    """
    if isinstance(value, str) and (status := _status_of_text(value)) is not None:
        return status
    refuse_damage(value)
    if isinstance(value, str) and (letter := alphabets.mixed_letter(value)):
        text = _(
            "{found} is a word of two alphabets ({letter}, {name}, is of the other one). "
            "Type it anew."
        ).format(found=show(value), letter=letter, name=alphabets.name_of(letter))
        raise CellRefusedError("unknown", text)
    raise CellRefusedError(
        "unknown",
        _(
            '{found} is none of {listed}, nor a common word for one of these, such as "shipped" or '
            '"отправлен". Write one of these, or say once what the word means: --status-word '
            '"{word}=STATUS", where STATUS is one of these, or skip for rows to leave out.'
        ).format(found=show(value), listed=labels(), word=_typed(value)),
    )


def _typed(value: CellValue) -> str:
    """Return a status word as it can be typed in quotation marks; `WORD` if it cannot."""
    word = wording.tidy(value) if isinstance(value, str) else str(value)
    return word if _TYPED.fullmatch(word) else _("WORD")


@lru_cache(_REMEMBERED)
def _status_of_text(value: str) -> Status | None:
    return _STATUS_OF_WORD.get(wording.normalise(wording.tidy(value)))


def as_shown(value: CellValue, number_format: str) -> CellValue:
    """Return the text that the sheet shows for a number cell; any other cell as it is.

    Raises:
        CellRefusedError: it shows something else than the number.
    """
    if isinstance(value, bool) or number_format in _AS_IT_IS:
        return value
    if isinstance(value, int | float):
        return text_of_number(exact_integer(value), number_format)
    return value


def with_signs_shown(value: CellValue, number_format: str) -> CellValue:
    """Return the text that the sheet shows for a whole number with signs in it; else the cell.

    So 20112026 is the text `20.11.2026`, if its number format puts the dots there.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if number_format in _AS_IT_IS or value <= 0 or not float(value).is_integer():
        return value
    shown = shown_text(int(value), number_format)
    return value if shown is None or shown.isdecimal() else shown


def text_of_number(number: int, number_format: str) -> str:
    """Return the text that the sheet shows for a whole number: its digits, or more than them.

    Raises:
        CellRefusedError: it shows something else, or the shown text cannot be known.
    """
    if number_format == UNKNOWN_FORMAT:
        raise CellRefusedError(
            "zeros_unknown",
            _(
                "{found} stands in a number cell, and this kind of file does not tell whether "
                "the sheet shows zeros in front of it. Save the sheet as .xlsx and run that, "
                "or format the column as text and type the number again."
            ).format(found=number),
        )
    shown = shown_text(number, number_format)
    if shown is None:
        raise CellRefusedError(
            "shown_otherwise",
            _(
                "the cell holds the number {found}, but its number format {format} shows "
                "something else. Set the column's format to General, if that number is "
                "right; if not, format the column as text and type what the sheet should "
                "say."
            ).format(found=number, format=wording.quote(number_format)),
        )
    return shown


def _integer_of_text(value: str) -> int:
    plain = wording.tidy(value).lstrip("#№").strip()
    refuse_scientific(plain, value)
    if match := _THOUSANDS.fullmatch(plain):
        raise CellRefusedError(
            "ambiguous",
            _(
                "{found} can be read as {short} and as {long}. Write the order's number "
                "from the shop, without a dot or comma."
            ).format(found=show(value), short=match[1], long=f"{match[1]}000"),
        )
    if match := POINT_ZERO.fullmatch(plain) or _COMMA_ZERO.fullmatch(plain):
        plain = match[1]
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(" ", "")
    if match := _WITH_TAIL.fullmatch(plain):
        raise CellRefusedError(
            "not_a_number",
            _(
                "{found} is not an order number: it must be a whole number. Write it "
                "without {tail}, if the shop's order is {number}; if all orders of your "
                "sheets end so, say --order-suffix={tail} once."
            ).format(found=show(value), tail=match[2], number=match[1]),
        )
    if not _WHOLE.fullmatch(plain) or len(plain.lstrip("0")) > len(str(MAX_BILL_ID)):
        raise CellRefusedError("not_a_number", _what_it_is(plain, value))
    return int(plain)


def _what_it_is(plain: str, value: str) -> str:
    """Explain why a text is no order number, with advice, as far as its look tells."""
    if match := _WITH_HEAD.fullmatch(plain):
        head = match[1] if _NEEDS_NO_QUOTES.fullmatch(match[1]) else f'"{match[1]}"'
        return _(
            "{found} is not an order number: it must be a whole number. Write {number} "
            "alone, if that is the shop's order; if all orders of your sheets begin so, "
            "say --order-prefix={head} once."
        ).format(found=show(value), head=head, number=match[2])
    if len(plain) <= _LONGEST_SUM and _OF_MONEY.fullmatch(plain):
        return _(
            "{found} looks like a sum of money, and is no order number. Write the order's "
            "number from the shop; if the numbers stand in another column, name it: "
            "--column bill_id=HEADER."
        ).format(found=show(value))
    return _(
        "{found} is not an order number: it must be a whole number. Write the order's "
        "number from the shop."
    ).format(found=show(value))


def exact_integer(value: float) -> int:
    """Read a whole number of no more digits than spreadsheets keep.

    Raises:
        CellRefusedError: it is not whole, or its end is lost.
    """
    if not math.isfinite(value) or value != int(value):
        raise CellRefusedError(
            "not_a_number",
            _("{found} is not a whole number. Type the number again, without a fraction.").format(
                found=show(value)
            ),
        )
    number = int(value)
    if len(str(abs(number))) > limits.EXACT_DIGITS:
        raise CellRefusedError(
            "digits_lost",
            ngettext(
                "{number} has {count} digit, and spreadsheets keep only {kept} of a "
                "number: the last ones are lost. Format the column as text and type the "
                "number again, or export the sheet anew.",
                "{number} has {count} digits, and spreadsheets keep only {kept} of a "
                "number: the last ones are lost. Format the column as text and type the "
                "number again, or export the sheet anew.",
                len(str(abs(number))),
            ).format(number=number, count=len(str(abs(number))), kept=limits.EXACT_DIGITS),
        )
    return number


def is_shortened(plain: str) -> bool:
    """Return whether a text is a number that a spreadsheet has shortened, such as `1.00E+13`."""
    return _SCIENTIFIC.fullmatch(plain) is not None


def refuse_scientific(plain: str, value: str) -> None:
    """Refuse a number that a spreadsheet has shortened, such as `1E+13`."""
    if is_shortened(plain):
        raise CellRefusedError(
            "digits_lost",
            _(
                "{found} is a number that a spreadsheet has shortened: its digits are "
                "lost. Format the column as text and type the number again, or export the "
                "sheet anew."
            ).format(found=show(value)),
        )


def refuse_damage(value: CellValue) -> None:
    """Refuse contents that no field can hold: error cells, formulas without a result, controls."""
    if isinstance(value, UnsavedFormula):
        raise CellRefusedError(
            "not_calculated",
            _(
                "the formula {found} has no saved result. Open the sheet in Excel, save it "
                "and run it again, or replace the formula by its value."
            ).format(found=show(value)),
        )
    is_error = isinstance(value, str) and wording.tidy(value).upper() in _ERROR_WORDS
    if isinstance(value, ErrorCell) or is_error:
        raise CellRefusedError(
            "error_cell",
            _(
                "the cell shows the error {found}. Mend the formula, or replace it by its value."
            ).format(found=show(value)),
        )
    text = value if isinstance(value, str) and not value.isprintable() else ""
    if control := _CONTROL.search(text.strip(_AT_ENDS)):
        raise CellRefusedError(
            "control_character",
            _(
                "{found} holds a control character ({name}), which cannot be seen. Type it anew."
            ).format(found=show(value), name=f"U+{ord(control[0]):04X}"),
        )


def kind_of(value: CellValue) -> str:
    """Return the kind of a value that is neither text nor a number."""
    return _("the yes/no value") if isinstance(value, bool) else _("the date or time")
