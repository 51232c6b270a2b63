"""The user's own status words, which go before the known ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from batch_update import wording
from batch_update.model import CellValue, Status

SKIP = "skip"
SKIP_WORDS = frozenset({SKIP, "skipped", "ignore", "пропустить", "пропуск", "пропускать"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWord:
    """Meaning of one of the user's own words.

    Args:
        word: as the user writes it.
        status: the status it means; None for rows that are not for us.
        said_in: the source of the word: `--status-word`, or the config file's name.
    """

    word: str
    status: Status | None
    said_in: str


_WHOLE = re.compile(r"([0-9]+)[.,]0{1,2}")


OwnWords: TypeAlias = Mapping[str, OwnWord]
"""By the form in which words are compared."""


def find_own_word(value: CellValue, words: OwnWords) -> OwnWord | None:
    """Find a cell's value among the user's own words."""
    return words.get(fold_word(word_of(value)))


def fold_word(word: str) -> str:
    """Return a word in the form in which words are compared; `5.0` is the number 5."""
    plain = wording.normalise(word)
    whole = _WHOLE.fullmatch(plain)
    return whole[1] if whole else plain


def word_of(value: CellValue) -> str:
    """Return the word of a status cell; numbers and yes/no values are words here too."""
    if isinstance(value, str):
        return wording.tidy(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return ""
