"""Regular expressions that most sheets never need, compiled when they are first asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class Pattern:
    """A regular expression like those of `re`; to compile all at the start would take 50 ms.

    Args:
        pattern: the expression.
        flags: those of `re`.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern, self._flags)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match of the whole text."""
        return self._compiled.fullmatch(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match at the text's start."""
        return self._compiled.match(text)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match within the text."""
        return self._compiled.search(text)

    def findall(self, text: str) -> list[str]:
        """List what matches."""
        return self._compiled.findall(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """List the matches."""
        return self._compiled.finditer(text)
