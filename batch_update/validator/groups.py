"""Join groups of letters and digits to one tracking number, if they can be of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from batch_update import wording
from batch_update.i18n import _, ngettext
from batch_update.validator import alphabets, carriers, glued
from batch_update.validator.cells import POINT_ZERO, CellRefusedError, show
from batch_update.validator.check_digits import is_ups

FIRST_GROUPS = frozenset({"JJD", "TBA", "LTN"})
"""Letters that stand in front of a number, though they are as many as a word's."""
_LONGEST_LETTERS = 2
"""Letters without a digit that a group at an end may have otherwise."""

WHOLE = re.compile(r"[0-9]+")
ONE_GROUP = re.compile(r"[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*")
INTERNATIONAL = re.compile(r"[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}")
WHOLE_ALONE = re.compile(rf"{INTERNATIONAL.pattern}|[0-9]{{14}}")
"""Complete numbers: the international form, and the 14 digits of Russian Post."""
_LONG_ALONE = 8
"""Characters that no group of a tracking number has twice."""
_LONG_TWINS = 7
"""Digits that no tracking number has in two groups that are equally long."""
_LONG_GROUP = re.compile(r"[0-9]{10,}")
"""Number of digits that are printed in several groups, or stand alone."""
_DOTTED = re.compile(
    r"[0-9]{2}\.[0-9]{2}\.[0-9]{6}\.[0-9]{8}|[0-9]{2}\.[0-9]{3} [0-9]{3}\.[0-9]{3} [0-9]"
)
"""Swiss Post's and Deutsche Post's print of digits (Identcode); dots are no part of the number."""
_LONG_ENOUGH_TO_ROUND = 17
_TELLING_ZEROS = 4
"""Zeros at the end of a long number that come by chance in one of 10,000."""
_SET_OFF = re.compile(r" [-/] ?|[-/] ")
_THOUSANDS = re.compile(
    r"[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3}){2,}|(?:['’][0-9]{3})+)(?:[.,]0{1,2})?"
)
"""Spreadsheets' form of amounts."""
_LIST = re.compile(r"[;,|\n]| (?:and|и|та) ")
_DIGITS_OF_A_NUMBER = 4


def join(plain: str, value: str) -> str:
    """Join all parts of a cell to one number.

    Args:
        plain: the cell's text, without the parts that do not belong to the number.
        value: the cell, for messages.

    Raises:
        CellRefusedError: it is more than one number, or none.
    """
    if _DOTTED.fullmatch(plain):
        plain = plain.replace(".", "")
    sides = _SET_OFF.split(plain)
    plain = re.sub(r" ?([-/]) ?", r"\1", plain)
    if POINT_ZERO.fullmatch(plain.replace(" ", "")):
        plain = plain.rpartition(".")[0].rstrip()
    joined = plain.replace(" ", "")
    _refuse_signs(plain, value)
    if not is_ups(joined):
        if sum(len(side.replace(" ", "")) >= _LONG_ALONE for side in sides) > 1:
            raise _two_numbers(value)
        _refuse_several(plain, value)
        _refuse_odd_groups(plain, value)
    refuse_rounded(joined, value)
    _refuse_letters(joined, value)
    return joined


def is_known_form(plain: str) -> bool:
    """Return whether a text is a number in the international form or that of UPS, in any groups."""
    joined = plain.replace(" ", "")
    return INTERNATIONAL.fullmatch(joined) is not None or is_ups(joined)


def is_beyond_doubt(plain: str) -> bool:
    """Return whether a text is one number without its groups being joined, but those of digits."""
    return bool(
        ONE_GROUP.fullmatch(plain)
        or WHOLE.fullmatch(plain.replace(" ", ""))
        or is_known_form(plain)
        or alphabets.is_cyrillic_number(plain)
    )


def holds_name(names: Sequence[str], value: str) -> CellRefusedError:
    """Return the refusal of a cell that holds a carrier's name, or a word such as "track no."."""
    for name in filter(carriers.is_carrier, names):
        text = _(
            "{found} holds the carrier's name ({name}). Write the parcel's number only."
        ).format(found=show(value), name=name)
        return CellRefusedError("not_valid", text)
    text = _("{found} holds more than the number ({name}). Write the parcel's number only.").format(
        found=show(value), name=wording.quote(", ".join(names))
    )
    return CellRefusedError("not_valid", text)


def refuse_list(value: str) -> None:
    """Refuse two numbers with a sign or a line break of lists between them."""
    parts = _LIST.split(value)
    if sum(sum(map(str.isdigit, part)) >= _DIGITS_OF_A_NUMBER for part in parts) > 1:
        raise _two_numbers(value)


def refuse_thousands(plain: str, value: str) -> None:
    """Refuse digits that stand in threes with signs between them, as those of amounts."""
    if _THOUSANDS.fullmatch(plain):
        raise CellRefusedError(
            "not_valid",
            _(
                "{found} is shown with separators of thousands, like an amount, so zeros in "
                "front of it may be lost. Format the column as text and type the number as the "
                "label has it."
            ).format(found=show(value)),
        )


