"""Unknown status words, as lines for the config file."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update.cli import counted
from batch_update.i18n import _
from batch_update.model import UnknownWord

TABLE = "[statuses]"
_LISTED_WORDS = 30
_LONGEST_WORD = 100
"""Longest status word; a longer one, cut off, would be another word."""


def as_table(unknown: Sequence[UnknownWord]) -> list[str]:
    """Return the lines where the user enters the words' meanings; valid TOML as they stand."""
    listed = [one for one in unknown if len(one.word) <= _LONGEST_WORD][:_LISTED_WORDS]
    lines = [TABLE]
    for one in listed:
        rows = counted.rows(one.count)
        lines.append(_('{word} = "…"  # {rows}').format(word=quote_key(one.word), rows=rows))
    if len(listed) < len(unknown):
        lines.append(_("# and {count} more").format(count=len(unknown) - len(listed)))
    return lines


def quote_key(word: str) -> str:
    """Return a word as a key of TOML, without characters that the screen changes."""
    return f'"{"".join(map(_escape, word))}"'


def _escape(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if "\ud800" <= char <= "\udfff":
        # Half of a letter, which no text of TOML can hold.
        return "\ufffd"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
