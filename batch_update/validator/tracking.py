"""Read tracking numbers from cells: taken if the cell has one reading, and refused otherwise.

Remarks beside a number (links, dates, names of carriers, words) are looked for first, each kind by
its words. The rest is a number if its groups can be those of one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from batch_update import wording
from batch_update.i18n import N_, _, ngettext
from batch_update.model import CellValue, UnsavedFormula
from batch_update.validator import carriers, glued, groups, lookalikes, remarks
from batch_update.validator.cells import (
    CellRefusedError,
    exact_integer,
    kind_of,
    refuse_damage,
    refuse_scientific,
    show,
    text_of_number,
)
from batch_update.validator.check_digits import is_barcode

_NAME_GLUED_ON_TEXT = N_(
    "{rpo} holds a word ({name}), and is sent with it. Compare it with the parcel's label."
)

_PLAIN = re.compile(
    rf"[A-Z]{{2}}[0-9]{{9}}[A-Z]{{2}}"
    rf"|(?!(?:{lookalikes.LIKE_ANOTHER})\Z|TEL|INN|PVZ|SMS|{'|'.join(carriers.SHORT_NAMES)})"
    r"[A-Z]{0,3}[1-9][0-9]{6,11}|[1-9][0-9]{13}(?:[0-9]{4,10}[1-9])?"
    r"|1Z[0-9A-Z]{6}[0-9]{10}"
)
"""Numbers to which no check below applies."""
_NOTHING_BESIDE = re.compile(r"[A-Za-z]*[0-9][A-Za-z0-9]*")
_LONGEST_TEXT = 200
_LONGEST = 64
_SHORTEST = 6
_HYPERLINK = re.compile(
    r"(?:of:)?=(?:HYPERLINK|ГИПЕРССЫЛКА)\( ?\"[^\"]*\" ?[;,] ?(?:\"([^\"]*)\"|([0-9]+)) ?\)",
    re.IGNORECASE,
)
_CONTROLS = "".join(map(chr, range(0x20))) + "\x7f"
"""Signs that readers of barcodes put around a number."""
_LAST_DIGITS = re.compile(r"([0-9]{7,})[-/]([0-9]{2,3})")

RowWarning = tuple[str, str]


class Reading(NamedTuple):
    """Result of reading a tracking number from a cell.

    Args:
        rpo: the number.
        warnings: code and text of the cell's oddities, though the number is sent.
    """

    rpo: str
    warnings: tuple[RowWarning, ...] = ()


def is_plain(value: str) -> bool:
    """Return whether a text is a tracking number as it stands, and nothing is odd about it."""
    return _PLAIN.fullmatch(value) is not None


def read_rpo(value: CellValue, number_format: str) -> Reading:
    """Read a tracking number; a number is read as the sheet shows it.

    Args:
        value: the cell.
        number_format: its number format; `00000000000000` shows a number with leading zeros.

    Raises:
        CellRefusedError: the cell is not a tracking number, or a spreadsheet has damaged it.
    """
    if isinstance(value, str) and is_plain(value):
        return Reading(value)
    value = _shown_by_link(value)
    refuse_damage(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        reading = _of_number(value, number_format)
    elif isinstance(value, str):
        reading = _of_text(value)
    else:
        raise CellRefusedError(
            "not_valid",
            _(
                "{kind} {found} is not a tracking number. Format the column as text and "
                "type the number again."
            ).format(kind=kind_of(value), found=show(value)),
        )
    rpo = reading.rpo
    if len(rpo) > _LONGEST:
        raise _too_long(rpo)
    # A number cell may be below 0; in a text, a sign in front was refused before.
    if rpo.startswith("-") or not rpo.strip("0-/"):
        raise CellRefusedError(
            "not_valid",
            _("{found} is not a tracking number. Write the parcel's number.").format(
                found=show(value)
            ),
        )
    return Reading(rpo, (*reading.warnings, *_warnings(rpo)))


def _shown_by_link(value: CellValue) -> CellValue:
    """Return the text of a link that a formula makes."""
    text = value.text if isinstance(value, UnsavedFormula) else value
    if isinstance(text, str) and (match := _HYPERLINK.fullmatch(text.strip())):
        return match[1] or match[2] or ""
    return value


def _of_number(value: float, number_format: str) -> Reading:
    number = exact_integer(value)
    text = text_of_number(number, number_format)
    return Reading(text) if text.isdecimal() or number <= 0 else _of_text(text)


def _of_text(value: str) -> Reading:
    plain = wording.tidy(value.strip(_CONTROLS))
    if len(plain) > _LONGEST_TEXT:
        raise _too_long(plain)
    lookalikes.refuse_telephones(plain, value)
    if plain[:1] in {"=", "+", "-", "@"}:
        raise CellRefusedError(
            "formula_like",
            _(
                "{found} begins like a formula. Write the tracking number without the sign in "
                "front."
            ).format(found=show(value)),
        )
    refuse_scientific(plain, value)
    if _NOTHING_BESIDE.fullmatch(plain):
        remarks.refuse_dates(plain, value)
        glued.refuse_counts(plain, value)
        groups.refuse_rounded(plain, value)
        return Reading(plain)
    remarks.refuse_none(plain, value)
    remarks.refuse_links(plain, value)
    remarks.refuse_dates(plain, value)
    groups.refuse_list(value)
    if groups.is_known_form(plain):
        return Reading(groups.join(plain, value))
    named = carriers.take_off(plain)
    if named.names:
        return _beside_name(named, value)
    remarks.refuse_counts(plain, value)
    remarks.refuse_words(plain, value)
    groups.refuse_thousands(plain, value)
    return _with_letters(groups.join(plain, value))


def _too_long(text: str) -> CellRefusedError:
    return CellRefusedError(
        "not_valid",
        ngettext(
            "{found} is too long for a tracking number ({count} character). Write one number only.",
            "{found} is too long for a tracking number ({count} characters). Write one "
            "number only.",
            len(text),
        ).format(found=show(text), count=len(text)),
    )


def _beside_name(named: carriers.Named, value: str) -> Reading:
    """Read the number beside a carrier's name, if that is one whole number beyond doubt."""
    remarks.refuse_counts(named.rest, value)
    if groups.is_beyond_doubt(named.rest):
        rpo = groups.join(named.rest, value)
        if len(rpo) >= _SHORTEST:
            name = wording.quote(named.shown)
            text = _(
                "{found}: {name} was taken off, and {rpo} is sent. Compare it with the "
                "parcel's label."
            ).format(found=show(value), name=name, rpo=rpo)
            return Reading(rpo, (("carrier_named", text), *_with_letters(rpo).warnings))
    raise groups.holds_name(named.names, value)


