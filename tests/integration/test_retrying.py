"""`--retry-for`: a shop or a ledger that is away, other runs at work, and who stops the wait."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from batch_update.cli import retrying
from batch_update.errors import FailureScope
from batch_update.model import Outcome, SendResult
from tests.conftest import LOGIN, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, results_of
from tests.integration.test_ledger import Held
from tests.link import Link
from tests.posix import needs_signals
from tests.postgres import PostgresServer
from tests.receivers import Hook, closed_port, open_hook
from tests.sandbox import Fault, Sandbox, Script
from tests.teams import set_up
from tests.unit.test_reader import HEADER, rows_of, write_book

# Of the library for messages.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

# Of what is away here, no answer comes at all.
QUICK = ("--retries", "0", "--workers", "1")
WAIT = "Not all is settled: "


class Door:
    """An address at which nobody is, until it is opened to a server."""

    def __init__(self, target: tuple[str, int] | Path) -> None:
        self._target = target
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._stack = contextlib.ExitStack()

    def open(self) -> None:
        self._listener.listen()
        self._stack.enter_context(Link(self._target, self._listener))

    def close(self) -> None:
        self._stack.close()
        self._listener.close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with open_hook() as one:
        yield one


@pytest.fixture
def sandbox(open_sandbox: OpenSandbox) -> Sandbox:
    return open_sandbox()


@pytest.fixture
def door(sandbox: Sandbox) -> Iterator[Door]:
    one = Door(("127.0.0.1", sandbox.port))
    yield one
    one.close()


def fill(path: Path, *rows: tuple[object, str]) -> Path:
    return write_book(path, rows_of(HEADER, *rows))


def outcomes(path: Path) -> list[str]:
    return [outcome for outcome, _ in results_of(path).values()]


def test_a_shop_that_comes_back_gets_all_and_people_are_told_once(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, door: Door, hook: Hook
) -> None:
    orders = [(number, "cancel") for number in range(1, 5)]
    sheet = fill(tmp_path / "day.xlsx", *orders, (9, "lost"))
    told = ("--notify", hook.address, "--notify-when", "always", "--log-file", "day.log")
    opening = threading.Timer(1.0, door.open)
    opening.start()
    address = f"http://127.0.0.1:{door.port}"
    run = run_cli(sheet, "--retry-for", "30s", *QUICK, *told, "--base-url", address, shop=sandbox)
    opening.join()
    assert run.status == 1
    assert outcomes(tmp_path / "day.results.xlsx") == [*["updated"] * 4, "invalid"]
    assert [request.fields["bill_id"] for request in sandbox.requests] == ["1", "2", "3", "4"]
    (post,) = hook.posts
    assert post["title"] == f"batch-update: {LOGIN}: 1 row needs a person"
    lines = run.err.splitlines()
    assert lines
    assert all(line.startswith(WAIT) for line in lines)
    assert re.search(
        r"next try is at \d\d:\d\d:\d\d, the last one at \d\d:\d\d:\d\d MSK\.", lines[0]
    )
    # What was overcome is not on the screen as an error, but in the log.
    assert "stopped early" in (tmp_path / "day.log").read_text("utf-8")
    runs = run_cli("--runs", "--json", "--base-url", address).out
    assert runs.count('"run":') == len(lines) + 1


def test_when_the_time_is_over_the_last_state_counts(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, hook: Hook
) -> None:
    fill(tmp_path / "a.xlsx", (1, "cancel"))
    fill(tmp_path / "b.xlsx", (2, "cancel"))
    # Windows takes two seconds to find that nothing listens.
    long_s = 4 if os.name == "posix" else 15
    words = ("--retry-for", f"{long_s}s", *QUICK, "--notify", hook.address)
    address = f"http://127.0.0.1:{closed_port()}"
    begin = time.monotonic()
    run = run_cli("a.xlsx", "b.xlsx", *words, "--base-url", address, shop=sandbox)
    assert time.monotonic() - begin >= long_s
    assert run.status == 1
    waits = [line for line in run.err.splitlines() if line.startswith(WAIT)]
    assert len(waits) >= 2
    assert waits[0].startswith(f"{WAIT}2 rows wait for the shop. The next try is at ")
    assert outcomes(tmp_path / "a.results.xlsx") == ["not sent"]
    (post,) = hook.posts
    assert "2 rows need a person" in post["title"]


def test_other_programs_are_told_of_the_wait_and_of_the_last_state(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, door: Door
) -> None:
    sheet = fill(tmp_path / "day.xlsx", *((order, "cancel") for order in range(1, 5)))
    opening = threading.Timer(1.0, door.open)
    opening.start()
    words = ("--json-lines", "--metrics", tmp_path / "day.prom", "--retry-for", "30s", *QUICK)
    run = run_cli(sheet, *words, "--base-url", f"http://127.0.0.1:{door.port}", shop=sandbox)
    opening.join()
    assert run.status == 0
    events = [json.loads(line) for line in run.out.splitlines()]
    waits = [event for event in events if event["event"] == "waiting"]
    assert {(event["reason"], event["updates"]) for event in waits} == {("next_try", 4)}
    # What was overcome is nothing that a person must know.
    assert [event["event"] for event in events if event["event"] == "error"] == []
    assert [event["event"] for event in events].count("sheet_finished") == len(waits) + 1
    assert events[-1]["event"] == "finished"
    assert (events[-1]["rows"], events[-1]["counts"]["updated"]) == (4, 4)
    figures = (tmp_path / "day.prom").read_text("utf-8")
    assert re.search(r'^batch_update_rows\{.*outcome="not sent".*\} 0', figures, re.MULTILINE)
    assert re.search(r"^batch_update_sheets\{.*\} 1", figures, re.MULTILINE)


def test_a_run_that_stops_goes_on_with_the_sheets_that_it_had_not_begun(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, door: Door
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "done").mkdir()
    fill(inbox / "a.xlsx", *((order, "cancel") for order in range(1, 6)))
    fill(inbox / "b.xlsx", (6, "cancel"))
    (inbox / "c.csv").touch()
    opening = threading.Timer(1.0, door.open)
    opening.start()
    words = ("--retry-for", "30s", *QUICK, "--base-url", f"http://127.0.0.1:{door.port}")
    run = run_cli(inbox, *words, "--quiet", "--move-done", inbox / "done", shop=sandbox)
    opening.join()
    assert run.status == 2
    assert sandbox.shop.changed_orders() == [1, 2, 3, 4, 5, 6]
    # Neither what was overcome is said, nor what was not begun at first.
    assert run.err.splitlines()[0] == "batch-update: c.csv is empty. Export the sheet again."
    assert "stopped early" not in run.err
    assert "was not begun" not in run.err
    assert sorted(path.name for path in (inbox / "done").iterdir()) == [
        *("a.results.xlsx", "a.xlsx", "b.results.xlsx", "b.xlsx"),
    ]


def test_what_is_settled_is_not_run_again(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    fill(tmp_path / "a.xlsx", (1, "cancel"))
    fill(tmp_path / "b.xlsx", (2, "cancel"), (3, "cancel"))
    sandbox = open_sandbox(Script({2: [Fault.refuse(8, "the limit is used up")]}))
    run = run_cli("a.xlsx", "b.xlsx", "--retry-for", "30s", *QUICK, shop=sandbox)
    assert run.status == 0, run.err
    assert outcomes(tmp_path / "a.results.xlsx") == ["updated"]
    assert outcomes(tmp_path / "b.results.xlsx") == ["updated", "updated"]
    assert run.out.splitlines()[-1] == "All 2 files: 3 rows: 3 updated."
    assert run.out.count("a.xlsx, sheet") == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.refuse(1, "not transferred hash"), 3),
        (Fault.refuse(5, "invalid user name"), 3),
        (Fault.refuse(200, "order not found"), 1),
    ],
)
def test_what_needs_a_person_is_no_reason_to_go_on(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, fault: Fault, status: int
) -> None:
    sheet = fill(tmp_path / "day.xlsx", (1, "cancel"), (2, "lost"), (3, "cancel"))
    sandbox = open_sandbox(Script({1: [fault] * 9}))
    run = run_cli(sheet, "--retry-for", "24h", shop=sandbox)
    assert run.status == status
    assert WAIT not in run.err


@needs_signals
def test_another_run_at_work_is_waited_for(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook
) -> None:
    sheet, gate = fill(tmp_path / "day.xlsx", (1, "cancel")), threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    held = Held(sheet, sandbox, requests=1)
    other = fill(tmp_path / "other.xlsx", (2, "cancel"))
    opening = threading.Timer(1.0, gate.set)
    opening.start()
    told = ("--notify", hook.address, "--notify-when", "always")
    run = run_cli(other, "--retry-for", "30s", *told, shop=sandbox)
    opening.join()
    held.process.communicate(timeout=PATIENCE_S)
    assert run.status == 0
    assert run.err.startswith(f"{WAIT}")
    assert f"process {held.process.pid} on " in run.err
    assert [post["title"] for post in hook.posts] == [
        f"batch-update: {LOGIN}: 1 row, nothing to do"
    ]


def test_a_database_that_comes_back_is_waited_for(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, postgres: PostgresServer, database: str
) -> None:
    set_up(database)
    door = Door(postgres.socket)
    sheet = fill(tmp_path / "day.xlsx", (1, "cancel"))
    address = f"postgresql://postgres@127.0.0.1:{door.port}{urlsplit(database).path}"
    opening = threading.Timer(1.0, door.open)
    opening.start()
    try:
        run = run_cli(sheet, "--retry-for", "30s", "--ledger", address, shop=sandbox)
    finally:
        opening.join()
        door.close()
    assert run.status == 0, run.err
    assert run.err.startswith(WAIT)
    assert "cannot be reached" in run.err


def test_a_database_that_stays_away_is_told_once(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, hook: Hook
) -> None:
    sheet = fill(tmp_path / "day.xlsx", (1, "cancel"))
    away = f"postgresql://ops@127.0.0.1:{closed_port()}/ledger"
    run = run_cli(
        sheet, "--retry-for", "1s", "--ledger", away, "--notify", hook.address, shop=sandbox
    )
    assert run.status == 5
    assert [post["title"].rpartition(": ")[2] for post in hook.posts] == ["the run could not start"]
    assert run.err.count("batch-update: ") == 1
    assert run.err.count(WAIT) >= 2


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_in_use", [False, True])
def test_a_signal_ends_the_wait_at_once(
    tmp_path: Path,
    open_sandbox: OpenSandbox,
    hook: Hook,
    number: signal.Signals,
    is_in_use: bool,
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)], 2: [Fault.refuse(8, "limit")] * 99}))
    held = Held(fill(tmp_path / "a.xlsx", (1, "cancel")), sandbox, 1) if is_in_use else None
    sheet = fill(tmp_path / "day.xlsx", (2, "cancel"), (3, "cancel"))
    process = subprocess.Popen(
        [COMMAND, sheet, "--retry-for", "2h", *QUICK, "--notify", hook.address],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith(WAIT)
    begin = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert time.monotonic() - begin < 15
    gate.set()
    assert process.returncode == 130
    assert "Traceback" not in err
    if held is not None:
        held.process.communicate(timeout=PATIENCE_S)
        assert err == "batch-update: Interrupted.\n"
        return
    assert "Interrupted: what is not settled was not tried again." in err
    assert outcomes(tmp_path / "day.results.xlsx") == ["not sent", "not sent"]
    (post,) = hook.posts
    assert post["title"].endswith("interrupted, the rest was not sent")


def test_what_is_for_one_run_is_not_repeated(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox
) -> None:
    sheet = fill(tmp_path / "day.xlsx", (1, "cancel"))
    for words in (["--force"], ["--plan", "0123456789ab"]):
        run = run_cli(sheet, "--retry-for", "2h", *words, shop=sandbox)
        assert run.status == 2
        assert "leave out one of the two" in run.err
    config = tmp_path / "config.toml"
    config.write_text('[sending]\nretry_for = "2h"\nretries = 0\n')
    config.chmod(0o600)
    away = ("--config", config, "--base-url", f"http://127.0.0.1:{closed_port()}")
    for words in (["--force"], ["--dry-run"], ["--dry-run", "--check-orders"]):
        run = run_cli(sheet, *words, *away, shop=sandbox)
        assert WAIT not in run.err
    assert run_cli(sheet, "--retry-for", "25h").status == 2
    assert run_cli(sheet, "--retry-for", "soon").status == 2


def test_pauses_grow_and_none_is_longer_than_a_quarter_of_an_hour() -> None:
    for longest_s, first_s in ((7200.0, 30.0), (16.0, 1.0)):
        found = list(itertools.islice(retrying.pauses(longest_s), 20))
        assert 0.75 * first_s <= found[0] <= 1.25 * first_s
        assert all(later > earlier for earlier, later in itertools.pairwise(found[:5]))
        assert max(found) <= 900 * 1.25
    assert list(itertools.islice(retrying.pauses(600.0), 3)) != list(
        itertools.islice(retrying.pauses(600.0), 3)
    )


@pytest.mark.parametrize(
    ("result", "is_deferred"),
    [
        (SendResult(outcome=Outcome.UPDATED), False),
        (SendResult(outcome=Outcome.NOT_SENT, scope=FailureScope.CONNECTION), True),
        (SendResult(outcome=Outcome.NOT_SENT, scope=FailureScope.OVERLOAD), True),
        (SendResult(outcome=Outcome.UNCONFIRMED, scope=FailureScope.ANSWER), True),
        (SendResult(outcome=Outcome.UNCONFIRMED, may_be_looked_up=True), True),
        (SendResult(outcome=Outcome.NOT_SENT), False),
        (SendResult(outcome=Outcome.REJECTED, scope=FailureScope.ACCOUNT), False),
        (SendResult(outcome=Outcome.NOT_SENT, scope=FailureScope.ACCOUNT), False),
        (
            SendResult(
                outcome=Outcome.UNCONFIRMED, scope=FailureScope.CONNECTION, is_for_person=True
            ),
            False,
        ),
    ],
)
def test_which_updates_a_later_run_may_settle(result: SendResult, is_deferred: bool) -> None:
    assert result.is_deferred == is_deferred
