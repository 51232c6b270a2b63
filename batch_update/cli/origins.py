"""Tracking numbers of the sheet whose results are run: they tell which have lost their zeros."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from batch_update.batch import SeenNumber
from batch_update.cli import differences
from batch_update.cli.sources import Source, find_origin
from batch_update.errors import BatchUpdateError
from batch_update.model import Sheet


def find_numbers(
    source: Source, read: Callable[[Source], Sheet]
) -> Mapping[int, Sequence[SeenNumber]]:
    """Return the tracking numbers with zeros in front, by order, of the sheet that results are of.

    Args:
        source: what is run; if it is no file of ours, or its sheet is not there, there are none.
        read: reads a sheet; it does not matter whether its rows are right.
    """
    origin = source.origin or find_origin(source.path)
    if origin is None:
        return {}
    try:
        sheet = read(Source(path=origin, content=origin))
    except BatchUpdateError:
        # What was sent of it is in the ledger all the same.
        return {}
    found: dict[int, list[SeenNumber]] = {}
    for row in sheet.rows:
        order, rpo = differences.order_of(sheet, row), differences.rpo_of(sheet, row)
        if order and rpo.startswith("0"):
            found.setdefault(int(order), []).append(SeenNumber(rpo, row.number, origin.name))
    return found
