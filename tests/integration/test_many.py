"""Many updates at once: over real sockets, in real threads, with faults that come back in waves."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_update import batch
from batch_update.errors import FailureScope
from batch_update.ledger import Ledger
from batch_update.model import (
    Approach,
    CheckedRow,
    Moment,
    OrderUpdate,
    Outcome,
    SendResult,
    Status,
    Summary,
)
from tests.conftest import KEY, LOGIN, RUN_OPTIONS, OpenSandbox, RunCli, StopSignal, find
from tests.faulty_shop import KINDS, RARE_KINDS, TIMEOUT_S, plan
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.sandbox import Fault, Script
from tests.unit.test_batch import LOST, REJECTED, UPDATED, good, outcomes
from tests.unit.test_reader import HEADER, rows_of, write_book

ROOT = Path(__file__).parents[2]
EVERY_STATUS = ("paid", "sent", "return", "cancel")


def write_cancels(path: Path, orders: range) -> Path:
    return write_book(path, rows_of(HEADER, *((order, "cancel") for order in orders)))


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold answers back until it is set, at the latest when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def test_as_many_are_under_way_as_there_are_workers_each_on_one_connection(
    tmp_path: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sheet = write_cancels(tmp_path / "day.xlsx", range(1, 31))
    sandbox = open_sandbox(Script({order: [Fault.held(gate)] for order in range(2, 8)}))
    with subprocess.Popen([COMMAND, sheet, "--workers", "6"], env=environment_for(sandbox)) as run:
        assert sandbox.wait_for_requests(7, PATIENCE_S)
        assert sandbox.under_way == 6
        gate.set()
        assert run.wait(PATIENCE_S) == 0
    assert sandbox.requests[0].under_way == 1
    assert sandbox.connections == 6


def test_rows_of_one_order_follow_one_another_whatever_the_number_of_workers(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    day = "2026-11-20"
    rows = [
        (order, status, day, f"RA{order}") if status == "sent" else (order, status, day)
        for status in EVERY_STATUS
        for order in range(1, 13)
    ]
    sheet = write_book(tmp_path / "day.xlsx", rows_of(HEADER, *rows))
    slow = {order: [Fault.slow(0.05)] * 2 for order in range(1, 13, 3)}
    sandbox = open_sandbox(Script({**slow, 5: [None, Fault.refuse(201, "wrong status")]}))
    assert run_cli(sheet, "--workers", "8", shop=sandbox).status == 1
    for order in range(1, 13):
        statuses = tuple(change.status for change in sandbox.shop.history(order))
        assert statuses == (("paid",) if order == 5 else EVERY_STATUS)


def test_no_more_requests_a_second_than_the_rate_over_all_workers(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.busy(503, "0")]}))
    sheet = write_cancels(tmp_path / "day.xlsx", range(1, 12))
    assert run_cli(sheet, "--workers", "8", "--rate", "20", shop=sandbox).status == 0
    assert len(sandbox.requests) == 12
    # Eleven gaps of 50 ms; the first request may have come a little late.
    assert sandbox.requests[-1].at - sandbox.requests[0].at > 9 / 20


def test_a_pause_that_the_shop_asks_for_is_kept_by_all_workers(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    slow = {order: [Fault.slow(0.5)] for order in (3, 4, 5)}
    sandbox = open_sandbox(Script({2: [Fault.busy(429, "1")], **slow}))
    sheet = write_cancels(tmp_path / "day.xlsx", range(1, 12))
    assert run_cli(sheet, "--workers", "4", shop=sandbox).status == 0
    asked_at = next(one.at for one in sandbox.requests if one.fields["bill_id"] == "2")
    assert len(sandbox.requests) == 12
    assert all(one.at - asked_at >= 1.0 for one in sandbox.requests[5:])


def test_a_shop_that_stays_busy_gets_fewer_requests_at_once(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    # Eight at once are refused, then eight more: from there on fewer are tried at once.
    busy = {order: [Fault.busy(503, "0")] * 3 for order in range(2, 10)}
    sandbox = open_sandbox(Script(busy))
    sheet = write_cancels(tmp_path / "day.xlsx", range(1, 18))
    assert run_cli(sheet, "--workers", "8", shop=sandbox).status == 0
    assert max(one.under_way for one in sandbox.requests[18:]) <= 4


class Meeting:
    """A shop that answers a wave of updates only when all of it has come."""

    def __init__(self, wave: int, *answers: SendResult) -> None:
        self.sent: list[int] = []
        self._answers = list(answers)
        self._wave = threading.Barrier(wave)
        self._size = wave
        self._lock = threading.Lock()

    def deliver(self, update: OrderUpdate, approach: Approach, _since: Moment | None) -> SendResult:
        assert approach is Approach.POST
        with self._lock:
            self.sent.append(update.bill_id)
            place = len(self.sent)
            answer = self._answers[min(place, len(self._answers)) - 1]
        if 2 <= place <= 1 + self._size:
            self._wave.wait(PATIENCE_S)
        return answer


def send(meeting: Meeting, rows: list[CheckedRow], workers: int) -> Summary:
    with Ledger(None) as ledger, ledger.hold("shop") as memory:
        return batch.send_updates(
            rows,
            [meeting.deliver] * workers,
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )


ROWS = [good(row, bill_id=row) for row in range(2, 60)]


def test_a_network_that_is_gone_stops_the_run_after_a_wave_and_two_more() -> None:
    meeting = Meeting(4, UPDATED, LOST)
    summary = send(meeting, ROWS, workers=4)
    assert len(meeting.sent) == 1 + 4 + 2
    assert summary.stop_reason.startswith("6 updates in a row got no proper answer")
    assert outcomes(summary) == ["updated"] + ["unconfirmed"] * 6 + ["not sent"] * 51


def test_a_network_that_comes_back_lets_the_run_go_on() -> None:
    meeting = Meeting(4, UPDATED, LOST, LOST, LOST, LOST, LOST, UPDATED)
    summary = send(meeting, ROWS, workers=4)
    assert not summary.stop_reason
    assert len(meeting.sent) == len(ROWS)


def test_an_account_that_is_refused_midway_ends_with_what_is_under_way() -> None:
    refused = SendResult(
        outcome=Outcome.REJECTED, error_code=7, error_text="disabled", scope=FailureScope.ACCOUNT
    )
    meeting = Meeting(4, UPDATED, refused)
    summary = send(meeting, ROWS, workers=4)
    assert len(meeting.sent) == 5
    assert summary.stop_reason == "disabled"


def test_equal_refusals_stop_after_the_twentieth_with_many_workers_too() -> None:
    meeting = Meeting(16, REJECTED)
    summary = send(meeting, ROWS, workers=16)
    assert len(meeting.sent) == 20
    assert outcomes(summary) == ["rejected"] * 20 + ["not sent"] * 38


def test_a_fault_of_the_program_stops_the_run_and_loses_no_row() -> None:
    meeting = Meeting(4, UPDATED)

    def deliver(update: OrderUpdate, approach: Approach, since: Moment | None) -> SendResult:
        delivery = meeting.deliver(update, approach, since)
        if update.bill_id == 4:
            raise ZeroDivisionError
        return delivery

    with Ledger(None) as ledger, ledger.hold("shop") as memory:
        summary = batch.send_updates(
            ROWS,
            [deliver] * 4,
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )
        assert "batch-update itself failed" in summary.stop_reason
        results = {result.row: result for result in summary.results}
        assert (results[4].outcome, results[4].error_code) == ("unconfirmed", "program_fault")
        for row in (2, 3, 5, 6):
            assert results[row].outcome is Outcome.UPDATED
            entry = find(memory, OrderUpdate(bill_id=row, status=Status.CANCEL))
            assert entry is not None
            assert entry.confirmed is not None


def test_a_machine_with_few_threads_left_uses_those(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def start_at_most_two(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_at_most_two)
    meeting = Meeting(2, UPDATED)
    assert outcomes(send(meeting, ROWS, workers=8)) == ["updated"] * len(ROWS)


class Limiter(Script):
    """A shop that takes so many requests a second, and is too busy for the others."""

    def __init__(self, per_second: float, fault: Fault) -> None:
        super().__init__()
        self._gap_s = 1 / per_second
        self._fault = fault
        self._next_at = 0.0
        self._limit = threading.Lock()

    def next_fault(self, _call: str, _bill_id: str) -> Fault | None:
        with self._limit:
            now = time.monotonic()
            if now < self._next_at:
                return self._fault
            self._next_at = now + self._gap_s
            return None


@pytest.mark.parametrize(
    "fault", [Fault.busy(), Fault.refuse(8, "request limit used up")], ids=["503", "code-8"]
)
def test_a_limit_slows_the_run_down_and_gives_up_no_row(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, fault: Fault
) -> None:
    sandbox = open_sandbox(Limiter(10, fault))
    sheet = write_cancels(tmp_path / "day.xlsx", range(1, 14))
    run = run_cli(sheet, "--workers", "8", shop=sandbox)
    assert (run.status, run.err) == (0, "")


def test_ten_thousand_rows_through_sixteen_workers_and_every_kind_of_fault(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, seed = 10_000, 7
    lives = plan(rows, seed)
    sheet = tmp_path / "day.csv"
    with sheet.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order", "status", "date", "rpo"))
        # All orders' first rows come first, then all second ones: an order's rows lie apart.
        for number in range(4):
            writer.writerows(
                (order, life.statuses[number], "2026-11-20", f"RA{order}")
                for order, life in lives.items()
                if number < len(life.statuses)
            )
    shop = subprocess.Popen(
        [sys.executable, "-m", "tests.faulty_shop", str(rows), str(seed)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with shop:
        assert shop.stdout
        monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
        monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
        monkeypatch.setenv("JUSTCLICK_BASE_URL", shop.stdout.readline().strip())
        run = run_cli(sheet, "--workers", "16", "--timeout", str(TIMEOUT_S), "--settle", "5")
        report = json.loads(shop.communicate("report\n", PATIENCE_S)[0])
    assert run.status == 1, run.err
    told: dict[int, list[str]] = {order: [] for order in lives}
    with (tmp_path / "day.results.csv").open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            told[int(line["order"])].append(line["result"])
    assert told == {order: life.outcomes for order, life in lives.items()}
    changes = {order: life.changes for order, life in lives.items() if life.changes}
    assert {int(order): done for order, done in report["changes"].items()} == changes
    # How many really meet in the shop is a matter of chance; that all can is shown above.
    assert 1 < report["most"] <= 16
    met = {id(fault) for life in lives.values() for fault in life.faults if fault}
    assert met == {id(kind.fault) for kind in KINDS + RARE_KINDS}
