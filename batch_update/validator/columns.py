"""Columns of the sheet: a cell is read, or refused with a problem that names its column."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from batch_update.i18n import _
from batch_update.model import DATES, CellValue, Field, Layout, Problem, Row
from batch_update.validator import alphabets, cells
from batch_update.validator.cells import CellRefusedError
from batch_update.validator.statuses import OwnWord, OwnWords, find_own_word, word_of

T = TypeVar("T")

NO_COLUMN = "no_column"
MISSING = "missing"


class Column(Generic[T]):
    """Reader of one column.

    Args:
        layout: the place of the column.
        wanted: the field that it holds.
        read: reads a cell, or refuses it.
        default: used where a cell is empty.
    """

    def __init__(
        self,
        layout: Layout,
        wanted: Field,
        read: Callable[[CellValue], T],
        default: CellValue = None,
    ) -> None:
        self._index = layout.columns.get(wanted)
        self._wanted = wanted
        self._name = layout.column_name(wanted)
        self._take = read
        self._default = default

    def find_own(self, row: Row, words: OwnWords) -> OwnWord | None:
        """Find a row's value among the user's own words."""
        return find_own_word(row.cell(self._index), words)

    def read(self, row: Row, problems: list[Problem], missing: Callable[[], str]) -> T | None:
        """Read a cell; note a problem and return None if it is refused."""
        value = row.cell(self._index)
        if cells.is_empty(value):
            value = self._default
        if value is None:
            problems.append(self._lack(row, missing))
            return None
        try:
            return self._take(value)
        except CellRefusedError as refusal:
            problems.append(self.problem(row, refusal.code, refusal.text))
            return None

    def _lack(self, row: Row, missing: Callable[[], str]) -> Problem:
        if self._index is not None:
            return self.problem(row, MISSING, missing())
        text = (
            _(
                "{label}: the sheet has no column for it. Say the day for all rows that name "
                "none: --date 2026-11-20; or name the column: --column {field}=HEADER."
            )
            if self._wanted in DATES
            else _(
                "{label}: the sheet has no column for it. Add it, or name it: --column "
                "{field}=HEADER."
            )
        )
        return Problem(
            row=row.number,
            column=None,
            code=f"{self._wanted.topic}_{NO_COLUMN}",
            text=text.format(label=self._wanted.label, field=self._wanted),
        )

    def problem(self, row: Row, code: str, text: str) -> Problem:
        """Return a problem of a row's cell, under the name of its column."""
        value = row.cell(self._index)
        is_unknown = self._wanted is Field.STATUS and code == "unknown"
        # What is mistyped is not to be defined.
        is_mistyped = isinstance(value, str) and alphabets.mixed_letter(value) is not None
        return Problem(
            row=row.number,
            column=self._index,
            code=f"{self._wanted.topic}_{code}",
            text=f"{self._name}: {text}",
            word=word_of(value) if is_unknown and not is_mistyped else "",
        )


class ShownColumn(Generic[T]):
    """Reader of one column that also uses the number formats of its cells.

    Args:
        layout: the place of the column.
        wanted: the field that it holds.
        read: reads a cell with its number format, or refuses it.
        default: used where a cell is empty.
    """

    def __init__(
        self,
        layout: Layout,
        wanted: Field,
        read: Callable[[CellValue, str], T],
        default: CellValue = None,
    ) -> None:
        self._layout = layout
        self._wanted = wanted
        self._read = read
        self._default = default
        self._index = layout.columns.get(wanted)
        self._columns: dict[str, Column[T]] = {}

    @property
    def index(self) -> int | None:
        """The column's index from 0; None if the sheet lacks it."""
        return self._index

    def is_empty(self, row: Row) -> bool:
        """Return whether the row's own cell is empty."""
        return cells.is_empty(row.cell(self._index))

    def read(self, row: Row, problems: list[Problem], missing: Callable[[], str]) -> T | None:
        """Read a cell; note a problem and return None if it is refused."""
        shown = row.number_format(self._index)
        column = self._columns.get(shown)
        if column is None:
            read = partial(_read_as, self._read, shown)
            column = Column(self._layout, self._wanted, read, self._default)
            self._columns[shown] = column
        return column.read(row, problems, missing)

    def refusals(self, row: Row) -> list[Problem]:
        """List what is wrong with what a cell holds; nothing if it is empty, or says so."""
        problems: list[Problem] = []
        if not self.is_empty(row):
            self.read(row, problems, str)
        missing = f"{self._wanted.topic}_{MISSING}"
        return [problem for problem in problems if problem.code != missing]


def _read_as(read: Callable[[CellValue, str], T], shown: str, value: CellValue) -> T:
    return read(value, shown)
