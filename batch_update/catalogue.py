"""A compiled catalogue, of which a sentence is decoded when it is first said.

To decode all of them takes longer than to say what --help needs.
"""

from __future__ import annotations

import gettext
import io
import struct
from collections.abc import Sequence
from operator import add
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gettext import _TranslationsReader

_Key: TypeAlias = str | tuple[str, int]
"""A sentence; or the first form of one that a number decides, and the number of a form."""

_PLURALS_TRIED = 101
"""No language's rule looks at more than the last two digits."""

_DAMAGED = "the file is damaged"
"""In English, as all that is said without a catalogue."""


class Catalogue(gettext.GNUTranslations):
    """What the standard library's says, ready in half of its time.

    Args:
        fp: a file in the format that `msgfmt` writes.

    Raises:
        OSError, ValueError, LookupError: it is damaged.
    """

    _catalog: _Sentences

    def _parse(self, fp: _TranslationsReader) -> None:
        """Read the tables, and have the header read, which is the first text of the second."""
        content = fp.read()
        order = "<" if content.startswith(self.LE_MAGIC.to_bytes(4, "little")) else ">"
        try:
            count, *places = struct.unpack_from(f"{order}3I", content, 8)
            said, translated = (
                _Texts(content, struct.unpack_from(f"{order}{2 * count}I", content, place))
                for place in places
            )
            header = translated.bytes_of(0)
            # A file of one sentence: its tables, each of a length and a place, and the header.
            tables = struct.pack(f"{order}7I", 1, 20, 28, 0, 36, len(header), 36)
        except struct.error:
            raise ValueError(_DAMAGED) from None
        if said.bytes_of(0):
            raise ValueError(_DAMAGED)
        try:
            super()._parse(io.BytesIO(content[:8] + tables + header + b"\0"))
            for number in range(_PLURALS_TRIED):
                self.ngettext(_DAMAGED, _DAMAGED, number)
        except (SyntaxError, ArithmeticError):
            # The header's rule of plurals, which the standard library makes code of.
            raise ValueError(_DAMAGED) from None
        self._catalog = _Sentences(said, translated, self.charset() or "ascii")


class _Texts:
    """The texts that a table of a catalogue has the places of.

    Args:
        content: the file.
        table: the length and the place of each, in turns.

    Raises:
        ValueError: one is not within the file.
    """

    def __init__(self, content: bytes, table: Sequence[int]) -> None:
        self._content = content
        self._starts = table[1::2]
        self._ends = list(map(add, table[::2], self._starts))
        # A zero stands behind each.
        if not self._ends or max(self._ends) >= len(content):
            raise ValueError(_DAMAGED)

    def check(self, charset: str) -> None:
        """Decode all of them at once.

        Raises:
            ValueError, LookupError: that cannot be done.
        """
        str(self._content[min(self._starts) : max(self._ends)], charset)

    def all(self, charset: str) -> list[str]:
        """Return all of them."""
        content = self._content
        slices = map(slice, self._starts, self._ends)
        return [str(text, charset) for text in map(content.__getitem__, slices)]

    def bytes_of(self, number: int) -> bytes:
        """Return one as it stands in the file, by its number in the table."""
        return self._content[self._starts[number] : self._ends[number]]


class _Sentences:
    """The part of a dictionary that the standard library uses of its own."""

    def __init__(self, said: _Texts, translated: _Texts, charset: str) -> None:
        translated.check(charset)
        self._translated = translated
        self._charset = charset
        self._decoded: dict[_Key, str] = {}
        self._numbers = {text: number for number, text in enumerate(said.all(charset))}
        self._plurals: dict[str, int] = {}
        for text in [text for text in self._numbers if "\0" in text]:
            one, _many = text.split("\0")
            self._plurals[one] = self._numbers.pop(text)

    def get(self, key: _Key, default: object = None) -> object:
        """Return a translation; the default if there is none."""
        try:
            return self[key]
        except KeyError:
            return default

    def __getitem__(self, key: _Key) -> str:
        """Return a translation.

        Raises:
            KeyError: there is none.
        """
        if key not in self._decoded:
            self._decoded[key] = self._decode(key)
        return self._decoded[key]

    def _decode(self, key: _Key) -> str:
        try:
            if isinstance(key, str):
                return self._text(self._numbers[key])
            one, form = key
            return self._text(self._plurals[one]).split("\0")[form]
        except (IndexError, UnicodeDecodeError):
            raise KeyError(key) from None

    def _text(self, number: int) -> str:
        return str(self._translated.bytes_of(number), self._charset)
