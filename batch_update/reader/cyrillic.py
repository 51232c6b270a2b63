"""Test of a reading of bytes for Russian words, to find the encoding of a text."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_OF_ONE_ALPHABET = re.compile(r"[А-ЯЁІЇЄҐ]?[а-яёіїєґ]+|[А-ЯЁІЇЄҐ]+")
_SIGNS = frozenset("№«»–—“”„…°§©®±·\u00a0\ufeff")
_LEAST_LETTERS = 5
_LEAST_SHARE = 0.9


def makes_words(data: bytes, encoding: str, *, least: int = _LEAST_LETTERS) -> bool:
    """Return whether nearly everything outside ASCII becomes words of Cyrillic letters.

    Args:
        data: the text as it stands in the file.
        encoding: the reading that is tried.
        least: fewest letters needed.
    """
    try:
        text = data.decode(encoding, "strict" if encoding == "utf-8" else "replace")
    except UnicodeDecodeError:
        return False
    foreign = sum(not char.isascii() and char not in _SIGNS for char in text)
    words = [word for word in _WORD.findall(text) if _OF_ONE_ALPHABET.fullmatch(word)]
    letters = sum(map(len, words))
    return letters >= max(least, _LEAST_SHARE * foreign)
