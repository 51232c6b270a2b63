"""The columns that we add to a sheet, and the recognition of sheets of ours."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import wording
from batch_update.i18n import N_

RESULT_COLUMNS = (
    N_("result"),
    N_("error_code"),
    N_("error_text"),
    N_("as_shop_sees_it"),
    N_("attempts"),
    N_("updated_at"),
)
"""Columns that the results file adds after the sheet's own."""

REASON = N_("why_not_updated")
"""Columns that the file of failures adds."""

EXAMPLE = N_("example")
"""Placeholder of the order number in the template's example row, which is no data."""

OUR_COLUMNS = (*RESULT_COLUMNS, REASON)

_LONGEST = 200
_MARKS = frozenset(RESULT_COLUMNS[:3])
"""Columns that identify a results file, in every version and even if some were cut off."""


def is_results(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file."""
    return {_known(name) for name in names} >= _MARKS


def is_returned(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file or of a file of failures."""
    return is_results(names) or any(_known(name) == REASON for name in names)


def is_ours(name: str) -> bool:
    """Return whether a column bears a name of ours."""
    return _known(name) in OUR_COLUMNS


def _known(name: str) -> str:
    """Bring a name to the form of ours; of a long text, which is no name, only the beginning."""
    return wording.normalise(name[:_LONGEST])
