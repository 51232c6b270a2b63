"""The records of a csv, by many lines: one without quotes is a record, cut at its delimiters."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NoReturn, TextIO

from batch_update.errors import InputFileError
from batch_update.i18n import _

CELL_LIMIT = 1 << 20
"""Most characters of a cell."""
_LINE_LIMIT = 4 << 20
_AT_ONCE = 1 << 16
_END = "\x00the end of the file\x00"
_ENDS = "\r\n"
_QUOTE = '"'
_GUARDED = re.compile(r'="((?:[^"]|"")*)"')
"""Form that keeps Excel from taking a text for a number: a formula of nothing but the text."""

Cells = tuple[str | None, ...]


class BrokenTextError(InputFileError):
    """The text cannot be cut into rows; with another delimiter it may."""


def read_records(shown: str, file: TextIO, delimiter: str) -> Iterator[Cells]:
    """Iterate over the records of a file, empty cells as None and none of these at the end.

    Args:
        shown: the file's name, for messages.
        file: the text, opened so that ends of lines stay as they are.
        delimiter: what stands between cells.

    Raises:
        BrokenTextError: its quotes do not close, or a line or row is too long.
    """
    lines = _Lines(shown, file)
    is_usual = delimiter not in {_QUOTE, *_ENDS}
    while lines.fill():
        if is_usual and lines.are_plain:
            yield from _cut(lines.take(), delimiter)
        else:
            yield from _parsed(shown, lines, delimiter)


def _cut(lines: list[str], delimiter: str) -> Iterator[Cells]:
    """Cut lines without quotes, as csv does."""
    behind, empty = f"{delimiter}{_ENDS}", delimiter * 2
    for line in lines:
        filled = line.rstrip(behind)
        if not filled:
            yield ()
        elif empty in filled or filled[0] == delimiter:
            yield tuple([cell or None for cell in filled.split(delimiter)])
        else:
            yield tuple(filled.split(delimiter))


def _parsed(shown: str, lines: _Lines, delimiter: str) -> Iterator[Cells]:
    """Read lines as csv, until a record ends where they do."""
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            # Only an open quote lets a record go on beyond the last line.
            if lines.has_ended:
                lines.refuse_open_quote(record)
                return
            cells = [_without_guard(cell) for cell in record] if lines.has_guard else record
            while cells and not cells[-1]:
                cells.pop()
            yield tuple([cell or None for cell in cells])
            if lines.end_record():
                return
    except csv.Error as error:
        raise BrokenTextError(
            _(
                "{shown}: near line {line} the csv cannot be read ({reason}). Save the "
                "sheet as .xlsx and run that."
            ).format(shown=shown, line=lines.number, reason=error)
        ) from error


def _without_guard(cell: str) -> str:
    guarded = _GUARDED.fullmatch(cell)
    return guarded[1].replace('""', '"') if guarded else cell


def _blocks(file: TextIO) -> Iterator[tuple[list[str], bool]]:
    """Iterate over the lines of a file, many at a time, and whether none of these has a quote."""
    rest = ""
    while text := file.read(_AT_ONCE):
        text = rest + text
        lines = io.StringIO(text, newline="").readlines()
        # The last line may go on, and a too long one is to be refused before it fills the memory.
        rest = lines.pop() if len(lines[-1]) < _LINE_LIMIT else ""
        if lines:
            yield lines, _QUOTE not in text and len(text) < CELL_LIMIT
    if rest:
        yield [rest], _QUOTE not in rest and len(rest) < CELL_LIMIT


class _Lines:
    """The lines of a file; too long lines or rows are refused.

    Attributes:
        number: of the last line that was given.
        are_plain: whether none of the lines at hand has a quote.
        has_guard: whether lines of this row may hold cells that are guarded as text.
        has_ended: whether more lines were wanted than there are; a mark of the end was given.
    """

    def __init__(self, shown: str, file: TextIO) -> None:
        self.number = 0
        self.are_plain = self.has_guard = self.has_ended = False
        self._shown = shown
        self._blocks = _blocks(file)
        self._lines: list[str] = []
        self._place = 0
        self._row = 1
        self._length = 0

    def fill(self) -> bool:
        """Have lines at hand, if there are any more; return whether there are."""
        if self._place == len(self._lines):
            self._lines, self.are_plain = next(self._blocks, ([], False))
            self._place = 0
        return bool(self._lines)

    def take(self) -> list[str]:
        """Return the lines at hand, each of which is a row."""
        lines = self._lines[self._place :]
        self._place = len(self._lines)
        self.number += len(lines)
        self._row += len(lines)
        return lines

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.has_ended:
            raise StopIteration
        if not self.fill():
            self.has_ended = True
            return _END
        line = self._lines[self._place]
        self._place += 1
        self.number += 1
        self._length += len(line)
        self.has_guard = self.has_guard or '="' in line
        if self._length >= _LINE_LIMIT:
            self._refuse(
                _(
                    "{shown}: the row that ends near line {number} is longer than {limit} "
                    "million characters, which is no row of a sheet. Correct the quotes, or "
                    "ask for the file again."
                )
                if self._length > len(line)
                else _(
                    "{shown}: line {number} is longer than {limit} million characters, which "
                    "is no row of a sheet. Ask for the file again."
                )
            )
        return line

    def end_record(self) -> bool:
        """Note that the lines so far have become a row; return whether none is left at hand."""
        self._row += 1
        self._length = 0
        self.has_guard = False
        return self._place == len(self._lines)

    def refuse_open_quote(self, record: list[str]) -> None:
        """Refuse a file in which a quote never ends, unless nothing is in it."""
        if record == [_END]:
            return
        raise BrokenTextError(
            _(
                "{shown}: a quotation mark opened in row {row} is never closed, so "
                "everything after it would be lost. Correct the quotes, or save the sheet "
                "as .xlsx."
            ).format(shown=self._shown, row=self._row)
        )

    def _refuse(self, text: str) -> NoReturn:
        limit = _LINE_LIMIT >> 20
        raise BrokenTextError(text.format(shown=self._shown, number=self.number, limit=limit))
