"""The results as a table, whatever the format: the input's rows in their places, then ours."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from msgspec import Struct

from batch_update.headers import (
    DRY_RUN_REASON,
    PRACTICE_MARK,
    REASON,
    RESULT_COLUMNS,
    SAID_BEFORE,
)
from batch_update.i18n import _
from batch_update.model import (
    UNKNOWN_FORMAT,
    CellValue,
    ErrorCell,
    Result,
    Row,
    RunKind,
    Sheet,
    Summary,
    UnsavedFormula,
    limits,
)
from batch_update.validator.formats import shown_text
from batch_update.writer.result_words import ResultWords

FORMULA_SIGNS = frozenset("=+-@\t\r\n＝＋－＠")
"""Source: OWASP, "CSV Injection"."""

UNKNOWN_END = "?"
"""Mark behind digits if the shown form of their cell is unknown."""

_NO_COLUMNS: frozenset[int] = frozenset()

ResultCells: TypeAlias = tuple[CellValue, ...]


class OutputRow(Struct, frozen=True, kw_only=True):
    """A line of the results file.

    Args:
        row: the input's row; None for an empty line.
        ours: our cells, which follow the input's.
        result: the result of the row, if it is a data row.
        is_header: whether the row is the header.
    """

    row: Row | None = None
    ours: ResultCells = ()
    result: Result | None = None
    is_header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """Contents of a results file.

    Args:
        sheet: the input as it was read.
        width: number of columns of the input; ours follow.
        columns: the names of ours.
        results: the result of each data row, in their order.
        zone: the zone in which times are shown.
        kind: the kind of run.
        words: those of the results.
    """

    sheet: Sheet
    width: int
    columns: tuple[str, ...]
    results: Sequence[Result]
    zone: dt.tzinfo
    kind: RunKind
    words: ResultWords

    @property
    def came_back(self) -> bool:
        """Whether mended rows may be in this file alone: its input was such a file itself.

        What practice or a dry run makes of other files is still in these.
        """
        is_own = self.sheet.path.stem.lower().endswith(f".{self.kind}")
        return self.sheet.is_returned and (self.kind is RunKind.REAL or is_own)

    @property
    def has_all(self) -> bool:
        """Return whether it shows every row, not only those that need a person."""
        return len(self.columns) > 1

    @property
    def titles(self) -> tuple[str, ...]:
        """The headers of our columns."""
        return tuple(self._title(_(name)) for name in self.columns)

    def wrong_columns(self, result: Result | None) -> frozenset[int]:
        """Return the input's columns that hold the problems of a row."""
        if result is None or not result.problems:
            return _NO_COLUMNS
        return frozenset(
            column
            for problem in result.problems
            for column in (problem.column, *problem.beside)
            if self.has_column(column)
        )

    def has_column(self, index: int | None) -> TypeGuard[int]:
        """Return whether a column of the input is shown; ours may replace its last ones."""
        return index is not None and index < self.width

    def lines(self) -> Iterator[OutputRow]:
        """Iterate over the lines of the file."""
        return self._all_lines() if self.has_all else self._failed_lines()

    def _all_lines(self) -> Iterator[OutputRow]:
        number = 0
        for row, result in self._rows():
            while number + 1 < row.number:
                number += 1
                yield OutputRow()
            number = row.number
            yield self._line(row, result)

    def _rows(self) -> Iterator[tuple[Row, Result | None]]:
        """Iterate over all rows of the sheet in its order, each with its result if it is data."""
        kept = deque(sorted(self.sheet.kept, key=lambda row: row.number))
        for row, result in zip(self.sheet.rows, self.results, strict=True):
            if row.number != result.row:
                raise ValueError(row.number, result.row)
            while kept and kept[0].number < row.number:
                yield kept.popleft(), None
            yield row, result
        for row in kept:
            yield row, None

    def _failed_lines(self) -> Iterator[OutputRow]:
        header_row = self.sheet.layout.header_row
        for row, result in self._rows():
            if row.number <= header_row or (result is not None and result.needs_person):
                yield self._line(row, result)

    def _line(self, row: Row, result: Result | None) -> OutputRow:
        if result is not None:
            return OutputRow(row=row, ours=self._our_cells(result), result=result)
        if row.number == self.sheet.layout.header_row:
            return OutputRow(row=self._header(row), ours=self.titles, is_header=True)
        return OutputRow(row=row)

    def _header(self, row: Row) -> Row:
        """Return the sheet's header; in practice, each of its cells says so, and no row is added.

        So that every row keeps its number, and sorting moves nothing of it.
        """
        if self.kind is not RunKind.PRACTICE:
            return row
        cells = tuple(self._title(plain_text(row.cell(index))) for index in range(self.width))
        return Row(number=row.number, cells=cells)

    def _title(self, name: str) -> str:
        return f"{_(PRACTICE_MARK)}{name}" if self.kind is RunKind.PRACTICE else name

    def _our_cells(self, result: Result) -> ResultCells:
        text = result.error_text or None
        if result.warnings:
            warnings = [
                _("Warning: {text}").format(text=warning.text) for warning in result.warnings
            ]
            text = " ".join(filter(None, [result.error_text, *warnings])) or None
        if len(self.columns) == 1:
            return (text,)
        updated_at = result.updated_at
        if updated_at is not None:
            updated_at = updated_at.astimezone(self.zone).replace(microsecond=0)
        seen = self.words.of_update(result.update) if result.update else None
        word = self.words.of_outcome(result.outcome)
        if self.kind is not RunKind.DRY_RUN:
            return word, result.error_code, text, seen, result.attempts, updated_at
        before = result.before.text if result.before else None
        return word, result.error_code, text, before, seen, result.attempts, updated_at


