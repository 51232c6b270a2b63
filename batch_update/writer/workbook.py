"""Results as a workbook: colours by outcome, marks at wrong cells, no formula but plain sums.

Written row by row with XlsxWriter, so that memory does not grow with the rows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
import textwrap
import traceback
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import xlsxwriter

from batch_update.headers import DRY_RUN_REASON, PRACTICE_MARK, REASON, SAID_BEFORE
from batch_update.i18n import _
from batch_update.model import (
    UNKNOWN_FORMAT,
    CellValue,
    ErrorCell,
    Field,
    Problem,
    Result,
    Row,
    RunFacts,
    RunKind,
    Summary,
    UnsavedFormula,
    limits,
)
from batch_update.writer import files, fitting, formulas, rehearsal, summary_page
from batch_update.writer.ownership import AUTHOR, CAME_BACK, CAME_BACK_OPEN, OPEN
from batch_update.writer.streaming_sheet import (
    StreamingSheet,
    are_plain,
    blank_cell,
    cell_at,
    formula_cell,
    is_marked,
    number_cell,
    style_of,
    text_cell,
    truth_cell,
)
from batch_update.writer.styles import OUTCOME_FILLS, Styles, fit_text
from batch_update.writer.table import OutputRow, ResultTable, number_text, plain_text

Plain: TypeAlias = str | float | dt.datetime | dt.date | dt.time | dt.timedelta

_WIDEST = 40.0
_OUR_WIDTHS = {
    "result": 16.0,
    "error_code": 17.0,
    "error_text": 60.0,
    SAID_BEFORE: 50.0,
    "as_shop_sees_it": 56.0,
    "attempts": 10.0,
    "updated_at": 25.0,
    REASON: 60.0,
    DRY_RUN_REASON: 60.0,
}
_OUR_LOOKS = {
    "error_text": "wrapped",
    SAID_BEFORE: "wrapped",
    REASON: "wrapped",
    DRY_RUN_REASON: "wrapped",
    "error_code": "code",
}
_LINE_LENGTH = 62
_ROOM = {SAID_BEFORE: 50}
_A4 = 9
_MARGIN, _MARGIN_UNDER_MARK = 0.4, 0.9
"""Inches of paper."""
_AROUND = 3.0
_IN_SIGHT = 2
"""Our columns that are to be in sight: the result and its code."""
_LINE_HEIGHT = 15.0
_MEASURED_ROWS = 200
_FIRST_YEAR = 1900
_MOST_COMMENTS = 1_000
_REMEMBERED = 4096
_SHORT = 10**15
"""Whole numbers below it are written with all of their digits."""
_TEXT_FORMAT = "@"
_UNFIT_FOR_NAMES = re.compile(r"[\[\]:*?/\\]")
_FORMATS: tuple[tuple[type, str], ...] = (
    (dt.datetime, "yyyy-mm-dd hh:mm:ss"),
    (dt.date, "yyyy-mm-dd"),
    (dt.time, "hh:mm:ss"),
    (dt.timedelta, "[h]:mm:ss"),
)


def save(table: ResultTable, path: Path, summary: Summary, facts: RunFacts | None) -> str:
    """Write the results, and a second sheet with their counts if there are facts of the run.

    Returns:
        A note for the user, empty if there is nothing to say.

    Raises:
        OSError: the file cannot be written.
        OutputFileError: there is no room for temporary files.
    """
    with files.working_folder() as folder:
        try:
            with disk_errors():
                _write(table, path, summary, facts, folder)
        except OSError as error:
            files.refuse_if_parts_failed(path, error)
            raise
    return ""


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the library's errors on files into those of the system."""
    try:
        yield
    except xlsxwriter.exceptions.XlsxWriterException as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, OSError):
            _give_up_archive(cause)
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from error


def _give_up_archive(error: OSError) -> None:
    """Close the archive that the library leaves open, which would try to write its end later."""
    for frame, __ in traceback.walk_tb(error.__traceback__):
        archive = frame.f_locals.get("xlsx_file")
        if isinstance(archive, zipfile.ZipFile) and archive.fp is not None:
            file, archive.fp = archive.fp, None
            with contextlib.suppress(OSError):
                file.close()


