"""The cells of an xlsx, each with its kind as in the file.

Source: ECMA-376, part 1, 18.3.1.4, "c (Cell)", and 18.18.11, "ST_CellType".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from batch_update.model import CellValue, ErrorCell, UnsavedFormula
from batch_update.reader.plain import TEXT
from batch_update.reader.serials import length_of, moment_of
from batch_update.reader.strings import Tags, text_of, unescape
from batch_update.reader.styles import NumberFormats

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Cell: TypeAlias = tuple[int, CellValue, int]
"""Column from 1, value, and number of its style."""

NO_STYLE = 1 << 30
"""Style number of cells without a style."""

TRUE = frozenset({"1", "true", "on", "t"})
FALSE = frozenset({"0", "false", "off", "f", ""})
"""Spellings of XML booleans in programs, in any capitals."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_FRACTION = re.compile("[.eE]")
_LETTERS = re.compile("[A-Z]{1,3}")
_LENGTH = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", re.ASCII)
PLAIN_CELL = (
    rb'<c r="[A-Z]{1,3}+[0-9]{1,7}+"(?: s="[0-9]{1,6}+")?(?: t="(?:n|s|str)")?'
    rb"(?:/>|><v>[^<>&\x00-\x1f\x80-\xff]++</v></c>)"
    rb'|<c r="[A-Z]{1,3}+[0-9]{1,7}+"(?: s="[0-9]{1,6}+")? t="inlineStr">'
    rb"<is><t(?: xml:space=\"preserve\")?>" + TEXT + rb"</t></is></c>"
)
"""Matches a cell in the form in which most programs write it."""
_PLAIN_CELLS = re.compile(
    r'<c r="([A-Z]+)[0-9]+"(?: s="([0-9]+)")?(?: t="([a-zS]+)")?'
    r"(?:/>|>(?:<v>([^<]+)</v>|<is><t(?: [^>]*)?>([^<]+)</t></is>)</c>)"
)
_LONGEST_NUMBER = 400
_MOST_KEPT = 4096
_NO_DATE = ErrorCell(text="#VALUE!")
_NO_RESULT = frozenset({"str", "inlineStr"})
"""Kinds of cells whose result may be an empty text."""


