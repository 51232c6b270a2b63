"""Widths and heights of a results sheet, chosen so that each row's result is in sight.

The sheet's own columns stay in their places, since people name them by their letters and copy whole
rows back. So wide ones are made narrower, down to a limit, until the result fits beside them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_SCREEN = 1310
"""Pixels for columns in a window 1,366 wide; the rest are row numbers and the scroll bar."""
_CHARACTER, _PADDING = 7, 5
"""Pixels of a digit in the usual font, and around a cell's text."""
NARROWEST = 8.0
"""Width to which a column of texts may be cut."""
_COMFORTABLE = 14.0
"""Width of wide columns where the result would not fit even beside the narrowest."""
_STEP = 0.5
_WIDEST_FROZEN = 420
_MOST_FROZEN_ROWS = 12
_LINE_HEIGHT = 15.0
BOLD = 1.15
"""Share by which bold letters are wider than usual ones."""


def pixels(widths: Sequence[float]) -> int:
    """Return the width of columns on the screen."""
    return sum(int(width * _CHARACTER) + _PADDING for width in widths)


def fit_widths(
    widths: Sequence[float], least: Sequence[float], beside: Sequence[float]
) -> list[float]:
    """Make wide columns narrower until others fit beside them on a screen, if they can.

    Args:
        widths: in characters.
        least: the width that each column must keep, in characters.
        beside: the widths of the others; of these, as many as can be.
    """
    for count in range(len(beside), 0, -1):
        room = _SCREEN - pixels(beside[:count])
        if pixels(_limited(widths, least, NARROWEST)) > room:
            continue
        limit = max(widths, default=0.0)
        while limit >= NARROWEST:
            fit = _limited(widths, least, limit)
            if pixels(fit) <= room:
                return fit
            limit -= _STEP
    return _limited(widths, least, _COMFORTABLE)


def _limited(widths: Sequence[float], least: Sequence[float], limit: float) -> list[float]:
    return [
        max(min(width, limit), min(width, kept)) for width, kept in zip(widths, least, strict=True)
    ]


def frozen_panes(header: int, order: int, widths: Sequence[float], shown: int) -> tuple[int, ...]:
    """Choose what stays in sight: the rows to the header, and the columns to the order number.

    Args:
        header: the header's row, from 0.
        order: the column of the order number, from 0.
        widths: of all columns.
        shown: number of columns, from the first, that should be in sight at once.

    Returns:
        Row and column below and behind which the sheet scrolls; then the first row and column
        shown there, so that the result is in sight when the sheet is opened.
    """
    rows = header + 1 if header < _MOST_FROZEN_ROWS else 0
    columns = order + 1 if pixels(widths[: order + 1]) <= _WIDEST_FROZEN else 0
    first = columns
    # A sheet may have thousands of columns, so their sum is not made anew for each.
    taken = pixels(widths[:columns]) + pixels(widths[first:shown])
    while columns and taken > _SCREEN and first < shown:
        taken -= pixels(widths[first : first + 1])
        first += 1
    return rows, columns, rows, first


def header_height(names: Sequence[str], widths: Sequence[float]) -> float | None:
    """Return the height of a header whose names are wrapped; None if each fits on a line."""
    lines = max(
        (
            len(textwrap.wrap(name, max(1, int(width / BOLD))))
            for name, width in zip(names, widths, strict=False)
        ),
        default=1,
    )
    return lines * _LINE_HEIGHT if lines > 1 else None
