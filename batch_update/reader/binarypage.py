"""The cells of one worksheet of a binary workbook.

Source: Microsoft, [MS-XLSB], 2.2.1 (cells), 2.3.1 and 2.4 (records).
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from batch_update import wording
from batch_update.i18n import _
from batch_update.model import UNKNOWN_FORMAT, CellValue, ErrorCell, Row, limits
from batch_update.reader.damage import DamagedError
from batch_update.reader.records import (
    BLANK,
    ROW_HEADER,
    compact_number_at,
    rich_text_at,
    text_at,
)
from batch_update.reader.serials import is_date_format, is_length_format, length_of, moment_of
from batch_update.reader.tables import Table, formats_of

_LAST_CELL, _FIRST_SHORT, _LAST_SHORT, _RICH_CELL = 11, 12, 18, 62
_SHORTER = _FIRST_SHORT - BLANK
"""Distance from each kind of cell to the kind without a column, which follows the last cell."""
_WIDTH, _END_OF_CELLS = 60, 146
_IS_HIDDEN_AT, _IS_HIDDEN = 11, 0x10

_MOST_WIDTHS = 200
_EXACT = 2**53
"""Largest number up to which a float holds all whole numbers exactly."""
_MOST_OTHERS = 4_000_000
"""Records that are no cells: Excel writes some for a sheet, and three for each row."""
_REMEMBERED = 4096

_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


class Formats:
    """The number formats of cells, by the number of their style.

    Args:
        codes: a format for each style.
        epoch: the day of serial number 0.
    """

    def __init__(self, codes: Sequence[str], epoch: dt.datetime) -> None:
        self._codes = codes
        self._epoch = epoch
        self._dates = {style for style, code in enumerate(codes) if is_date_format(code)}
        self._spans = {style for style in self._dates if is_length_format(codes[style])}

    def of(self, style: int) -> str:
        """Return the format of a style; for a missing style it is unknown."""
        return self._codes[style] if style < len(self._codes) else UNKNOWN_FORMAT

    def value(self, number: float, style: int) -> CellValue:
        """Return the value of a number by its format."""
        if style not in self._dates:
            return int(number) if number.is_integer() and abs(number) < _EXACT else number
        try:
            return length_of(number) if style in self._spans else moment_of(number, self._epoch)
        except (OverflowError, ValueError):
            # Excel fills such a cell with # signs.
            return ErrorCell(text="#####")


@dataclass(frozen=True, slots=True)
class Contents:
    """The parts of a workbook that a worksheet needs.

    Args:
        texts: those that cells share.
        formats: the number formats.
        records: starts over with the records of a worksheet's part.
    """

    texts: Sequence[str]
    formats: Formats
    records: Callable[[str], Iterator[tuple[int, bytes]]]


@dataclass(slots=True)
class _Cells:
    """The cells of one row read so far."""

    number: int
    values: list[CellValue] = field(default_factory=list)
    styles: list[int] = field(default_factory=list)
    last: int = -1

    def add(self, column: int, value: CellValue, style: int) -> None:
        """Add a cell behind the last one."""
        if value is None:
            return
        gap = column - len(self.values)
        if gap:
            self.values += [None] * gap
            self.styles += [0] * gap
        self.values.append(value)
        self.styles.append(style)


class Page:
    """One worksheet, to be read as often as needed.

    Args:
        contents: the parts of its workbook that it needs.
        name: the worksheet's name.
        part: the name of its part.
        is_hidden: whether the spreadsheet program hides it.
    """

    def __init__(self, contents: Contents, name: str, part: str, *, is_hidden: bool) -> None:
        self._contents = contents
        self._name = name
        self._part = part
        self._is_hidden = is_hidden
        self._hidden: set[int] = set()
        self._widths: dict[int, float] = {}
        self._made: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._values: Mapping[int, Callable[[bytes, int, int], CellValue]] = {
            2: lambda data, place, style: self._number(compact_number_at(data, place), style),
            3: lambda data, place, __: _error(data[place]),
            4: lambda data, place, __: data[place] != 0,
            5: self._float_at,
            6: lambda data, place, __: text_at(data, place) or None,
            7: self._shared_at,
            8: lambda data, place, __: text_at(data, place) or None,
            9: self._float_at,
            10: lambda data, place, __: data[place] != 0,
            11: lambda data, place, __: _error(data[place]),
            _RICH_CELL: lambda data, place, __: rich_text_at(data, place) or None,
        }
        """Reader of the cell value for each kind."""

    def as_table(self) -> Table:
        """Return the worksheet as a table."""
        return Table(
            name=self._name,
            read_rows=self._rows,
            is_hidden=self._is_hidden,
            hidden_rows=lambda: frozenset(self._hidden),
            widths=lambda: self._widths,
        )

    def _rows(self) -> Iterator[Row]:
        self._hidden.clear()
        row = _Cells(0)
        others = 0
        for kind, data in self._contents.records(self._part):
            if kind == ROW_HEADER:
                if row.values:
                    yield self._row(row)
                row = self._begin(data, row.number)
            elif kind <= _LAST_SHORT or kind == _RICH_CELL:
                self._add(row, kind, data)
            elif kind == _END_OF_CELLS:
                if row.values:
                    yield self._row(row)
                return
            else:
                others += 1
                self._note(kind, data, others)
        raise EOFError

    def _begin(self, data: bytes, last: int) -> _Cells:
        (index,) = struct.unpack_from("<I", data)
        number = index + 1
        if number > limits.MOST_ROWS:
            raise self._damaged(_("it claims a row {row}").format(row=number))
        if number <= last:
            raise self._damaged(
                _("row {number} stands below row {last}").format(number=number, last=last)
            )
        if len(data) > _IS_HIDDEN_AT and data[_IS_HIDDEN_AT] & _IS_HIDDEN:
            self._hidden.add(number)
        return _Cells(number)

    def _add(self, row: _Cells, kind: int, data: bytes) -> None:
        if _LAST_CELL < kind <= _LAST_SHORT:
            kind -= _SHORTER
            column, place = row.last + 1, 4
            (style,) = struct.unpack_from("<I", data)
        else:
            column, style = struct.unpack_from("<II", data)
            place = 8
        if not row.last < column < limits.MOST_COLUMNS or not row.number:
            raise self._misplaced(row, column)
        row.last = column
        if kind != BLANK:
            style &= 0xFF_FFFF
            row.add(column, self._values[kind](data, place, style), style)

    def _misplaced(self, row: _Cells, column: int) -> DamagedError:
        number = row.number
        if column >= limits.MOST_COLUMNS:
            return self._damaged(
                _("row {number} claims a column {column}").format(number=number, column=column + 1)
            )
        return self._damaged(
            _("column {column} follows column {last} in row {number}").format(
                column=column + 1, last=row.last + 1, number=number
            )
        )

    def _note(self, kind: int, data: bytes, others: int) -> None:
        """Note the contents of a record that is no cell."""
        if others > _MOST_OTHERS:
            raise self._damaged(
                _("its part {part} is full of things that are no rows").format(
                    part=wording.quote(self._part)
                )
            )
        if kind == _WIDTH:
            first, last, width = struct.unpack_from("<III", data)
            columns = range(first, min(last + 1, _MOST_WIDTHS))
            if width:
                self._widths.update(dict.fromkeys(columns, width / 256))

    def _row(self, row: _Cells) -> Row:
        styles = tuple(row.styles)
        if styles not in self._made:
            if len(self._made) == _REMEMBERED:
                self._made.clear()
            self._made[styles] = formats_of([self._contents.formats.of(style) for style in styles])
        return Row(number=row.number, cells=tuple(row.values), formats=self._made[styles])

    def _number(self, number: float, style: int) -> CellValue:
        return self._contents.formats.value(number, style)

    def _float_at(self, data: bytes, place: int, style: int) -> CellValue:
        return self._number(struct.unpack_from("<d", data, place)[0], style)

    def _shared_at(self, data: bytes, place: int, _style: int) -> CellValue:
        (index,) = struct.unpack_from("<I", data, place)
        return self._contents.texts[index] or None

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            _("in the sheet {name} {what}").format(name=wording.quote(self._name), what=what)
        )


def _error(code: int) -> ErrorCell:
    return ErrorCell(text=_ERRORS.get(code, _("error {value}").format(value=code)))