class CellReader:
    """Reads cells: saved results, and formulas where there is no result.

    Args:
        tags: the names of elements.
        strings: returns the texts that cells share; called once a cell points to them.
        formats: the number formats, by style.
        epoch: the day of serial number 0.
    """

    def __init__(
        self,
        tags: Tags,
        strings: Callable[[], Sequence[str]],
        formats: NumberFormats,
        epoch: dt.datetime,
    ) -> None:
        self._cell_tag, self._value_tag = tags["c"], tags["v"]
        self._inline_tag, self._formula_tag = tags["is"], tags["f"]
        self._text_tag, self._run_tag = tags["t"], tags["r"]
        self._load_strings = strings
        self._strings: Sequence[str] | None = None
        self._formats = formats
        self._epoch = epoch
        self._columns: dict[str, int] = {}
        self._styles: dict[str | None, int] = {None: 0}
        self._days: dict[tuple[str, int], CellValue] = {}
        self._kinds: dict[str, Callable[[str, int], CellValue]] = {
            "n": self._number,
            "s": self._shared,
            "b": _boolean,
            "e": lambda text, _: ErrorCell(text=text),
            "d": _iso_date,
        }

    def read_row(self, row: Any) -> list[Cell]:
        """Read a row's cells, the empty ones too."""
        column = 0
        cells = []
        for element in row.iterchildren(self._cell_tag):
            place = element.get("r")
            column = self._column(place) if place else column + 1
            style = self._styles.get(element.get("s"))
            if style is None:
                style = self._style(element.get("s"))
            cells.append((column, self._value(element, style), style))
        return cells

    def read_plain(self, row: str) -> list[Cell]:
        """Read a row's cells, given as markup that fits `PLAIN_CELL`."""
        cells = []
        for letters, shape, kind, text, own in _PLAIN_CELLS.findall(row):
            column = self._columns.get(letters) or self._column(letters)
            style = self._styles.get(shape or None)
            if style is None:
                style = self._style(shape)
            value: CellValue = None
            if kind == "s" and text:
                value = self._shared(text, style)
            elif text:
                value = self._usual(text, kind or "n", style)
            elif own:
                value = unescape(own)
            cells.append((column, value, style))
        return cells

    def _usual(self, text: str, kind: str, style: int) -> CellValue:
        """Read a saved value that stands alone in its cell."""
        if kind == "n" and text.isdigit() and style not in self._formats.dates:
            return _int(text)
        return self._saved(text, kind, style)

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if letters not in self._columns:
            # Few programs write small letters, or signs as formulas have them.
            name = letters.strip().replace("$", "").upper()
            if not _LETTERS.fullmatch(name):
                raise ValueError(place)
            number = 0
            for letter in name:
                number = 26 * number + ord(letter) - ord("A") + 1
            self._columns[letters] = number
        return self._columns[letters]

    def _style(self, text: str) -> int:
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        style = int(text) if is_number else NO_STYLE if text.strip() else 0
        self._styles[text] = style
        return style

    def _value(self, element: Element, style: int) -> CellValue:
        kind = element.get("t") or "n"
        parts = len(element)
        if parts != 1:
            return self._other_value(element, kind, style) if parts else None
        part = element[0]
        tag, text = part.tag, part.text
        if tag == self._inline_tag:
            own = text_of(part, self._text_tag, self._run_tag)
            return own if own or kind == "inlineStr" else None
        if not text or tag != self._value_tag:
            return self._other_value(element, kind, style)
        return self._usual(text, kind, style)

    def _saved(self, text: str, kind: str, style: int) -> CellValue:
        read = self._kinds.get(kind)
        return unescape(text) if read is None else read(text, style)

    def _other_value(self, element: Element, kind: str, style: int) -> CellValue:
        """Read a cell that is not a plain saved value."""
        text = element.findtext(self._value_tag)
        inline = element.find(self._inline_tag)
        own = None if inline is None else text_of(inline, self._text_tag, self._run_tag)
        if own and (kind == "inlineStr" or not text):
            return own
        if text:
            return self._saved(text, kind, style)
        formula = element.find(self._formula_tag)
        if formula is not None and kind not in _NO_RESULT:
            return UnsavedFormula(text=f"={formula.text or '…'}")
        return own if kind == "inlineStr" else None

    def _shared(self, text: str, _style: int) -> str:
        if self._strings is None:
            self._strings = self._load_strings()
        index = int(text)
        if index < 0:
            raise IndexError(index)
        return self._strings[index]

    def _number(self, text: str, style: int) -> CellValue:
        if style not in self._formats.dates:
            return _number(text)
        if (text, style) not in self._days:
            if len(self._days) == _MOST_KEPT:
                self._days.clear()
            self._days[text, style] = self._day(text, style)
        return self._days[text, style]

    def _day(self, text: str, style: int) -> CellValue:
        serial = _number(text)
        if isinstance(serial, str):
            return serial
        try:
            if style in self._formats.durations:
                return length_of(serial)
            return moment_of(serial, self._epoch)
        except (OverflowError, ValueError):
            return _NO_DATE


def _int(text: str) -> int | str:
    """Read digits; a text of too many, or of other digits than ours, stays a text."""
    return int(text) if len(text) < _LONGEST_NUMBER and text.isascii() else text


def _number(text: str) -> float | str:
    """Read a number; any other text stays a text, as other programs read it."""
    digits = text.strip()
    if not _NUMBER.fullmatch(digits):
        return unescape(text)
    return float(digits) if _FRACTION.search(digits) else _int(digits)


def _boolean(text: str, _style: int) -> CellValue:
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    return ErrorCell(text=text)


def _iso_date(text: str, _style: int) -> CellValue:
    """Read a day, a time or both as ISO 8601 writes them, as the sheet shows them anywhere."""
    written = text.strip()
    try:
        if written.startswith("P"):
            return _length(written)
        if len(written) == len("2026-11-20"):
            return dt.date.fromisoformat(written)
        if "-" in written[:5]:
            return dt.datetime.fromisoformat(written).replace(tzinfo=None)
        return dt.time.fromisoformat(written) if ":" in written else _NO_DATE
    except (OverflowError, ValueError):
        return _NO_DATE


def _length(written: str) -> dt.timedelta:
    match = _LENGTH.fullmatch(written)
    if match is None or not any(match.groups()):
        raise ValueError(written)
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
