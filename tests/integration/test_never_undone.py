"""Nothing newer is undone: by old rows, late answers, other clocks, or what ends a run early.

All through the real command line against a shop on a socket, as processes where one is killed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import filelock
import pytest

from batch_update.ledger import Ledger
from batch_update.model import OrderUpdate, Outcome, SendResult, Status
from batch_update.sandbox import Fault as PlainFault
from batch_update.settings.defaults import default_ledger
from tests.conftest import KEY, LOGIN, CliRun, OpenSandbox, RunCli
from tests.hostile.test_network import Server, Talk, http
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, wait_for_line
from tests.integration.test_never_twice import (
    ALREADY,
    LONG_S,
    PAID,
    UPDATED,
    calls,
    interrupted_at,
    killed_at,
    numbers,
    reasons,
    same_address,
    started,
    states,
    told,
    write_sheet,
)
from tests.posix import needs_links, needs_removal, needs_signals, needs_terminal, pty
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_protocol import signed

MONDAY = "1,sent,2026-11-16,RA1"
TUESDAY = ("1,sent,2026-11-17,RB1", "1,return,,")
DAY = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def ledger() -> Path:
    return default_ledger()


def switched_off(sheet: Path, sandbox: Sandbox, run_cli: RunCli) -> None:
    """Stop before the second row, because the account is off."""
    assert run_cli(sheet, shop=sandbox).status == 3


def stopped_by_hand(sheet: Path, sandbox: Sandbox, _run_cli: RunCli) -> None:
    with started(sandbox, sheet, "--verbose") as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "Stopping")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)


def killed(sheet: Path, sandbox: Sandbox, _run_cli: RunCli) -> None:
    killed_at(1, sandbox, sheet)


@needs_signals
@pytest.mark.parametrize(
    ("stop", "newer"),
    [
        pytest.param(switched_off, TUESDAY, id="account-off"),
        pytest.param(switched_off, TUESDAY[:1], id="account-off-then-sent"),
        pytest.param(switched_off, ("1,return,,",), id="account-off-then-returned"),
        pytest.param(switched_off, ("1,cancel,,",), id="account-off-then-cancelled"),
        pytest.param(stopped_by_hand, TUESDAY, id="ctrl-c"),
        pytest.param(killed, TUESDAY, id="killed"),
        pytest.param(killed, ("1,return,,",), id="killed-then-returned"),
    ],
)
def test_mondays_row_that_was_never_tried_does_not_undo_what_tuesday_brought(
    stop: Callable[[Path, Sandbox, RunCli], None],
    newer: Sequence[str],
    tmp_path: Path,
    gate: threading.Event,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    fault = Fault.refuse(7, "account disabled") if stop is switched_off else Fault.held(gate)
    sandbox = open_sandbox(Script({9: [fault]}))
    monday = write_sheet(tmp_path / "monday.csv", "9,cancel,,", MONDAY)
    stop(monday, sandbox, run_cli)
    results = tmp_path / "monday.results.csv"
    if stop is not killed:
        assert told(monday)[1][0] == "not sent"
        assert "Run this row again" in reasons(monday)[1]
    tuesday = write_sheet(tmp_path / "tuesday.csv", *newer)
    assert run_cli(tuesday, shop=sandbox).status == 0
    before = numbers(sandbox, 1)
    again = results if results.exists() else monday
    run = run_cli(again, shop=sandbox)
    assert (run.status, told(again)) == (1, [UPDATED, ("not sent", "overtaken")])
    assert numbers(sandbox, 1) == before
    reason = reasons(again)[1]
    assert "This row (sent 2026-11-16 RA1) is older" in reason
    _, last, date, number = (newer[-1] + " ").replace(" ", "").split(",")
    assert " ".join(filter(None, [last, date, number])) in reason
    assert "of tuesday.csv" in reason
    assert "--force" in reason
    assert "not sent, overtaken: row 3" in run.out
    assert run_cli(again, "--force", shop=sandbox).status == 0
    assert numbers(sandbox, 1) == [*before, "RA1"]


def test_an_old_sheet_that_was_never_begun_is_known_to_be_old_by_its_own_dates(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    monday = write_sheet(tmp_path / "monday.csv", MONDAY)
    tuesday = write_sheet(tmp_path / "tuesday.csv", *TUESDAY)
    assert run_cli(tuesday, shop=sandbox).status == 0
    assert run_cli(monday, shop=sandbox).status == 1
    assert told(monday) == [("not sent", "overtaken")]
    assert numbers(sandbox, 1) == ["RB1", "return"]


def test_a_row_that_was_held_back_is_told_what_came_since(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.refuse(201, "wrong status")]}))
    monday = write_sheet(tmp_path / "monday.csv", f"1,{PAID},", "1,cancel,,")
    assert run_cli(monday, shop=sandbox).status == 1
    assert told(monday)[1] == ("not sent", "earlier_row")
    tuesday = write_sheet(tmp_path / "tuesday.csv", "1,sent,2026-11-20,RA1")
    assert run_cli(tuesday, shop=sandbox).status == 0
    assert run_cli(tmp_path / "monday.results.csv", shop=sandbox).status == 1
    assert told(monday) == [UPDATED, ("not sent", "overtaken")]
    assert states(sandbox, 1) == ["sent", "paid"]


def test_a_dry_run_tells_what_would_not_be_sent_because_it_is_old(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run_cli(write_sheet(tmp_path / "monday.csv", MONDAY), shop=sandbox).status == 0
    assert run_cli(write_sheet(tmp_path / "tuesday.csv", *TUESDAY), shop=sandbox).status == 0
    before = len(sandbox.requests)
    for line, code in ((MONDAY, "superseded"), ("1,sent,2026-11-15,RC1", "overtaken")):
        old = write_sheet(tmp_path / "old.csv", line)
        assert run_cli(old, "--dry-run", shop=sandbox).status == 1
        assert told(tmp_path / "old.dry-run.csv") == [("not sent", code)]
    assert len(sandbox.requests) == before


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        pytest.param("1,return,,", "1,sent,2026-11-17,RB1", "return", id="returned-twice"),
        pytest.param(MONDAY, "1,sent,2026-11-17,RB1", "sent 2026-11-16 RA1", id="number-put-back"),
        pytest.param(MONDAY, "1,sent,2026-11-18,RA1", "sent 2026-11-16 RA1", id="date-put-back"),
        pytest.param(MONDAY, "1,return,,", "sent 2026-11-16 RA1", id="sent-again-as-before"),
        pytest.param("1,cancel,,", "1,sent,2026-11-17,RB1", "cancel", id="cancelled-twice"),
        pytest.param(f"1,{PAID},", "1,cancel,,", "paid 2026-11-20", id="paid-again"),
    ],
)
def test_what_was_confirmed_is_not_already_so_once_something_else_has_taken_its_place(
    first: str,
    second: str,
    shown: str,
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    sandbox = open_sandbox()
    for name, line in (("a", first), ("b", second)):
        assert run_cli(write_sheet(tmp_path / f"{name}.csv", line), shop=sandbox).status == 0
    before = numbers(sandbox, 1)
    third = write_sheet(tmp_path / "c.csv", "9,cancel,,", first)
    run = run_cli(third, shop=sandbox)
    assert (run.status, told(third)) == (1, [UPDATED, ("not sent", "superseded")])
    assert numbers(sandbox, 1) == before
    reason = reasons(third)[1]
    assert f"The shop confirmed this row ({shown})" in reason
    _, status, date, number = second.split(",")
    assert f"has taken {' '.join(filter(None, [status, date, number]))} for order 1" in reason
    assert "row 2 of b.csv" in reason
    alone = write_sheet(tmp_path / "alone.csv", first)
    assert "run a sheet with it alone and --force" in reason
    assert run_cli(alone, "--force", shop=sandbox).status == 0
    assert numbers(sandbox, 1) == [*before, before[0]]
    # Now that is what the shop has, and the other one is not.
    assert run_cli(alone, shop=sandbox).status == 0
    assert told(alone) == [ALREADY]
    assert run_cli(tmp_path / "b.csv", shop=sandbox).status == 1


def test_a_folder_of_sheets_that_follow_one_another_is_already_updated_when_run_again(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    folder = tmp_path / "week"
    folder.mkdir()
    sandbox = open_sandbox()
    monday = write_sheet(folder / "1-monday.csv", MONDAY, f"2,{PAID},", "3,return,,")
    tuesday = write_sheet(folder / "2-tuesday.csv", *TUESDAY, "2,cancel,,")
    wednesday = write_sheet(folder / "3-wednesday.csv", "1,sent,2026-11-18,RC1", "3,cancel,,")
    assert run_cli(folder, shop=sandbox).status == 0
    before = len(sandbox.requests)
    run = run_cli(folder, shop=sandbox)
    assert run.status == 0
    for sheet in (monday, tuesday, wednesday):
        assert set(told(sheet)) == {ALREADY}
    thursday = write_sheet(folder / "4-thursday.csv", "1,return,,")
    run_cli(folder, shop=sandbox)
    assert set(told(monday)) == set(told(wednesday)) == {ALREADY}
    # Tuesday's return is confirmed and superseded; Thursday's says the same, so a person decides.
    assert told(thursday) == [("not sent", "superseded")]
    assert len(sandbox.requests) == before
    assert numbers(sandbox, 1) == ["RA1", "RB1", "return", "RC1"]
    # Alone, Monday's is no longer what the shop has.
    assert run_cli(monday, shop=sandbox).status == 1
    assert told(monday) == [("not sent", "superseded")] * 3


def test_a_sheet_that_holds_both_rows_is_already_updated_when_run_again(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", MONDAY, "1,return,,", f"1,{PAID},", "1,cancel,,")
    assert run_cli(sheet, shop=sandbox).status == 0
    before = len(sandbox.requests)
    for again in (sheet, tmp_path / "day.results.csv"):
        assert run_cli(again, shop=sandbox).status == 0
        assert told(again) == [ALREADY] * 4
    assert len(sandbox.requests) == before


WITH_A_CLOCK = """
import datetime, sys
hours, command = float(sys.argv[1]), sys.argv[2:]
real = datetime.datetime

