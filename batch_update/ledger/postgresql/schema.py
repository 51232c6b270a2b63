"""The schema of a team's ledger: its version, and how it is brought up to date."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import errors

from batch_update import wording
from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.ledger.postgresql import tables
from batch_update.ledger.postgresql.tables import ADMINISTRATOR, OPERATOR, READER

_TRIES = 10
"""Others may be at the same at the same moment; each time one of them gets on."""

# What one of several meets who make the same things at once; it finds them made the next time.
_MADE_BY_ANOTHER = (
    errors.UniqueViolation,
    errors.DuplicateObject,
    errors.DuplicateSchema,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.InternalError_,
)
_ABSENT = (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedFunction)

_ROLE = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN
            CREATE ROLE {role} NOLOGIN;
        END IF;
    END $$
"""
_IS_MEMBER = "SELECT pg_catalog.pg_has_role(current_user, %s, 'MEMBER')"
_TABLES_THERE = """
    SELECT count(*) FROM pg_catalog.pg_class AS tables
    JOIN pg_catalog.pg_namespace AS schemas ON schemas.oid = tables.relnamespace
    WHERE schemas.nspname = 'batch_update' AND tables.relname = %s
"""
_SCHEMAS = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'batch_update'"
_ENCODING = "SELECT pg_catalog.current_setting('server_encoding')"
_VERSION = "SELECT version FROM batch_update.meta"

LIMITS: LiteralString = "SET LOCAL statement_timeout = '8s'; SET LOCAL lock_timeout = '4s'"
"""For a transaction of short statements; those of the database or the user may be anything."""

_MIGRATION_LIMITS: LiteralString = (
    "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '30s'"
)

Connection = psycopg.Connection[tuple[Any, ...]]


def version() -> int:
    """Return the version of the schema that goes with this program."""
    return len(tables.STEPS)


def migrate(connection: Connection, shown: str) -> int:
    """Make the schema or bring it up to date, as a whole or not at all.

    Several may do so at once, as often as they like.

    Args:
        connection: in autocommit mode, as a user who may: the first time, one who may make roles
            and schemas; from then on, a member of the administrators.
        shown: the database, for people.

    Returns:
        The version before: 0 for a database without one.

    Raises:
        LedgerError: it is of a newer version, or the user lacks a right; nothing was changed.
        psycopg.Error: the database cannot be reached.
    """
    try:
        for _try in range(_TRIES - 1):
            try:
                return _migrate(connection, shown)
            except _MADE_BY_ANOTHER:
                continue
        return _migrate(connection, shown)
    except errors.InsufficientPrivilege as error:
        raise LedgerError(
            _(
                "{shown}: the database user {user} may not set up the ledger: {reason}. Do it as a "
                "user who may: the first time, one with the attribute {attribute} and the right "
                "{right} on the database; later, a member of the role {role}. Nothing was changed."
            ).format(
                shown=shown,
                user=_user_of(connection),
                reason=_reason(error),
                role=ADMINISTRATOR,
                attribute="CREATEROLE",
                right="CREATE",
            )
        ) from error


def check(connection: Connection, shown: str) -> None:
    """Make sure that the schema goes with this program, and that the user may look at it.

    Raises:
        LedgerError: it is absent, older or newer, or the user lacks the right.
        psycopg.Error: the database cannot be reached.
    """
    try:
        with connection.transaction():
            connection.execute(LIMITS)
            ((found,),) = connection.execute(_VERSION).fetchall()
    except _ABSENT as error:
        raise LedgerError(
            _(
                "{shown} holds no ledger yet. Ask the administrator to set it up once: "
                "batch-update --ledger-migrate. Nothing was sent."
            ).format(shown=shown)
        ) from error
    except errors.InsufficientPrivilege as error:
        raise not_permitted(shown, _user_of(connection)) from error
    if found < version():
        raise LedgerError(
            _(
                "{shown} was set up by an older batch-update. Ask the administrator to bring it up "
                "to date: batch-update --ledger-migrate. Nothing was sent."
            ).format(shown=shown)
        )
    _refuse_newer(found, shown)


def not_permitted(shown: str, user: str) -> LedgerError:
    """Return the error for a user of the database without a role in the ledger."""
    return LedgerError(
        _(
            "{shown}: the database user {user} has no right to this ledger. Ask the administrator "
            "for the role {operator}, or {reader} if you only look: {command}. Nothing was sent."
        ).format(
            shown=shown,
            user=user,
            operator=OPERATOR,
            reader=READER,
            command=f'GRANT {OPERATOR} TO "{user}"',
        )
    )


def _migrate(connection: Connection, shown: str) -> int:
    with connection.transaction():
        connection.execute(_MIGRATION_LIMITS)
        if not connection.execute(_SCHEMAS).fetchall()[0][0]:
            _refuse_encoding(connection, shown)
            _make_schema(connection)
        # Whoever is a member owns all tables together with the others.
        connection.execute(f"SET LOCAL ROLE {ADMINISTRATOR}")
        found = 0
        if connection.execute(_TABLES_THERE, ("meta",)).fetchall()[0][0]:
            # Runs read it only when they start; a second migration waits here for the first.
            connection.execute("LOCK TABLE batch_update.meta IN ACCESS EXCLUSIVE MODE")
            ((found,),) = connection.execute(_VERSION).fetchall()
        _refuse_newer(found, shown)
        if found < version():
            for step in tables.STEPS[found:]:
                for statement in step:
                    connection.execute(statement)
            connection.execute("UPDATE batch_update.meta SET version = %s", (version(),))
    return int(found)


def _refuse_encoding(connection: Connection, shown: str) -> None:
    """Refuse a database that cannot keep each text: a run would stop at the first such."""
    ((encoding,),) = connection.execute(_ENCODING).fetchall()
    if encoding != "UTF8":
        raise LedgerError(
            _(
                "{shown} keeps its texts in {encoding}, which lacks signs of names and of what "
                "shops say. Make a database in UTF-8 for the ledger: {command}. Nothing was "
                "changed."
            ).format(
                shown=shown,
                encoding=encoding,
                command="CREATE DATABASE ledger ENCODING 'UTF8' TEMPLATE template0",
            )
        )


def _make_schema(connection: Connection) -> None:
    """Make the roles, which all databases of a server share, and the schema, which they own."""
    for role in (OPERATOR, READER, ADMINISTRATOR):
        connection.execute(_ROLE.format(role=role))
    if not connection.execute(_IS_MEMBER, (ADMINISTRATOR,)).fetchall()[0][0]:
        connection.execute(f"GRANT {ADMINISTRATOR} TO CURRENT_USER")
    connection.execute(f"CREATE SCHEMA batch_update AUTHORIZATION {ADMINISTRATOR}")


def _refuse_newer(found: int, shown: str) -> None:
    if found > version():
        raise LedgerError(
            _(
                "{shown} was set up by a newer batch-update. Install that one here too; nothing "
                "was sent."
            ).format(shown=shown)
        )


def _user_of(connection: Connection) -> str:
    return wording.printable(connection.info.user)


def _reason(error: psycopg.Error) -> str:
    return wording.printable(error.diag.message_primary or str(error))
