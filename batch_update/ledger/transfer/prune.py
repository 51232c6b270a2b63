"""A ledger that forgets, some orders at a time, while runs go on."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from batch_update.ledger.entries import Key, fold
from batch_update.ledger.transfer.retention import Forgotten, forgettable

ORDERS_AT_ONCE = 400
"""Older SQLite takes only 999 values."""

OLD_ORDERS = """
    SELECT updates.bill_id, updates.shop FROM {s}updates AS updates
    WHERE (updates.bill_id, updates.shop) > (?, ?)
    AND updates.status <> 'paid'
    AND 0 = (
        SELECT count(*) FROM {s}updates AS beside JOIN {s}attempts AS attempts
        ON attempts.update_id = beside.id
        WHERE beside.bill_id = updates.bill_id AND beside.shop = updates.shop
        AND (attempts.at >= ? OR beside.state IN ('sending', 'unconfirmed'))
    )
    GROUP BY updates.bill_id, updates.shop
    ORDER BY updates.bill_id, updates.shop LIMIT ?
"""
"""Orders with something else than payments, of which nothing is young or open by its state.

It counts, since a database would look for what exists in all orders at once.
"""

LINES = """
    SELECT shops.name, updates.bill_id, updates.status, updates.date, updates.rpo, attempts.seq,
    attempts.event, attempts.at, attempts.row, attempts.code, attempts.text, attempts.unknown_at,
    sheets.name, sheets.sha256, runs.id, runs.alive_at, runs.ended_at, runs.ahead, '', 0,
    updates.shop, updates.id
    FROM {s}updates AS updates
    LEFT JOIN {s}attempts AS attempts ON attempts.update_id = updates.id
    LEFT JOIN {s}sheets AS sheets ON sheets.id = attempts.sheet
    LEFT JOIN {s}runs AS runs ON runs.id = sheets.run
    LEFT JOIN {s}shops AS shops ON shops.id = updates.shop
    WHERE (updates.bill_id, updates.shop) IN (VALUES {places})
    ORDER BY updates.bill_id, updates.shop, attempts.seq
"""


class Order(NamedTuple):
    """An order of a shop, by its number."""

    bill_id: int
    shop: int


class Old(NamedTuple):
    """An update that is forgotten: its id, and its key in the table."""

    id: int
    bill_id: int
    shop: int
    status: str
    date: int
    rpo: str


class Batch(Protocol):
    """A transaction over some orders."""

    schema: str

    def run(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement; `?` stands for each value."""

    def forget(self, updates: Sequence[Old], before_ms: int) -> None:
        """Delete updates and their attempts, which are older than a moment."""

    def free(self, orders: Sequence[Order]) -> set[Order]:
        """Return which of some orders no run works on, and keep runs from them until the end."""


class Prunable(Protocol):
    """A ledger that forgets."""

    def batch(self, *, is_trial: bool) -> contextlib.AbstractContextManager[Batch]:
        """Begin a transaction, and commit it at the end; in a trial, nothing is written."""


def prune(
    ledger: Prunable,
    before_ms: int,
    *,
    is_trial: bool = False,
    on_progress: Callable[[Forgotten], None] = lambda __: None,
) -> Forgotten:
    """Forget what is older than a moment and may be forgotten.

    Args:
        ledger: the ledger.
        before_ms: the moment, in milliseconds since 1970.
        is_trial: whether it is only counted.
        on_progress: called after each transaction.

    Raises:
        LedgerError: it could not be done; what was forgotten up to then stays so.
    """
    sums = Forgotten()
    last = Order(-1, -1)
    while True:
        # Sought without keeping runs from writing, which may take its time.
        with ledger.batch(is_trial=True) as batch:
            query = OLD_ORDERS.format(s=batch.schema)
            rows = batch.run(query, (*last, before_ms, ORDERS_AT_ONCE))
        orders = [Order(int(bill_id), int(shop)) for bill_id, shop in rows]
        if not orders:
            return sums
        with ledger.batch(is_trial=is_trial) as batch:
            found = list(_old_updates(batch, orders, before_ms, sums, is_trial=is_trial))
            if found and not is_trial:
                batch.forget(found, before_ms)
        last = orders[-1]
        on_progress(sums)


def _old_updates(
    batch: Batch, orders: Sequence[Order], before_ms: int, sums: Forgotten, *, is_trial: bool
) -> Iterator[Old]:
    """Iterate over the updates that may be forgotten."""
    free = set(orders) if is_trial else batch.free(orders)
    for order, lines in _lines(batch, orders):
        is_old = order in free and all(
            line[7] is not None and line[7] < before_ms for line in lines
        )
        keys = {_folded(key) for key in _forgettable(lines)} if is_old else set()
        # Spellings of a tracking number are one update, and kept as they were sent.
        gone = [(line[21], *line[2:5]) for line in lines if _folded(line[2:5]) in keys]
        sums.orders += bool(gone)
        sums.kept += not gone
        sums.attempts += len(gone)
        updates = sorted(set(gone))
        sums.updates += len(updates)
        yield from (Old(id_, *order, *key) for id_, *key in updates)


def _forgettable(lines: Sequence[tuple[Any, ...]]) -> list[Key]:
    """List the updates of an order that may be forgotten; none if a line is not understood."""
    try:
        return forgettable(fold(line[:20] for line in lines))
    except (ValueError, OverflowError):
        return []


def _folded(key: Sequence[Any]) -> Key:
    return str(key[0]), int(key[1]), str(key[2]).upper()


def _lines(batch: Batch, orders: Sequence[Order]) -> Iterator[tuple[Order, list[tuple[Any, ...]]]]:
    """Iterate over some orders, each with its lines."""
    places = ", ".join(["(?, ?)"] * len(orders))
    query = LINES.format(s=batch.schema, places=places)
    rows = batch.run(query, [number for order in orders for number in order])
    for (bill_id, shop), group in itertools.groupby(rows, key=lambda row: (row[1], row[20])):
        yield Order(int(bill_id), int(shop)), list(group)
