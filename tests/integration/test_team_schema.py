"""The schema of a team's ledger: made by several at once, brought up to date, kept by rights."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from batch_update.errors import LedgerError
from batch_update.ledger.postgresql import schema, tables
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.ledger.postgresql.ledger import TeamLedger
from batch_update.model import Outcome, SendResult
from tests.postgres import PostgresServer
from tests.teams import address_of, ask, payment, set_up

UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)
TABLES = (
    *("shops", "runs", "sheets", "sheet_counts", "updates", "attempts", "claims", "pace"),
    "actions",
)


@pytest.fixture
def address(database: str) -> DatabaseAddress:
    return set_up(database)


def migrate(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        return schema.migrate(connection, "the ledger")


@pytest.fixture
def users(postgres: PostgresServer, database: str) -> Iterator[dict[str, DatabaseAddress]]:
    """People with their rights in a database with two shops."""
    address = set_up(database)
    name = database.partition("?")[0].rpartition("/")[2]
    people = {
        "anna": ("operator", "a"),
        "boris": ("operator", "b"),
        "galina": ("operator", "*"),
        "rita": ("reader", "a"),
        "adam": ("administrator", ""),
        "nobody": ("", ""),
    }
    for person, (role, shop) in people.items():
        postgres.execute(f"CREATE ROLE {person} LOGIN")
        if role:
            postgres.execute(f"GRANT batch_update_{role} TO {person}")
        if shop:
            ask(address, "INSERT INTO batch_update.access VALUES (%s, %s)", person, shop)
    yield {person: address_of(postgres.url(name, person)) for person in people}
    postgres.drop_database(name)
    for person in people:
        postgres.execute(f"DROP ROLE {person}")


def work(address: DatabaseAddress, shop: str) -> None:
    """Let a run pay an order."""
    with TeamLedger(address) as ledger, ledger.hold(shop, address=f"https://{shop}") as book:
        sheet = book.for_file("day.xlsx", "abc")
        assert sheet.holder(1) is None
        sheet.begin(payment(), 2)
        sheet.commit()
        sheet.settle(payment(), 2, UPDATED)
        sheet.commit()
        sheet.end_sheet({Outcome.UPDATED: 1}, 0, "plan")


def count(address: DatabaseAddress) -> dict[str, int]:
    return {table: len(ask(address, f"TABLE batch_update.{table}")) for table in TABLES}


# Versions


def test_it_is_made_once_by_whoever_comes_first(database: str) -> None:
    found: list[int] = []

    def make() -> None:
        found.append(migrate(database))

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [0, *[schema.version()] * 5]
    work(address_of(database), "shop")


def test_a_run_tells_who_is_to_bring_the_ledger_up_to_date(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(database)
    with pytest.raises(LedgerError, match=r"holds no ledger yet.*--ledger-migrate"):
        TeamLedger(address)
    migrate(database)
    work(address, "shop")
    further = (*tables.STEPS, ("ALTER TABLE batch_update.shops ADD COLUMN motto text",))
    with monkeypatch.context() as newer:
        newer.setattr(tables, "STEPS", further)
        with pytest.raises(LedgerError, match=r"by an older batch-update.*--ledger-migrate"):
            TeamLedger(address)
        assert ask(address, "SELECT version FROM batch_update.meta") == [(1,)]
        assert [migrate(database), migrate(database)] == [1, 2]
        work(address, "another shop")
        assert ask(address, "SELECT motto FROM batch_update.shops") == [(None,), (None,)]
    with pytest.raises(LedgerError, match=r"by a newer batch-update. Install that one"):
        TeamLedger(address)
    with pytest.raises(LedgerError, match=r"by a newer batch-update. Install that one"):
        migrate(database)


def test_a_change_that_fails_halfway_leaves_all_as_it_was(
    address: DatabaseAddress, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ("ALTER TABLE batch_update.shops ADD COLUMN motto text", "SELECT 1/0")
    monkeypatch.setattr(tables, "STEPS", (*tables.STEPS, broken))
    with pytest.raises(errors.DivisionByZero):
        migrate(database)
    monkeypatch.undo()
    work(address, "shop")


def test_whoever_may_not_set_it_up_is_told_who_may(postgres: PostgresServer, database: str) -> None:
    name = database.partition("?")[0].rpartition("/")[2]
    postgres.execute("CREATE ROLE vera LOGIN")
    postgres.execute("CREATE ROLE maker LOGIN CREATEROLE")
    postgres.execute(f'GRANT CREATE ON DATABASE "{name}" TO maker')
    try:
        with pytest.raises(LedgerError, match=r"user vera may not set up .* CREATEROLE"):
            migrate(postgres.url(name, "vera"))
        assert migrate(postgres.url(name, "maker")) == 0
        assert migrate(postgres.url(name, "maker")) == 1
        with pytest.raises(LedgerError, match=r"vera .* member of the role batch_update_admin"):
            migrate(postgres.url(name, "vera"))
        postgres.execute("GRANT batch_update_administrator TO vera")
        assert migrate(postgres.url(name, "vera")) == 1
    finally:
        postgres.drop_database(name)
        postgres.execute("DROP ROLE vera")
        postgres.execute("DROP ROLE maker")


# Rights


def test_an_operator_sees_and_writes_nothing_of_other_shops(
    users: dict[str, DatabaseAddress],
) -> None:
    work(users["anna"], "a")
    expected = dict.fromkeys(TABLES, 1) | {"updates": 1, "attempts": 2, "claims": 0, "actions": 0}
    assert count(users["anna"]) == expected
    assert count(users["rita"]) == expected
    assert count(users["galina"]) == expected
    assert set(count(users["boris"]).values()) == {0}
    with pytest.raises(LedgerError, match=r"boris has no right to the shop a\. .*'boris', 'a'\)"):
        work(users["boris"], "a")
    work(users["boris"], "b")
    work(users["galina"], "new")
    assert count(users["anna"]) == expected
    assert count(users["galina"])["shops"] == 3
    assert ask(users["anna"], "SELECT * FROM batch_update.access") == [("anna", "a")]
    for statement in (
        "UPDATE batch_update.runs SET exit_status = 9",
        "UPDATE batch_update.sheets SET exit_status = 9",
        "UPDATE batch_update.updates SET state = 'rejected'",
        "UPDATE batch_update.pace SET next_at_us = 0",
        "DELETE FROM batch_update.claims",
    ):
        ask(users["boris"], statement)
    query = "SELECT state FROM batch_update.updates WHERE shop = 1"
    assert ask(users["anna"], query) == [("updated",)]
    assert ask(users["anna"], "SELECT exit_status FROM batch_update.sheets") == [(0,)]
    with pytest.raises(errors.InsufficientPrivilege):
        ask(users["boris"], "INSERT INTO batch_update.claims VALUES (1, 5, 1, 1, 1)")


def test_whoever_has_no_role_is_told_which_to_ask_for(users: dict[str, DatabaseAddress]) -> None:
    ask_for = 'GRANT batch_update_operator TO "{}"'
    with pytest.raises(LedgerError, match=ask_for.format("nobody")):
        TeamLedger(users["nobody"])
    with TeamLedger(users["rita"]) as ledger:
        assert ledger.look_at("a").order(1) == []
    with pytest.raises(LedgerError, match=ask_for.format("rita")):
        work(users["rita"], "a")


@pytest.mark.parametrize(
    ("person", "statement"),
    [
        ("anna", "UPDATE batch_update.attempts SET event = 'updated'"),
        ("anna", "DELETE FROM batch_update.attempts"),
        ("anna", "TRUNCATE batch_update.attempts"),
        ("anna", "DELETE FROM batch_update.updates"),
        ("anna", "DELETE FROM batch_update.runs"),
        ("anna", "UPDATE batch_update.actions SET reason = ''"),
        ("anna", "INSERT INTO batch_update.access VALUES ('anna', 'b')"),
        ("rita", "INSERT INTO batch_update.claims VALUES (1, 1, 1, 1, 1)"),
        ("rita", "SELECT nextval('batch_update.numbers')"),
        ("adam", "UPDATE batch_update.attempts SET event = 'updated'"),
        ("adam", "UPDATE batch_update.actions SET reason = ''"),
    ],
)
def test_what_was_noted_stays(
    users: dict[str, DatabaseAddress], person: str, statement: str
) -> None:
    work(users["anna"], "a")
    with pytest.raises(errors.InsufficientPrivilege):
        ask(users[person], statement)


def test_an_administrator_sees_all_and_gives_rights(users: dict[str, DatabaseAddress]) -> None:
    work(users["anna"], "a")
    work(users["boris"], "b")
    assert count(users["adam"])["updates"] == 2
    ask(users["adam"], "INSERT INTO batch_update.access VALUES ('batch_update_reader', 'b')")
    assert count(users["rita"])["updates"] == 2
