"""Number formats of OpenDocument sheets, as the format codes that Excel has for the same.

Source: OASIS, "Open Document Format for Office Applications 1.3", part 3, 16.29 (data styles).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_update.model import UNKNOWN_FORMAT

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_NUMBER = f"{{{_NAMES}:datastyle:1.0}}"
STYLE = f"{{{_NAMES}:style:1.0}}"

_KINDS = ("number", "currency", "percentage", "date", "time", "boolean", "text")
DATA_STYLES = tuple(f"{_NUMBER}{kind}-style" for kind in _KINDS)
_FIXED = {
    f"{_NUMBER}date-style": "yyyy-mm-dd",
    f"{_NUMBER}time-style": "hh:mm:ss",
    f"{_NUMBER}boolean-style": '"TRUE";"TRUE";"FALSE"',
}
"""Parts of which it only matters that they show no digits of the number."""
_CONDITION = re.compile(r"value\(\)(<=|>=|!=|<|>|=)(-?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?)")
_NO_LIMIT = 1e300
"""LibreOffice's mark that a number's format, beside one for text, is for all values."""
_BY_SIGN = (">=0", ">0", "<0", "=0")
_MOST_CONDITIONS = 2
"""Most conditions that Excel takes in one code."""
_MOST_DIGITS = 64
_LEAST_GROUPED = 4
_GROUP = 3
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _DataStyle:
    """A number format, and those that replace it under a condition."""

    code: str
    others: tuple[tuple[str, str], ...]


class Formats:
    """The number formats of a document, by the names of its cells' styles."""

    def __init__(self) -> None:
        self._data: dict[str, _DataStyle] = {}
        self._cells: dict[str, tuple[str, str]] = {}
        self._known: dict[str, str] = {}
        self._default = "General"

    def take(self, element: Element) -> None:
        """Read a data style, or the style of cells."""
        name = element.get(f"{STYLE}name", "")
        if element.tag in DATA_STYLES:
            self._data[name] = _data_style(element)
        elif element.get(f"{STYLE}family") == "table-cell":
            self._known.pop(name, None)
            data = element.get(f"{STYLE}data-style-name", "")
            self._cells[name] = (data, element.get(f"{STYLE}parent-style-name", ""))

    def lose(self) -> None:
        """Note that some styles could not be read: those not known by then stay unknown."""
        self._default = UNKNOWN_FORMAT

    def settle(self) -> None:
        """Fix the meanings of the styles so far: another part may reuse data styles' names."""
        for name in self._cells:
            self.code(name)

    def code(self, style: str) -> str:
        """Return the format code of a style of cells; `General` if it has none for numbers."""
        if style not in self._known:
            self._known[style] = self._find(style)
        return self._known[style]

    def _find(self, style: str) -> str:
        for _ in range(_DEEPEST):
            if style in self._known:
                return self._known[style]
            data, parent = self._cells.get(style, ("", ""))
            if data:
                return self._whole(data)
            if not parent:
                break
            style = parent
        return self._default

    def _whole(self, name: str) -> str:
        """Join a data style with those that it has for some numbers."""
        data = self._data.get(name)
        if data is None:
            return self._default
        parts = [
            (condition, self._data[other].code)
            for condition, other in data.others
            if other in self._data
        ]
        if all(condition in _BY_SIGN for condition, _ in parts):
            return ";".join([*(code for _, code in parts), data.code])
        if len(parts) > _MOST_CONDITIONS:
            return UNKNOWN_FORMAT
        return ";".join([*(f"[{condition}]{code}" for condition, code in parts), data.code])


def _data_style(element: Element) -> _DataStyle:
    others = []
    for part in element.iterfind(f"{STYLE}map"):
        condition = _CONDITION.fullmatch(part.get(f"{STYLE}condition", "").replace(" ", ""))
        if condition:
            sign = condition[1].replace("!=", "<>")
            is_for_all = float(condition[2]) > _NO_LIMIT and sign.startswith("<")
            asked = ">=0" if is_for_all else f"{sign}{condition[2]}"
            others.append((asked, part.get(f"{STYLE}apply-style-name", "")))
    code = _FIXED.get(element.tag)
    if code is None:
        code = "".join(_piece(element, part) for part in element)
        if element.get(f"{_NUMBER}transliteration-format", "1") != "1":
            code = f"[NatNum1]{code}"
    return _DataStyle(code, tuple(others))


def _piece(style: Element, part: Element) -> str:
    """Return the code of one part of a format."""
    if part.tag == f"{_NUMBER}number":
        return _number(part)
    text = part.text or ""
    if part.tag == f"{_NUMBER}text" and style.tag == f"{_NUMBER}percentage-style":
        return "%".join(map(_literal, text.split("%")))
    if part.tag in {f"{_NUMBER}text", f"{_NUMBER}currency-symbol"}:
        return _literal(text)
    if part.tag == f"{_NUMBER}fill-character":
        return f"*{text[:1] or ' '}"
    if part.tag == f"{_NUMBER}fraction":
        return "# ?/?" if part.get(f"{_NUMBER}min-integer-digits") else "?/?"
    known = {f"{_NUMBER}text-content": "@", f"{_NUMBER}scientific-number": "0.00E+00"}
    return known.get(part.tag, "")


def _literal(text: str) -> str:
    quoted = text.replace('"', '"\\""')
    return f'"{quoted}"' if text else ""


def _number(part: Element) -> str:
    """Return the code of a number's digits."""
    least = _count(part, "min-integer-digits", 1)
    texts = [
        (_count(text, "position"), _literal(text.text or ""))
        for text in part.iterfind(f"{_NUMBER}embedded-text")
    ]
    is_grouped = part.get(f"{_NUMBER}grouping") == "true"
    factor = part.get(f"{_NUMBER}display-factor", "1")
    places = part.get(f"{_NUMBER}decimal-places")
    if places is None and least <= 1 and not (texts or is_grouped or factor != "1"):
        return "General"
    most = max([least, 1, *(place + 1 for place, _ in texts)])
    digits = "0" * least
    digits = digits.rjust(max(most, _LEAST_GROUPED) if is_grouped else most, "#")
    code = ""
    for left, digit in zip(range(len(digits), 0, -1), digits, strict=True):
        code += "".join(text for place, text in texts if place == left)
        code += digit
        code += "," if is_grouped and left % _GROUP == 1 and left > 1 else ""
    decimals = "." + "0" * _count(part, "decimal-places") if places not in {None, "0"} else ""
    return code + decimals + ("" if factor == "1" else ",")


def _count(element: Element, name: str, default: int = 0) -> int:
    text = element.get(f"{_NUMBER}{name}", "")
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_MOST_DIGITS)) + 1
    return min(int(text), _MOST_DIGITS) if is_number else default
