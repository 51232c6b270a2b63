"""Columns that count the lines of a sheet, which are easily taken for order numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from batch_update.headers import words
from batch_update.model import CellValue, Row

_FIRST = frozenset({0, 1})
_LONGEST = 12
"""Most digits of a number that is looked at, zeros in front included."""


def counting_columns(rows: Sequence[Row]) -> frozenset[int]:
    """List the columns, by index from 0, that count: 1, 2, 3, or 00001, 00002.

    Some lines may have been deleted, and some may have other texts, such as totals.

    Args:
        rows: the rows below the header, from the first on.
    """
    width = max((len(row.cells) for row in rows), default=0)
    return frozenset(index for index in range(width) if _counts([row.cell(index) for row in rows]))


def without_counters(found: Sequence[int], counters: frozenset[int]) -> Sequence[int]:
    """Leave out the columns that count the lines, if others are left."""
    return [index for index in found if index not in counters] or found


def is_order_named_elsewhere(names: Sequence[str], counters: frozenset[int]) -> bool:
    """Return whether a header speaks of orders, other than those of columns that count."""
    return any(
        words.mentions_order(name) for index, name in enumerate(names) if index not in counters
    )


def _counts(values: Sequence[CellValue]) -> bool:
    filled = [value for value in values if value is not None]
    numbers = [number for number in map(_number, filled) if number is not None]
    if not numbers or numbers[0] not in _FIRST or 2 * len(numbers) < len(filled):
        return False
    is_rising = all(one < other for one, other in itertools.pairwise(numbers))
    return is_rising and numbers[-1] <= 2 * len(values)


def _number(value: CellValue) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if value == value // 1 else None
    text = value.strip().rstrip(".") if isinstance(value, str) else ""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST
    return int(text) if is_number else None
