"""The values that flow through the program, from a sheet's cell to a row of the results.

Three words are the vendor's and stay the vendor's: `bill_id` is the order number, `rpo` the
parcel's tracking number, `date` the moment the parcel was posted or the order paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias


class Field(StrEnum):
    """What a column of the sheet can mean to us."""

    BILL_ID = "bill_id"
    STATUS = "status"
    DATE = "date"
    RPO = "rpo"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    Field.BILL_ID: "order number",
    Field.STATUS: "status",
    Field.DATE: "date",
    Field.RPO: "tracking number",
}


class Status(StrEnum):
    """What can be said of an order; the words are the API's."""

    SENT = "sent"
    PAID = "paid"
    RETURN = "return"
    CANCEL = "cancel"


class Outcome(StrEnum):
    """What became of a row; the words are those of the results file."""

    UPDATED = "updated"
    ALREADY_UPDATED = "already updated"
    REJECTED = "rejected"
    INVALID = "invalid"
    UNCONFIRMED = "unconfirmed"
    NOT_SENT = "not sent"


SETTLED = frozenset({Outcome.UPDATED, Outcome.ALREADY_UPDATED})


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
"""A cell as the file says it; the type is its kind. A formula stands as its saved result."""


UNKNOWN_FORMAT = "?"
"""The number format of a cell whose file kind does not let us see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
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
        """Give the value of a column by its index from 0; None if it is not there."""
        if index is None or index >= len(self.cells):
            return None
        return self.cells[index]

    def number_format(self, index: int | None) -> str:
        """Give the number format of a column by its index from 0."""
        if index is None or index >= len(self.formats):
            return "General"
        return self.formats[index]

    @property
    def is_blank(self) -> bool:
        """Whether no cell says anything."""
        return all(
            value is None or (isinstance(value, str) and not value.strip()) for value in self.cells
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the header stands and which column means what.

    Args:
        header_row: number of the header's row in the sheet.
        names: header of each column, spaces collapsed; empty for a column without one.
        columns: index from 0 of the column that holds each field.
        void_column: index of the column in which a carrier marks a shipment as withdrawn.
    """

    header_row: int
    names: tuple[str, ...]
    columns: Mapping[Field, int]
    void_column: int | None = None

    def column_name(self, wanted: Field) -> str:
        """Give the sheet's own header of a field, or ours if the sheet has none."""
        index = self.columns.get(wanted)
        return self.names[index] if index is not None else wanted.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table as read from a file.

    Args:
        path: the file.
        name: the worksheet's name; empty for csv.
        layout: header and columns.
        rows: the data rows, in order.
        kept: rows that are not data (titles, header, totals), to be shown again as they were.
        notes: what was skipped or taken for granted while reading, for the user.
        delimiter: the csv's delimiter; empty for a workbook.
        encoding: the csv's encoding by Python's name; empty for a workbook.
        epoch: the day that serial number 0 of the workbook's dates means.
    """

    path: Path
    name: str
    layout: Layout
    rows: Sequence[Row]
    kept: Sequence[Row] = ()
    notes: Sequence[str] = ()
    delimiter: str = ""
    encoding: str = ""
    epoch: dt.date = dt.date(1899, 12, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdate:
    """One change of one order, checked and ready to be signed.

    Args:
        bill_id: order number, positive.
        status: what to set.
        date: when it was posted or paid, with a zone; None for return and cancel.
        rpo: tracking number; None unless the status is sent.
    """

    bill_id: int
    status: Status
    date: dt.datetime | None = None
    rpo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a row cannot be sent, in words that say what was found and what to do.

    Args:
        row: the row's number in the sheet.
        column: the header of the column to mend.
        code: one word for the kind of problem, such as `date_missing`.
        text: a sentence for the person who mends it.
    """

    row: int
    column: str
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """What the checks made of a row: an update, problems, or a repetition of another row.

    Args:
        row: the row's number in the sheet.
        bill_id: the order, also where other cells of the row are wrong; None if unreadable.
        update: what to send; None if there are problems.
        problems: everything wrong with the row.
        same_as: number of the earlier row that says exactly the same.
        warnings: what is odd about the row, though it is sent.
    """

    row: int
    bill_id: int | None
    update: OrderUpdate | None
    problems: tuple[Problem, ...] = ()
    same_as: int | None = None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUpdate:
    """What became of an update when it was sent before, as far as is known.

    Args:
        outcome: how it ended; None if the run was cut off while it was under way.
        code: the API's number or a word of ours; empty if it was updated.
        text: what was said of it.
        file: the sheet it was read from.
        row: its row there.
        at: when that was known, with a zone.
    """

    outcome: Outcome | None
    code: str
    text: str
    file: str
    row: int
    at: dt.datetime

    @property
    def is_confirmed(self) -> bool:
        """Whether the shop has confirmed it."""
        return self.outcome is Outcome.UPDATED

    @property
    def may_have_happened(self) -> bool:
        """Whether nobody knows if the shop acted on it."""
        return self.outcome in {None, Outcome.UNCONFIRMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An update as the ledger holds it, and whose it is."""

    account: str
    update: OrderUpdate
    past: PastUpdate


class Trouble(StrEnum):
    """What a failed delivery says about the deliveries to come.

    CONNECTION: the shop is out of reach or too busy. ANSWER: what answers is not the shop's API,
    or cannot prove that it is. ACCOUNT: login, key, address or TLS; all others would fail alike.
    """

    CONNECTION = "connection"
    ANSWER = "answer"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of sending one update.

    Args:
        outcome: updated, rejected, unconfirmed or not sent.
        error_code: the API's number if it answered, else a word of ours; None if updated.
        error_text: what happened and what to do.
        attempts: how many times the update was posted.
        settled_at: when the verified answer came, with a zone; None if none came.
        trouble: set if the fault lies not with this row alone.
    """

    outcome: Outcome
    error_code: int | str | None = None
    error_text: str = ""
    attempts: int = 0
    settled_at: dt.datetime | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the results file says of one input row; every row has exactly one."""

    row: int
    outcome: Outcome
    error_code: int | str | None = None
    error_text: str = ""
    attempts: int = 0
    updated_at: dt.datetime | None = None
    update: OrderUpdate | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A finished run: one result per row, and why it ended before its end, if it did.

    Args:
        results: one per input row, in the order of the sheet.
        stop_reason: why the rest was not sent; empty if nothing stopped the run.
        is_interrupted: whether the user stopped it.
    """

    results: Sequence[Result]
    stop_reason: str = ""
    is_interrupted: bool = False
    counts: Mapping[Outcome, int] = field(init=False)

    def __post_init__(self) -> None:
        counts = dict.fromkeys(Outcome, 0)
        for result in self.results:
            counts[result.outcome] += 1
        object.__setattr__(self, "counts", counts)
