"""Texts that look like a secret key, which must not be shown where one was typed by mistake."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from batch_update import wording
from batch_update.i18n import _

_SHORTEST = 16
_LONG_HEX = 24
_MOST_CHANGES = 4
"""Changes between letters and digits; `shop2020sale2021a` has that many."""


def looks_like_key(text: str) -> bool:
    """Return whether a text, or a part of an address, is long and without sense."""
    parts = re.split(r"[^0-9A-Za-z]+", text)
    if "." not in text and "://" not in text:
        parts.append("".join(parts))
    return any(map(_is_random, parts))


def shown(text: str) -> str:
    """Quote a text for a message, unless it looks like a key."""
    if looks_like_key(text):
        return _("(not shown, since it looks like a secret key)")
    return wording.quote(text)


def shown_path(path: Path) -> str:
    """Show a path, unless it is a key that was given in its place."""
    return shown(path.name) if looks_like_key(path.name) else wording.show_path(path)


def _is_random(part: str) -> bool:
    if len(part) < _SHORTEST:
        return False
    if len(part) >= _LONG_HEX and re.fullmatch(r"[0-9]+|[0-9a-fA-F]+", part):
        return True
    kinds = ["0" if char.isdigit() else "A" if char.isupper() else "a" for char in part]
    changes = _count_changes(kinds)
    return _count_changes([kind.lower() for kind in kinds]) > _MOST_CHANGES or (
        changes * 3 >= len(part)
    )


def _count_changes(kinds: list[str]) -> int:
    return sum(one != other for one, other in itertools.pairwise(kinds))
