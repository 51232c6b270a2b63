"""Lines of csv, many at a time: most of them are their cells with delimiters between."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import TypeGuard

from batch_update.model import CellValue
from batch_update.writer.harmless import make_harmless
from batch_update.writer.table import FORMULA_SIGNS

END = "\r\n"
_REMEMBERED = 4096
_QUOTE = '"'
_HALF_LETTERS = "\ud800-\udfff"
_HALF_LETTER = re.compile(f"[{_HALF_LETTERS}]")


class CsvLines:
    """Makes lines of texts, in which nothing is taken for a formula.

    Args:
        delimiter: what stands between cells.
        to_text: returns a cell of ours as text, if it is none.
    """

    def __init__(self, delimiter: str, to_text: Callable[[CellValue], str]) -> None:
        self._delimiter = delimiter
        self._to_text = to_text
        self._signs = sorted({_QUOTE, *FORMULA_SIGNS} - {delimiter})
        signs = re.escape("".join(self._signs))
        self._odd_in_line = re.compile(f"[{signs}{_HALF_LETTERS}]")
        self._odd = re.compile(f"[{signs}{re.escape(delimiter)}{_HALF_LETTERS}]")
        if delimiter in {_QUOTE, *END}:
            # Whatever such a file holds, csv knows it.
            self._odd_in_line = self._odd = re.compile("")
        self._cells: dict[CellValue, str] = {}

    def of(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """Return the lines of rows, without their ends."""
        lines = list(map(self._delimiter.join, rows))
        if self._are_plain(lines, rows):
            return lines
        return [self._line(line, cells) for line, cells in zip(lines, rows, strict=True)]

    def whole(self, line: str, ours: Sequence[CellValue]) -> str:
        """Return a line with cells of ours, most of which many lines share, and its end."""
        if not ours:
            return f"{line}{END}"
        return f"{line}{self._delimiter}{self._joined(ours)}{END}"

    def _joined(self, cells: Sequence[CellValue]) -> str:
        known = self._cells
        return self._delimiter.join(
            [known[cell] if cell in known else self._cell(cell) for cell in cells]
        )

    def _are_plain(self, lines: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Return whether no cell of rows needs anything put in front of it or around it."""
        text = "".join(lines)
        if not self._odd.pattern or any(sign in text for sign in self._signs):
            return False
        between = sum(map(len, rows)) - len(rows) + rows.count(())
        return text.count(self._delimiter) == between and not _HALF_LETTER.search(text)

    def _line(self, line: str, cells: Sequence[str]) -> str:
        is_whole = line.count(self._delimiter) == len(cells) - 1
        if is_whole and self._odd_in_line.search(line) is None:
            return line
        return self._joined(cells)

    def _cell(self, value: CellValue) -> str:
        """Return a cell, in quotes if it needs them; it is remembered."""
        text = cell = value if isinstance(value, str) else self._to_text(value)
        if self._odd.search(text) is not None:
            written = io.StringIO(newline="")
            # Alone, an empty cell would get quotes.
            row = (make_harmless(text), "")
            csv.writer(written, delimiter=self._delimiter, lineterminator=END).writerow(row)
            cell = written.getvalue()[: -len(self._delimiter + END)]
        if len(self._cells) >= _REMEMBERED:
            self._cells.clear()
        # Moments of one hour may be equal, and have different words.
        if value is None or isinstance(value, str | int):
            self._cells[value] = cell
        return cell


def are_texts(cells: tuple[CellValue, ...]) -> TypeGuard[tuple[str, ...]]:
    """Return whether all of a row's cells are texts, the quickest way."""
    try:
        "".join(cells)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return False
    return True
