"""Runs of a team that are taken for lost: why, in the language of whoever asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from batch_update.ledger.postgresql import neighbours
from batch_update.ledger.postgresql.lease import LeaseTimes
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_pace import execute, wait_for
from tests.integration.test_team import PATIENCE_S, Machine, changes, end, write
from tests.posix import needs_links, needs_signals
from tests.sandbox import Fault, Script
from tests.team import add_run, make_tables, open_member

LEASE_S = LeaseTimes().lasts_s


@pytest.fixture
def team(database: str) -> str:
    """Give the address of a database that is set up, with a shop."""
    make_tables(database)
    execute(database, "INSERT INTO batch_update.shops (name) VALUES ('shop')")
    return database


def test_why_a_run_was_taken_for_lost_is_said_in_the_language_of_whoever_reads(
    team: str, run_cli: RunCli
) -> None:
    hung, __ = add_run(team), add_run(team)
    words = ("--ledger", team, "--lang", "ru")
    unlocked = run_cli(*words, "--unlock", hung.id, "--reason", "it hangs")
    assert (unlocked.status, unlocked.err) == (0, "")
    execute(team, "UPDATE batch_update.runs SET lease_until = 1 WHERE lost_at = 0")
    with (
        psycopg.connect(team, autocommit=True) as connection,
        open_member(lambda: psycopg.connect(team), add_run(team)),
    ):
        query = "SELECT 1 FROM batch_update.runs WHERE lost_kind = 'silent'"
        wait_for(lambda: connection.execute(query).fetchall())
    in_english = " ".join(run_cli("--ledger", team, "--runs").out.split())
    in_russian = " ".join(run_cli(*words, "--runs").out.split())
    again = " ".join(run_cli("--ledger", team, "--unlock", hung.id, "--reason", "x").err.split())
    assert ": it hangs" in in_english
    assert "Taken for lost: unlocked by " in in_english
    assert "Taken for lost: the run of anna (process 4711 on desk-2) had no sign" in in_english
    assert "Признан пропавшим: разблокировал " in in_russian
    assert "запуск пользователя anna (процесс 4711 на desk-2) не видел" in in_russian
    assert "counts as lost already (unlocked by " in again
    first, second, __ = json.loads(run_cli(*words, "--runs", "--json").out)["runs"]
    person = dict.fromkeys(("operator", "host", "pid"))
    assert first["lost_because"] | person == {
        **person,
        "kind": "unlocked",
        "reason": "it hangs",
    }
    assert second["lost_because"] == {
        "kind": "silent",
        "operator": "anna",
        "host": "desk-2",
        "pid": 4711,
        "reason": None,
    }


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def losses(team: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(team, autocommit=True) as connection:
        query = "SELECT lost_kind, lost_operator FROM batch_update.runs ORDER BY id"
        return connection.execute(query).fetchall()


@needs_signals
def test_after_a_kill_the_same_command_goes_on_at_once(
    tmp_path: Path, team: str, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,", "3,cancel,,")
    anna = Machine(tmp_path, "anna", team, sandbox)
    killed = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(2, PATIENCE_S)
    begun = time.monotonic()
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    status, out, err = anna.run(sheet)
    # A lease would have 20 seconds left at least; the rest is the start of a process.
    assert time.monotonic() - begun < LEASE_S / 2
    assert (status, err) == (0, ""), out
    assert losses(team) == [("dead", "anna"), ("", "")]
    assert changes(sandbox) == {("1", "cancel"): 1, ("2", "cancel"): 2, ("3", "cancel"): 1}
    with psycopg.connect(team, autocommit=True) as connection:
        given_up = "SELECT lost_at = lease_until FROM batch_update.runs WHERE lost_at > 0"
        assert connection.execute(given_up).fetchall() == [(True,)]


@needs_signals
def test_a_process_that_lives_is_never_taken_for_dead(
    tmp_path: Path, team: str, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    stopped = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    stopped.send_signal(signal.SIGSTOP)
    assert boris.run(sheet, "--wait", "1s")[0] == 1
    assert losses(team) == [("", ""), ("", "")]
    stopped.send_signal(signal.SIGCONT)
    gate.set()
    assert end(stopped)[0] == 0
    assert set(changes(sandbox).values()) == {1}


@pytest.mark.parametrize("has_own_list", [True, False])
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may do so")
def test_a_process_with_numbers_of_its_own_is_never_taken_for_dead(
    tmp_path: Path,
    team: str,
    gate: threading.Event,
    open_sandbox: OpenSandbox,
    *,
    has_own_list: bool,
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write(tmp_path / "day.csv", "1,cancel,,")
    anna, boris = (Machine(tmp_path, name, team, sandbox) for name in ("anna", "boris"))
    words = ["--mount-proc"] if has_own_list else []
    anna.command = ("unshare", "--pid", "--fork", "--kill-child", *words, sys.executable)
    killed = anna.start(sheet, "--workers", "1")
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    assert boris.run(sheet, "--wait", "1s")[0] == 1
    assert losses(team) == [("", ""), ("", "")]
    with psycopg.connect(team, autocommit=True) as connection:
        query = "SELECT count(DISTINCT machine), min(length(machine)) FROM batch_update.runs"
        assert connection.execute(query).fetchall() == [(2, 64 if has_own_list else 0)]


@needs_links
def test_a_process_is_gone_if_its_number_is_free_or_another_s(tmp_path: Path) -> None:
    own = os.getpid()
    assert not neighbours.is_gone(own, neighbours.start_of(own))
    assert neighbours.is_gone(own, neighbours.start_of(own) - 1)
    assert not neighbours.is_gone(own, 0)
    assert not neighbours.is_gone(0, 1)
    assert not neighbours.is_gone(2**70, 1)
    # A name that looks like the rest of the line.
    program = tmp_path / "a) Z 1"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as child:
        start = neighbours.start_of(child.pid)
        assert start > 0
        assert not neighbours.is_gone(child.pid, start)
        child.kill()
        # Nobody has asked yet how it ended, so its number is not free.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert neighbours.is_gone(child.pid, start)
    assert neighbours.is_gone(child.pid, start)
    assert neighbours.start_of(child.pid) == 0
