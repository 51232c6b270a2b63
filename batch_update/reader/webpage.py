"""Tables of a web page: many shop back ends export these under the name of an .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.i18n import _
from batch_update.model import CellValue, Row, Sheet, limits
from batch_update.reader.tables import SheetQuery, Table, build_sheet, choose_table

_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LONG_NUMBER = re.compile(r"[0-9]{16,40}")
_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    }
)  # fmt: skip
_BREAKS = frozenset({"br", "p", "div", "li"})
_UNSEEN = frozenset({"script", "style", "template"})
_WIDEST_SPAN = 1000
_HIGHEST_SPAN = 65_534
"""Source: HTML Living Standard, "Attributes common to td and th elements"."""
_MOST_TABLES = 10_000
_DEEPEST = 1_000
"""Most open elements; beyond it, every end tag is looked for through all of them."""


@dataclass(slots=True)
class _Grid:
    """One table, laid out as a spreadsheet lays it out: texts by row and column, from 0."""

    is_hidden: bool
    rows: list[dict[int, CellValue]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    covered: dict[int, int] = field(default_factory=dict)
    """Per column, number of rows taken when the cell that reaches down from above ends."""
    cell: int | None = None
    number: str = ""
    texts: list[str] = field(default_factory=list)
    free: int = 0
    """The column behind the last cell of the row."""

    def begin_row(self, *, is_hidden: bool) -> None:
        self.end_cell()
        self.rows.append({})
        self.free = 0
        if is_hidden:
            self.hidden.add(len(self.rows))

    def begin_cell(self, width: int, height: int, number: str) -> None:
        self.end_cell()
        self.number = number
        if not self.rows:
            self.begin_row(is_hidden=False)
        while self.covered.get(self.free, 0) >= len(self.rows):
            self.free += 1
        if self.free + width > limits.MOST_COLUMNS:
            raise ValueError(_("a table in it is wider than a sheet can be"))
        self.cell = self.free
        self.free += width
        if height > 1:
            last = len(self.rows) + height - 1
            self.covered |= dict.fromkeys(range(self.cell, self.free), last)

    def end_cell(self) -> None:
        if self.cell is None:
            return
        lines = "".join(self.texts).split("\0")
        text = "\n".join(line for line in (part.strip(" ") for part in lines) if line)
        if text:
            # A spreadsheet says beside the text that it was a number: then its end is lost.
            is_cut = _LONG_NUMBER.fullmatch(self.number) and text.isascii() and text.isdigit()
            self.rows[-1][self.cell] = int(text) if is_cut else text
        self.cell = None
        self.texts.clear()


class _Page:
    """Collector of a page's tables, tables within tables too; the target of an lxml parser."""

    def __init__(self) -> None:
        self.grids: list[_Grid] = []
        self._open: list[_Grid] = []
        self._unseen: list[str] = []
        self._depth = 0
        self._rows = 0

    def start(self, tag: str, named: Mapping[str, str]) -> None:
        """Note the start of a table, a row, a cell or a part that is not shown."""
        self._count(tag)
        grid = self._open[-1] if self._open else None
        if tag == "table":
            self._unseen.clear()
            self._open.append(_Grid(is_hidden=_is_hidden(named)))
            self.grids.append(self._open[-1])
        elif grid is None:
            return
        elif tag == "tr":
            self._unseen.clear()
            grid.begin_row(is_hidden=_is_hidden(named))
        elif tag in {"td", "th"}:
            self._unseen.clear()
            width = _span(named.get("colspan"), _WIDEST_SPAN)
            number = named.get("sdval") or named.get("x:num") or ""
            grid.begin_cell(width, _span(named.get("rowspan"), _HIGHEST_SPAN), number)
        elif tag in _BREAKS and grid.cell is not None:
            grid.texts.append("\0")
        elif tag not in _VOID and (self._unseen or tag in _UNSEEN or _is_hidden(named)):
            self._unseen.append(tag)

    def _count(self, tag: str) -> None:
        self._depth += 1
        self._rows += tag == "tr"
        if self._depth > _DEEPEST:
            raise ValueError(_("its elements are nested too deeply"))
        if self._rows > limits.MOST_ROWS:
            raise ValueError(_("its tables have more rows than a sheet can have"))
        if tag == "table" and len(self.grids) == _MOST_TABLES:
            raise ValueError(_("it holds more than {limit} tables").format(limit=_MOST_TABLES))

    def end(self, tag: str) -> None:
        """Note the end of a table, a cell or a part that is not shown."""
        self._depth -= 1
        if tag in self._unseen:
            while self._unseen.pop() != tag:
                pass
        elif not self._open:
            return
        elif tag == "table":
            self._open.pop().end_cell()
        elif tag in {"td", "th", "tr"}:
            self._open[-1].end_cell()
        elif tag in _BREAKS and self._open[-1].cell is not None:
            self._open[-1].texts.append("\0")

    def data(self, data: str) -> None:
        """Add text that stands in a cell and is shown."""
        if self._open and self._open[-1].cell is not None and not self._unseen:
            self._open[-1].texts.append(_SPACES.sub(" ", data.replace("\0", "")))

    def close(self) -> Sequence[_Grid]:
        """Close elements that the page left open, and return the tables that are not empty."""
        for grid in self._open:
            grid.end_cell()
        return [grid for grid in self.grids if any(grid.rows)]


def read_sheet(path: Path, text: str, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of a web page.

    Args:
        path: the file, for messages.
        text: the page.
        query: the table and columns to look for; tables are named `table 1` and so on.

    Raises:
        InputFileError: no table, or none that names the needed columns.
    """
    # Not the standard library's parser: some releases of it never get through hostile pages.
    # Its limits are lifted, since past them it would leave rows out without a word.
    target: Any = _Page()
    parser: Any = etree.HTMLParser(target=target, huge_tree=True)
    parser.feed(text.replace("\0", ""))
    tables = [
        _table(_("table {number}").format(number=number), grid)
        for number, grid in enumerate(parser.close(), start=1)
    ]
    if not tables:
        raise InputFileError(
            _(
                "{shown} is a web page without a table under the name of a spreadsheet, "
                "perhaps a login or error page. Open it in a browser to see what it says, and "
                "export the sheet again."
            ).format(shown=wording.printable(path.name))
        )
    table, layout = choose_table(path, tables, query)
    return build_sheet(path, table, layout)


def _table(name: str, grid: _Grid) -> Table:
    def read_rows() -> Iterator[Row]:
        for number, written in enumerate(grid.rows, start=1):
            width = max(written, default=-1) + 1
            yield Row(number=number, cells=tuple(written.get(column) for column in range(width)))

    return Table(
        name=name,
        read_rows=read_rows,
        is_hidden=grid.is_hidden,
        hidden_rows=lambda: frozenset(grid.hidden),
        notes=[
            _(
                "The file is a web page under the name of a spreadsheet. Its table was read; "
                "rows are counted from the first line of the table."
            )
        ],
    )


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _span(text: str | None, most: int) -> int:
    """Read a colspan or rowspan as browsers do: anything but a number from 1 is 1."""
    digits = (text or "").strip()[:9]
    return min(int(digits), most) if digits.isascii() and digits.isdigit() and int(digits) else 1
