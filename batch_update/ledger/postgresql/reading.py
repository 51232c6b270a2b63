"""Reading of the team's ledger for people, as it is at one moment, beside its runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import psycopg

from batch_update import wording
from batch_update.errors import LedgerAwayError, LedgerError
from batch_update.i18n import _
from batch_update.ledger.losses import Loss
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.connection import Address, connect
from batch_update.ledger.postgresql.faults import advice_of, reason_of
from batch_update.ledger.reading import LedgerReader, RunSigns

_OPENING: LiteralString = """
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = batch_update;
    SET LOCAL idle_in_transaction_session_timeout = '10min';
    SET LOCAL statement_timeout = '10min';
    SET LOCAL lock_timeout = '30s'
"""
_REMARKS: LiteralString = """
    SELECT id, reason, lost_kind, lost_operator, lost_host, lost_pid, lost_reason FROM runs
    WHERE reason <> '' OR lost_kind <> ''
"""
_AT_WORK: LiteralString = """
    SELECT id FROM runs
    WHERE ended_at = 0 AND lost_at = 0 AND lease_until >= batch_update.now_ms()
"""


def open_reader(address: Address, shops: Sequence[str] = ()) -> LedgerReader:
    """Open the ledger as it is at one moment.

    Args:
        address: its database.
        shops: names of the shops that are looked at; empty for all.

    Raises:
        LedgerAwayError: it cannot be reached.
        LedgerError: it cannot be read, or is of another version.
    """
    return LedgerReader(_Source(address), shops)


class _Source:
    """The database, open for reading."""

    def __init__(self, address: Address) -> None:
        self._shown = _("the ledger {path}").format(path=wording.printable(address.shown))
        with self._told():
            self._connection = connect(address)
        try:
            with self._told():
                schema.check(self._connection, self._shown)
                self._connection.execute(_OPENING)
                remarks = self._connection.execute(_REMARKS).fetchall()
                self._remarks = {
                    number: (reason, Loss(*loss) if loss[0] else None)
                    for number, reason, *loss in remarks
                }
                self._at_work = {number for (number,) in self._connection.execute(_AT_WORK)}
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Turn faults of the values that are read into a line for the user."""
        return self._told()

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Iterate over the lines that a query finds."""
        with self._told():
            text = query.replace("?", "%s")
            yield from self._connection.execute(text, values or None).fetchall()

    def is_at_work(self, run: RunSigns) -> bool:
        """Return whether a run goes on: its lease does."""
        return run.number in self._at_work

    def remarks_on(self, run: int) -> tuple[str, Loss | None]:
        """Return the reason that was given for a run, and why it was taken for lost."""
        return self._remarks.get(run, ("", None))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as error:
            raise LedgerAwayError(
                _("{shown} cannot be reached: {reason}. {advice}").format(
                    shown=self._shown, reason=reason_of(error), advice=advice_of(error)
                )
            ) from error
        except (psycopg.Error, ValueError, OverflowError) as error:
            raise LedgerError(
                _(
                    "{shown} cannot be read: {reason}. Ask the administrator of the database."
                ).format(
                    shown=self._shown,
                    reason=reason_of(error) if isinstance(error, psycopg.Error) else str(error),
                )
            ) from error
