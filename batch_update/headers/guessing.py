"""Suggest options for a sheet whose first row is data and no header."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence

from batch_update.headers.counters import counting_columns
from batch_update.i18n import _
from batch_update.model import CellValue, Field, Row, column_letter

_ORDER = re.compile(r"[#№]?\s*[0-9]{1,15}(?:\.0)?")
_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}\b.*")
_LEAST_OF_TRACKING = 8
_LONGEST_OF_ORDER = 10


def options_without_header(rows: Sequence[Row], *, missing: Collection[Field]) -> str:
    """Guess the options that read a sheet without a header; empty if its first row may be one.

    Args:
        rows: the first rows, from the one that comes nearest to a header.
        missing: the fields that must be named.
    """
    cells = {index: value for index, value in enumerate(rows[0].cells) if _text(value)}
    order = _guess_order(cells, counting_columns(rows))
    if order is None:
        return ""
    del cells[order]
    places = {Field.BILL_ID: order}
    dates = [index for index, value in cells.items() if _is_date(value)]
    tracks = [index for index in cells if index not in dates and _is_tracking(cells[index])]
    wordy = [index for index, value in cells.items() if not re.search("[0-9]", _text(value))]
    if tracks:
        places[Field.RPO] = max(tracks, key=lambda index: len(_text(cells[index])))
    if dates:
        places[Field.DATE] = dates[0]
    if len(wordy) == 1 and Field.STATUS in missing:
        places[Field.STATUS] = wordy[0]
    options = [
        _("--column {field}={header}").format(field=wanted, header=column_letter(places[wanted]))
        for wanted in Field
        if wanted in places
    ]
    if Field.STATUS in missing and Field.STATUS not in places:
        options.append(_("--status sent"))
    return " ".join((_("--no-header"), *options))


def _guess_order(cells: Mapping[int, CellValue], counters: frozenset[int]) -> int | None:
    """Guess the column of the order number: the first number, but rather not a line's own."""
    numbers = [index for index, value in cells.items() if is_number(value)]
    likely = [
        index
        for index in numbers
        if index not in counters and len(_text(cells[index])) <= _LONGEST_OF_ORDER
    ]
    return next(iter(likely or numbers), None)


def is_number(value: CellValue) -> bool:
    """Return whether a cell may hold the number of an order."""
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    return isinstance(value, str) and _ORDER.fullmatch(value.strip()) is not None


def _text(value: CellValue) -> str:
    return "" if value is None else str(value).strip()


def _is_date(value: CellValue) -> bool:
    return isinstance(value, dt.date) or _DATE.fullmatch(_text(value)) is not None


def _is_tracking(value: CellValue) -> bool:
    text = _text(value)
    return len(text) >= _LEAST_OF_TRACKING and bool(re.search("[0-9]", text))
