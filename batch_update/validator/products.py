"""Sheets with a row for each product: find the rows of an order that add nothing.

Shopify writes an order's status, date and tracking number into its first row only; others repeat
them in each row, with the minute in which each product was packed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from batch_update.i18n import _
from batch_update.model import (
    DATES,
    WITH_TRACKING,
    CheckedRow,
    Field,
    OrderUpdate,
    Problem,
    Row,
    Sheet,
    Status,
)
from batch_update.validator import cells
from batch_update.validator.columns import NO_COLUMN
from batch_update.validator.rows import Rules

_REPEATED = (Field.STATUS, *DATES, Field.RPO)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
_MISSING = frozenset(
    f"{field.topic}_{code}" for field in _REPEATED for code in ("missing", NO_COLUMN)
)


class ProductLines:
    """Finder of rows with nothing but the order number, below a row with the order's data.

    A row that is in order by the defaults of the run is left as it is, unless they give it the
    values of a row above: a default for all rows without a status is not lost.

    Args:
        sheet: the sheet of the rows.
        rules: the defaults.
    """

    def __init__(self, sheet: Sheet, rules: Rules) -> None:
        columns = sheet.layout.columns
        self._sheet = sheet
        self._status = columns.get(Field.STATUS)
        self._columns = [columns[field] for field in _REPEATED if field in columns]
        self._default = rules.default_status
        self._orders: set[int] = set()

    def note(self, sources: Iterable[Row], rows: Iterable[CheckedRow]) -> None:
        """Note those of some rows that may be such a line, by their orders."""
        for source, row in zip(sources, rows, strict=True):
            # Without a default, a valid row is none.
            if row.update is not None and self._default is None:
                continue
            if self._may_be_line(source, row) and row.bill_id is not None:
                self._orders.add(row.bill_id)

    def __bool__(self) -> bool:
        """Return whether a row may be such a line."""
        return bool(self._orders)

    def without(self, checked: Sequence[CheckedRow]) -> Iterator[CheckedRow]:
        """Iterate over all rows once more, those that are such lines marked as skipped.

        Args:
            checked: the rows as they were checked, in the order of the sheet.
        """
        said_in: dict[int, dict[Status | None, int]] = {}
        for source, row in zip(self._sheet.rows, checked, strict=True):
            if row.bill_id is None or row.bill_id not in self._orders:
                yield row
                continue
            above = said_in.setdefault(row.bill_id, {})
            if self._may_be_line(source, row) and _says_nothing_new(row, above):
                yield _skipped(row, self._sheet, min(above.values()))
                continue
            if self._says_what_is_to_be(source):
                above.setdefault(row.update.status if row.update else None, row.row)
            yield row

    def _says_what_is_to_be(self, source: Row) -> bool:
        """Return whether a row has a status, or the default one and a date or tracking number."""
        if not cells.is_empty(source.cell(self._status)):
            return True
        return self._default is not None and not self._is_bare(source)

    def _is_bare(self, source: Row) -> bool:
        """Return whether a row gives nothing to be done."""
        return all(cells.is_empty(source.cell(index)) for index in self._columns)

    def _may_be_line(self, source: Row, row: CheckedRow) -> bool:
        if row.update is None:
            has_other = any(problem.code not in _MISSING for problem in row.problems)
            if has_other or row.skipped is not None:
                return False
        elif self._default is None:
            return False
        return self._is_bare(source)


def _says_nothing_new(row: CheckedRow, above: Mapping[Status | None, int]) -> bool:
    return bool(above) and (row.update is None or row.update.status in above)


def _skipped(row: CheckedRow, sheet: Sheet, above: int) -> CheckedRow:
    column = sheet.layout.columns[Field.BILL_ID]
    text = _(
        "says nothing but the order number, as a further product of the order in row "
        "{row}; nothing is sent for it."
    ).format(row=above)
    why = Problem(row=row.row, column=column, code="continuation", text=text)
    return replace(row, update=None, problems=(), warnings=(), skipped=why)


def merge_times(
    updates: Sequence[tuple[CheckedRow, OrderUpdate]], sheet: Sheet, zone: dt.tzinfo
) -> list[tuple[CheckedRow, OrderUpdate]]:
    """Give the rows of an order that are one parcel the same time: the earliest.

    They are one if all rows of the order with that status name one tracking number and one day.

    Args:
        updates: the rows of one order with their updates.
        sheet: the sheet of the rows.
        zone: the zone in which days begin and end.
    """
    for status in WITH_TRACKING:
        updates = _merged(updates, status, sheet, zone)
    return list(updates)


def _merged(
    updates: Sequence[tuple[CheckedRow, OrderUpdate]], status: Status, sheet: Sheet, zone: dt.tzinfo
) -> Sequence[tuple[CheckedRow, OrderUpdate]]:
    """Give the rows of one status the same time."""
    sent = {update for __, update in updates if update.status is status}
    if len(sent) < 2 or len({update.parcel for update in sent}) > 1 or not is_one_day(sent, zone):
        return updates
    first = min(sent, key=lambda update: (update.is_date_assumed, _local(update, zone)))
    field = sheet.layout.date_field(status)
    name, column = sheet.layout.column_name(field), sheet.layout.columns.get(field)
    text = _(
        "the rows of order {bill_id} name one tracking number and one day, but different "
        "times. They are taken for one parcel, posted at the earliest ({time:%Y-%m-%d "
        "%H:%M}); check that."
    ).format(bill_id=first.bill_id, time=_local(first, zone))
    merged = []
    for row, update in updates:
        if update.status is not status:
            merged.append((row, update))
            continue
        doubt = Problem(row=row.row, column=column, code="date_times", text=f"{name}: {text}")
        merged.append((replace(row, update=first, warnings=(*row.warnings, doubt)), first))
    return merged


def is_one_day(updates: Iterable[OrderUpdate], zone: dt.tzinfo) -> bool:
    """Return whether updates, which all have a date, are of one day."""
    return len({_local(update, zone).date() for update in updates}) == 1


def _local(update: OrderUpdate, zone: dt.tzinfo) -> dt.datetime:
    return (update.date or _NEVER).astimezone(zone)
