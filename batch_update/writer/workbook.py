"""Results as a workbook: colours by outcome, marks where a cell is wrong, and no formula at all.

Written row by row with XlsxWriter, so that memory does not grow with the rows.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import xlsxwriter

from batch_update.columns import REASON
from batch_update.orders import (
    UNKNOWN_FORMAT,
    CellValue,
    ErrorCell,
    Field,
    Problem,
    Result,
    RunFacts,
    Summary,
    UnsavedFormula,
)
from batch_update.texts import writer as texts
from batch_update.writer import summary_page
from batch_update.writer.ownership import AUTHOR
from batch_update.writer.styles import OUTCOME_FILLS, Styles, fit_text
from batch_update.writer.table import Line, ResultTable, number_text

Plain: TypeAlias = str | float | dt.datetime | dt.date | dt.time | dt.timedelta | None

_MAC_EPOCH = dt.date(1904, 1, 1)
_WIDEST = 40.0
_OUR_WIDTHS = {
    "result": 17.0,
    "error_code": 20.0,
    "error_text": 90.0,
    "as_shop_sees_it": 42.0,
    "attempts": 10.0,
    "updated_at": 20.0,
    REASON: 90.0,
}
_SENTENCES = frozenset({"error_text", REASON})
_LINE_LENGTH = 92
_LINE_HEIGHT = 15.0
_MEASURED_ROWS = 200
_FIRST_YEAR = 1900
_MOST_COMMENTS = 1_000
_TEXT_FORMAT = "@"
_LONGEST_NAME = 31
"""Source: Microsoft, "Excel specifications and limits"."""

_UNFIT_FOR_NAMES = re.compile(r"[\[\]:*?/\\]")
_Moment = dt.datetime | dt.date | dt.time | dt.timedelta
_FORMATS: tuple[tuple[type, str], ...] = (
    (dt.datetime, "yyyy-mm-dd hh:mm:ss"),
    (dt.date, "yyyy-mm-dd"),
    (dt.time, "hh:mm:ss"),
    (dt.timedelta, "[h]:mm:ss"),
)


def save(table: ResultTable, path: Path, summary: Summary, facts: RunFacts | None) -> str:
    """Write the results, and a second sheet with what they come to if there are facts of the run.

    Returns:
        A note for the user, empty if there is nothing to say.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        _write(table, path, summary, facts)
    except xlsxwriter.exceptions.XlsxWriterException as error:
        cause = error.args[0] if error.args else None
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from error
    return ""


