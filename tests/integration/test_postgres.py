"""The tests' own server of PostgreSQL: it does what it says, and never outlives its owner."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.link import Link
from tests.posix import needs_signals
from tests.postgres import PostgresServer, keeper
from tests.postgres.pgbouncer import PgBouncer

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as one:
        one.execute("CREATE TABLE kept (number int)")
        yield one


def count(server: PostgresServer) -> int:
    return len(server.execute("TABLE kept"))


def test_what_was_committed_is_there_after_a_restart(server: PostgresServer) -> None:
    before = count(server)
    server.execute("INSERT INTO kept VALUES (1)")
    server.restart()
    server.execute("INSERT INTO kept VALUES (2)")
    server.restart("immediate")
    assert count(server) == before + 2


def test_what_was_committed_is_there_after_a_kill_and_nothing_else(server: PostgresServer) -> None:
    before = count(server)
    with psycopg.connect(server.url()) as other:
        other.execute("INSERT INTO kept VALUES (3)")
        server.execute("INSERT INTO kept VALUES (4)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            other.commit()
    server.start()
    assert count(server) == before + 1
    assert "automatic recovery in progress" in server.log.read_text()


def test_a_paused_server_says_nothing_and_goes_on(server: PostgresServer) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        server.pause()
        connection.pgconn.send_query(b"SELECT 1")
        connection.pgconn.flush()
        # That nothing comes can only be seen by waiting for it.
        assert select.select([connection.pgconn.socket], [], [], 0.2) == ([], [], [])
        server.resume()
        answer = connection.pgconn.get_result()
        assert answer is not None
        assert answer.get_value(0, 0) == b"1"
        assert connection.pgconn.get_result() is None


def test_a_promoted_standby_has_all_that_was_committed_if_synchronous() -> None:
    with PostgresServer() as server:
        server.execute("CREATE TABLE kept (number int)")
        standby = server.standby(synchronous=True)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for number in range(50):
                connection.execute("INSERT INTO kept VALUES (%s)", (number,))
            server.kill()
        standby.promote()
        standby.execute("INSERT INTO kept VALUES (50)")
        assert len(standby.execute("TABLE kept")) == 51


def test_a_password_is_asked_for_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer(listen="127.0.0.1") as server:
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(server.url(tcp=True))
        monkeypatch.setenv("PGPASSFILE", str(server.passfile))
        psycopg.connect(server.url(tcp=True)).close()


def test_databases_are_new_and_gone(database: str, postgres: PostgresServer) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE template (number int)")
        name = connection.info.dbname
    copy = postgres.new_database("copy", template=name)
    with psycopg.connect(copy, autocommit=True) as connection:
        assert connection.execute("TABLE template").fetchall() == []
        postgres.drop_database("copy")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("TABLE template")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy)


def test_a_pooler_gives_a_connection_for_each_transaction(
    pooler: PgBouncer, postgres: PostgresServer
) -> None:
    postgres.execute("CREATE ROLE somebody LOGIN")
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(psycopg.connect(pooler.url(user=user), autocommit=True))
            for user in ("postgres", "somebody") * 6
        ]
        servers = {
            client.execute("SELECT pg_backend_pid(), current_user").fetchall()[0]
            for client in clients
        }
    assert sorted(user for _, user in servers) == ["postgres", "somebody"]


def test_an_answer_that_is_cut_off_was_committed_all_the_same(server: PostgresServer) -> None:
    before = count(server)
    with (
        Link(server.socket) as link,
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{link.port}/", autocommit=True) as client,
    ):
        link.cut(requests=False)
        client.pgconn.send_query(b"INSERT INTO kept VALUES (5)")
        deadline = time.monotonic() + PATIENCE_S
        while count(server) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert count(server) == before + 1
        client.pgconn.consume_input()
        assert client.pgconn.is_busy()
        client.close()


@needs_signals
def test_no_server_outlives_a_process_that_was_killed() -> None:
    program = """
        from tests.postgres import PostgresServer
        import os, signal
        with PostgresServer() as server:
            server.pause()
            print(server.home.folder, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    owner = subprocess.run(
        (sys.executable, "-c", textwrap.dedent(program)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )
    folder = Path(owner.stdout.strip())
    assert folder.name.startswith("bu-pg-")
    deadline = time.monotonic() + PATIENCE_S
    while is_left(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_left(folder)


def is_left(folder: Path) -> bool:
    return folder.exists() or any(str(folder) in one.command for one in keeper.processes())