class Kind(type):
    def __instancecheck__(cls, one):
        return isinstance(one, real)

class Off(real, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(hours=hours)

datetime.datetime = Off
from batch_update.cli import main
sys.exit(main(command))
"""
"""The program in a process whose clock is so many hours off."""


def run_off(hours: float, sandbox: Sandbox, *arguments: str | Path) -> CliRun:
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_CLOCK, str(hours), *arguments],
        env=environment_for(sandbox),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return CliRun(status=done.returncode, out=done.stdout, err=done.stderr)


@pytest.mark.parametrize("hours", [(5.0, 0.0, 0.0), (0.0, -5.0, 0.0), (0.0, 0.0, -5.0)])
def test_what_is_old_is_known_by_its_place_and_not_by_the_clock(
    hours: tuple[float, float, float], tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({9: [Fault.refuse(7, "account disabled")]}))
    # Of the same day, so that only the order of events tells which is newer.
    monday = write_sheet(tmp_path / "monday.csv", "9,cancel,,", "1,sent,2026-11-17,RA1")
    tuesday = write_sheet(tmp_path / "tuesday.csv", "1,sent,2026-11-17,RB1")
    assert run_off(hours[0], sandbox, monday).status == 3
    assert run_off(hours[1], sandbox, tuesday).status == 0
    run = run_off(hours[2], sandbox, tmp_path / "monday.results.csv")
    assert (run.status, told(monday)) == (1, [UPDATED, ("not sent", "overtaken")])
    assert numbers(sandbox, 1) == ["RB1"]


@pytest.mark.parametrize("hours", [(5.0, 0.0), (0.0, -5.0)])
def test_a_clock_behind_what_was_noted_last_is_said_in_a_line(
    hours: tuple[float, float], tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_off(hours[0], sandbox, sheet).err == ""
    run = run_off(hours[1], sandbox, sheet)
    assert (run.status, told(sheet)) == (0, [ALREADY])
    assert run.err.startswith("The clock of this machine says 20")
    assert run.err.count("\n") == 1
    assert calls(sandbox) == ["ask", "paid"]


def test_a_clock_that_was_ahead_is_news_once_and_an_event(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_off(24 * 400, sandbox, sheet).err == ""
    words = (sheet, "--quiet", "--notify-when", "new")
    first = run_off(0.0, sandbox, *words)
    assert first.err.startswith("The clock of this machine says 20")
    assert "If it is right now, nothing need be done" in first.err
    assert [run_off(0.0, sandbox, *words).err for _ in range(2)] == ["", ""]
    run = run_off(0.0, sandbox, *words, "--json-lines")
    assert "error" not in {json.loads(line)["event"] for line in run.out.splitlines()}
    # Who does not want to be told once is told each time.
    run = run_off(0.0, sandbox, sheet, "--json-lines")
    events = [json.loads(line) for line in run.out.splitlines()]
    (error,) = (one for one in events if one["event"] == "error")
    assert (error["code"], error["text"]) == ("clock", run.err.strip())


def move_clock_of(ledger: Path, by: dt.timedelta) -> None:
    """Make all that was noted look as if another clock had been read."""
    shift = by // dt.timedelta(milliseconds=1)
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        database.execute("DROP TRIGGER attempts_stay_as_they_are")
        database.execute("UPDATE attempts SET at = at + ?", (shift,))
        database.execute("UPDATE attempts SET unknown_at = unknown_at + ?", (shift,))
        database.execute("UPDATE runs SET started_at = started_at + ?", (shift,))
        database.execute("UPDATE runs SET alive_at = alive_at + ?", (shift,))
        database.execute("UPDATE counter SET at = at + ?", (shift,))
        database.commit()


def test_a_payment_is_known_though_a_cancellation_before_it_was_noted_by_a_clock_ahead(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run_cli(write_sheet(tmp_path / "a.csv", "1,cancel,,"), shop=sandbox).status == 0
    move_clock_of(ledger, dt.timedelta(hours=5))
    assert run_cli(write_sheet(tmp_path / "b.csv", f"1,{PAID},"), shop=sandbox).status == 0
    again = write_sheet(tmp_path / "c.csv", "1,paid,2026-11-21,")
    run = run_cli(again, "--no-read-back", shop=sandbox)
    assert (run.status, told(again)) == (1, [("not sent", "paid_before")])
    assert "The clock of this machine says" in run.err
    assert states(sandbox, 1) == ["cancel", "paid"]


def wait_until_the_clock_is_known(ledger: Path) -> None:
    """Wait until a run has noted by how much the shop's clock is ahead of its own."""
    for _ in range(PATIENCE_S * 100):
        with contextlib.closing(sqlite3.connect(ledger)) as database:
            (ahead,) = database.execute("SELECT ahead FROM runs").fetchone()
        if ahead is not None:
            return
        threading.Event().wait(0.01)
    raise TimeoutError


@pytest.mark.parametrize("hours", [-5.0, 5.0], ids=["behind", "ahead"])
def test_a_payment_under_way_is_not_made_again_at_once_by_a_run_with_another_clock(
    hours: float,
    tmp_path: Path,
    gate: threading.Event,
    ledger: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    """The clock of the run that was killed was off, until the shop said what time it is."""
    sandbox = open_sandbox(Script({1: [Fault(late_s=2.5, gate=gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    command = [sys.executable, "-c", WITH_A_CLOCK, str(hours), str(sheet)]
    with subprocess.Popen(command, env=environment_for(sandbox), stderr=subprocess.PIPE) as killed:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        wait_until_the_clock_is_known(ledger)
        killed.kill()
        killed.communicate(timeout=PATIENCE_S)
    run_cli(sheet, shop=sandbox)
    assert calls(sandbox).count("paid") == 1
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.silent(LONG_S, 3.2), id="silent"),
        pytest.param(Fault.gateway(502, 3.2), id="gateway"),
        pytest.param(Fault.gateway(503, 3.2), id="busy-gateway"),
        pytest.param(Fault.late(3.2), id="lost"),
    ],
)
def test_what_follows_a_parcel_whose_answer_was_lost_waits_until_that_has_settled(
    fault: Fault, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [fault]}))
    sheet = write_sheet(tmp_path / "day.csv", MONDAY, "1,return,,", "2,cancel,,")
    run = run_cli(sheet, "--timeout", "0.4", "--settle", "4", shop=sandbox)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 3)
    assert states(sandbox, 1) == ["sent", "sent", "return"]
    assert calls(sandbox) == ["sent", "sent", "cancel", "return"]


def test_what_follows_is_not_sent_if_that_takes_longer_than_a_run_may_wait(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.late(3.0)]}))
    sheet = write_sheet(tmp_path / "day.csv", MONDAY, "1,return,,", "2,cancel,,")
    run = run_cli(sheet, shop=sandbox)
    assert (run.status, told(sheet)) == (1, [UPDATED, ("not sent", "unsettled"), UPDATED])
    _, reason, _ = reasons(sheet)
    assert "sent 2026-11-16 RA1 (row 2 of day.csv)" in reason
    assert re.search(r"run this row again after 20\d\d-\d\d-\d\d \d\d:\d\d", reason)
    assert "not sent, unsettled: row 3" in run.out
    # Neither is it by another sheet, by another address, or after a moment.
    other = write_sheet(tmp_path / "other.csv", "1,return,,")
    address = same_address("http://localhost:{port}", sandbox)
    assert run_cli(other, "--base-url", address, shop=sandbox).status == 1
    assert told(other) == [("not sent", "unsettled")]
    results = tmp_path / "day.results.csv"
    assert run_cli(results, "--settle", "2", shop=sandbox).status == 0
    assert told(results) == [ALREADY, UPDATED, ALREADY]
    assert states(sandbox, 1)[-1] == "return"