def all_rows(
    sheet: Sheet, summary: Summary, zone: dt.tzinfo, kind: RunKind = RunKind.REAL
) -> ResultTable:
    """Return the table of all rows with their results."""
    columns: tuple[str, ...] = RESULT_COLUMNS
    if kind is RunKind.DRY_RUN:
        columns = (*RESULT_COLUMNS[:3], SAID_BEFORE, *RESULT_COLUMNS[3:])
    return _table(sheet, summary, zone, (columns, kind))


def failed_rows(
    sheet: Sheet, summary: Summary, zone: dt.tzinfo, kind: RunKind = RunKind.REAL
) -> ResultTable:
    """Return the table of the rows that need a person, with the reason."""
    columns = (DRY_RUN_REASON if kind is RunKind.DRY_RUN else REASON,)
    return _table(sheet, summary, zone, (columns, kind))


def number_text(value: float, number_format: str) -> str:
    """Return a number as text that is read again as its cell's shown value.

    Zeros and signs that the format shows are kept; a number of more digits than a spreadsheet keeps
    stays one whose digits are lost; and an unknown format stays unknown.
    """
    if value != value // 1:
        return str(value)
    digits = str(int(value))
    if len(digits.lstrip("-")) > limits.EXACT_DIGITS:
        return f"{int(value):.14E}"
    shown = None if number_format == UNKNOWN_FORMAT else shown_text(int(value), number_format)
    return f"{digits}{UNKNOWN_END}" if shown is None else shown


def plain_text(value: CellValue) -> str:
    """Return a value as text; a date, a time and a duration in the international form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, ErrorCell | UnsavedFormula):
        return value.text
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time() and value.tzinfo is None
        return value.date().isoformat() if is_day else value.isoformat(sep=" ")
    return str(value)


def _table(
    sheet: Sheet, summary: Summary, zone: dt.tzinfo, look: tuple[tuple[str, ...], RunKind]
) -> ResultTable:
    columns, kind = look
    width = sheet.width
    if width is None:
        width = max(map(_width, (*sheet.kept, *sheet.rows)), default=0)
    return ResultTable(
        sheet=sheet,
        # A stray cell in the very last column must not push ours off the sheet.
        width=min(width, limits.MOST_COLUMNS - len(columns)),
        columns=columns,
        results=summary.results,
        zone=zone,
        kind=kind,
        words=ResultWords(kind, zone),
    )


def _width(row: Row) -> int:
    return max((index + 1 for index, value in enumerate(row.cells) if value is not None), default=0)