def _write(table: ResultTable, path: Path, summary: Summary, facts: RunFacts | None) -> None:
    is_mac = table.sheet.epoch == _MAC_EPOCH
    book = xlsxwriter.Workbook(
        path,
        {
            "constant_memory": True,
            "date_1904": is_mac,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    # Made and last changed by us, at the same time: whoever saves it anew writes another one. A
    # minute ago, so that even who is quicker than a second does.
    made_at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    book.set_properties({"author": AUTHOR, "created": made_at})
    try:
        styles = Styles(book)
        name = _sheet_name(table.sheet.name)
        _Page(book.add_worksheet(name), table, styles, is_mac=is_mac).write()
        if facts is not None:
            title = texts.SUMMARY if name.lower() != "summary" else texts.SUMMARY_OF_RESULTS
            summary_page.write(book.add_worksheet(title), styles, table, summary, facts)
    finally:
        book.close()


class _Page:
    """The sheet of results."""

    def __init__(self, page: Any, table: ResultTable, styles: Styles, *, is_mac: bool) -> None:
        self._page = page
        self._table = table
        self._styles = styles
        self._first_year = _MAC_EPOCH.year + 1 if is_mac else _FIRST_YEAR
        layout = table.sheet.layout
        self._column_of = {
            layout.column_name(field): index for field, index in layout.columns.items()
        }
        self._rpo = layout.columns.get(Field.RPO)
        self._comments = 0

    def write(self) -> None:
        """Write it, from the top to the bottom."""
        for index, width in enumerate(self._widths()):
            self._page.set_column(index, index, width)
        header = last = 0
        for number, line in enumerate(self._table.lines()):
            if line.is_header:
                header = number
            if line.row is not None:
                self._write_line(number, line)
            last = number
        self._lay_out(header, last)

    def _lay_out(self, header: int, last: int) -> None:
        """Keep the header in sight, and give each row the colour of its outcome."""
        width = self._table.width
        right = width + len(self._table.columns) - 1
        self._page.freeze_panes(header + 1, 0)
        self._page.autofilter(header, 0, max(last, header), right)
        self._page.set_landscape()
        self._page.fit_to_pages(1, 0)
        self._page.repeat_rows(header)
        if not self._table.has_all or last == header:
            return
        result = xlsxwriter.utility.xl_rowcol_to_cell(header + 1, width, col_abs=True)
        for outcome in OUTCOME_FILLS:
            self._page.conditional_format(
                header + 1,
                0,
                last,
                right,
                {
                    "type": "formula",
                    "criteria": f'={result}="{outcome}"',
                    "format": self._styles.fill(outcome),
                },
            )

    def _widths(self) -> Iterable[float]:
        sheet = self._table.sheet
        rows = [row for row in sheet.kept if row.number == sheet.layout.header_row]
        rows += sheet.rows[:_MEASURED_ROWS]
        for index in range(self._table.width):
            longest = max((len(_shown(row.cell(index))) for row in rows), default=0)
            measured = min(_WIDEST, max(8.0, longest + 3.0))
            yield sheet.widths.get(index) or measured
        for name in self._table.columns:
            yield _OUR_WIDTHS[name]

    def _write_line(self, number: int, line: Line) -> None:
        self._set_height(number, line)
        row = line.row
        if row is None:
            return
        wrong = self._table.wrong_columns(line.result)
        for index in range(self._table.width):
            value = row.cell(index)
            if value is None and index not in wrong:
                continue
            style = "header" if line.is_header else "wrong" if index in wrong else ""
            # What is typed in place of a wrong tracking number must keep its digits.
            shown = row.number_format(index)
            if style == "wrong" and index == self._rpo:
                if isinstance(value, int | float) and not isinstance(value, bool):
                    value = number_text(value, shown)
                shown = _TEXT_FORMAT
            self._write(number, index, value, shown, style)
        for offset, (name, value) in enumerate(zip(self._table.columns, line.ours, strict=False)):
            style = "wrapped" if name in _SENTENCES else "code" if name == "error_code" else ""
            style = "our_header" if line.is_header else style
            self._write(number, self._table.width + offset, value, "General", style)
        if line.result is not None:
            self._comment(number, line.result)

    def _set_height(self, number: int, line: Line) -> None:
        """Make room for long texts: not every program grows a row to its text by itself."""
        if line.is_header:
            return
        for name, value in zip(self._table.columns, line.ours, strict=False):
            if name in _SENTENCES and isinstance(value, str) and len(value) > _LINE_LENGTH:
                lines = len(textwrap.wrap(value, _LINE_LENGTH))
                self._page.set_row(number, lines * _LINE_HEIGHT)

    def _comment(self, number: int, result: Result) -> None:
        """Say in the cell itself what is wrong with it."""
        texts: dict[int, list[str]] = {}
        for problem in (*result.problems, *result.warnings):
            column = self._column_of.get(problem.column)
            if column is not None:
                texts.setdefault(column, []).append(_advice(problem))
        for column, sentences in texts.items():
            self._comments += 1
            if self._comments > _MOST_COMMENTS:
                return
            text = fit_text("\n".join(sentences))
            lines = len(textwrap.wrap(text, 40))
            self._page.write_comment(
                number,
                column,
                text,
                {"author": AUTHOR, "width": 260, "height": 18 * lines + 12},
            )

    def _write(
        self, number: int, column: int, value: CellValue, number_format: str, style: str
    ) -> None:
        plain = _writable(value, self._first_year)
        if isinstance(plain, str):
            self._styles.write_text(self._page, (number, column), plain, style, number_format)
            return
        if isinstance(plain, _Moment) and number_format in {"General", UNKNOWN_FORMAT}:
            number_format = next(shown for kind, shown in _FORMATS if isinstance(plain, kind))
        shape = self._styles.of(number_format, style)
        if plain is None:
            self._page.write_blank(number, column, None, shape)
        elif isinstance(plain, bool):
            self._page.write_boolean(number, column, plain, shape)
        elif isinstance(plain, int | float):
            self._page.write_number(number, column, plain, shape)
        else:
            self._page.write_datetime(number, column, plain, shape)


def _advice(problem: Problem) -> str:
    return problem.text[:1].upper() + problem.text[1:]


def _sheet_name(name: str) -> str:
    """Make a name that Excel takes."""
    fit = _UNFIT_FOR_NAMES.sub("_", fit_text(name))
    # Counted as Excel counts: a sign beyond the first 65,536 is two.
    fit = fit.encode("utf-16-le")[: 2 * _LONGEST_NAME].decode("utf-16-le", "ignore").strip("' ")
    return "Results" if not fit or fit.lower() == "history" else fit


def _shown(value: CellValue) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return "" if value is None else str(value)


def _writable(value: CellValue, first_year: int) -> Plain:
    if isinstance(value, ErrorCell | UnsavedFormula):
        value = value.text
    if isinstance(value, str):
        return fit_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None)
    if isinstance(value, dt.date) and value.year < first_year:
        return value.isoformat()
    return value
