"""Affixes that a shop's sheets put around order numbers, as in `ORD-1002` and `1003/2`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from batch_update import wording
from batch_update.model import CellValue
from batch_update.validator.cells import is_shortened


@dataclass(frozen=True, slots=True, kw_only=True)
class Affixes:
    """The affixes that the user has named, as `fold_affix` gives them.

    Args:
        prefixes: texts that may stand in front of an order number.
        suffixes: texts that may stand behind it.
    """

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def without(self, value: CellValue) -> CellValue:
        """Return an order number without its affixes.

        A prefix and a suffix are taken off once each, if they are there and a plain number is left,
        and only one that can be meant. Anything else is returned as it is.
        """
        if not isinstance(value, str) or not (self.prefixes or self.suffixes):
            return value
        plain = wording.tidy(value)
        if plain.isdecimal() or is_shortened(plain):
            return value
        numbers = {
            number
            for text in (plain, plain.lstrip("#№"))
            for number in self._numbers_in(fold_affix(text))
        }
        return numbers.pop() if len(numbers) == 1 else value

    def _numbers_in(self, text: str) -> Iterator[str]:
        for prefix in ("", *self.prefixes):
            for suffix in ("", *self.suffixes):
                if not text.startswith(prefix) or not text.endswith(suffix):
                    continue
                number = text.removeprefix(prefix).removesuffix(suffix).strip()
                if number.isascii() and number.isdecimal():
                    yield number.lstrip("0") or "0"


def fold_affix(text: str) -> str:
    """Return a text in the form in which affixes are compared, without case and width."""
    return unicodedata.normalize("NFKC", wording.tidy(text)).casefold()
