"""Texts of a csv in a form that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from functools import lru_cache

from batch_update.writer.table import FORMULA_SIGNS

_REMEMBERED = 4096
_HARMLESS = re.compile(
    r"[+-]?[0-9]+(?:[.,][0-9]+)?"  # a number
    r"|\+[0-9]+(?: ?\([0-9]+\)| [0-9]+)[0-9 -]*"  # a phone number that is no sum
)
_UNSEEN = r"\s\u00ad\u200b-\u200f\u2060\ufeff"
_SIGNS = re.escape("".join(sorted(FORMULA_SIGNS)))
SIGN = re.compile(rf"[{_SIGNS}\ud800-\udfff]")
"""Characters that make a text need a change: signs of formulas, or half of a letter."""
_FORMULA = re.compile(rf"[{_UNSEEN}]*[{_SIGNS}]")
# A spreadsheet that takes another delimiter than ours finds cells inside of cells, with or without
# quotes around them. Of those, + and - do harm only before a call or a reference outside.
_ALWAYS_FORMULA = frozenset("=@＝＠")
_CALLS = "(!|"
_BORDERS = frozenset(",;|\t\r\n")
_GAP = rf'[{_UNSEEN}",;|]'
_DIGITS_ONLY = r"[+-][0-9 ().-]*(?:[,;|\t\r\n]|\Z)"
_AFTER_GAP = re.compile(rf"(?<!{_GAP}){_GAP}++(?!{_DIGITS_ONLY})(?=[=@＝＠+\-＋－])")


@lru_cache(_REMEMBERED)
def make_harmless(text: str) -> str:
    """Return a text in a form that no spreadsheet takes for a formula."""
    if not SIGN.search(text):
        return text
    text = text.encode("utf-8", "replace").decode()
    last_call = max(map(text.rfind, _CALLS))
    text = _AFTER_GAP.sub(lambda gap: _close_gap(gap, last_call), text)
    # An apostrophe in front makes a spreadsheet take it for text.
    return f"'{text}" if _FORMULA.match(text) and not _HARMLESS.fullmatch(text) else text


def _close_gap(gap: re.Match[str], last_call: int) -> str:
    is_formula = gap.string[gap.end()] in _ALWAYS_FORMULA or gap.end() < last_call
    return f"{gap[0]}'" if is_formula and not _BORDERS.isdisjoint(gap[0]) else gap[0]
