"""Check digits of tracking numbers: proof that a number was typed or damaged wrongly."""

from __future__ import annotations

import re

_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}", re.IGNORECASE)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_RUSSIAN_POST = re.compile(r"([0-9]{13})([0-9])")
_UPS = re.compile(r"1Z([0-9A-Z]{15})([0-9])", re.IGNORECASE)
_EAN_13 = re.compile(r"[0-9]{13}|97[89](?:-[0-9]+){4}")


def has_wrong_check_digit(rpo: str) -> bool:
    """Return whether a tracking number has a check digit, and a wrong one.

    Knows the international form (`RA123456785RU`) and the 14 digits of Russian Post; every other
    number is taken to be right.

    Source:
        UPU standard S10; Russian Post's rules for postal barcodes (13 digits, weights 3 and 1).
    """
    if match := _S10.fullmatch(rpo):
        total = sum(
            int(digit) * weight for digit, weight in zip(match[1], _S10_WEIGHTS, strict=True)
        )
        expected = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    elif match := _RUSSIAN_POST.fullmatch(rpo):
        total = 3 * sum(map(int, match[1][::2])) + sum(map(int, match[1][1::2]))
        expected = -total % 10
    else:
        return False
    return int(match[2]) != expected


def is_ups(rpo: str) -> bool:
    """Return whether a text is one whole number of UPS, with the right check digit.

    Source:
        UPS, "Tracking number check digit": 1Z, 15 signs and a digit; letters count as 2 to 9, 0 to
        9 and so on from A, every second sign twice.
    """
    match = _UPS.fullmatch(rpo)
    if match is None:
        return False
    signs = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in match[1].upper()]
    total = sum(signs[::2]) + 2 * sum(signs[1::2])
    return int(match[2]) == -total % 10


def is_proved(rpo: str) -> bool:
    """Return whether a text is surely one whole number of the international form or of UPS."""
    return is_ups(rpo) or (_S10.fullmatch(rpo) is not None and not has_wrong_check_digit(rpo))


def is_barcode(rpo: str) -> bool:
    """Return whether a number could be that of goods: 13 digits with an EAN-13's check digit.

    Books have it with hyphens too.

    Source:
        GS1 General Specifications, 7.9: weights 1 and 3 in turn.
    """
    if not _EAN_13.fullmatch(rpo):
        return False
    digits = [int(sign) for sign in rpo if sign != "-"]
    return len(digits) == 13 and (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0
