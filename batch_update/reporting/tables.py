"""Tables of a sheet: texts that are nothing but texts, numbers, and real dates in one zone."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from batch_update.errors import OutputFileError
from batch_update.i18n import _
from batch_update.model import Outcome, limits
from batch_update.writer.styles import Styles

Value: TypeAlias = str | int | dt.date | dt.datetime | None

_MOST_ROWS = 1_048_575
"""Under the header, in Excel."""

_A4 = 9
_LINE_HEIGHT, _AROUND_HEADS = 15.0, 3.0
_CENTRED = frozenset({"count", "number"})
_EARLIEST = 1900


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        head: its header.
        width: in characters; 0 for as wide as it is.
        style: of its cells: `count` for numbers of things, `wrapped` for texts of several lines.
    """

    head: str
    width: float
    style: str = ""


class Table:
    """A sheet, written row by row from the top.

    Args:
        page: an empty worksheet of XlsxWriter.
        styles: the formats of its workbook.
        zone: the zone of its times.

    Attributes:
        place: the next row, from 0.
    """

    def __init__(self, page: Any, styles: Styles, zone: dt.tzinfo) -> None:
        self._page = page
        self._styles = styles
        self._zone = zone
        self._columns: Sequence[Column] = ()
        self.place = 0
        page.set_landscape()
        page.set_paper(_A4)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R&P / &N")

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Set the widths."""
        self._columns = columns
        for index, column in enumerate(columns):
            self._page.set_column(index, index, column.width)

    def begin_list(self, columns: Sequence[Column]) -> None:
        """Begin a sheet that is one list: its header stays in sight and on every page."""
        self.set_columns(columns)
        self.header(columns)
        self._page.freeze_panes(1, 0)
        self._page.repeat_rows(0)

    def end_list(self) -> None:
        """End a list, and give it its filter."""
        self._page.autofilter(0, 0, max(self.place - 1, 0), len(self._columns) - 1)

    def title(self, text: str) -> None:
        """Write a title."""
        self._text(0, text, "title")
        self.place += 1

    def fact(self, label: str, text: str) -> None:
        """Write a label with a text behind it, which may run over the columns beside it."""
        self._text(0, label, "label")
        self._text(1, text)
        self.place += 1

    def header(self, columns: Sequence[Column]) -> None:
        """Write headers."""
        self._columns = columns
        lines = max(_lines(column.head, column.width - 1) for column in columns)
        self._page.set_row(self.place, lines * _LINE_HEIGHT + _AROUND_HEADS)
        for index, column in enumerate(columns):
            style = "count_header" if column.style in _CENTRED else "list_header"
            self._text(index, column.head, style)
        self.place += 1

    def row(self, *values: Value) -> None:
        """Write a row of values.

        Raises:
            OutputFileError: no sheet has so many rows.
        """
        styles = [column.style for column in self._columns]
        lines = [
            _lines(value, column.width)
            for column, value in zip(self._columns, values, strict=False)
            if column.style == "wrapped" and isinstance(value, str)
        ]
        if lines and max(lines) > 1:
            self._page.set_row(self.place, max(lines) * _LINE_HEIGHT)
        self._write(values, styles[: len(values)])

    def total(self, *values: Value) -> None:
        """Write a row of sums."""
        self._write(values, ["sum_label", *["sum"] * (len(values) - 1)])

    def skip(self, count: int = 1) -> None:
        """Leave rows empty."""
        self.place += count

    def _write(self, values: Sequence[Value], styles: Sequence[str]) -> None:
        if self.place > _MOST_ROWS:
            raise OutputFileError(
                _("The report has more rows than a sheet can hold. Choose a shorter time: --since.")
            )
        for index, (value, style) in enumerate(zip(values, styles, strict=True)):
            self._cell(index, value, style)
        self.place += 1

    def _cell(self, index: int, value: Value, style: str) -> None:
        place = self.place, index
        if isinstance(value, Outcome):
            self._page.write_string(*place, _(value.value), self._styles.swatch(value))
        elif isinstance(value, int) and abs(value) < 10**limits.EXACT_DIGITS:
            shown = "0" if style == "number" else "General"
            shape = self._styles.of(shown, "count" if style == "number" else style)
            self._page.write_number(*place, value, shape)
        elif isinstance(value, dt.date) and value.year >= _EARLIEST:
            self._date(place, value)
        elif value is not None:
            self._text(index, str(value), "" if style in _CENTRED else style)

    def _date(self, place: tuple[int, int], value: dt.date) -> None:
        shown = _("yyyy-mm-dd")
        if isinstance(value, dt.datetime):
            # A cell has no zone; the sheet's is named on the first page.
            value = value.astimezone(self._zone).replace(tzinfo=None)
            shown = _("yyyy-mm-dd hh:mm")
        self._page.write_datetime(*place, value, self._styles.of(shown, "code"))

    def _text(self, index: int, text: str, style: str = "") -> None:
        self._styles.write_text(self._page, (self.place, index), text, style)


def _lines(text: str, width: float) -> int:
    return max(1, len(textwrap.wrap(text, max(1, int(width))))) if width > 0 else 1