def refuse_rounded(joined: str, value: str) -> None:
    """Refuse a long number that ends in zeros, which programs put for digits that they lose."""
    zeros = len(joined) - len(joined.rstrip("0"))
    is_long = len(joined) >= _LONG_ENOUGH_TO_ROUND and WHOLE.fullmatch(joined)
    if is_long and zeros >= _TELLING_ZEROS:
        text = ngettext(
            "{found} ends in {count} zero: a program has rounded it, and its end is lost. "
            "Format the column as text and type the number again, or export the sheet anew.",
            "{found} ends in {count} zeros: a program has rounded it, and its end is lost. "
            "Format the column as text and type the number again, or export the sheet anew.",
            zeros,
        ).format(found=show(value), count=zeros)
        raise CellRefusedError("digits_lost", text)


def _refuse_signs(plain: str, value: str) -> None:
    """Refuse signs that are neither letter nor digit, nor between two of these."""
    sign = next((char for char in plain if not char.isalnum() and char not in " -/"), None)
    rest = re.sub(r"^[\W_]+|[\W_]+$", "", plain)
    if sign is None and rest != plain:
        sign = plain[-1] if plain.startswith(rest) else plain[0]
    if sign is None:
        return
    shown = wording.quote(sign)
    if not sign.isascii():
        shown += f" ({alphabets.name_of(sign)})"
    text = _(
        "{found} holds a sign that no tracking number has: {sign}. Write Latin letters and "
        "digits, with - or / between them where the label has it."
    ).format(found=show(value), sign=shown)
    if ONE_GROUP.fullmatch(rest) and any(map(str.isdigit, rest)):
        text = _(
            "{found} has a sign at its end that is no part of a tracking number: {sign}. "
            "Write it without that sign: {rest}."
        ).format(found=show(value), sign=shown, rest=rest)
    raise CellRefusedError("not_valid", text)


def _refuse_several(plain: str, value: str) -> None:
    """Refuse possible pairs of numbers: groups of one are short, and stand on one line."""
    parts = re.split(r"[ /]", plain)
    long_parts = sum(len(part) >= _LONG_ALONE for part in parts)
    whole_parts = sum(WHOLE_ALONE.fullmatch(part) is not None for part in parts)
    is_whole = whole_parts > 0 or any(map(is_ups, parts))
    if len(parts) > 1 and (long_parts > 1 or is_whole or "\n" in value.strip()):
        raise _two_numbers(value)
    # Letters in front may be of the number; letters elsewhere beside so many digits are not.
    groups = plain.split(" ")
    is_led = groups[0].isalpha()
    if len(groups) > 1 + is_led and any(map(_LONG_GROUP.fullmatch, groups)):
        raise _two_numbers(value)
    pieces = re.split(r"[ /-]", plain)
    digits = Counter(len(part) for part in pieces if WHOLE.fullmatch(part))
    are_twins = any(length >= _LONG_TWINS and count > 1 for length, count in digits.items())
    if are_twins or sum(WHOLE_ALONE.fullmatch(part) is not None for part in pieces) > 1:
        raise _two_numbers(value)


def _two_numbers(value: str) -> CellRefusedError:
    return CellRefusedError(
        "not_valid",
        _(
            "{found} may be more than one tracking number. Write one number only, without "
            "spaces; a second parcel of the same order cannot be told to the shop."
        ).format(found=show(value)),
    )


def _refuse_odd_groups(plain: str, value: str) -> None:
    """Refuse groups of letters that cannot be part of a number."""
    groups = plain.split(" ")
    if groups[0].upper() in FIRST_GROUPS:
        del groups[0]
    inner = [group for group in groups[1:-1] if not any(map(str.isdigit, group))]
    outer = [group for group in (groups[:1] + groups[-1:]) if not any(map(str.isdigit, group))]
    if inner or any(len(group) > _LONGEST_LETTERS for group in outer):
        raise _not_one(value)


def _not_one(value: str) -> CellRefusedError:
    return CellRefusedError(
        "not_valid",
        _(
            "{found} is not one tracking number: that is Latin letters and digits, with one - "
            "or / between them where the label has it. Write one number only."
        ).format(found=show(value)),
    )


def _refuse_letters(joined: str, value: str) -> None:
    """Refuse letters that are not Latin, but those of the carriers who write Cyrillic ones."""
    if alphabets.foreign_letter(joined) is None:
        if not ONE_GROUP.fullmatch(joined):
            raise _not_one(value)
        return
    if name := carriers.name_glued_on(joined):
        raise holds_name([name], value)
    if word := glued.word_in(joined):
        raise CellRefusedError(
            "not_valid",
            _("{found} holds words ({word}). Write the parcel's number only.").format(
                found=show(value), word=word
            ),
        )
    if letter := alphabets.looking_latin(joined):
        text = _(
            "{found} holds a letter or digit that only looks Latin ({letter}, {name}). "
            "Type the tracking number with Latin letters."
        ).format(found=show(value), letter=letter, name=alphabets.name_of(letter))
    elif not alphabets.is_cyrillic_number(joined):
        text = _(
            "{found} holds Cyrillic letters. Only numbers like АБВГДЕЖ-2/2011 (ПЭК) and "
            "МСКСПБ0012345678 have them: write the number as the label has it."
        ).format(found=show(value))
    else:
        return
    raise CellRefusedError("not_valid", text)
