"""The page on a team's ledger is held to the program and to a real server.

What needs root, a package or an image is only looked through by the shell for its syntax.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import trustme

from batch_update import shops
from batch_update.ledger.postgresql.tables import ADMINISTRATOR, OPERATOR, READER
from tests.conftest import LOGIN, OpenSandbox, RunCli
from tests.integration.test_readme import PAGES, block, table_after
from tests.integration.test_team import Machine, changes, end, write
from tests.postgres import PostgresServer, binaries
from tests.postgres.pgbouncer import PgBouncer
from tests.sandbox import Fault, Sandbox, Script

PAGE = PAGES["docs/team.md"]
NAME = "db.example.com"
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[PostgresServer]:
    """A server as the page sets it up, with its certificate; all have one password."""
    with PostgresServer(listen="127.0.0.1") as one:
        one.use_tls(authority.issue_cert(NAME))
        one.execute(f"CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{one.password}'")
        one.execute("CREATE DATABASE ledger OWNER keeper")
        yield one


@pytest.fixture
def at_home(
    server: PostgresServer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that knows the authority and the password."""
    authority.cert_pem.write_to_path(tmp_path / "root.crt")
    monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "root.crt"))
    monkeypatch.setenv("PGPASSFILE", str(server.passfile))


def here(text: str, server: PostgresServer) -> str:
    """Write addresses and parameters of the page for the server of this test, by its name."""
    text = text.replace(f"{NAME}/ledger", f"{NAME}:{server.port}/ledger?hostaddr=127.0.0.1")
    return text.replace(f"host={NAME}", f"host={NAME} hostaddr=127.0.0.1 port={server.port}")


def url_of(user: str, server: PostgresServer) -> str:
    return here(f"postgresql://{user}@{NAME}/ledger", server)


def commands(name: str, server: PostgresServer) -> list[list[str]]:
    """Give the words of each command of a block, without the program's name."""
    return [shlex.split(here(line, server))[1:] for line in block(name, PAGE).splitlines()]


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def set_up(server: PostgresServer, run_cli: RunCli, sandbox: Sandbox) -> None:
    """Make tables and people as the page says, once; let the shop be that of the test."""
    shop = shops.identify(LOGIN, sandbox.base_url, "")
    keeper = url_of("keeper", server)
    for words in commands("migrate", server):
        run = run_cli(*words)
        assert (run.status, run.err) == (0, ""), run
    if ask(keeper, "SELECT 1 FROM pg_roles WHERE rolname = 'anna'"):
        return
    ask(keeper, block("people", PAGE).replace("myshop", shop))
    for person in ("anna", "boss"):
        ask(keeper, f"ALTER ROLE {person} PASSWORD '{server.password}'")


