"""What results say that the sheet they came from does not, and whether the two contradict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

from batch_update import wording
from batch_update.cli.sources import Mended
from batch_update.model import (
    CheckedRow,
    Entry,
    Field,
    OrderUpdate,
    Row,
    Sheet,
    lacks_zeros,
)
from batch_update.writer.table import number_text, plain_text

Check = Callable[[Sheet], Sequence[CheckedRow]]
Entries = Callable[[int], Sequence[Entry]]


def compare(back: Sheet, sheet: Sheet, check: Check) -> Mended | None:
    """Compare results with their sheet; None if no row of theirs was mended by a person.

    A spreadsheet program that saves a csv writes dates in its own way and drops the zeros in front
    of tracking numbers. So rows whose text differs are compared once more, by what they mean.
    """
    left = Counter(said for said, __ in _said(sheet))
    rows = []
    for said, row in _said(back):
        if left[said]:
            left[said] -= 1
        else:
            rows.append(row.number)
    if not rows:
        return None
    lost = max(0, left.total() - len(rows))
    rows = _without_saved(rows, (back, check(back)), (sheet, check(sheet)), left)
    return Mended(rows=tuple(rows), lost=lost) if rows else None


def _without_saved(
    numbers: Sequence[int],
    back: tuple[Sheet, Sequence[CheckedRow]],
    sheet: tuple[Sheet, Sequence[CheckedRow]],
    left: Counter[int],
) -> list[int]:
    """Return the numbers of rows without those that only a program's saving has changed.

    Args:
        numbers: numbers of the results' rows whose text the sheet does not have.
        back: the results, and their rows checked.
        sheet: the sheet, and its rows checked.
        left: how often the sheet has a text, by its fingerprint, that no row of the results has.
    """
    whole: dict[Hashable, list[str]] = {}
    for (said, row), checked in zip(_said(sheet[0]), sheet[1], strict=True):
        if left[said]:
            whole.setdefault(_meaning(sheet[0], row, checked), []).append(rpo_of(sheet[0], row))
    wanted = set(numbers)
    mended = []
    for row, checked in zip(back[0].rows, back[1], strict=True):
        if row.number not in wanted:
            continue
        rpo = rpo_of(back[0], row)
        alike = whole.get(_meaning(back[0], row, checked), [])
        found = next((one for one in alike if one == rpo or lacks_zeros(rpo, one)), None)
        if found is None:
            mended.append(row.number)
        else:
            alike.remove(found)
    return mended


def _meaning(sheet: Sheet, row: Row, checked: CheckedRow) -> Hashable:
    """Return what a row would send, or else what it says; in both without zeros in front."""
    rpo = rpo_of(sheet, row).lstrip("0")
    update = checked.update
    if update is not None:
        return update.bill_id, update.status, update.date, rpo
    places = (place for field, place in sheet.layout.columns.items() if field is not Field.RPO)
    return (rpo, *(_text(row, place) for place in (*places, sheet.layout.void_column)))


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
    mended = {order_of(back, row) for said, row in _said(back) if said not in own}
    for (said, row), checked in zip(_said(sheet), check(sheet), strict=True):
        if kept[said]:
            kept[said] -= 1
        elif checked.update is not None and _is_open(
            checked.update, entries(checked.update.bill_id), is_new=order_of(sheet, row) in mended
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


def order_of(sheet: Sheet, row: Row) -> str:
    """Return the digits of a row's order; empty if it has none."""
    text = _text(row, sheet.layout.columns.get(Field.BILL_ID))
    return "".join(filter(str.isdigit, text)).lstrip("0")


def rpo_of(sheet: Sheet, row: Row) -> str:
    """Return a row's tracking number as it is written, without the blanks in it."""
    return _text(row, sheet.layout.columns.get(Field.RPO)).replace(" ", "")
