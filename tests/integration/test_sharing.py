"""Several runs and several people with one ledger: who waits for whom, and who may write what."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_update.ledger.sqlite import sharing
from tests.conftest import LOGIN, OpenSandbox, RunCli
from tests.home import variables_of
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.posix import needs_signals
from tests.receivers import open_hook
from tests.sandbox import Fault, Sandbox, Script

BUSY = 4


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Let no answer wait beyond the test."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def sheets(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for order, path in enumerate(paths, start=1):
        path.write_text(f"order,status\n{order},cancel\n", encoding="utf-8")
    return paths


def start(sheet: Path, sandbox: Sandbox, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, str(sheet), *options],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def process_of(run: subprocess.Popen[str]) -> str:
    """Return a pattern for the process that works: on Windows the command starts another one."""
    return r"\d+" if sys.platform == "win32" else str(run.pid)


def end_of(run: subprocess.Popen[str]) -> int:
    run.communicate(timeout=PATIENCE_S)
    return run.returncode


def test_a_run_on_a_busy_shop_says_who_is_at_work_and_ends_with_a_status_of_its_own(
    sheets: list[Path], gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    first = start(sheets[0], sandbox)
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    me, here = getpass.getuser(), socket.gethostname()
    for zone, name in (("Asia/Yekaterinburg", r"\+05"), ("Europe/Moscow", "MSK")):
        second = run_cli(sheets[1], "--timezone", zone, shop=sandbox)
        assert (second.status, second.out) == (BUSY, "")
        assert re.fullmatch(
            rf"batch-update: another run \(process {process_of(first)} on {here}, by "
            rf"{me}, since 20\d\d-\d\d-\d\d \d\d:\d\d {name}\) is sending updates to "
            r"this shop\. Wait until it has ended, then start again, or add --wait; .*\n",
            second.err,
        )
    third = run_cli(sheets[1], "--wait", "0.3", shop=sandbox)
    assert third.status == BUSY
    waiting = rf"Waiting 0.3 s at most until another run \(process {process_of(first)} "
    assert re.match(waiting, third.err)
    assert re.search(r"was still sending updates to this shop after a wait of 0.3 s", third.err)
    gate.set()
    assert end_of(first) == 0
    assert sandbox.shop.changed_orders() == [1]


def test_a_run_that_is_told_to_wait_says_for_whom_and_goes_on_when_the_other_ends(
    sheets: list[Path], gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    first = start(sheets[0], sandbox)
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    # In front of the sheet, which is not taken for the time.
    with subprocess.Popen(
        [COMMAND, "--wait", str(sheets[1])],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as second:
        assert second.stderr is not None
        told = second.stderr.readline()
        assert re.match(
            rf"Waiting until another run \(process {process_of(first)} on .*\) has ended\.", told
        )
        assert len(sandbox.requests) == 1
        gate.set()
        assert end_of(first) == 0
        out, err = second.communicate(timeout=PATIENCE_S)
    assert (second.returncode, err) == (0, "The other run has ended; this one goes on.\n")
    assert "updated              1" in out
    assert sandbox.shop.changed_orders() == [1, 2]


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_wait_for_another_run(
    number: signal.Signals, sheets: list[Path], gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    first = start(sheets[0], sandbox)
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    with open_hook() as hook:
        second = start(sheets[1], sandbox, "--wait", "--notify", hook.address)
        assert second.stderr is not None
        assert second.stderr.readline().startswith("Waiting until another run")
        second.send_signal(number)
        out, err = second.communicate(timeout=PATIENCE_S)
    assert (second.returncode, out, err) == (130, "", "batch-update: Interrupted.\n")
    (post,) = hook.posts
    assert post["title"] == f"batch-update: {LOGIN}: interrupted, nothing was sent"
    assert f"{sheets[1].name}: not worked through" in post["message"].splitlines()
    gate.set()
    assert end_of(first) == 0


IN_PLACE_OF = """
import contextlib, io, os, sys, tempfile
from batch_update.cli import main
# Other people may not be able to read what the program is made of, so all of it is loaded first.
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    with open(folder + "/a.csv", "w") as file:
        file.write("order,status\\n1,cancel\\n")
    assert main([folder + "/a.csv", "--sandbox"]) == 0
    import pwd