@pytest.mark.usefixtures("at_home")
def test_a_team_works_as_the_page_says(
    tmp_path: Path,
    server: PostgresServer,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox()
    set_up(server, run_cli, sandbox)
    anna, boss = url_of("anna", server), url_of("boss", server)
    alone = write(tmp_path / "alone.csv", "3,cancel,,")
    assert run_cli(alone, "--ledger", "ledger.sqlite3", shop=sandbox).status == 0
    sheet = write(tmp_path / "day.csv", "1,paid,2026-11-20,", "2,cancel,,")
    run = run_cli(sheet, "--ledger", anna, shop=sandbox)
    assert (run.status, run.err) == (0, "")
    run = run_cli(sheet, "--ledger", anna, "--force", "--reason", "told so", shop=sandbox)
    assert (run.status, run.err) == (0, "")

    # A reader looks, and sends nothing.
    sent = len(sandbox.requests)
    assert "day.csv" in run_cli("--ledger", boss, "--runs").out
    run = run_cli(sheet, "--ledger", boss, shop=sandbox)
    assert (run.status, len(sandbox.requests)) == (2, sent)
    assert f"GRANT {OPERATOR} TO" in run.err
    # An operator without access to the shop reads which line gives it.
    server.execute("DELETE FROM batch_update.access WHERE member = 'anna'", "ledger")
    run = run_cli(sheet, "--ledger", anna, shop=sandbox)
    assert (run.status, len(sandbox.requests)) == (2, sent)
    ask(url_of("keeper", server), lines_to_type(run.err))
    assert run_cli(sheet, "--ledger", anna, shop=sandbox).status == 0
    watch(server, boss)
    copy(server, tmp_path)
    assert len(sandbox.requests) == sent

    # What one machine has sent comes to the team.
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    for words in commands("carrying", server):
        run = run_cli(*words)
        assert (run.status, run.err) == (0, "")
    assert "alone.csv" in run_cli("--ledger", boss, "--history", "3").out


@pytest.mark.usefixtures("at_home")
def test_access_to_a_shop_that_was_given_a_name_is_by_both(
    tmp_path: Path,
    server: PostgresServer,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox()
    set_up(server, run_cli, sandbox)
    monkeypatch.setenv("JUSTCLICK_SHOP", "alias")
    ask(
        url_of("keeper", server),
        "DELETE FROM batch_update.access WHERE member = 'anna';"
        "INSERT INTO batch_update.access VALUES ('anna', 'alias')",
    )
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    words = (sheet, "--ledger", url_of("anna", server))
    refused = run_cli(*words, shop=sandbox)
    assert refused.status == 2
    ask(url_of("keeper", server), lines_to_type(refused.err))
    run = run_cli(*words, shop=sandbox)
    assert (run.status, run.err) == (0, "")


def lines_to_type(said: str) -> str:
    """Give what a message says an administrator must type."""
    found = re.search(r"INSERT INTO .*\)", " ".join(said.split()))
    assert found
    return found[0]


def watch(server: PostgresServer, boss: str) -> None:
    """Each query finds what it is for, once that is there."""
    assert ask(boss, block("silent", PAGE)) == ask(boss, block("claims", PAGE)) == []
    ((run,),) = server.execute("SELECT max(id) FROM batch_update.runs", "ledger")
    last = "WHERE id = (SELECT max(id) FROM batch_update.runs)"
    for statement in (
        "UPDATE batch_update.runs SET ended_at = 0",
        "INSERT INTO batch_update.claims SELECT shop, 7, id, token, 1 FROM batch_update.runs",
    ):
        server.execute(f"{statement} {last}", "ledger")
    assert [row[0] for row in ask(boss, block("silent", PAGE))] == [run]
    assert [(row[0], row[3]) for row in ask(boss, block("claims", PAGE))] == [(run, 1)]
    ((*__, db_user, updates, older_than, reason),) = ask(boss, block("actions", PAGE))
    assert (db_user, updates, older_than, reason) == ("anna", None, None, "told so")
    sizes = {str(row[0]) for row in ask(boss, block("sizes", PAGE))}
    assert {"attempts", "pace", "claims"} < sizes
    assert server.execute(block("standbys", PAGE)) == []
    setting, reload = block("synchronous", PAGE).splitlines()
    server.execute(setting)
    server.execute("ALTER SYSTEM RESET synchronous_standby_names")
    assert server.execute(reload) == [(True,)]


def copy(server: PostgresServer, folder: Path) -> None:
    """Dump the ledger as the page says, and get it back."""
    programs = binaries.find()
    (dump,) = commands("backup", server)
    if not (programs / "pg_dump").exists():
        return  # A wheel's server has no such program.
    restore = re.search(r"`pg_restore (.*?)`", PAGE)
    assert restore
    again = url_of("keeper", server).replace("/ledger", "/restored")
    server.execute("CREATE DATABASE restored OWNER keeper")
    words = restore[1].replace("=ledger", f"={again}").split()
    for command in (["pg_dump", *dump], ["pg_restore", *words]):
        done = subprocess.run(
            [str(programs / command[0]), *command[1:]],
            cwd=folder,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    query = "SELECT * FROM batch_update.attempts ORDER BY seq"
    assert server.execute(query, "ledger") == server.execute(query, "restored") != []


def test_what_the_page_types_as_root_is_a_command_and_its_settings_are_there(
    postgres: PostgresServer,
) -> None:
    shell = shutil.which("sh")
    if shell:
        for name in ("debian", "container"):
            script = block(name, PAGE)
            done = subprocess.run(
                [shell, "-n"], input=script, stderr=subprocess.PIPE, encoding="utf-8", check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert len(script.splitlines()) <= 10
    text = block("debian", PAGE) + block("container", PAGE)
    used = set(re.findall(r"(?:SET |-c )([a-z_]+) ?=", text))
    known = {str(name) for (name,) in postgres.execute("SELECT name FROM pg_settings")}
    assert {"ssl", "ssl_cert_file", "ssl_key_file", "listen_addresses"} == used
    assert used <= known


def test_the_roles_of_the_page_are_those_of_the_program() -> None:
    rows = table_after("Tables and people", PAGE)
    assert {row[0].strip("`") for row in rows} == {OPERATOR, READER, ADMINISTRATOR}


@pytest.mark.usefixtures("at_home")
def test_a_server_that_does_not_prove_its_name_gets_no_password(
    tmp_path: Path,
    server: PostgresServer,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    keeper = url_of("keeper", server)
    other = tmp_path / "other.crt"
    trustme.CA().cert_pem.write_to_path(other)
    empty, wrong = tmp_path / "empty", tmp_path / "wrong"
    for path, text in (empty, ""), (wrong, "*:*:*:*:not-this-one\n"):
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    said = []
    for url, variables, words in (
        (keeper.replace(NAME, "other.example.com"), {}, "for another name than the host"),
        (keeper, {"PGSSLROOTCERT": str(other)}, "a certificate that is trusted here"),
        (keeper, {"PGSSLROOTCERT": str(tmp_path / "none")}, "the file of the root certificate"),
        (keeper, {"PGPASSFILE": str(empty)}, "the user or the password is wrong"),
        (keeper, {"PGPASSFILE": str(wrong)}, "the user or the password is wrong"),
    ):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            run = run_cli(sheet, "--ledger", url, "--log-file", "log", shop=sandbox)
        assert run.status == 5
        shown = " ".join(run.err.split())
        assert words in shown
        assert "Nothing was sent" in shown
        said.append(run.out + run.err)
    log = Path("log").read_text(encoding="utf-8")
    said.append(log)
    # What the driver says, for the administrator.
    for words in ("does not match host name", "certificate verify failed", "no password supplied"):
        assert words in log
    assert not any(word in "".join(said) for word in (server.password, "not-this-one"))
    assert sandbox.requests == []


@pytest.mark.usefixtures("at_home")
def test_a_password_in_a_service_file_is_used_and_not_shown(
    tmp_path: Path, server: PostgresServer, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSFILE")
    services = tmp_path / "services"
    services.touch(mode=0o600)
    services.write_text(
        f"[team]\nhost={NAME}\nhostaddr=127.0.0.1\nport={server.port}\ndbname=ledger\n"
        f"user=keeper\npassword={server.password}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    url = "postgresql:///?service=team"
    said = run_cli("--ledger", url, "--ledger-migrate", "--log-file", "log", "--verbose")
    assert (said.status, said.err) == (0, "")
    shown = run_cli("--ledger", url, "--show-settings")
    assert url in shown.out
    written = Path("log").read_text(encoding="utf-8") if Path("log").exists() else ""
    assert server.password not in said.out + shown.out + shown.err + written


def test_two_machines_work_through_a_pooler_as_the_page_sets_it_up(
    tmp_path: Path, pooler: PgBouncer, database: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    settings = (pooler.folder / "pgbouncer.ini").read_text().splitlines()
    assert set(block("pgbouncer", PAGE).splitlines()) <= set(settings)
    ((name,),) = ask(database, "SELECT current_database()")
    url = pooler.url(str(name))
    assert run_cli("--ledger", url, "--ledger-migrate").status == 0
    sandbox = open_sandbox(Script(always=Fault.slow(0.01)))
    lines = [f"{order},{status},2026-11-20," for order in range(1, 41) for status in ("paid",)]
    sheet = write(tmp_path / "day.csv", *lines, *(f"{order},cancel,," for order in range(1, 41)))
    machines = [Machine(tmp_path, one, url, sandbox) for one in ("anna", "boris")]
    running = [machine.start(sheet) for machine in machines]
    for process in running:
        status, out, err = end(process)
        assert (status, err) == (0, ""), out
    assert len(changes(sandbox)) == 80
    assert set(changes(sandbox).values()) == {1}
    for machine in machines:
        assert {row["result"] for row in machine.results(sheet)} <= {"updated", "already updated"}
