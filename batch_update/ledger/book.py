"""One account's part of the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from batch_update.ledger import schema
from batch_update.ledger.entries import now, written
from batch_update.orders import Delivery, Entry, OrderUpdate, PastUpdate, Status


class Storage(Protocol):
    """What keeps the ledger; each method may raise a `LedgerError`."""

    def read(self, query: str, values: tuple[object, ...]) -> list[Entry]:
        """Give the lines that a query finds."""

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

    def for_file(self, name: str) -> Book:
        """Give the same part, to note down what one sheet says."""
        return Book(self._storage, self._account, name)

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update before; None if it is not known.

        A payment is the same whatever its date, and so is an update whose date is not its row's
        own but the day of the run, unless the order was cancelled or returned since.

        Raises:
            LedgerError: the ledger cannot be read.
        """
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
        entries = self._storage.read(schema.OVERTAKEN, (*self._key(update), written(past.at)))
        return entries[0] if entries else None

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that an update is about to be sent, as soon as `commit` has returned.

        Raises:
            LedgerError: it cannot be noted, so it must not be sent.
        """
        self._storage.note(
            schema.BEGIN, (*self._key(update), schema.SENDING, self._file, row, now())
        )

    def settle(self, update: OrderUpdate, delivery: Delivery) -> None:
        """Note what came of it.

        Raises:
            LedgerError: it cannot be noted; the next run will ask what became of it.
        """
        code = "" if delivery.error_code is None else str(delivery.error_code)
        self._storage.note(
            schema.SETTLE,
            (
                delivery.outcome.value,
                code,
                delivery.error_text,
                delivery.attempts,
                now(),
                *self._key(update),
            ),
        )

    def commit(self) -> None:
        """Make durable what was noted, all of it or nothing.

        Raises:
            LedgerError: it could not be done; nothing noted since the last time counts.
        """
        self._storage.commit()

    def _key(self, update: OrderUpdate) -> tuple[str, int, str, int, str]:
        seconds = 0 if update.date is None else int(update.date.timestamp())
        return self._account, update.bill_id, update.status.value, seconds, update.rpo or ""
