"""Several runs with one ledger in PostgreSQL: real processes, a real server, one shop."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest

from batch_update.settings.defaults import default_ledger
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.home import variables_of
from tests.posix import needs_signals
from tests.postgres import PostgresServer
from tests.sandbox import Fault, Sandbox, Script

PATIENCE_S = 60.0
HEADER = "order,status,date,rpo"


@pytest.fixture
def team(database: str, run_cli: RunCli) -> str:
    """Give the address of a database that is set up."""
    assert run_cli("--ledger", database, "--ledger-migrate").status == 0
    return database


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


class Machine:
    """A machine of the team: a home and a sheet of its own, the ledger of all."""

    def __init__(self, folder: Path, name: str, url: str, sandbox: Sandbox) -> None:
        self.home = folder / name
        self.home.mkdir()
        self.sandbox = sandbox
        self.command: Sequence[str] = (sys.executable,)
        self.environment: Mapping[str, str] = {
            **os.environ,
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
            "JUSTCLICK_BASE_URL": sandbox.base_url,
            **variables_of(self.home),
            "BATCH_UPDATE_LEDGER": url,
            "BATCH_UPDATE_OPERATOR": name,
        }

    def start(
        self, sheet: Path, *words: str, program: Sequence[str] = ("batch_update",)
    ) -> subprocess.Popen[str]:
        own = shutil.copy(sheet, self.home / sheet.name)
        return subprocess.Popen(
            [*self.command, "-m", *program, own, "--no-progress", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, sheet: Path, *words: str) -> tuple[int, str, str]:
        return end(self.start(sheet, *words))

    def results(self, sheet: Path) -> list[dict[str, str]]:
        path = self.home / f"{sheet.stem}.results.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def changes(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """Count what was posted, by order and status."""
    return Counter(
        (request.fields["bill_id"], request.fields["status"])
        for request in sandbox.requests
        if request.call == "UpdateOrderStatus"
    )


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def wait_for_runs(url: str, count: int) -> None:
    """Wait until so many runs have begun the sheet."""
    ends_at = time.monotonic() + PATIENCE_S
    while ask(url, "SELECT count(*) FROM batch_update.sheets") != [(count,)]:
        assert time.monotonic() < ends_at
        time.sleep(0.02)


def test_three_machines_send_each_update_of_one_sheet_once(
    tmp_path: Path, team: str, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    held = {1: [Fault.held(gate)], 7: [Fault.refuse(200, "nonexistent order")]}
    sandbox = open_sandbox(Script(held, always=Fault.slow(0.01)))
    lines = [f"{order},sent,2026-11-20,RA{order:09}RU" for order in range(1, 61)]
    lines += [f"{order},return,," for order in range(1, 61, 3)]
    lines += ["61,paid,2026-11-20,", "62,oops,,", "61,cancel,,"]
    sheet = write(tmp_path / "day.csv", *lines)
    machines = [Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris", "vera")]
    running = [machine.start(sheet) for machine in machines]
    # None ends before all have begun, since all of them want order 1.
    wait_for_runs(team, len(machines))
    gate.set()
    for process in running:
        status, out, err = end(process)
        assert (status, err) == (1, ""), out
    assert set(changes(sandbox).values()) == {1}
    everyone = [machine.results(sheet) for machine in machines]
    for rows in everyone:
        assert len(rows) == len(lines)
        outcomes = Counter(row["result"] for row in rows)
        assert outcomes["rejected"] == 1
        assert outcomes["invalid"] == 1
        # Row 7's return is held back, since its order was refused.
        assert outcomes["not sent"] == 1
    for several in zip(*everyone, strict=True):
        outcomes = Counter(row["result"] for row in several)
        if outcomes["updated"] or outcomes["already updated"]:
            assert outcomes == {"updated": 1, "already updated": 2}
            sender = machines[[row["result"] for row in several].index("updated")].home.name
            for row in several:
                if row["result"] == "already updated":
                    assert f"sent by {sender}" in row["error_text"]
    assert max(Counter(row["result"] for row in rows)["updated"] for rows in everyone) < 81


def test_a_row_that_another_run_left_no_place_for_says_whose_that_was(
    tmp_path: Path, team: str, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    sent = write(tmp_path / "day.csv", "1,paid,2026-11-20,", "2,sent,2026-11-20,RA000000002RU")
    assert anna.run(sent)[0] == 0
    other = write(tmp_path / "old.csv", "1,paid,2026-11-21,", "2,sent,2026-11-15,RA000000003RU")
    assert boris.run(other)[0] == 1
    assert len(changes(sandbox)) == 2
    paid, posted = boris.results(other)
    assert (paid["error_code"], posted["error_code"]) == ("paid_before", "overtaken")
    assert "row 2 of day.csv, sent by anna on " in paid["error_text"]
    assert "row 3 of day.csv, sent by anna on " in posted["error_text"]


def test_no_name_of_another_operator_reaches_the_screen_as_it_is(
    tmp_path: Path, team: str, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    anna.environment = {**anna.environment, "BATCH_UPDATE_OPERATOR": "anna\x1b[31m"}
    assert anna.run(write(tmp_path / "day.csv", "1,paid,2026-11-20,"))[0] == 0
    other = write(tmp_path / "old.csv", "1,paid,2026-11-21,")
    status, out, err = boris.run(other)
    assert (status, err) == (1, "")
    (row,) = boris.results(other)
    assert "\x1b" not in out + row["error_text"]
    assert "sent by anna\\x1b[31m on " in row["error_text"]


def test_the_moment_of_an_update_is_the_same_in_the_results_of_all(
    tmp_path: Path, team: str, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    sheet = write(tmp_path / "day.csv", "1,paid,2026-11-20,")
    late = anna.start(sheet, program=("tools.torture_team.shifted", "-600"))
    assert end(late)[0] == 0
    assert boris.run(sheet)[0] == 0
    moments = [
        dt.datetime.fromisoformat(one.results(sheet)[0]["updated_at"].replace(" MSK", "+03:00"))
        for one in (anna, boris)
    ]
    assert abs(moments[0] - moments[1]) < dt.timedelta(seconds=5)


@needs_signals
def test_a_run_goes_on_with_the_orders_of_one_that_was_lost(
    tmp_path: Path, team: str, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,paid,2026-11-20,", "3,cancel,,")
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    killed = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(3, PATIENCE_S)
    other = boris.start(sheet)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    status, out, err = end(other)
    assert (status, err) == (0, ""), out
    assert changes(sandbox) == {("1", "cancel"): 1, ("2", "paid"): 1, ("3", "cancel"): 1}
    assert {row["result"] for row in boris.results(sheet)} <= {"updated", "already updated"}
    query = "SELECT lost_kind, lost_operator FROM batch_update.runs WHERE operator = 'anna'"
    assert ask(team, query) == [("dead", "boris")]


@needs_signals
def test_a_run_that_was_taken_for_lost_sends_and_notes_nothing_more(
    tmp_path: Path, team: str, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", *(f"{order},cancel,," for order in range(1, 30)))
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    stopped = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(2, PATIENCE_S)
    stopped.send_signal(signal.SIGSTOP)
    ask(team, "UPDATE batch_update.runs SET lease_until = 1 WHERE operator = 'anna'")
    assert boris.run(sheet)[0] == 0
    before = len(sandbox.requests)
    gate.set()
    stopped.send_signal(signal.SIGCONT)
    status, __, err = end(stopped)
    assert status == 3
    assert "thers may go on with its orders" in " ".join(err.split())
    assert len(sandbox.requests) == before
    ((ended,),) = ask(team, "SELECT ended_at FROM batch_update.runs WHERE operator = 'anna'")
    ((noted,),) = ask(
        team,
        "SELECT count(*) FROM batch_update.attempts JOIN batch_update.sheets"
        " ON sheets.id = attempts.sheet JOIN batch_update.runs ON runs.id = sheets.run"
        " WHERE operator = 'anna' AND event = 'updated' AND attempts.seq >"
        " (SELECT max(seq) FROM batch_update.sheets)",
    )
    assert (noted, ended) == (0, 0)


def test_a_database_that_restarts_only_holds_a_run_up(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(always=Fault.slow(0.02)))
    sheet = write(tmp_path / "day.csv", *(f"{order},cancel,," for order in range(1, 150)))
    with PostgresServer() as server:
        url = server.new_database("ledger")
        assert run_cli("--ledger", url, "--ledger-migrate").status == 0
        anna = Machine(tmp_path, "anna", url, sandbox)
        running = anna.start(sheet)
        for count in (20, 60, 100):
            assert sandbox.wait_for_requests(count, PATIENCE_S)
            server.restart("immediate")
        status, out, err = end(running)
        assert status == 0, (out, err)
    assert set(changes(sandbox).values()) == {1}
    assert {row["result"] for row in anna.results(sheet)} == {"updated"}


def test_a_database_that_is_away_at_the_start_ends_the_run_before_anything_is_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    url = f"postgresql://postgres@/ledger?host={tmp_path}"
    run = run_cli(sheet, "--ledger", url, shop=sandbox)
    assert run.status == 5
    assert re.search(r"cannot be reached: .*\. Nothing was sent\.", " ".join(run.err.split()))
    assert sandbox.requests == []
    assert not default_ledger().parent.exists()


def test_forcing_needs_a_reason_that_is_written_down(
    tmp_path: Path, team: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    words = (sheet, "--ledger", team, "--force")
    refused = run_cli(*words, shop=sandbox)
    assert refused.status == 2
    assert "--reason" in refused.err
    assert run_cli(*words, "--reason", "the shop lost its data", shop=sandbox).status == 0
    assert ask(team, "SELECT kind, reason FROM batch_update.actions") == [
        ("force", "the shop lost its data")
    ]
    (run,) = json.loads(run_cli("--ledger", team, "--runs", "--json").out)["runs"]
    assert run["reason"] == "the shop lost its data"