def test_what_follows_a_parcel_of_a_killed_run_waits_or_is_not_sent(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault(late_s=2.5, gate=gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", MONDAY)
    killed_at(1, sandbox, sheet)
    other = write_sheet(tmp_path / "other.csv", "1,return,,", f"1,{PAID},", "2,cancel,,")
    assert run_cli(other, shop=sandbox).status == 1
    assert told(other)[0] == ("not sent", "unsettled")
    assert told(other)[2] == UPDATED
    assert calls(sandbox, 1) == ["sent"]
    assert run_cli(other, "--settle", "3", shop=sandbox).status == 0
    assert states(sandbox, 1) == ["sent", "return", "paid"]


def test_a_ledger_that_another_program_keeps_to_itself_ends_the_run_with_a_line_of_its_own(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    locked, busy, shown = (tmp_path / f"{name}.sqlite3" for name in ("locked", "busy", "shown"))
    for path in (locked, busy, shown):
        Ledger(path).__exit__()
    with contextlib.ExitStack() as stack:
        for path in (locked, shown):
            lock = filelock.FileLock(path.with_name(f"{path.name}.lock"))
            stack.enter_context(lock.acquire())
        database = stack.enter_context(contextlib.closing(sqlite3.connect(busy)))
        database.execute("BEGIN IMMEDIATE")
        commands: list[tuple[str | Path, ...]] = [
            (sheet, "--ledger", locked),
            (sheet, "--ledger", busy, "--output", tmp_path / "busy.csv"),
            ("--check-ledger", "--ledger", shown),
            # To read it waits for nobody.
            ("--history", "1", "--ledger", shown),
            ("--runs", "--ledger", busy),
        ]
        runs = [stack.enter_context(started(sandbox, *command)) for command in commands]
        ends = [process.communicate(timeout=PATIENCE_S) for process in runs]
    assert [process.returncode for process in runs] == [4, 4, 4, 0, 0]
    for out, err in ends[:3]:
        assert out == ""
        assert re.fullmatch(r"batch-update: the ledger .* is in use by another program.*\n", err)
    assert sandbox.requests == []


@needs_signals
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_whatever_signal_ends_a_run_the_results_are_written(
    name: str, tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},cancel,," for n in range(1, 5)))
    with started(sandbox, sheet, "--workers", "1") as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(signal.Signals[name])
        wait_for_line(process, "Stopping: what is under way is finished first")
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert told(sheet) == [UPDATED] * 2 + [("not sent", "interrupted")] * 2
    assert len(sandbox.requests) == 2


@needs_signals
def test_a_terminal_that_hangs_up_twice_still_waits_for_what_is_under_way(
    tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,", "3,cancel,,")
    with started(sandbox, sheet) as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(signal.SIGHUP)
        wait_for_line(process, "Stopping")
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert told(sheet)[:2] == [UPDATED, UPDATED]


@needs_signals
def test_ctrl_c_after_the_terminal_hung_up_does_not_wait(
    tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,", "3,cancel,,")
    with started(sandbox, sheet, "--workers", "1") as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(signal.SIGHUP)
        wait_for_line(process, "Stopping")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert told(sheet)[1:] == [("unconfirmed", "interrupted"), ("not sent", "interrupted")]


@needs_signals
def test_a_run_that_nohup_keeps_from_hanging_up_goes_on(
    tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,")
    within = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", within, COMMAND, sheet, "--quiet"], env=environment_for(sandbox)
    ) as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        process.send_signal(signal.SIGHUP)
        gate.set()
        assert process.wait(PATIENCE_S) == 0
    assert told(sheet) == [UPDATED] * 2


IN_A_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@needs_terminal
@pytest.mark.parametrize("requests", [1, 2])
def test_a_terminal_that_is_closed_ends_the_run_with_its_results_written(
    requests: int, tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({requests: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},cancel,," for n in range(1, 5)))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, COMMAND, sheet, "--workers", "1", "--verbose"],
        env=environment_for(sandbox),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        assert sandbox.wait_for_requests(requests, PATIENCE_S)
        os.close(ours)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        gate.set()
        assert process.wait(PATIENCE_S) == 130
    assert told(sheet)[:requests] == [UPDATED] * requests
    assert told(sheet)[requests:] == [("not sent", "interrupted")] * (4 - requests)


def hints(*heads: str) -> bytes:
    return b"".join(f"HTTP/1.1 {head}\r\n\r\n".encode() for head in heads) + http(signed(0))


def run_against(talk: Talk | bytes, run_cli: RunCli, *arguments: str | Path) -> CliRun:
    with Server(talk) as server:
        return run_cli(*arguments, "--base-url", server.base_url)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "heads",
    [
        ["100 Continue"],
        ["102 Processing"],
        ["103 Early Hints\r\nLink: </style.css>; rel=preload; as=style"],
        ["103 Early Hints\r\nContent-Length: 5"],
        ["100 Continue", "102 Processing", "103 Early Hints\r\nLink: </a>", "199 What"],
        ["103"] * 50,
    ],
)
def test_what_only_says_that_an_answer_will_come_is_passed_over(
    heads: list[str], tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},cancel,," for n in range(1, 4)))
    run = run_against(hints(*heads), run_cli, sheet)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 3)


def _for_ever(server: Server, connection: socket.socket) -> None:
    while not server.closing.wait(0.02):
        server.send(connection, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")


@pytest.mark.usefixtures("account")
def test_hints_without_an_answer_end_with_the_time_limit(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    run_against(_for_ever, run_cli, sheet, "--timeout", "0.5", "--retries", "0")
    assert told(sheet) == [("unconfirmed", "no_answer")]


MANY = 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of many orders, each paid."""
    path = tmp_path_factory.mktemp("large") / "ledger.sqlite3"
    done = SendResult(outcome=Outcome.UPDATED, attempts=1)
    with Ledger(path) as record, record.hold("another shop") as book:
        day = book.for_file("day.csv")
        for number in range(1, MANY + 1):
            update = OrderUpdate(bill_id=number, status=Status.PAID, date=DAY)
            day.begin(update, number)
            day.settle(update, number, done)
        day.commit()
    return path


def copied(large: Path, to: Path) -> Path:
    to.write_bytes(large.read_bytes())
    return to


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\x55" * 4096
    path.write_bytes(data)


def test_an_update_takes_little_room_in_the_ledger(large: Path) -> None:
    assert large.stat().st_size <= 150 * MANY


def test_opening_a_ledger_does_not_look_through_all_of_it_and_a_check_does(
    large: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    path = copied(large, tmp_path / "copy.sqlite3")
    run = run_cli("--check-ledger", "--ledger", path)
    assert (run.status, run.err) == (0, "")
    assert run.out == f"The ledger {path} is whole.\n"
    damage_middle(path)
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"{MANY + 1},{PAID},")
    assert run_cli(sheet, "--ledger", path, shop=sandbox).status == 0
    run = run_cli("--check-ledger", "--ledger", path)
    assert (run.status, run.out) == (2, "")
    assert re.fullmatch(
        rf"batch-update: The ledger {re.escape(str(path))} is damaged: .+\n", run.err
    )
    assert len(run.err) < 2000


def test_rows_whose_place_in_the_ledger_is_damaged_are_not_sent(
    large: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    path = copied(large, tmp_path / "copy.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE shops SET name = ?", ("north",))
        database.commit()
    damage_middle(path)
    sandbox = open_sandbox()
    lines = (f"{n},{PAID}," for n in range(1, MANY + 1, 10))
    sheet = write_sheet(tmp_path / "day.csv", *lines)
    config = tmp_path / "config.toml"
    config.write_text('[account]\nshop = "north"\n')
    options = ("--ledger", path, "--config", config, "--date", "2026-11-20")
    run = run_cli(sheet, *options, "--timezone", "UTC", shop=sandbox)
    assert run.status in {2, 3}
    assert re.search(r"The ledger .* is damaged", run.err)
    assert calls(sandbox).count("paid") == 0
    assert {outcome for outcome, _ in told(sheet)} <= {"already updated", "not sent"}


def test_a_ledger_whose_lines_contradict_one_another_is_not_called_whole(
    large: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    path = copied(large, tmp_path / "copy.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE updates SET confirmed = 1 WHERE bill_id = 77")
        database.commit()
    run = run_cli("--check-ledger", "--ledger", path)
    assert run.status == 2
    assert "lines that contradict others: 1" in run.err


def test_a_ledger_that_is_not_there_is_not_called_whole(tmp_path: Path, run_cli: RunCli) -> None:
    path = tmp_path / "typo.sqlite3"
    run = run_cli("--check-ledger", "--ledger", path)
    assert run.status == 2
    assert "whole" not in run.out
    assert not path.exists()


def test_practice_has_no_ledger_to_be_checked(run_cli: RunCli) -> None:
    run = run_cli("--check-ledger", "--sandbox")
    assert (run.status, run.out) == (2, "")


VERSION_1 = """
    CREATE TABLE updates (
        account TEXT NOT NULL,
        bill_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        date INTEGER NOT NULL,
        rpo TEXT NOT NULL,
        state TEXT NOT NULL,
        code TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,
        file TEXT NOT NULL,
        row INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        settled_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account, bill_id, status, date, rpo)
    ) WITHOUT ROWID;
    CREATE INDEX updates_by_order ON updates (bill_id);
    CREATE TABLE runs (
        account TEXT NOT NULL PRIMARY KEY,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        since TEXT NOT NULL
    ) WITHOUT ROWID;
    PRAGMA application_id = 1112887364;
    PRAGMA user_version = 1;
    PRAGMA journal_mode = WAL;
"""
MIDNIGHT = 1795122000
"""2026-11-20 in Moscow."""
BEGUN, ENDED = "2026-11-20 10:00:00.123", "2026-11-20 10:00:01.456"


def write_version_1(path: Path, port: str) -> list[tuple[str | int, ...]]:
    """Write a ledger as the program did before, for one shop by two addresses, and for another."""
    one, other = f"{LOGIN}@127.0.0.1:{port}", f"{LOGIN}@localhost:{port}"
    refused = ("rejected", "202", "order not paid", 1, "day.csv")
    lost = ("unconfirmed", "no_answer", "No answer came in time.", 5, "day.csv")
    done = ("updated", "", "", 1, "day.csv")
    lines: list[tuple[str | int, ...]] = [
        (one, 1, "paid", MIDNIGHT, "", *done, 2, BEGUN, ENDED),
        (other, 2, "paid", MIDNIGHT, "", *done, 3, BEGUN, ENDED),
        (one, 3, "sent", MIDNIGHT, "RA3", "sending", "", "", 0, "day.csv", 4, BEGUN, ""),
        (other, 4, "paid", MIDNIGHT, "", *refused, 5, BEGUN, ENDED),
        (one, 5, "paid", MIDNIGHT, "", *lost, 6, BEGUN, ENDED),
        # Known by both addresses, as it was sent twice then.
        (one, 6, "cancel", 0, "", *done, 7, BEGUN, ENDED),
        (other, 6, "cancel", 0, "", *done, 8, BEGUN, "2026-11-20 11:00:00.000"),
        (LOGIN, 1, "paid", MIDNIGHT, "", *done, 9, BEGUN, ENDED),
        (f"{LOGIN}@{LOGIN}.justclick.ru", 7, "paid", MIDNIGHT, "", *done, 9, BEGUN, ENDED),
        # Returned by the one address, then sent by the other.
        (one, 8, "return", 0, "", *done, 10, BEGUN, ENDED),
        (other, 8, "sent", MIDNIGHT, "RA8", *done, 11, BEGUN, "2026-11-20 12:00:00.000"),
    ]
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(VERSION_1)
        database.executemany(f"INSERT INTO updates VALUES ({'?, ' * 12}?)", lines)  # noqa: S608
        accounts = {line[0] for line in lines}
        runs = [(account, 7, "host", "2026-11-20 10:00:00.000") for account in accounts]
        database.executemany("INSERT INTO runs VALUES (?, ?, ?, ?)", runs)
        database.commit()
    return lines


def port_of(sandbox: Sandbox) -> str:
    return sandbox.base_url.rpartition(":")[2]


def version_of(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def test_a_ledger_of_the_version_before_is_taken_over_with_every_line(
    ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    lines = write_version_1(ledger, port_of(sandbox))
    # To look at it does not change it.
    run = run_cli("--history", "6")
    assert run.status == 0
    assert (version_of(ledger), run.err) == (1, "")
    run = run_cli("--check-ledger")
    assert run.status == 0
    assert (version_of(ledger), run.err) == (3, "")
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        kept = database.execute(
            "SELECT updates.bill_id, updates.status, updates.date, updates.rpo, event, row, name, "
            "code, text, posts FROM attempts JOIN updates ON updates.id = update_id "
            "JOIN sheets ON sheets.id = sheet"
        ).fetchall()
        shops = {name for (name,) in database.execute("SELECT name FROM shops")}
    assert shops == {LOGIN, f"{LOGIN}@localhost:{port_of(sandbox)}"}
    for _, bill_id, status, date, rpo, state, code, text, attempts, file, row, _, _ in lines:
        update = (bill_id, status, date, rpo)
        assert (*update, "sending", row, file, None, None, None) in kept
        if state != "sending":
            assert (*update, state, row, file, code or None, text or None, attempts) in kept
    assert len(kept) == 2 * len(lines) - 1
    assert run_cli("--check-ledger").out == f"The ledger {ledger} is whole.\n"
    assert "rejected" in run_cli("--history", "4").out
    assert "2026-11-20 13:00" in run_cli("--history", "1").out


def test_what_the_version_before_noted_is_known_to_the_next_run(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_version_1(ledger, port_of(sandbox))
    sandbox.shop.update({"bill_id": "5", "status": "paid", "date": str(MIDNIGHT)})
    known = (f"1,{PAID},", f"2,{PAID},", "6,cancel,,", "8,sent,2026-11-20,RA8")
    others = ("3,sent,2026-11-20,RA3", f"4,{PAID},", f"5,{PAID},", f"7,{PAID},", "8,return,,")
    sheet = write_sheet(tmp_path / "next.csv", *known, *others)
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 1
    outcomes = [ALREADY] * 4 + [UPDATED] * 4 + [("not sent", "superseded")]
    assert told(sheet) == outcomes
    assert calls(sandbox, 1) == calls(sandbox, 2) == calls(sandbox, 6) == calls(sandbox, 8) == []
    assert (calls(sandbox, 4), calls(sandbox, 5)) == (["ask", "paid"], ["ask"])


def test_a_run_of_the_version_before_keeps_its_ledger_from_being_taken_over(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_version_1(ledger, port_of(sandbox))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    account = f"{LOGIN}@127.0.0.1:{port_of(sandbox)}"
    digest = hashlib.sha256(account.encode()).hexdigest()[:16]
    with filelock.FileLock(ledger.with_name(f"{ledger.name}.{digest}.lock")):
        run = run_cli(sheet, shop=sandbox)
        assert (run.status, run.out) == (4, "")
        assert re.fullmatch(r"batch-update: the ledger .* is in use by .*\n", run.err)
        assert version_of(ledger) == 1
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), version_of(ledger), calls(sandbox)) == ([ALREADY], 3, [])


def test_a_migration_that_fails_midway_leaves_the_ledger_as_it_was(
    ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    lines = write_version_1(ledger, port_of(sandbox))
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        database.execute("CREATE TABLE counter (its INTEGER)")
        database.commit()
    for _ in range(2):
        run = run_cli("--check-ledger")
        assert run.status == 2
        assert run.err.count("\n") == 1
    assert version_of(ledger) == 1
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        assert len(database.execute("SELECT * FROM updates").fetchall()) == len(lines)
        database.execute("DROP TABLE counter")
        database.commit()
    assert run_cli("--check-ledger").status == 0
    assert version_of(ledger) == 3


@needs_signals
def test_an_interrupted_wait_says_of_the_next_row_what_it_waited_for(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.late(4.0)]}))
    sheet = write_sheet(tmp_path / "day.csv", MONDAY, "1,return,,")
    interrupted_at(2, sandbox, sheet, "--settle", "30s")
    assert told(sheet) == [UPDATED, ("not sent", "unsettled")]
    assert states(sandbox, 1)[0] == "sent"
    assert "return" not in states(sandbox, 1)


def test_a_row_that_was_mended_after_the_order_had_gone_on_does_not_undo_that(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    monday = write_sheet(tmp_path / "monday.csv", "1,retrun,,", "2,cancel,,")
    assert run_cli(monday, shop=sandbox).status == 1
    tuesday = write_sheet(tmp_path / "tuesday.csv", "1,sent,2026-11-18,RB1")
    assert run_cli(tuesday, shop=sandbox).status == 0
    results = tmp_path / "monday.results.csv"
    results.write_text(results.read_text("utf-8-sig").replace("retrun", "return"), "utf-8")
    assert run_cli(results, shop=sandbox).status == 1
    assert told(results) == [("not sent", "overtaken"), ALREADY]
    assert states(sandbox, 1) == ["sent"]
    # What is mended before anything else came of the order is sent.
    other = write_sheet(tmp_path / "other.csv", "3,sennt,2026-11-18,RC3", "4,cancel,,")
    assert run_cli(other, shop=sandbox).status == 1
    results = tmp_path / "other.results.csv"
    results.write_text(results.read_text("utf-8-sig").replace("sennt", "sent"), "utf-8")
    assert run_cli(results, shop=sandbox).status == 0
    assert states(sandbox, 3) == ["sent"]


def test_a_payment_that_was_insisted_on_by_a_run_that_was_killed_is_told_of_to_any_other_run(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    killed_at(4, sandbox, sheet, "--force")
    assert run_cli(sheet, shop=sandbox).status == 1
    assert told(sheet) == [("unconfirmed", "earlier_run")]
    assert "nobody knows whether it was booked twice" in reasons(sheet)[0]
    assert run_cli(sheet, shop=sandbox).status == 0
    assert told(sheet) == [ALREADY]
    assert states(sandbox, 1) == ["paid", "paid"]


def test_a_return_that_waited_for_a_parcel_is_newer_than_that_parcel(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    parcels = write_sheet(tmp_path / "parcels.csv", MONDAY)
    killed_at(1, sandbox, parcels)
    returns = write_sheet(tmp_path / "returns.csv", "1,return,,")
    assert run_cli(returns, shop=sandbox).status == 1
    assert told(returns) == [("not sent", "unsettled")]
    assert run_cli(parcels, shop=sandbox).status == 0
    assert run_cli(returns, "--settle", "0", shop=sandbox).status == 0
    assert states(sandbox, 1)[-1] == "return"


def test_a_sheet_that_was_mended_after_its_run_was_killed_is_as_old_as_that_run(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({9: [Fault.held(gate)]}))
    day = write_sheet(tmp_path / "day.csv", "9,cancel,,", "1,sent,2026-11-18,RA1", "2,retrun,,")
    killed_at(1, sandbox, day)
    assert run_cli(write_sheet(tmp_path / "other.csv", "1,return,,"), shop=sandbox).status == 0
    day.write_text(day.read_text("utf-8").replace("retrun", "return"), "utf-8")
    assert run_cli(day, "--settle", "0", shop=sandbox).status == 1
    assert told(day)[1:] == [("not sent", "overtaken"), UPDATED]
    assert states(sandbox, 1) == ["return"]


def test_the_same_parcel_of_another_day_waits_for_the_one_that_may_come_late(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.wrong_hash()]}))
    sheet = tmp_path / "day.csv"
    sheet.write_text("order,status,rpo\n1,sent,RA1\n")
    assert run_cli(sheet, "--date", "2026-11-18", shop=sandbox).status == 3
    assert run_cli(sheet, "--date", "2026-11-19", shop=sandbox).status == 1
    assert told(sheet) == [("not sent", "unsettled")]


@needs_links
def test_a_ledger_is_one_ledger_by_whichever_link_it_is_named(
    tmp_path: Path, ledger: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", MONDAY)
    link = tmp_path / "elsewhere.sqlite3"
    link.symlink_to(ledger)
    with started(sandbox, sheet) as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        run = run_cli(sheet, "--ledger", link, shop=sandbox)
        process.kill()
    assert (run.status, len(sandbox.requests)) == (4, 1)
    assert "is sending updates to this shop" in run.err


@needs_removal
def test_a_run_whose_ledger_is_removed_stops_and_says_so(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    class Remover(Script):
        def next_fault(self, call: str, bill_id: str) -> PlainFault | None:
            if bill_id == "2":
                ledger.unlink()
            return super().next_fault(call, bill_id)

    sandbox = open_sandbox(Remover())
    sheet = write_sheet(tmp_path / "day.csv", *(f"{number},cancel,," for number in range(1, 9)))
    run = run_cli(sheet, "--workers", "1", shop=sandbox)
    assert run.status == 3
    assert "was removed or replaced while it was in use" in run.err
    assert told(sheet)[-1][0] == "not sent"


def test_an_update_whose_attempts_are_gone_is_not_sent_as_if_it_were_new(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", MONDAY)
    assert run_cli(sheet, shop=sandbox).status == 0
    with contextlib.closing(sqlite3.connect(ledger)) as database, database:
        database.execute("DROP TRIGGER attempts_stay")
        database.execute("DELETE FROM attempts")
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 3
    assert "is damaged" in run.err
    assert len(sandbox.requests) == 1


def test_a_payment_that_a_run_with_another_clock_has_told_of_is_as_young_as_it_was(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    killed_at(4, sandbox, sheet, "--force")
    command = [sys.executable, "-c", WITH_A_CLOCK, "-2.0", str(sheet)]
    subprocess.run(
        command, env=environment_for(sandbox), capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert told(sheet) == [("unconfirmed", "earlier_run")]
    assert run_cli(sheet, "--force", shop=sandbox).status == 1
    assert told(sheet) == [("unconfirmed", "earlier_run")]
    assert calls(sandbox).count("paid") == 2


def test_a_parcel_without_a_date_is_already_sent_though_another_day_was_forced_in_between(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", "1,return,,", "1,sent,,RB1")
    assert run_cli(sheet, "--date", "2026-11-20", shop=sandbox).status == 0
    assert run_cli(sheet, "--date", "2026-11-19", "--force", shop=sandbox).status == 0
    assert run_cli(sheet, "--date", "2026-11-20", shop=sandbox).status == 0
    assert told(sheet) == [ALREADY, ALREADY]
    assert states(sandbox, 1) == ["return", "sent", "return", "sent"]


def test_a_parcel_without_a_date_is_not_already_sent_where_a_later_return_got_no_answer(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, Fault.late(0.0), None]}))
    first = write_sheet(tmp_path / "first.csv", "1,sent,2026-11-17,RA1")
    assert run_cli(first, shop=sandbox).status == 0
    second = write_sheet(tmp_path / "second.csv", "1,return,,")
    assert run_cli(second, "--retries", "0", shop=sandbox).status != 0
    third = write_sheet(tmp_path / "third.csv", "1,sent,,RA1")
    assert run_cli(third, "--date", "2026-11-20", shop=sandbox).status == 1
    assert told(third) == [("not sent", "superseded")]
    assert calls(sandbox).count("sent") == 1
