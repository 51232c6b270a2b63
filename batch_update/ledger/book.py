"""One account's part of the ledger."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from batch_update.ledger import schema
from batch_update.ledger.entries import now, written
from batch_update.orders import Delivery, Entry, OrderUpdate, PastUpdate, Status


class Storage(Protocol):
    """What keeps the ledger; each method may raise a `LedgerError`."""

    def read(self, query: str, values: tuple[object, ...]) -> list[Entry]:
        """Give the lines that a query finds."""

    def execute(self, statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        """Run one statement and give what it finds."""

    def note(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one statement, durable after the next `commit`."""

    def commit(self) -> None:
        """Make durable what was noted."""


class Book:
    """The part of the ledger that is one account's.

    Args:
        storage: the whole of it.
        account: whose part.
        file: the sheet that is being sent.
    """

    def __init__(self, storage: Storage, account: str, file: str = "") -> None:
        self._storage = storage
        self._account = account
        self._file = file
        self._unheard_of: set[int] = set()
        self._noted: list[tuple[object, ...]] = []

    def for_file(self, name: str) -> Book:
        """Give the same part, to note down what one sheet says."""
        return Book(self._storage, self._account, name)

    def look_ahead(self, bill_ids: Sequence[int]) -> None:
        """Find out at once which of the next orders are not known at all.

        Until an update of theirs is begun here, that stays so, as the account is held.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self._write()
        for start in range(0, len(bill_ids), schema.MOST_ASKED_FOR):
            asked = bill_ids[start : start + schema.MOST_ASKED_FOR]
            query = schema.KNOWN.format(places=", ".join("?" * len(asked)))
            found = self._storage.execute(query, (self._account, *asked))
            known = {bill_id for (bill_id,) in found}
            self._unheard_of.update(bill_id for bill_id in asked if bill_id not in known)

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update before; None if it is not known.

        A payment is the same whatever its date, and so is an update whose date is not its row's
        own but the day of the run, unless the order was cancelled or returned since.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        if update.bill_id in self._unheard_of:
            return None
        self._write()
        entries = self._storage.read(schema.RECALL, self._key(update))
        if entries:
            return entries[0].past
        if update.status is not Status.PAID and not update.is_date_assumed:
            return None
        account, bill_id, status, _, rpo = self._key(update)
        entries = self._storage.read(schema.RECALL_ANY_DATE, (account, bill_id, status, rpo))
        if not entries:
            return None
        return replace(entries[0].past, dated=entries[0].update.date)

    def overtaken_by(self, update: OrderUpdate, past: PastUpdate) -> Entry | None:
        """Find what the shop confirmed of the order since an update was tried in vain.

        A payment overtakes nothing: it stands beside the other statuses.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self._write()
        entries = self._storage.read(schema.OVERTAKEN, (*self._key(update), written(past.at)))
        return entries[0] if entries else None

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that an update is about to be sent, as soon as `commit` has returned."""
        self._unheard_of.discard(update.bill_id)
        line = (*self._key(update), schema.SENDING, "", "", 0, self._file, row, now(), "")
        self._noted.append(line)

    def settle(self, update: OrderUpdate, row: int, delivery: Delivery) -> None:
        """Note what came of one that was begun; if it cannot be, the next run will ask the shop."""
        code = "" if delivery.error_code is None else str(delivery.error_code)
        came = (delivery.outcome.value, code, delivery.error_text, delivery.attempts)
        self._noted.append((*self._key(update), *came, self._file, row, "", now()))

    def commit(self) -> None:
        """Make durable what was noted, all of it or nothing.

        Raises:
            LedgerError: it could not be done; nothing noted since the last time counts.
        """
        self._write()
        self._storage.commit()

    def _write(self) -> None:
        """Tell the storage what was noted, several lines at a time: each call has its price."""
        noted, self._noted = self._noted, []
        for start in range(0, len(noted), schema.MOST_NOTED):
            lines = noted[start : start + schema.MOST_NOTED]
            statement = schema.NOTE.format(lines=", ".join([schema.A_LINE] * len(lines)))
            self._storage.note(statement, tuple(itertools.chain.from_iterable(lines)))

    def _key(self, update: OrderUpdate) -> tuple[str, int, str, int, str]:
        seconds = 0 if update.date is None else int(update.date.timestamp())
        return self._account, update.bill_id, update.status.value, seconds, update.rpo or ""
