"""Formulas of a sheet that may stand in its results: sums over its cells, and nothing else."""

from __future__ import annotations

import re

_LONGEST = 255
_CELL = r"\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}"
_RANGE = rf"{_CELL}(?::{_CELL})?"
_TERM = (
    rf"(?:(?:SUM|COUNT|COUNTA|AVERAGE|MIN|MAX|PRODUCT)\({_RANGE}(?:,{_RANGE})*\)"
    rf"|SUBTOTAL\([0-9]{{1,3}},{_RANGE}(?:,{_RANGE})*\)"
    rf"|{_CELL}|[0-9]{{1,15}}(?:\.[0-9]{{1,10}})?)"
)
_HARMLESS = re.compile(rf"={_TERM}(?:[-+*/]{_TERM})*")


def is_harmless(text: str) -> bool:
    """Return whether a formula only adds up, counts or compares cells of its own sheet.

    It names no other sheet, file, program, address or name, and calls nothing that could.
    """
    return len(text) <= _LONGEST and _HARMLESS.fullmatch(text) is not None
