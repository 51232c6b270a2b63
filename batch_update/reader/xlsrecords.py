"""The records of an xls, through xlrd: only those that affect cells.

xlrd reads far more, and stops at a slip in a note, a name, a link or a drawing. All private parts
of xlrd that the program uses are used here (`_position`, `_sheet_list`, `_sheet_names`,
`_sharedstrings`, and the methods of its book that are replaced): it has no other way to pass over
records.
Source: Microsoft, [MS-XLS], 2.3 and 2.5.293; OpenOffice.org, "Microsoft Excel File Format".
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xlrd import biffh
from xlrd.book import Book
from xlrd.formatting import Format, handle_xf
from xlrd.sheet import Sheet as Page

from batch_update.model import UNKNOWN_FORMAT
from batch_update.reader.unlocking import unlock_records

_HEADER = struct.Struct("<HH")
_TEXT = struct.Struct("<HB")
_WIDE, _HAS_PHONETICS, _HAS_RUNS = 1, 4, 8
_LAST_OF_ONE_SHEET = 40
"""Last version in which a workbook is its one sheet."""
FIRST_OF_UNICODE = 80
FIRST_OF_CONTAINERS = 50
_FIRST_OF_LONG_STYLES = 30
_SHORT_KEY = 0x3F
LARGEST_LOCKED = 16 << 20
_LOST = -1
"""In place of the number of a format that is not defined."""

_OF_USE = frozenset(
    {
        *biffh.bofcodes, biffh.XL_EOF, biffh.XL_CONTINUE, biffh.XL_FILEPASS, biffh.XL_CODEPAGE,
        biffh.XL_DATEMODE, biffh.XL_BOUNDSHEET, biffh.XL_SST, biffh.XL_ROW,
        biffh.XL_FORMAT, biffh.XL_FORMAT2, biffh.XL_XF, biffh.XL_XF2, biffh.XL_XF3, biffh.XL_XF4,
        biffh.XL_IXFE, biffh.XL_NUMBER, biffh.XL_NUMBER_B2, biffh.XL_INTEGER, biffh.XL_RK,
        biffh.XL_MULRK, biffh.XL_LABEL, biffh.XL_LABEL_B2, biffh.XL_LABELSST, biffh.XL_RSTRING,
        biffh.XL_BOOLERR, biffh.XL_BOOLERR_B2, *biffh.XL_FORMULA_OPCODES, biffh.XL_STRING,
        biffh.XL_STRING_B2,
    }
)  # fmt: skip
"""Useful records; not empty cells (millions in some sheets) or sizes, which may be wrong."""


class LockedError(Exception):
    """The records are locked with another password than the usual one."""


class LockedTooLargeError(Exception):
    """The records are locked, and more than can be unlocked in good time."""


class Workbook(Book):
    """An xls of which only the records that affect cells are read.

    Its texts, where they are not Unicode, are bytes: one character for each.
    """

    _position: int
    _sheet_list: list[Page | None]
    _sheet_names: list[str]

    def __init__(self) -> None:
        super().__init__()
        # xlrd puts its own in the class, each time that a file is opened.
        self.handle_xf = self._read_style

    def _read_style(self, data: bytes) -> None:
        """Read a cell style; xlrd replaces an undefined number format by the usual one."""
        handle_xf(self, data)
        style = self.xf_list[-1]
        if style.format_key == 0 and _format_key(self.biff_version, data) != 0:
            style.format_key = _LOST
            self.format_map[_LOST] = Format(_LOST, biffh.FUN, UNKNOWN_FORMAT)

    def get_record_parts(self) -> tuple[int, int, bytes]:
        """Return kind, length and content of the next useful record."""
        mem: Any = self.mem
        place = self._position
        while True:
            kind, length = _HEADER.unpack_from(mem, place)
            place += 4 + length
            if kind in _OF_USE:
                self._position = place
                # The runs of a rich text, which xlrd counts, follow the text itself.
                kind = biffh.XL_LABEL if kind == biffh.XL_RSTRING else kind
                return kind, length, mem[place - length : place]

    def handle_sst(self, data: bytes) -> None:
        """Read the texts that cells share: all that are there, whatever count the record gives."""
        pieces = [data]
        while (piece := self.get_record_parts_conditional(biffh.XL_CONTINUE))[0] is not None:
            pieces.append(piece[2])
        self._sharedstrings = _Strings(_SharedTexts(pieces))

    def handle_filepass(self, data: bytes) -> None:
        """Unlock the records, of which the next are locked."""
        if self.stream_len > LARGEST_LOCKED:
            raise LockedTooLargeError
        mem: Any = self.mem
        stream = bytes(mem[self.base : self.base + self.stream_len])
        is_known = self.biff_version >= FIRST_OF_CONTAINERS
        opened = unlock_records(stream, data) if is_known else None
        if opened is None:
            raise LockedError
        self.mem = opened
        self._position -= self.base
        self.base = 0

    def raw_records(self) -> Iterator[tuple[int, bytes]]:
        """Iterate over kind and content of all records, useful or not."""
        mem: Any = self.mem
        place, end = self.base, self.base + self.stream_len
        while place + _HEADER.size <= end:
            kind, length = _HEADER.unpack_from(mem, place)
            place += _HEADER.size + length
            yield kind, mem[place - length : place]


def open_workbook(path: Path) -> Workbook:
    """Open an xls; its sheets are read when they are asked for.

    Raises:
        LockedError: a password is needed.
        Exception: it is damaged; xlrd lets through whatever that makes it raise.
    """
    book = Workbook()
    try:
        book.biff2_8_load(
            filename=str(path),
            # xlrd's warnings on the way are of no use to the user.
            logfile=_Silence(),
            formatting_info=True,
            # Without the cells that were never written.
            ragged_rows=True,
            on_demand=True,
            encoding_override="latin-1",
            # Another stream may claim a part of this one, which is whole all the same.
            ignore_workbook_corruption=True,
        )
        book.biff_version = book.getbof(biffh.XL_WORKBOOK_GLOBALS) or 0
        if book.biff_version <= _LAST_OF_ONE_SHEET:
            book.fake_globals_get_sheet()
        else:
            book.parse_globals()
            book._sheet_list = [None] * len(book._sheet_names)
        book.nsheets = len(book._sheet_list)
    except BaseException:
        book.release_resources()
        raise
    return book


def _format_key(version: int, data: bytes) -> int:
    """Return the number of the format that a cell style names."""
    if version >= FIRST_OF_CONTAINERS:
        return int.from_bytes(data[2:4], "little")
    return data[1] if version >= _FIRST_OF_LONG_STYLES else data[2] & _SHORT_KEY


class _Silence(io.TextIOBase):
    """A stream for unwanted text, which is dropped."""

    def write(self, text: str) -> int:
        return len(text)


class _Strings(list[str]):
    """Texts by number; a number below 0 is damage, not a place counted from the end."""

    def __getitem__(self, number: Any) -> Any:
        if number < 0:
            raise IndexError(number)
        return super().__getitem__(number)


class _SharedTexts:
    """The texts that cells share, from the record that they begin in and those that follow."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = iter(pieces)
        self._data = next(self._pieces)
        # Behind two counts, which programs get wrong.
        self._place = 8

    def __iter__(self) -> Iterator[str]:
        try:
            while True:
                self._find_next()
                yield self._read()
        except (StopIteration, struct.error):
            # A cell that shows a text that is cut off will not find it.
            return

    def _read(self) -> str:
        length, kind = _TEXT.unpack_from(self._data, self._place)
        self._place += _TEXT.size
        behind = 4 * self._number("<H") if kind & _HAS_RUNS else 0
        behind += self._number("<I") if kind & _HAS_PHONETICS else 0
        text = self._characters(length, is_wide=bool(kind & _WIDE))
        # Perhaps into the next record, but the last one has none behind it.
        self._place += behind
        return text

    def _number(self, form: str) -> int:
        (number,) = struct.unpack_from(form, self._data, self._place)
        self._place += struct.calcsize(form)
        return int(number)

    def _characters(self, length: int, *, is_wide: bool) -> str:
        parts = []
        while True:
            end = min(len(self._data), self._place + length * (1 + is_wide))
            part = self._data[self._place : end]
            length -= len(part) >> is_wide
            self._place = end
            parts.append(part if is_wide else part.decode("latin-1").encode("utf-16-le"))
            if length <= 0:
                # One character may be cut in two by the end of a record.
                return b"".join(parts).decode("utf-16-le", "replace")
            self._data = next(self._pieces)
            is_wide = bool(self._data[0] & _WIDE)
            self._place = 1

    def _find_next(self) -> None:
        while self._place >= len(self._data):
            self._place -= len(self._data)
            self._data = next(self._pieces)