os.setgroups([int(sys.argv[2])])
os.setgid(int(sys.argv[1]))
os.setuid(int(sys.argv[1]))
os.chdir(sys.argv[3])
sys.exit(main(sys.argv[4:]))
"""
ANNA, BORIS, STRANGER, GROUP, NO_GROUP = 61_001, 61_002, 61_003, 61_100, 61_101

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be other people"
)


def run_as(
    user: int, home: Path, sandbox: Sandbox, *arguments: str, group: int = GROUP
) -> subprocess.CompletedProcess[str]:
    own = home / str(user)
    if not own.exists():
        own.mkdir()
        (own / "day.csv").write_text(f"order,status\n1,cancel\n{user},cancel\n", encoding="utf-8")
        for path in (own, own / "day.csv"):
            os.chown(path, user, user)
    return subprocess.run(
        [sys.executable, "-c", IN_PLACE_OF, str(user), str(group), str(own), *arguments],
        env={**environment_for(sandbox), "HOME": str(own), **variables_of(own)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a folder that all may pass through, with one in it that a group shares."""
    # Not within pytest's folder, which is closed to others each time that a test run begins.
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        shared = place / "shared"
        shared.mkdir()
        os.chown(shared, 0, GROUP)
        shared.chmod(0o2770)
        yield place


@needs_root
@pytest.mark.parametrize("place", ["shared", "shared/new/one"])
def test_a_group_shares_a_ledger_whose_folder_is_its(
    place: str, home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sharing.make_folder(home / place)
    ledger = home / place / "ledger.sqlite3"
    done = run_as(ANNA, home, sandbox, "day.csv", "--ledger", str(ledger))
    assert done.returncode == 0, done.stderr
    again = run_as(BORIS, home, sandbox, "day.csv", "--ledger", str(ledger))
    assert again.returncode == 0, again.stderr
    assert "already updated      1" in again.stdout
    assert sandbox.shop.changed_orders() == [1, ANNA, BORIS]
    assert len(sandbox.requests) == 3
    for path in ledger.parent.iterdir():
        about = path.stat()
        assert (about.st_gid, stat.S_IMODE(about.st_mode)) == (GROUP, 0o660), path
    # What is not the ledger's stays its owner's alone.
    assert stat.S_IMODE((home / str(ANNA) / "day.results.csv").stat().st_mode) == 0o600


@needs_root
@pytest.mark.parametrize(
    ("mode", "folder_mode"),
    [
        pytest.param(0o600, 0o777, id="file"),
        pytest.param(0o644, 0o777, id="only-read"),
        pytest.param(0o666, 0o755, id="folder"),
        pytest.param(0o666, 0o700, id="hidden"),
    ],
)
def test_who_has_no_right_to_a_ledger_is_not_sent_to_another_one(
    mode: int, folder_mode: int, home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    folder = home / "of-anna"
    folder.mkdir()
    os.chown(folder, ANNA, ANNA)
    ledger = folder / "ledger.sqlite3"
    assert run_as(ANNA, home, sandbox, "day.csv", "--ledger", str(ledger)).returncode == 0
    sent = len(sandbox.requests)
    for path in folder.iterdir():
        path.chmod(mode)
    folder.chmod(folder_mode)
    done = run_as(STRANGER, home, sandbox, "day.csv", "--ledger", str(ledger), group=NO_GROUP)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Ask its owner or the administrator for the right" in done.stderr
    assert "Do not take another ledger: it would not know what was sent" in done.stderr
    assert "--ledger" not in done.stderr
    assert len(sandbox.requests) == sent


@needs_root
def test_who_may_make_no_ledger_where_none_is_can_name_another_place(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    (home / "closed").mkdir(mode=0o755)
    (home / "closed").chmod(0o755)
    place = str(home / "closed" / "ledger.sqlite3")
    done = run_as(STRANGER, home, open_sandbox(), "day.csv", "--ledger", place)
    assert done.returncode == 2
    assert "or name another place: --ledger PATH" in done.stderr


@needs_root
def test_results_that_cannot_stand_beside_their_sheet_are_said_last_and_are_no_success(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    closed = home / "closed"
    closed.mkdir()
    for name in ("one", "two"):
        (closed / f"{name}.csv").write_text(
            f"order,status\n{len(name)}{ord(name[0])},cancel\n", encoding="utf-8"
        )
    closed.chmod(0o755)
    ledger = ("--ledger", str(home / "shared" / "ledger.sqlite3"))
    done = run_as(ANNA, home, sandbox, str(closed / "one.csv"), *ledger)
    assert done.returncode == 1
    written = home / str(ANNA) / "one.results.csv"
    last = (
        f"batch-update: {closed}/one.results.csv could not be written (it is open in another "
        f"program, or access is denied), so the results are here: {written}."
    )
    assert done.stderr.splitlines()[-1] == last
    assert written.exists()
    assert f"Results: {written}\n" in done.stdout
    other = run_as(ANNA, home, sandbox, str(closed), *ledger, "--json", "--failures", str(closed))
    assert other.returncode == 1
    said = json.loads(other.stdout)
    assert (said["exit_status"], [one["exit_status"] for one in said["files"]]) == (1, [1, 1])
    results = [one["misplaced"] for one in said["files"]]
    assert [len(texts) for texts in results] == [2, 2]
    assert f"so the results are here: {home}/{ANNA}/two.results.csv." in results[1][0]
    assert other.stderr.count("batch-update: ") == 4
