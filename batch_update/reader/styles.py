"""The number formats of an xlsx: the only part of its styles that affects values."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

from lxml import etree

from batch_update.model import UNKNOWN_FORMAT
from batch_update.reader.builtin import FIRST_OWN, builtin_format
from batch_update.reader.markup import local_name
from batch_update.reader.package import Package
from batch_update.reader.serials import is_date_format, is_length_format
from batch_update.reader.strings import unescape

_GENERAL = "General"
_UNREADABLE = (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, EOFError)


class NumberFormats:
    """The number format of each style.

    Args:
        codes: the formats as written, by the number of the style.
        default: the format of a style that is not among them.
    """

    def __init__(self, codes: Sequence[str], default: str = UNKNOWN_FORMAT) -> None:
        self._codes = codes
        self._default = default
        self.dates = frozenset(n for n, code in enumerate(codes) if is_date_format(code))
        """The styles that show a number as a day or a time."""
        self.durations = frozenset(n for n, code in enumerate(codes) if is_length_format(code))
        """The styles that show a number as a length of time."""

    def code(self, style: int) -> str:
        """Return a style's number format."""
        return self._codes[style] if style < len(self._codes) else self._default


def read_formats(package: Package, part: zipfile.ZipInfo | None) -> NumberFormats:
    """Read the number formats; unreadable ones are unknown, the rest does not matter.

    Raises:
        DamagedError: the styles are made of too many elements.
        ValueError: they declare a document type.
    """
    if part is None:
        return NumberFormats([_GENERAL])
    try:
        root = package.read_tree(part)
    except _UNREADABLE:
        return NumberFormats([])
    written = {
        _number(element.get("numFmtId", "")): element.get("formatCode")
        for element in _inside(root, "numFmts", "numFmt")
    }
    keys = [_number(element.get("numFmtId", "0")) for element in _inside(root, "cellXfs", "xf")]
    return NumberFormats([_code(key, written) for key in keys] or [_GENERAL])


def _inside(root: Any, outer: str, inner: str) -> list[Any]:
    return [
        element
        for part in root
        if local_name(part) == outer
        for element in part
        if local_name(element) == inner
    ]


def _number(text: str) -> int | None:
    text = text.strip() or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _code(key: int | None, written: dict[int | None, str | None]) -> str:
    if key is None:
        return UNKNOWN_FORMAT
    if key in written:
        code = written[key]
        return UNKNOWN_FORMAT if code is None else unescape(code) or _GENERAL
    # A number of the built-in formats without a meaning is shown as if it had no format.
    return builtin_format(key) if key < FIRST_OWN else UNKNOWN_FORMAT