def _write(
    table: ResultTable, path: Path, summary: Summary, facts: RunFacts | None, folder: str
) -> None:
    is_mac = table.sheet.epoch == limits.MAC_EPOCH
    book = xlsxwriter.Workbook(
        path,
        {
            "constant_memory": True,
            "tmpdir": folder,
            "date_1904": is_mac,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    # Made and last changed by us, at the same time: a program that saves it again writes another
    # one. A minute ago, so that even a save within a second does.
    made_at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    about = {"author": AUTHOR, "created": made_at, "subject": table.kind.value}
    if table.came_back:
        about["keywords"] = CAME_BACK_OPEN if summary.failures else CAME_BACK
    elif summary.failures:
        about["keywords"] = OPEN
    book.set_properties(about)
    try:
        styles = Styles(book, table.kind)
        name = _sheet_name(table.sheet.name, table.kind)
        page = book.add_worksheet(name, worksheet_class=StreamingSheet)
        _Page(page, table, styles, is_mac=is_mac).write()
        if facts is not None:
            title = _("Summary")
            if name.lower() == title.lower():
                title = _("Summary of results")
            summary_page.write(book.add_worksheet(title), styles, table, summary, facts, name)
        rehearsal.mark(book.worksheets(), table.kind)
    finally:
        book.close()


class _Page:
    """The sheet of results."""

    def __init__(self, page: Any, table: ResultTable, styles: Styles, *, is_mac: bool) -> None:
        self._page = page
        self._table = table
        self._styles = styles
        self._first_year = limits.MAC_EPOCH.year + 1 if is_mac else _FIRST_YEAR
        self._rpo = table.sheet.layout.columns.get(Field.RPO)
        self._our_styles = [_OUR_LOOKS.get(name, "") for name in table.columns]
        self._sentences = [
            (index, _ROOM.get(name, _LINE_LENGTH))
            for index, name in enumerate(table.columns)
            if _OUR_LOOKS.get(name) == "wrapped"
        ]
        self._made: dict[tuple[str, str, bool], str] = {}
        self._styles_of_row: dict[tuple[str, ...], list[str]] = {}
        self._days: dict[tuple[dt.datetime, str], str] = {}
        width = table.width
        self._places = [cell_at(index) for index in range(width + len(table.columns))]
        self._our_plain = [self._style("General", look) for look in self._our_styles]
        self._comments = 0
        self._widths: Sequence[float] = ()

    def write(self) -> None:
        """Write it, from the top to the bottom."""
        self._widths = self._choose_widths()
        for index, width in enumerate(self._widths):
            self._page.set_column(index, index, width)
        header = last = 0
        for number, line in enumerate(self._table.lines()):
            if line.is_header:
                header = number
            if line.row is not None:
                self._write_line(number, line)
            # Totals below the data must stay below them when the reader sorts the sheet.
            if line.result is not None:
                last = number
        self._lay_out(header, last)

    def _lay_out(self, header: int, last: int) -> None:
        """Freeze the header, and give each row the colour of its outcome."""
        width = self._table.width
        right = width + len(self._table.columns) - 1
        order = self._table.sheet.layout.columns.get(Field.BILL_ID, 0)
        self._page.freeze_panes(*fitting.frozen_panes(header, order, self._widths, width + 1))
        self._page.autofilter(header, 0, max(last, header), right)
        self._page.set_paper(_A4)
        top = _MARGIN if self._table.kind is RunKind.REAL else _MARGIN_UNDER_MARK
        self._page.set_margins(_MARGIN, _MARGIN, top, _MARGIN)
        self._page.set_landscape()
        self._page.fit_to_pages(1, 0)
        self._page.repeat_rows(header)
        if not self._table.has_all or last <= header:
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
                    "criteria": f'={result}="{self._table.kind.word_of(outcome)}"',
                    "format": self._styles.fill(outcome),
                },
            )

    def _choose_widths(self) -> list[float]:
        sheet = self._table.sheet
        rows = [row for row in sheet.kept if row.number == sheet.layout.header_row]
        rows += sheet.rows[:_MEASURED_ROWS]
        widths, least = [], []
        room = rehearsal.room_for_mark(self._table.kind)
        fields = set(sheet.layout.columns.values())
        for index in range(self._table.width):
            longest = max((_length(row, index) for row in rows), default=0)
            measured = min(_WIDEST, max(fitting.NARROWEST, longest + _AROUND))
            widths.append((sheet.widths.get(index) or measured) + room)
            # A number or date that does not fit is shown as a row of #, so only texts are cut.
            shown = [
                _length(row, index)
                for row in rows[1:]
                if index in fields or not isinstance(row.cell(index), str | None)
            ]
            kept = max(shown, default=fitting.NARROWEST - _AROUND) + _AROUND
            least.append(max(kept, room + 1.0))
        ours = [
            max(_OUR_WIDTHS[name] + room, len(title) * fitting.BOLD + 1)
            for name, title in zip(self._table.columns, self._table.titles, strict=True)
        ]
        return [*fitting.fit_widths(widths, least, ours[:_IN_SIGHT]), *ours]

    def _write_line(self, number: int, line: OutputRow) -> None:
        row = line.row
        if row is None:
            return
        width = self._table.width
        last = width + len(line.ours) - 1
        if line.result is not None and self._is_plain(line, row):
            cells = self._plain_cells(number, line, row)
            self._page.write_line(number, cells, max(last, 0), self._height(line))
            return
        cells = self._sheets_cells(number, line, row)
        for index, (style, value) in enumerate(zip(self._our_styles, line.ours, strict=False)):
            if value is not None:
                look = "our_header" if line.is_header else style
                cells.append(self._our_cell(number, width + index, value, look))
        self._page.write_line(number, cells, max(last, 0), self._height(line))
        if line.result is not None and (line.result.problems or line.result.warnings):
            self._comment(number, line.result)

    def _is_plain(self, line: OutputRow, row: Row) -> bool:
        """Return whether a row needs no care: no problem, no warning, and only harmless texts."""
        result = line.result
        if result is not None and (result.problems or result.warnings):
            return False
        return are_plain([text for text in (*row.cells, *line.ours) if type(text) is str])

    def _plain_cells(self, number: int, line: OutputRow, row: Row) -> list[str]:
        """Write the cells of a row that needs no care: as `_cell` would, in a third of the time."""
        width = self._table.width
        values: tuple[Any, ...] = row.cells[:width]
        styles = self._styles_of_row.get(row.formats) or self._styles_for(row.formats)
        places, end = self._places, f'{number + 1}"'
        if line.ours:
            values += (None,) * (width - len(values)) + line.ours
        cells = []
        for index, (place, style, value) in enumerate(zip(places, styles, values, strict=False)):
            kind = type(value)
            if kind is str:
                cells.append(f'{place}{end}{style} t="inlineStr"><is><t>{value}</t></is></c>')
            elif (kind is int or kind is float) and -_SHORT < value < _SHORT:
                cells.append(f"{place}{end}{style}><v>{value:.16G}</v></c>")
            elif kind is dt.datetime and index < width:
                shown = row.number_format(index)
                cells.append(f"{place}{end}{self._day(value, shown)}")
            elif value is not None:
                cells.append(self._other_cell(number, index, value, row))
        return cells

    def _styles_for(self, formats: tuple[str, ...]) -> list[str]:
        """Return the styles of a row's cells, and of ours behind them."""
        width = self._table.width
        shown = [*formats[:width], *["General"] * (width - len(formats))]
        found = [*(self._style(one, "") for one in shown), *self._our_plain]
        if len(self._styles_of_row) < _REMEMBERED:
            self._styles_of_row[formats] = found
        return found

    def _other_cell(self, number: int, column: int, value: CellValue, row: Row) -> str:
        """Write a cell of a row that needs no care, whatever it is."""
        width = self._table.width
        if column >= width:
            return self._our_cell(number, column, value, self._our_styles[column - width])
        return self._cell(number, column, value, row.number_format(column), "")

    def _day(self, moment: dt.datetime, shown: str) -> str:
        """Return a day's cell behind its place; a sheet has the same few of them."""
        tail = self._days.get((moment, shown))
        if tail is None:
            if len(self._days) == _REMEMBERED:
                self._days.clear()
            cell = self._cell(0, 0, moment, shown, "")
            tail = self._days[moment, shown] = cell.partition('"')[2].partition('"')[2]
        return tail

    def _our_cell(self, number: int, column: int, value: CellValue, look: str) -> str:
        """Write a cell of ours; a moment stays a number, and its format names the zone."""
        shown = "General"
        if isinstance(value, dt.datetime):
            shown = _("yyyy-mm-dd hh:mm:ss") + f' "{value:%Z}"'
            value = value.replace(tzinfo=None)
        return self._cell(number, column, value, shown, look)

    def _sheets_cells(self, number: int, line: OutputRow, row: Row) -> list[str]:
        width = self._table.width
        wrong = self._table.wrong_columns(line.result)
        values = row.cells[:width]
        if wrong:
            values += (None,) * (width - len(values))
        look = "header" if line.is_header else ""
        cells = []
        for index, value in enumerate(values):
            if index in wrong:
                cells.append(self._wrong_cell(number, index, row))
            elif isinstance(value, UnsavedFormula) and self._is_sum(value, line, row):
                place = self._page.place(number, index)
                style = self._style(row.number_format(index), look)
                cells.append(formula_cell(place, style, plain_text(value)))
            elif value is not None:
                cells.append(self._cell(number, index, value, row.number_format(index), look))
        return cells

    def _is_sum(self, value: UnsavedFormula, line: OutputRow, row: Row) -> bool:
        """Return whether a cell is a plain sum of the sheet's own, below its header.

        Rows without a header of their own stand one lower in the results, so that their formulas
        would be about other cells.
        """
        header = self._table.sheet.layout.header_row
        is_kept = line.result is None and self._table.has_all and 0 < header < row.number
        return is_kept and formulas.is_harmless(value.text)

    def _wrong_cell(self, number: int, index: int, row: Row) -> str:
        """Write a cell that is to be corrected."""
        value, shown = row.cell(index), row.number_format(index)
        if index == self._rpo:
            # A value typed in place of a wrong tracking number must keep its digits.
            value, shown = _as_text(value, shown), _TEXT_FORMAT
        if value is None:
            return blank_cell(self._page.place(number, index), self._style(shown, "wrong"))
        return self._cell(number, index, value, shown, "wrong")

    def _height(self, line: OutputRow) -> float | None:
        """Make room for long texts: not every program grows a row to its text by itself."""
        if line.is_header and line.row is not None:
            names = [*(_shown(line.row.cell(index)) for index in range(self._table.width))]
            return fitting.header_height(names, self._widths)
        lines = 1
        for index, room in self._sentences:
            text = line.ours[index] if index < len(line.ours) else None
            if isinstance(text, str) and len(text) > room:
                lines = max(lines, len(textwrap.wrap(text, room)))
        return None if lines == 1 else lines * _LINE_HEIGHT

    def _comment(self, number: int, result: Result) -> None:
        """Add a comment about the problem to the cell itself."""
        if self._comments > _MOST_COMMENTS:
            return
        said: dict[int, list[str]] = {}
        for problem in (*result.problems, *result.warnings):
            for column in filter(self._table.has_column, (problem.column, *problem.beside)):
                said.setdefault(column, []).append(_advice(problem))
        for column, sentences in said.items():
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

    def _cell(self, number: int, column: int, value: CellValue, shown: str, look: str) -> str:
        place = self._page.place(number, column)
        plain = _writable(value, self._first_year)
        if isinstance(plain, str):
            return text_cell(place, self._style(shown, look, is_quoted=is_marked(plain)), plain)
        if isinstance(plain, bool):
            return truth_cell(place, self._style(shown, look), is_true=plain)
        if isinstance(plain, int | float):
            return number_cell(place, self._style(shown, look), plain)
        if shown in {"General", UNKNOWN_FORMAT}:
            shown = next(shown for kind, shown in _FORMATS if isinstance(plain, kind))
        return number_cell(place, self._style(shown, look), self._page.serial(plain))

    def _style(self, shown: str, look: str, *, is_quoted: bool = False) -> str:
        """Return the attribute of a number format and a look of ours."""
        key = (shown, look, is_quoted)
        if key not in self._made:
            self._made[key] = style_of(self._styles.of(shown, look, is_quoted=is_quoted))
        return self._made[key]


