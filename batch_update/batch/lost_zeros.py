"""Find tracking numbers whose zeros in front a spreadsheet program has dropped.

They are known by the same number with its zeros, of the same order: in the ledger, or in the sheet
whose results are run. Two such numbers in one sheet contradict each other, and neither is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from batch_update.batch import results
from batch_update.batch.interfaces import RunOptions, SeenNumber
from batch_update.i18n import _
from batch_update.model import CheckedRow, Entry, OrderUpdate, Result, lacks_zeros

_CODE = "rpo_zeros_lost"
"""The code of a row whose tracking number has lost zeros in front of it."""


def find(
    row: CheckedRow, update: OrderUpdate, entries: Sequence[Entry], options: RunOptions
) -> Result | None:
    """Return the result of a row whose tracking number has lost its zeros; None if it has not.

    A number with more zeros than one before is no such case: it is how a person puts it right.

    Args:
        row: the row.
        update: its update.
        entries: all known entries of its order.
        options: the user's options.
    """
    if update.rpo is None or not update.rpo.isdecimal():
        return None
    for entry in entries:
        if lacks_zeros(update.rpo, entry.update.rpo or "") and not entry.past.is_foreseen:
            return _since(row, update, entry, options.wall().tzinfo)
    seen = [*_foreseen(entries), *options.numbers_of_origin.get(update.bill_id, ())]
    whole = next((one for one in seen if lacks_zeros(update.rpo, one.rpo)), None)
    return None if whole is None else _beside(row, update, whole)


def _foreseen(entries: Sequence[Entry]) -> Iterator[SeenNumber]:
    for entry in entries:
        if entry.past.is_foreseen:
            yield SeenNumber(entry.update.rpo or "", entry.past.row, entry.past.file)


def _since(row: CheckedRow, update: OrderUpdate, entry: Entry, zone: dt.tzinfo | None) -> Result:
    """Return the result of a row whose tracking number had zeros in front in an earlier run."""
    text = _(
        "Order {bill_id} had tracking number {whole} before ({at:%Y-%m-%d %H:%M %Z}, row {row} of "
        "{file}); this row says {rpo}. Spreadsheet programs drop the zeros in front of a number. "
        "Format the cell as text and type {whole} into it; or, if {rpo} is right, run a sheet with "
        "this row alone and --force."
    )
    past = entry.past
    return results.not_sent(
        row,
        _CODE,
        text.format(
            bill_id=update.bill_id,
            whole=entry.update.rpo,
            at=past.at.astimezone(zone),
            row=past.row,
            file=past.file,
            rpo=update.rpo,
        ),
    )


def _beside(row: CheckedRow, update: OrderUpdate, seen: SeenNumber) -> Result:
    """Return the result of a row whose tracking number has zeros in front in another row."""
    text = _(
        "Order {bill_id} has tracking number {whole} in row {row} of {file}; this row says {rpo}. "
        "Spreadsheet programs drop the zeros in front of a number. Format the cell as text and "
        "type {whole} into it; or, if {rpo} is right, run a sheet with this row alone and --force."
    )
    return results.not_sent(
        row,
        _CODE,
        text.format(
            bill_id=update.bill_id, whole=seen.rpo, row=seen.row, file=seen.file, rpo=update.rpo
        ),
    )
