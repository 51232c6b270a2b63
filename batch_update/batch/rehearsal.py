"""The dry run: what would be sent, without sending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from batch_update.batch import results
from batch_update.orders import DRY_RUN, CheckedRow, Result, Summary


def rehearse(rows: Sequence[CheckedRow], *, on_result: Callable[[Result], None]) -> Summary:
    """Give every row the result of a dry run: what is invalid, and what would be sent.

    Args:
        rows: the checked rows, in the order of the sheet.
        on_result: told of each row's result.
    """
    told = []
    held_by: dict[int, int] = {}
    for row in rows:
        if row.update is None:
            result = results.invalid(row)
            if row.bill_id is not None:
                held_by.setdefault(row.bill_id, row.row)
        elif row.bill_id in held_by:
            result = results.held_back(row, held_by[row.bill_id])
        elif row.same_as is not None:
            result = results.not_sent(
                row, DRY_RUN, f"Dry run: says the same as row {row.same_as}; would be sent once."
            )
        else:
            result = results.not_sent(row, DRY_RUN, "Dry run: in order, would be sent.")
        result = replace(result, warnings=row.warnings)
        told.append(result)
        on_result(result)
    return Summary(results=tuple(told))
