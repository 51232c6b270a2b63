"""A connection for those who look after the team's ledger: they see and may change all of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import psycopg
from psycopg import errors

from batch_update import wording
from batch_update.errors import LedgerAwayError, LedgerError, LedgerInUseError
from batch_update.i18n import _
from batch_update.ledger import holders
from batch_update.ledger.entries import from_ms, utc_now
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.connection import Address, connect
from batch_update.ledger.postgresql.faults import advice_of, reason_of
from batch_update.ledger.postgresql.tables import ADMINISTRATOR
from batch_update.model import Holder

_IS_MEMBER = "SELECT pg_catalog.pg_has_role(current_user, %s, 'MEMBER')"
_AT_WORK = """
    SELECT runs.pid, runs.host, runs.started_at, runs.operator
    FROM batch_update.runs JOIN batch_update.shops ON shops.id = runs.shop
    WHERE runs.ended_at = 0 AND runs.lost_at = 0 AND runs.lease_until >= batch_update.now_ms()
    AND (shops.name = ANY (%s::text[]) OR %s)
    ORDER BY runs.id LIMIT 1
"""


@contextlib.contextmanager
def administering(
    address: Address,
    isolation: Literal["", "ISOLATION LEVEL REPEATABLE READ"] = "",
) -> Iterator[psycopg.Connection[Any]]:
    """Connect, and begin a transaction as an administrator, which is committed at the end.

    Args:
        address: the database.
        isolation: of the transaction, if it is not the usual one.

    Raises:
        LedgerAwayError: the database cannot be reached, or goes away.
        LedgerError: the schema does not go with the program, the user is no administrator, or the
            database refuses what is asked; nothing is changed.
    """
    with administrator(address) as connection, connection.transaction():
        if isolation:
            connection.execute(f"SET TRANSACTION {isolation}")
        begin_as_administrator(connection)
        yield connection


@contextlib.contextmanager
def administrator(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a schema that goes with the program, as one who sees all of it.

    Raises:
        LedgerAwayError: the database cannot be reached, or goes away.
        LedgerError: the schema does not go with the program, the user is no administrator, or the
            database refuses what is asked.
    """
    shown = shown_of(address)
    try:
        with connect(address) as connection:
            schema.check(connection, shown)
            ((is_administrator,),) = connection.execute(_IS_MEMBER, (ADMINISTRATOR,)).fetchall()
            if not is_administrator:
                raise _not_administrator(shown, connection.info.user)
            yield connection
    except psycopg.Error as error:
        raise told(error, shown) from error


def shown_of(address: Address) -> str:
    """Return the database, for people."""
    return _("the ledger {path}").format(path=wording.printable(address.shown))


def begin_as_administrator(connection: psycopg.Connection[Any]) -> None:
    """Take the role that owns all tables, within a transaction that may take its time."""
    connection.execute(f"SET LOCAL ROLE {ADMINISTRATOR}")
    # Where a policy would hide a line, the query fails.
    connection.execute("SET LOCAL row_security = off")
    connection.execute("SET LOCAL synchronous_commit = on")
    connection.execute("SET LOCAL statement_timeout = 0")
    # To compile one of these queries takes longer than the query.
    connection.execute("SET LOCAL jit = off")
    connection.execute("SET LOCAL lock_timeout = '60s'")


def refuse_runs(
    connection: psycopg.Connection[Any], address: Address, shops: Sequence[str] | None = None
) -> None:
    """Refuse to go on while a run is at work with one of some shops; with any, if none are named.

    Raises:
        LedgerInUseError: one is; the message says which.
    """
    rows = connection.execute(_AT_WORK, (list(shops or ()), shops is None)).fetchall()
    if not rows:
        return
    pid, host, started_at, operator = rows[0]
    holder = Holder(pid=pid, host=host, since=from_ms(started_at), user=operator)
    who = holders.refuse(holder, utc_now().astimezone().tzinfo).who
    raise LedgerInUseError(
        _(
            "{shown}: {who} is at work. Start again when no run is at work; nothing was changed."
        ).format(shown=shown_of(address), who=who)
    )


def told(error: psycopg.Error, shown: str) -> LedgerError:
    """Return a fault of the database as a line for the user."""
    reason = reason_of(error)
    if isinstance(error, errors.OperationalError | errors.InterfaceError):
        return LedgerAwayError(
            _(
                "{shown} cannot be reached, or went away: {reason}. Nothing was changed. {advice} "
                "Then start again."
            ).format(shown=shown, reason=reason, advice=advice_of(error))
        )
    return LedgerError(
        _(
            "{shown} refuses what is asked: {reason}. Nothing was changed. Ask the administrator "
            "of the database."
        ).format(shown=shown, reason=reason)
    )


def _not_administrator(shown: str, user: str) -> LedgerError:
    return LedgerError(
        _(
            "{shown}: the database user {user} may not see all shops, so nothing was done. Ask "
            "an administrator of the ledger to do it, or for the role {role}."
        ).format(shown=shown, user=wording.printable(user), role=ADMINISTRATOR)
    )
