"""What results say that the sheet they came from does not, and whether the two contradict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

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

_LIKENESS = (
    (Field.BILL_ID, Field.STATUS),
    (Field.BILL_ID, Field.RPO),
    (Field.BILL_ID,),
    (Field.RPO,),
    (Field.STATUS, Field.DATE),
)
"""What a row that was mended still has of its old form, the surest first."""


def compare(back: Sheet, sheet: Sheet, check: Check, entries: Entries) -> Mended | None:
    """Compare results with their sheet; None if no row of theirs was mended by a person.

    A spreadsheet program that saves a csv writes dates in its own way and drops the zeros in front
    of tracking numbers. So rows whose text differs are compared once more, by what they mean.
    """
    left = Counter(said for said, __ in _said(sheet))
    other = []
    for said, row in _said(back):
        if left[said]:
            left[said] -= 1
        else:
            other.append(row)
    if not other:
        return None
    checked = check(sheet)
    numbers = [row.number for row in other]
    rows = _without_saved(numbers, (back, check(back)), (sheet, checked), left)
    if not rows:
        return None
    lost = _find_lost((back, other), sheet, left)
    numbers_lost = {row.number for row in lost}
    unconfirmed = [
        one.row for one in checked if one.row in numbers_lost and not _is_done(one, entries)
    ]
    return Mended(rows=tuple(rows), lost=len(lost), unconfirmed=unconfirmed)


def _find_lost(
    back: tuple[Sheet, Sequence[Row]], sheet: Sheet, left: Mapping[int, int]
) -> list[Row]:
    """Find the rows of a sheet that its results do not have in another form either.

    Args:
        back: the results, and those of their rows that the sheet does not have.
        sheet: the sheet.
        left: how often the sheet has a text, by its fingerprint, that no row of the results has.
    """
    still = Counter(left)
    lost = []
    for said, row in _said(sheet):
        if still[said]:
            still[said] -= 1
            lost.append(row)
    others = list(back[1])
    for fields in _LIKENESS:
        alike = Counter(_texts(back[0], row, fields) for row in others)
        lost, paired = _take(alike, sheet, lost, fields)
        others, __ = _take(paired, back[0], others, fields)
    return lost[len(others) :]


def _take(
    wanted: Mapping[tuple[str, ...], int],
    sheet: Sheet,
    rows: Sequence[Row],
    fields: Sequence[Field],
) -> tuple[list[Row], Counter[tuple[str, ...]]]:
    """Return rows without as many as are wanted of each text; and what was found of these."""
    still, found = Counter(wanted), Counter[tuple[str, ...]]()
    kept = []
    for row in rows:
        texts = _texts(sheet, row, fields)
        if texts[0] and still[texts]:
            still[texts] -= 1
            found[texts] += 1
        else:
            kept.append(row)
    return kept, found


def _texts(sheet: Sheet, row: Row, fields: Sequence[Field]) -> tuple[str, ...]:
    return tuple(
        order_of(sheet, row)
        if field is Field.BILL_ID
        else _text(row, sheet.layout.columns.get(field))
        for field in fields
    )


def _is_done(checked: CheckedRow, entries: Entries) -> bool:
    """Return whether nothing is to be sent for a row: the shop has confirmed it, or it says so."""
    if checked.skipped is not None or checked.same_as is not None:
        return True
    update = checked.update
    return update is not None and any(
        entry.confirmed
        and (
            entry.update == update
            # It is recognised by its order alone.
            or (entry.update.status is update.status and not update.status.rule.is_repeatable)
        )
        for entry in entries(update.bill_id)
    )


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


def count_left_open(back: Sheet, sheet: Sheet, check: Check, entries: Entries) -> int:
    """Count the rows of another sheet's results that need a person, of orders new to a sheet.

    Of the same sheet, in which something was mended since, the results still have most orders.

    Args:
        back: the results.
        sheet: the sheet whose results are to take their place.
        check: makes updates of rows.
        entries: the ledger's entries of an order.
    """
    orders = {order_of(sheet, row) for row in sheet.rows}
    other = [order_of(back, row) not in orders for row in back.rows]
    if 2 * sum(other) <= len(other):
        return 0
    pairs = zip(other, check(back), strict=True)
    return sum(is_other and not _is_done(checked, entries) for is_other, checked in pairs)


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
