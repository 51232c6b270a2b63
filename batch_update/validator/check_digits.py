"""Check digits of tracking numbers: proof that a number was typed or damaged wrongly."""

from __future__ import annotations

import re

_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}", re.IGNORECASE)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_RUSSIAN_POST = re.compile(r"([0-9]{13})([0-9])")


def has_wrong_check_digit(rpo: str) -> bool:
    """Tell whether a tracking number has a check digit, and a wrong one.

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
