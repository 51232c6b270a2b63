"""What results say that the sheet they came from does not, and whether the two contradict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from batch_update import wording
from batch_update.cli.sources import Mended
from batch_update.model import CheckedRow, Entry, Field, OrderUpdate, Row, Sheet
from batch_update.writer.table import number_text, plain_text

Check = Callable[[Sheet], Sequence[CheckedRow]]
Entries = Callable[[int], Sequence[Entry]]


def compare(back: Sheet, sheet: Sheet) -> Mended | None:
    """Compare results with their sheet; None if all of their rows are in it."""
    left = Counter(said for said, __ in _said(sheet))
    rows = []
    for said, row in _said(back):
        if left[said]:
            left[said] -= 1
        else:
            rows.append(row.number)
    return Mended(rows=tuple(rows), lost=max(0, left.total() - len(rows))) if rows else None


def is_contested(back: Sheet, sheet: Sheet, check: Check, entries: Entries) -> bool:
    """Return whether a sheet would send what its mended results say otherwise, or no more.

    That is a row that they do not have and that was not confirmed: if the ledger knows it, unless
    something else of the order was confirmed, so that it is overtaken; if not, and the same order
    was mended in them.

    Args:
        back: the results.
        sheet: the sheet, which has changed since they were written.
        check: makes updates of rows.
        entries: the ledger's entries of an order.
    """
    kept = Counter(said for said, __ in _said(back))
    own = Counter(said for said, __ in _said(sheet))
    mended = {_order(back, row) for said, row in _said(back) if said not in own}
    for (said, row), checked in zip(_said(sheet), check(sheet), strict=True):
        if kept[said]:
            kept[said] -= 1
        elif checked.update is not None and _is_open(
            checked.update, entries(checked.update.bill_id), is_new=_order(sheet, row) in mended
        ):
            return True
    return False


def _is_open(update: OrderUpdate, entries: Sequence[Entry], *, is_new: bool) -> bool:
    mine = [entry for entry in entries if entry.update == update]
    if not mine:
        return is_new
    return not any(entry.confirmed for entry in entries)


def _said(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    """Iterate over the rows, each with a fingerprint of what it says in the columns that matter."""
    layout = sheet.layout
    places = [*map(layout.columns.get, Field), layout.void_column]
    for row in sheet.rows:
        yield hash(tuple(_text(row, place) for place in places)), row


def _text(row: Row, place: int | None) -> str:
    """Return a cell as it comes back, in whatever kind of file."""
    value = row.cell(place)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value, row.number_format(place))
    return wording.tidy(plain_text(value))


def _order(sheet: Sheet, row: Row) -> str:
    """Return the digits of a row's order."""
    text = _text(row, sheet.layout.columns.get(Field.BILL_ID))
    return "".join(filter(str.isdigit, text)).lstrip("0")