@lru_cache(_REMEMBERED)
def _as_text(value: CellValue, number_format: str) -> CellValue:
    """Return a cell's value as text that is read again as what was refused, never as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        is_kept = value is None or isinstance(value, str | ErrorCell | UnsavedFormula)
        return value if is_kept else plain_text(value)
    return number_text(value, number_format)


def _length(row: Row, index: int) -> int:
    """Return how many characters a cell shows, roughly."""
    value, shown = row.cell(index), row.number_format(index)
    if isinstance(value, dt.datetime | dt.date) and shown != "General":
        return max(len(shown), len("2026-11-20"))
    return len(_shown(value))


def _advice(problem: Problem) -> str:
    return problem.text[:1].upper() + problem.text[1:]


def _sheet_name(name: str, kind: RunKind) -> str:
    """Return a sheet name that Excel accepts."""
    fit = _UNFIT_FOR_NAMES.sub("_", fit_text(name))
    if kind is RunKind.PRACTICE:
        fit = f"{_(PRACTICE_MARK).rstrip(': ')} {fit}"
    # Counted as Excel counts: a sign beyond the first 65,536 is two.
    fit = (
        fit.encode("utf-16-le")[: 2 * limits.LONGEST_SHEET_NAME]
        .decode("utf-16-le", "ignore")
        .strip("' ")
    )
    return _("Results") if not fit or fit.lower() == "history" else fit


def _shown(value: CellValue) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return "" if value is None else str(value)


def _writable(value: CellValue, first_year: int) -> Plain:
    """Return the writable form of a value: a text where a cell cannot hold it."""
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) < limits.LARGEST_NUMBER else str(value)
    if isinstance(value, ErrorCell | UnsavedFormula):
        return value.text
    if isinstance(value, dt.date) and (value.year < first_year or _has_zone(value)):
        return value.isoformat()
    return value


def _has_zone(day: dt.date) -> bool:
    """Return whether a moment names its zone, which no date cell does."""
    return isinstance(day, dt.datetime) and day.tzinfo is not None
