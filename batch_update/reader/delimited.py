"""csv and similar files: find the delimiter, or report that none fits."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn, TextIO

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.headers import HeaderNotFoundError
from batch_update.i18n import N_, _
from batch_update.model import Layout, Row, Sheet
from batch_update.reader.cyrillic import makes_words
from batch_update.reader.encodings import OF_OTHER_SYSTEMS, TextFile
from batch_update.reader.tables import SheetQuery, Table, build_sheet, choose_table

DELIMITERS = {";": N_("semicolon"), ",": N_("comma"), "\t": N_("tab"), "|": N_("bar")}

_GUARDED = re.compile(r'="((?:[^"]|"")*)"')
"""Form that keeps Excel from taking a text for a number: a formula of nothing but the text."""
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_END = "\x00the end of the file\x00"
_USUAL = "cp1251"
_CELL_LIMIT = 1 << 20
_LINE_LIMIT = 4 << 20


class _BrokenTextError(InputFileError):
    """The text cannot be cut into rows; with another delimiter it may."""


def read_sheet(text: TextFile, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of a csv.

    Args:
        text: the file, whose encoding is known.
        query: the columns to look for.

    Raises:
        InputFileError: its quotes do not close, or a needed column is missing.
    """
    csv.field_size_limit(_CELL_LIMIT)
    text, (delimiter, table, layout) = _find_encoding(text, query)
    table = replace(table, notes=list(_doubts(text)))
    return build_sheet(text.path, table, layout, delimiter=delimiter, encoding=text.encoding)


def _find_encoding(text: TextFile, query: SheetQuery) -> tuple[TextFile, tuple[str, Table, Layout]]:
    """Use the encoding as it was found, unless another one makes the header known."""
    try:
        return text, _find_delimiter(text, query)
    except InputFileError:
        if text.encoding != _USUAL or text.beginning.isascii():
            raise
        for name in OF_OTHER_SYSTEMS:
            other = replace(text, encoding=name, beginning=_bytes_of(text).decode(name))
            with contextlib.suppress(InputFileError):
                return other, _find_delimiter(other, query)
        raise


def _doubts(text: TextFile) -> Iterator[str]:
    """Report an encoding that is unusual, or may be the wrong one."""
    if text.encoding in OF_OTHER_SYSTEMS:
        yield _("The text was read as {encoding}, since that makes words of it.").format(
            encoding=text.encoding
        )
    elif text.encoding == _USUAL and not makes_words(_bytes_of(text), _USUAL):
        for name in OF_OTHER_SYSTEMS:
            if makes_words(_bytes_of(text), name):
                yield _(
                    "The text was read as {encoding}, but seems to be {other}: columns "
                    "other than the four may be garbled. Save the sheet as .xlsx, or as "
                    "csv in UTF-8."
                ).format(encoding=_USUAL, other=name)
                return


def _bytes_of(text: TextFile) -> bytes:
    return text.beginning.encode(_USUAL)


def _find_delimiter(text: TextFile, query: SheetQuery) -> tuple[str, Table, Layout]:
    """Find the delimiter under which the header names the needed columns.

    If there are several, it is the one that makes the most columns, or stands there most often.
    """
    declared = _SEP_LINE.match(text.beginning)
    delimiters = [declared[1]] if declared else list(DELIMITERS)
    found: list[tuple[tuple[int, int], str, Table, Layout]] = []
    failures: list[tuple[int, str, InputFileError]] = []
    for delimiter in delimiters:
        table = _table(text, delimiter, has_sep_line=declared is not None)
        try:
            layout = choose_table(text.path, [table], query)[1]
            rank = len(layout.names), text.beginning.count(delimiter)
            found.append((rank, delimiter, table, layout))
        except (HeaderNotFoundError, _BrokenTextError) as error:
            failures.append((text.beginning.count(delimiter), delimiter, error))
    if found:
        return max(found, key=lambda candidate: candidate[0])[1:]
    delimiter, failure = max(failures, key=lambda candidate: candidate[0])[1:]
    taken = _(DELIMITERS[delimiter]) if delimiter in DELIMITERS else wording.quote(delimiter)
    raise InputFileError(
        _("{failure} (Read as {encoding}, delimiter {delimiter}.)").format(
            failure=failure, encoding=text.encoding, delimiter=taken
        )
    ) from failure


def _table(text: TextFile, delimiter: str, *, has_sep_line: bool) -> Table:
    shown = wording.printable(text.path.name)

    def read_rows() -> Iterator[Row]:
        with text.path.open(encoding=text.encoding, newline="") as file:
            if has_sep_line:
                # Excel takes this line as an instruction and does not count it as a row.
                file.readline()
            last: Row | None = None
            for number, cells in enumerate(_records(shown, file, delimiter), start=1):
                if last is not None:
                    yield last
                while cells and not cells[-1]:
                    cells.pop()
                filled = tuple([cell or None for cell in cells]) if cells else ()
                last = Row(number=number, cells=filled)
        # The last record is our own mark, unless an open quote has swallowed it.
        if last is not None and last.cells != (_END,):
            raise _BrokenTextError(
                _(
                    "{shown}: a quotation mark opened in row {row} is never closed, so "
                    "everything after it would be lost. Correct the quotes, or save the sheet "
                    "as .xlsx."
                ).format(shown=shown, row=last.number)
            )

    return Table(name="", read_rows=read_rows)


def _records(shown: str, file: TextIO, delimiter: str) -> Iterator[list[str]]:
    lines = _Lines(shown, file)
    records = csv.reader(itertools.chain(lines, [_END]), delimiter=delimiter)
    try:
        for record in records:
            yield [_without_guard(cell) for cell in record] if lines.has_guard else record
            lines.end_record()
    except csv.Error as error:
        raise _BrokenTextError(
            _(
                "{shown}: near line {line} the csv cannot be read ({reason}). Save the "
                "sheet as .xlsx and run that."
            ).format(shown=shown, line=records.line_num, reason=error)
        ) from error


def _without_guard(cell: str) -> str:
    guarded = _GUARDED.fullmatch(cell)
    return guarded[1].replace('""', '"') if guarded else cell


class _Lines:
    """The lines of a file; too long lines or rows are refused.

    Attributes:
        has_guard: whether lines of this row may hold cells that are guarded as text.
    """

    def __init__(self, shown: str, file: TextIO) -> None:
        self._shown = shown
        self._file = file
        self._number = 0
        self._length = 0
        self.has_guard = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LINE_LIMIT)
        if not line:
            raise StopIteration
        self._number += 1
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

    def end_record(self) -> None:
        """Note that the lines so far have become a row."""
        self._length = 0
        self.has_guard = False

    def _refuse(self, text: str) -> NoReturn:
        limit = _LINE_LIMIT >> 20
        raise _BrokenTextError(text.format(shown=self._shown, number=self._number, limit=limit))
