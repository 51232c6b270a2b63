"""Header words, English and Russian, to fields; and the place of the header row."""

from __future__ import annotations

from batch_update import wording
from batch_update.headers import ours, words
from batch_update.headers.advice import HeaderNotFoundError, describe_lacking
from batch_update.headers.finding import SEARCHED_ROWS, find_layout, has_our_header
from batch_update.headers.header import blank_name, header_text
from batch_update.headers.headless import invented_names
from batch_update.headers.naming import NamedColumn
from batch_update.headers.ours import (
    DRY_RUN_REASON,
    EXAMPLE,
    OUR_COLUMNS,
    PRACTICE_MARK,
    REASON,
    RESULT_COLUMNS,
    SAID_BEFORE,
    are_ours,
    is_results,
    known_name,
    outcomes_by_word,
)
from batch_update.headers.words import accepted_words
from batch_update.model import Field, Layout, Row, column_letter

__all__ = [
    "DRY_RUN_REASON",
    "EXAMPLE",
    "OUR_COLUMNS",
    "PRACTICE_MARK",
    "REASON",
    "RESULT_COLUMNS",
    "SAID_BEFORE",
    "SEARCHED_ROWS",
    "HeaderNotFoundError",
    "NamedColumn",
    "accepted_words",
    "are_ours",
    "column_letter",
    "describe_lacking",
    "find_layout",
    "has_our_header",
    "invented_names",
    "is_example",
    "is_header",
    "is_results",
    "is_total",
    "known_name",
    "outcomes_by_word",
]


def is_header(row: Row, layout: Layout) -> bool:
    """Return whether a row repeats the header, as each page of a printed report does."""
    if not layout.header_row:
        return False
    for index in layout.columns.values():
        value, name = row.cell(index), layout.names[index]
        if header_text(value) != name and (value is not None or blank_name(index) != name):
            return False
    return len(layout.columns) > 1


def is_total(row: Row, layout: Layout) -> bool:
    """Return whether a row is a total: a word such as `Total`, no order and no shipment."""
    bill_id = row.cell(layout.columns.get(Field.BILL_ID))
    if bill_id is not None and (not isinstance(bill_id, str) or bill_id.isdecimal()):
        return False
    first = next((one for one in row.cells if isinstance(one, str) and one.strip()), None)
    if first is None or bill_id not in {None, first}:
        return False
    shipment = [row.cell(layout.columns.get(field)) for field in (Field.STATUS, Field.RPO)]
    if all(value not in {None, "", first} for value in shipment):
        return False
    return wording.normalise(first).partition(" ")[0].rstrip(":") in words.TOTAL_WORDS


def is_example(row: Row, layout: Layout) -> bool:
    """Return whether a row is the example of a template."""
    bill_id = row.cell(layout.columns.get(Field.BILL_ID))
    return isinstance(bill_id, str) and ours.is_example(bill_id)
