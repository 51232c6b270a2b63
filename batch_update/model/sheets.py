"""A sheet as it was read: cells, rows, header and columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from batch_update.i18n import _
from batch_update.model import limits
from batch_update.model.fields import DATES, Field
from batch_update.model.status_rules import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCell:
    """A cell that shows an error of the spreadsheet, such as `#N/A`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedFormula:
    """A formula whose result is not in the file: the program that wrote it did not calculate."""

    text: str


CellValue: TypeAlias = (
    str
    | bool
    | int
    | float
    | dt.datetime
    | dt.date
    | dt.time
    | dt.timedelta
    | ErrorCell
    | UnsavedFormula
    | None
)
"""A cell as in the file; the type is its kind. A formula stands as its saved result."""


UNKNOWN_FORMAT = "?"
"""The number format of a cell in a kind of file that does not show it."""


class Row(Struct, frozen=True, kw_only=True):
    """One row of a sheet.

    Args:
        number: the row number that the spreadsheet program shows, from 1.
        cells: the values from the first column on; cells at the end may be missing.
        formats: the number format of each cell (`General`, `00000000`); empty for csv.
    """

    number: int
    cells: tuple[CellValue, ...]
    formats: tuple[str, ...] = ()

    def cell(self, index: int | None) -> CellValue:
        """Return the value of a column by its index from 0; None if it is not there."""
        if index is None or index >= len(self.cells):
            return None
        return self.cells[index]

    def number_format(self, index: int | None) -> str:
        """Return the number format of a column by its index from 0."""
        if index is None or index >= len(self.formats):
            return "General"
        return self.formats[index]

    @property
    def is_blank(self) -> bool:
        """Return whether all cells are empty."""
        for value in self.cells:
            if value is not None and not (isinstance(value, str) and not value.strip()):
                return False
        return True


def column_letter(index: int) -> str:
    """Return a column's name in spreadsheets by its index from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Position of the header, and the column of each field.

    Args:
        header_row: number of the header's row in the sheet; 0 if it has none.
        names: header of each column, spaces collapsed; empty for a column without one.
        columns: index from 0 of the column that holds each field. A date for one status only goes
            before the date for whatever status.
        void_column: index of the column in which a carrier marks a shipment as withdrawn.
    """

    header_row: int
    names: tuple[str, ...]
    columns: Mapping[Field, int]
    void_column: int | None = None

    def column_name(self, wanted: Field) -> str:
        """Return the sheet's own header of a field for a message.

        Without a header row, it is the column's letter and the field; without a column, the field.
        """
        index = self.columns.get(wanted)
        if index is None:
            return wanted.topic.label
        if self.header_row:
            return self.names[index]
        return _("column {column} ({label})").format(
            column=column_letter(index), label=wanted.label
        )

    def date_field(self, status: Status) -> Field:
        """Return the field of the date column for rows of a status that needs a date."""
        own = status.rule.date_field or Field.DATE
        if own in self.columns or (Field.DATE not in self.columns and DATES & set(self.columns)):
            return own
        return Field.DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table as read from a file.

    Args:
        path: the file.
        name: the worksheet's name; empty for csv.
        layout: header and columns.
        rows: the data rows, in order; as often as wanted, but each time from the beginning.
        kept: rows that are not data (titles, header, totals), to be shown again as they were.
        notes: notes on lines skipped or assumptions made while reading, for the user.
        delimiter: the csv's delimiter; empty for a workbook.
        encoding: the csv's encoding by Python's name; empty for a workbook.
        epoch: the day that serial number 0 of the workbook's dates means.
        widths: the width of columns by index from 0, in characters, as far as the file has it.
        sha256: of the file's bytes, in hexadecimal digits.
        is_results: whether it is a results file of ours, whose own columns were left out.
        is_returned: whether it is that, or a file of failures: an earlier output of ours that came
            back.
        width: number of columns up to the last that holds anything; None to count them.
    """

    path: Path
    name: str
    layout: Layout
    rows: Sequence[Row]
    kept: Sequence[Row] = ()
    notes: Sequence[str] = ()
    delimiter: str = ""
    encoding: str = ""
    epoch: dt.date = limits.EPOCH
    widths: Mapping[int, float] = field(default_factory=dict)
    sha256: str = ""
    is_results: bool = False
    is_returned: bool = False
    width: int | None = None
