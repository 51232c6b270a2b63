"""A team's ledger on a real server, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from batch_update.ledger.entries import SENDING, key_of
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.address import DatabaseAddress, read_address
from batch_update.ledger.store import Note
from batch_update.model import OrderUpdate, Status

DAY = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
NEXT_DAY = DAY + dt.timedelta(days=1)


def set_up(url: str) -> DatabaseAddress:
    """Make the schema in a database; give its address."""
    with psycopg.connect(url, autocommit=True) as connection:
        schema.migrate(connection, "the ledger")
    return address_of(url)


def address_of(url: str) -> DatabaseAddress:
    return read_address(url, "--ledger", {})


def ask(address: DatabaseAddress, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement beside the ledger."""
    keywords: dict[str, Any] = dict(address.conninfo())
    with psycopg.connect(**keywords, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def payment(order: int = 1, at: dt.datetime = DAY) -> OrderUpdate:
    return OrderUpdate(bill_id=order, status=Status.PAID, date=at)


def note(update: OrderUpdate, event: str = SENDING, row: int = 2) -> Note:
    return Note(update.bill_id, key_of(update), row, event, 1)
