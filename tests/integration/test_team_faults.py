"""What goes wrong with a team's database, and what a run and its user are told of it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, cast

import psycopg
import pytest

from batch_update.ledger.postgresql import absence, faults, sql
from batch_update.ledger.postgresql.absence import ToldOnce, WhileAway
from tests import listening
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_team import PATIENCE_S, Machine, changes, end, write
from tests.postgres import PostgresServer
from tests.sandbox import Fault, Script
from tests.team import add_run, make_tables, open_member

OPERATOR = "operator_of_faults"


@pytest.fixture
def team(database: str, run_cli: RunCli) -> str:
    """Give the address of a database that is set up."""
    assert run_cli("--ledger", database, "--ledger-migrate").status == 0
    return database


@pytest.fixture
def narrow(team: str, postgres: PostgresServer) -> Iterator[str]:
    """Give the address as a user with one connection, not two as a run needs."""
    postgres.execute(f"CREATE ROLE {OPERATOR} LOGIN CONNECTION LIMIT 1")
    postgres.execute(f"GRANT batch_update_operator TO {OPERATOR}")
    name = team.split("/")[3].split("?")[0]
    postgres.execute(sql.GIVE_ACCESS.format(user=OPERATOR, shop="*"), name)
    yield team.replace("postgres@", f"{OPERATOR}@")
    postgres.drop_database(name)
    postgres.execute(f"DROP ROLE {OPERATOR}")


def line_with(words: str, process: subprocess.Popen[str]) -> str:
    """Wait for a line of what a run says."""
    lines = []
    for line in cast("IO[str]", process.stderr):
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


def test_a_lease_without_a_connection_is_told_once_and_the_run_goes_on_when_there_is_one(
    tmp_path: Path, narrow: str, postgres: PostgresServer, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,")
    running = Machine(tmp_path, "anna", narrow, sandbox).start(sheet)
    line = line_with("is away", running)
    assert "the server has no connection left" in line
    assert sandbox.requests == []
    postgres.execute(f"ALTER ROLE {OPERATOR} CONNECTION LIMIT 2")
    status, out, err = end(running)
    assert status == 0, (out, err)
    assert (err.count("is back"), err.count("is away")) == (1, 0)
    assert set(changes(sandbox).values()) == {1}


def test_a_lease_that_stays_without_a_connection_ends_the_run_with_words(database: str) -> None:
    def connect() -> psycopg.Connection:
        raise psycopg.OperationalError("FATAL: sorry, too many clients already")

    make_tables(database)
    told: list[str] = []
    away = WhileAway(on_away=told.append, on_back=lambda: told.append("back"), longest_s=1.0)
    with open_member(connect, add_run(database), while_away=away) as member:
        ends_at = time.monotonic() + PATIENCE_S
        while not member.pace.stop_reason:
            assert time.monotonic() < ends_at
            time.sleep(0.01)
        assert "can no longer renew its lease" in member.pace.stop_reason
        assert "the server has no connection left" in member.pace.stop_reason
        assert "start again" in member.pace.stop_reason
        assert not member.lease.may_send()
    assert len(told) == 1


def test_a_lease_whose_work_is_refused_ends_the_run_with_words(database: str) -> None:
    make_tables(database)
    with open_member(lambda: psycopg.connect(database), add_run(database)) as member:
        assert member.lease.wait_until_held(PATIENCE_S)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("ALTER TABLE batch_update.pace RENAME TO gone")
        ends_at = time.monotonic() + PATIENCE_S
        while not member.pace.stop_reason:
            assert time.monotonic() < ends_at
            time.sleep(0.01)
        assert "can no longer renew its lease" in member.pace.stop_reason
        assert "start again" in member.pace.stop_reason


def test_two_connections_that_are_away_at_once_are_told_of_once() -> None:
    told: list[str] = []
    both = ToldOnce(WhileAway(on_away=told.append, on_back=lambda: told.append("back")))
    first, second = both.of_one(), both.of_one()
    first.on_away("full")
    second.on_away("gone")
    first.on_back()
    assert told == ["full"]
    second.on_back()
    assert told == ["full", "back"]


def test_a_database_that_stays_away_in_mid_run_ends_it_with_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,paid,2026-11-20,", "3,cancel,,")
    monkeypatch.setattr(absence, "WhileAway", partial(WhileAway, longest_s=1.0))
    with PostgresServer() as server:
        url = server.new_database("ledger")
        assert run_cli("--ledger", url, "--ledger-migrate").status == 0

        def take_away() -> None:
            sandbox.wait_for_requests(3, PATIENCE_S)
            server.stop("immediate")
            gate.set()

        stopping = threading.Thread(target=take_away)
        stopping.start()
        words = (sheet, "--ledger", url, "--workers", "1")
        run = run_cli(*words, shop=sandbox)
        stopping.join(PATIENCE_S)
        assert run.status == 3
        said = " ".join(run.err.split())
        assert "stopped early." in said
        assert "is away" in said
        assert "start again: what was sent is not sent twice" in said
        assert Counter(order for order, __ in changes(sandbox)) == {"1": 1, "2": 1}
        rows = (tmp_path / "day.results.csv").read_text(encoding="utf-8-sig").splitlines()
        assert ["not sent" in row for row in rows[1:]] == [False, False, True]
        server.start()
        # Its process would be gone by now.
        server.execute("UPDATE batch_update.runs SET lease_until = 1", "ledger")
        assert run_cli(*words, shop=sandbox).status == 0
    assert changes(sandbox) == {("1", "cancel"): 1, ("2", "paid"): 1, ("3", "cancel"): 1}


@pytest.mark.parametrize("is_standby", [True, False])
def test_a_database_that_takes_no_notes_ends_the_run_at_once_before_anything_is_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, *, is_standby: bool
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    with PostgresServer() as server:
        url = server.new_database("ledger")
        assert run_cli("--ledger", url, "--ledger-migrate").status == 0
        if is_standby:
            url = server.standby(synchronous=True).url("ledger")
        else:
            server.execute("ALTER DATABASE ledger SET default_transaction_read_only = on")
        begun = time.monotonic()
        run = run_cli(sheet, "--ledger", url, shop=sandbox)
        assert time.monotonic() - begun < PATIENCE_S
        assert run_cli(sheet, "--ledger", url, "--dry-run", shop=sandbox).status == 0
        assert run_cli("--ledger", url, "--runs").status == 0
    assert run.status == 5
    said = " ".join(run.err.split())
    assert "takes no notes just now" in said
    assert ("standby" if is_standby else "read only") in said
    assert "Nothing was sent." in said
    assert "is away" not in said
    assert sandbox.requests == []


def test_questions_and_works_do_not_hang_on_the_limits_of_the_database(
    team: str, run_cli: RunCli, postgres: PostgresServer
) -> None:
    name = team.split("/")[3].split("?")[0]
    postgres.execute("INSERT INTO batch_update.shops (name) VALUES ('shop')", name)
    run = add_run(team)
    words = ("--ledger", team)
    now_ms = "CREATE OR REPLACE FUNCTION batch_update.now_ms() RETURNS bigint LANGUAGE plpgsql AS"
    ((living,),) = postgres.execute("SELECT lease_until FROM batch_update.runs", name)
    slow = f"BEGIN PERFORM pg_sleep(0.3); RETURN {living - 1000}; END"
    postgres.execute(f"{now_ms} $$ {slow} $$", name)
    postgres.execute(f"ALTER DATABASE {name} SET statement_timeout = '100ms'")
    asked = run_cli(*words, "--runs")
    assert (asked.status, asked.err) == (0, "")
    assert "\n1 run\n" in asked.out
    unlocked = run_cli(*words, "--unlock", str(run.id), "--reason", "it hangs")
    assert (unlocked.status, unlocked.err) == (0, "")


def test_a_run_works_in_whatever_style_a_database_writes_moments(
    tmp_path: Path, team: str, postgres: PostgresServer, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    name = team.split("/")[3].split("?")[0]
    postgres.execute(f"ALTER DATABASE {name} SET datestyle = 'German, DMY'")
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,paid,2026-11-20,")
    assert Machine(tmp_path, "anna", team, sandbox).run(sheet)[0] == 0
    assert set(changes(sandbox).values()) == {1}


def test_a_database_that_lacks_letters_is_refused_before_it_is_used(
    postgres: PostgresServer, run_cli: RunCli
) -> None:
    postgres.execute(
        "CREATE DATABASE old_letters ENCODING 'WIN1251' LC_COLLATE 'C' LC_CTYPE 'C'"
        " TEMPLATE template0"
    )
    made = run_cli("--ledger", postgres.url("old_letters"), "--ledger-migrate")
    assert made.status == 2
    said = " ".join(made.err.split())
    assert "keeps its texts in WIN1251" in said
    assert "ENCODING 'UTF8'" in said
    query = "SELECT 1 FROM pg_namespace WHERE nspname = 'batch_update'"
    assert postgres.execute(query, "old_letters") == []
    postgres.drop_database("old_letters")


def test_tables_are_made_whatever_the_limits_of_the_database_are(
    database: str, run_cli: RunCli, postgres: PostgresServer
) -> None:
    name = database.split("/")[3].split("?")[0]
    postgres.execute(
        "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.3); END $$",
        name,
    )
    postgres.execute(
        "CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA')"
        " EXECUTE FUNCTION slow()",
        name,
    )
    postgres.execute(f"ALTER DATABASE {name} SET statement_timeout = '100ms'")
    made = run_cli("--ledger", database, "--ledger-migrate")
    assert (made.status, made.err) == (0, "")


def test_each_fault_of_a_connection_has_its_own_words(tmp_path: Path, run_cli: RunCli) -> None:
    with PostgresServer(listen="127.0.0.1") as server:
        server.execute("CREATE ROLE anna LOGIN CONNECTION LIMIT 0")
        server.execute("ALTER ROLE anna PASSWORD 'secret-of-anna'")
        by_tcp = server.url("postgres", "anna", tcp=True)
        closed = f"postgresql://anna@127.0.0.1:{server.port}/postgres"
        cases = {
            by_tcp: "the user or the password is wrong",
            server.url("postgres", "nobody"): "the server does not let this user in",
            server.url("nowhere"): "the server has no such database",
            server.url("postgres", "anna"): "the server has no connection left",
            f"{by_tcp}?sslmode=verify-full": "the server takes no encrypted connections",
            f"postgresql://anna@/postgres?host={tmp_path}": "there is no such socket",
        }
        said = {url: tell(run_cli, url) for url in cases}
        for url, words in cases.items():
            assert words in said[url], url
        everything = "".join(said.values())
        assert "secret-of-anna" not in everything
        assert "failed" not in everything
        in_russian = run_cli("--ledger", by_tcp, "--runs", "--lang", "ru").err
    assert "неверное имя пользователя или пароль" in in_russian.replace("\n", " ")
    assert "failed" not in in_russian
    assert "nothing takes connections at this address" in tell(run_cli, closed)


def test_a_server_that_says_nothing_or_hangs_up_has_words_of_its_own(run_cli: RunCli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://anna@127.0.0.1:{silent.getsockname()[1]}/ledger"
        hung = " ".join(run_cli("--ledger", url, "--runs").err.split())
        assert "cannot be reached: the server does not answer." in hung

        def hang_up() -> None:
            while True:
                try:
                    silent.accept()[0].close()
                except OSError:
                    return

        closing = threading.Thread(target=hang_up)
        closing.start()
        assert "cannot be reached: the connection broke off." in tell(run_cli, url)
        listening.stop(silent)
        closing.join(PATIENCE_S)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SSL error: unexpected eof while reading", "the connection broke off"),
        ("server closed the connection unexpectedly", "the connection broke off"),
        ("SSL error: certificate has expired", "the server's certificate has expired"),
        ("SSL error: certificate verify failed", "a certificate that is trusted here"),
        ("[Errno -2] failed to resolve host 'db'", "no machine of that name is found"),
        ("connection failed: No route to host", "the network does not lead to the server"),
        ("connection failed: Connection timed out", "the server does not answer"),
        ("FATAL:  something\nnew.", '"FATAL: something new"'),
    ],
)
def test_what_the_driver_says_is_known_or_quoted(text: str, reason: str) -> None:
    assert faults.reason_of(psycopg.OperationalError(text)).endswith(reason)


def tell(run_cli: RunCli, url: str) -> str:
    """Ask of a ledger, and unlock a run of it; give what both say."""
    runs = (
        run_cli("--ledger", url, "--runs"),
        run_cli("--ledger", url, "--unlock", "1", "--reason", "it hangs"),
    )
    for run in runs:
        assert run.status == 5, run
        assert "?." not in run.err
    first, second = (" ".join(run.err.split()) for run in runs)
    assert first == second
    return first


def test_wait_bounds_how_long_a_run_waits_for_orders_of_another_one(
    tmp_path: Path, team: str, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,")
    own = write(tmp_path / "own.csv", "1,cancel,,", "3,cancel,,")
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    held = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    begun = time.monotonic()
    status, out, err = boris.run(own, "--wait", "4s")
    assert time.monotonic() - begun >= 4
    gate.set()
    assert status == 1, (out, err)
    assert "another run works on its order" in err
    first, second = boris.results(own)
    assert (first["result"], first["error_code"]) == ("not sent", "other_run")
    assert "was being worked on by another run (anna, process" in first["error_text"]
    assert second["result"] == "updated"
    assert end(held)[0] == 0
    assert set(changes(sandbox).values()) == {1}
    assert boris.run(own, "--wait", "0")[0] == 0
    assert set(changes(sandbox).values()) == {1}