def _with_letters(rpo: str) -> Reading:
    """Return a number with the warning about its Cyrillic letters, if it has any."""
    if rpo.isascii():
        return Reading(rpo)
    return Reading(
        rpo,
        (
            (
                "cyrillic",
                _(
                    "{rpo} is sent with its Cyrillic letters. Compare it with the parcel's label: "
                    "most numbers have Latin ones."
                ).format(rpo=rpo),
            ),
        ),
    )


def _warnings(rpo: str) -> list[RowWarning]:
    if is_plain(rpo):
        return []
    warnings = [
        (code, text.format(rpo=rpo))
        for code, text, is_so in (
            (
                "barcode",
                _(
                    "{rpo} could be the barcode of goods (EAN-13). Check that it stands in the "
                    "right column."
                ),
                is_barcode,
            ),
            (
                "date_like",
                _("{rpo} could be a date. Check that it stands in the right column."),
                lookalikes.could_be_day,
            ),
            (
                "telephone_like",
                _("{rpo} could be a telephone number. Check that it stands in the right column."),
                lookalikes.could_be_telephone,
            ),
        )
        if is_so(rpo)
    ]
    if len(rpo) < _SHORTEST:
        warnings.append(
            (
                "short",
                ngettext(
                    "{rpo} has only {count} character, which is few for a tracking number. "
                    "Compare it with the parcel's label.",
                    "{rpo} has only {count} characters, which is few for a tracking "
                    "number. Compare it with the parcel's label.",
                    len(rpo),
                ).format(rpo=rpo, count=len(rpo)),
            )
        )
    if name := carriers.name_glued_on(rpo):
        warnings.append(("carrier_named", _(_NAME_GLUED_ON_TEXT).format(rpo=rpo, name=name)))
    elif word := glued.word_in(rpo):
        warnings.append(("word_glued", _(_NAME_GLUED_ON_TEXT).format(rpo=rpo, name=word)))
    return warnings + _two_readings(rpo)


def _two_readings(rpo: str) -> list[RowWarning]:
    """Doubt a number with more in it, or with possible last digits of the next one."""
    last = None if rpo.isalnum() else _LAST_DIGITS.fullmatch(rpo)
    if not last or last[2] <= last[1][-len(last[2]) :]:
        text = glued.doubt(rpo)
        return [("two_readings", text)] if text else []
    second = last[1][: -len(last[2])] + last[2]
    return [
        (
            "two_readings",
            _(
                "{rpo} is sent as one number, and may stand for two ({first} and {second}). "
                "Compare it with the parcel's label."
            ).format(rpo=rpo, first=last[1], second=second),
        ),
    ]
