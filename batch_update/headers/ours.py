"""The columns that we add to a sheet, and the recognition of sheets of ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batch_update import wording
from batch_update.i18n import N_
from batch_update.model import CellValue, Outcome, Row, RunKind

RESULT_COLUMNS = (
    N_("result"),
    N_("error_code"),
    N_("error_text"),
    N_("as_shop_sees_it"),
    N_("attempts"),
    N_("updated_at"),
)
"""Columns that the results file adds after the sheet's own."""

SAID_BEFORE = N_("said_before")
"""Column that a dry run adds to these: what an earlier run said of the row."""

REASON = N_("why_not_updated")
"""Column that the file of failures adds."""

DRY_RUN_REASON = N_("why_not_ready")
"""The same in a dry run's file of failures."""

PRACTICE_MARK = N_("PRACTICE: ")
"""Beginning of every header in a practice run's files."""

EXAMPLE = N_("example")
"""Placeholder of the order number in the template's example row, which is no data."""

OUR_COLUMNS = (*RESULT_COLUMNS, SAID_BEFORE, REASON, DRY_RUN_REASON)

_LONGEST = 200
_MARKS = frozenset(RESULT_COLUMNS[:3])
"""Columns that identify a results file, in every version and even if some were cut off."""

_PRACTICE_WORDS = frozenset(RunKind.PRACTICE.word_of(outcome) for outcome in Outcome)


def is_results(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file."""
    return {_known(name) for name in names} >= _MARKS


def is_returned(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file or of a file of failures."""
    return is_results(names) or any(_known(name) in {REASON, DRY_RUN_REASON} for name in names)


def is_practice(rows: Iterable[Row]) -> bool:
    """Return whether rows are those of a practice run's file, by its header or its outcomes."""
    return any(_is_of_practice(row.cells) for row in rows)


def _is_of_practice(cells: Sequence[CellValue]) -> bool:
    texts = [value for value in cells if isinstance(value, str)]
    # One cell alone may be a remark that begins so by chance.
    is_header = sum(text.startswith(PRACTICE_MARK) for text in texts) > 1
    return is_header or not _PRACTICE_WORDS.isdisjoint(texts)


def is_ours(name: str) -> bool:
    """Return whether a column bears a name of ours."""
    return _known(name) in OUR_COLUMNS


def _known(name: str) -> str:
    """Bring a name to the form of ours; of a long text, which is no name, only the beginning."""
    return wording.normalise(name[:_LONGEST])
