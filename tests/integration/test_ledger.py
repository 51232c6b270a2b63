"""The ledger: with real files, real processes, and real kills in between."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import queue
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch_update.batch.run_policy import most_ready
from batch_update.errors import LedgerError
from batch_update.ledger import Ledger
from batch_update.model import Approach, Moment, OrderUpdate, Outcome, SendResult, Status
from batch_update.sandbox import Change
from tests.conftest import OpenLedger, OpenSandbox, OpenSender, RunCli, find
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, results_of
from tests.posix import needs_limits, needs_signals, needs_terminal, pty
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book
from tools.torture import torture

DAY = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
SINCE = Moment(machine=DAY)
SENT = OrderUpdate(bill_id=1, status=Status.SENT, date=DAY, rpo="RA1")
PAID = OrderUpdate(bill_id=1, status=Status.PAID, date=DAY)
CANCEL = OrderUpdate(bill_id=2, status=Status.CANCEL)
UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    day = dt.datetime(2026, 11, 20)
    rows = ((1, "sent", day, "RA1"), (2, "paid", day), (3, "cancel"), (1, "paid", day))
    return write_book(tmp_path / "day.xlsx", rows_of(HEADER, *rows))


def changes_of(sandbox: Sandbox, *orders: int) -> list[list[str]]:
    return [[change.status for change in sandbox.shop.history(order)] for order in orders]


def outcomes(path: Path) -> list[str]:
    return [outcome for row, (outcome, _) in results_of(path).items() if row > 1]


def test_what_is_noted_is_there_when_the_ledger_is_opened_again(open_ledger: OpenLedger) -> None:
    with open_ledger() as ledger, ledger.hold("shop") as book:
        monday = book.for_file("monday.xlsx")
        monday.begin(SENT, 7)
        monday.settle(SENT, 7, UPDATED)
        monday.begin(CANCEL, 8)
        monday.commit()
        monday.begin(PAID, 9)
    with open_ledger() as ledger, ledger.hold("shop") as book:
        sent, cancel = find(book, SENT), find(book, CANCEL)
        assert sent is not None
        assert sent.confirmed is not None
        assert not sent.may_have_happened
        assert (sent.confirmed.file, sent.confirmed.row) == ("monday.xlsx", 7)
        assert cancel is not None
        assert (cancel.confirmed, cancel.may_have_happened, cancel.is_open) == (None, True, True)
        assert find(book, PAID) is None
        (entry,) = ledger.look_at("shop").order(1)
        assert (entry.account, entry.update) == ("shop", SENT)
    with open_ledger() as ledger, ledger.hold("another shop") as book:
        assert find(book, SENT) is None


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.NOT_SENT])
def test_what_certainly_did_not_happen_is_free_to_be_sent(
    open_ledger: OpenLedger, outcome: Outcome
) -> None:
    with open_ledger() as ledger, ledger.hold("shop") as book:
        book.begin(SENT, 2)
        book.settle(SENT, 2, SendResult(outcome=outcome, error_code=200, error_text="no"))
        entry = find(book, SENT)
        assert entry is not None
        assert (entry.confirmed, entry.may_have_happened, entry.past.code) == (None, False, "200")


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.REJECTED, Outcome.UNCONFIRMED])
def test_what_was_confirmed_stays_so_whatever_comes_of_sending_it_again(
    open_ledger: OpenLedger, outcome: Outcome
) -> None:
    again = SendResult(outcome=outcome, error_code="x", error_text="no")
    with open_ledger() as ledger, ledger.hold("shop") as book:
        monday, friday = book.for_file("monday.csv"), book.for_file("friday.csv")
        monday.begin(PAID, 2)
        monday.settle(PAID, 2, UPDATED)
        monday.commit()
        friday.begin(PAID, 9)
        friday.settle(PAID, 9, again)
        friday.commit()
        entry = find(ledger.look_at("shop"), PAID)
        assert entry is not None
        assert entry.confirmed is not None
        assert (entry.confirmed.file, entry.confirmed.row) == ("monday.csv", 2)
        friday.settle(PAID, 9, UPDATED)
        friday.commit()
        entry_of_friday = find(ledger.look_at("shop"), PAID)
        assert entry_of_friday is not None
        assert entry_of_friday.confirmed is not None
        assert entry_of_friday.confirmed.seq > entry.confirmed.seq
        assert entry_of_friday.confirmed.file == "friday.csv"


def test_orders_that_were_looked_up_together_are_known_as_if_one_by_one(
    open_ledger: OpenLedger,
) -> None:
    cancels = [OrderUpdate(bill_id=number, status=Status.CANCEL) for number in range(1, 1201)]
    known = [cancels[0], *cancels[499:502], cancels[-1]]
    with open_ledger() as ledger:
        with ledger.hold("another shop") as book:
            book.begin(cancels[1], 3)
            book.commit()
        with ledger.hold("shop") as book:
            for update in known:
                book.begin(update, 7)
            book.prefetch([update.bill_id for update in cancels])
            assert [update for update in cancels if find(book, update)] == known
            for update in cancels:
                book.begin(update, 9)
            assert all(find(book, update) for update in cancels)
            for update in cancels[:1000]:
                book.settle(update, 9, UPDATED)
            book.commit()
    with open_ledger() as ledger, ledger.hold("shop") as book:
        entries = [find(book, update) for update in cancels]
        assert [entry is not None and entry.confirmed is not None for entry in entries] == (
            [True] * 1000 + [False] * 200
        )


def test_a_read_that_fails_undoes_what_was_noted_with_it(open_ledger: OpenLedger) -> None:
    beyond = OrderUpdate(bill_id=2**63, status=Status.CANCEL)
    with open_ledger() as ledger, ledger.hold("shop") as book:
        book.begin(SENT, 2)
        with pytest.raises(LedgerError):
            book.order(beyond.bill_id)
        book.begin(SENT, 2)
        with pytest.raises(LedgerError):
            book.prefetch([1, 2**63])
        book.begin(CANCEL, 3)
        book.commit()
        assert find(book, SENT) is None
        assert find(book, CANCEL) is not None


def test_the_ledger_is_readable_with_plain_sql(path: Path) -> None:
    with Ledger(path) as ledger, ledger.hold("shop") as book:
        book.for_file("a.csv").begin(SENT, 2)
        book.settle(SENT, 2, UPDATED)
        book.commit()
    with contextlib.closing(sqlite3.connect(path)) as database:
        line = database.execute("SELECT bill_id, status, date, rpo, state FROM updates").fetchone()
        assert line == (1, "sent", int(DAY.timestamp()), "RA1", "updated")
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
        database.commit()


def newer(path: Path) -> None:
    Ledger(path).__exit__()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 4")
        database.execute("PRAGMA journal_mode = DELETE")


def torn(path: Path) -> None:
    with Ledger(path) as ledger, ledger.hold("shop") as book:
        for number in range(1, 400):
            book.begin(OrderUpdate(bill_id=number, status=Status.CANCEL), number)
        book.commit()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x55" * (len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lambda path: path.write_bytes(b"no ledger" * 99), "is damaged", id="text"),
        pytest.param(foreign, "is a file of another program", id="foreign"),
        pytest.param(newer, "written by a newer batch-update", id="newer"),
        pytest.param(torn, "is damaged", id="torn"),
    ],
)
def test_a_ledger_that_cannot_be_trusted_stops_the_run_untouched(
    spoil: Callable[[Path], object],
    words: str,
    path: Path,
    sheet: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes()
    sandbox = open_sandbox()
    run = run_cli(sheet, "--ledger", path, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert re.search(words, run.err)
    assert run.err.count("\n") == 1
    assert path.read_bytes() == before
    assert not sandbox.requests


def test_a_ledger_without_a_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"cannot be opened: .*--ledger PATH"):
        Ledger(tmp_path / "file" / "ledger.sqlite3")
    with pytest.raises(LedgerError, match=r"cannot be opened: .*--ledger PATH"):
        Ledger(tmp_path)


def test_one_run_per_account_and_the_second_is_told_who_holds_it(path: Path) -> None:
    with Ledger(path) as ledger, ledger.hold("shop"), Ledger(path) as second:
        told = rf"process {os.getpid()} on .+, since 20\d\d-.+ UTC"
        with pytest.raises(LedgerError, match=told), second.hold("shop"):
            pass
        with second.hold("another shop") as book:
            book.begin(SENT, 2)
    with Ledger(path) as ledger, ledger.hold("shop"):
        pass


def test_the_same_sheet_again_sends_nothing(
    sheet: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run_cli(sheet, shop=sandbox).status == 0
    sent = len(sandbox.requests)
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 0
    assert re.search("already updated +4\n", run.out)
    # Before each of the two payments the shop was asked for it.
    assert len(sandbox.requests) == sent == 4 + 2
    assert run_cli(sheet, "--force", shop=sandbox).status == 0
    assert changes_of(sandbox, 1, 3) == [["sent", "paid"] * 2, ["cancel"] * 2]


def test_rows_are_known_by_what_they_say(
    sheet: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    run_cli(sheet, shop=sandbox)
    other = tmp_path / "other.csv"
    other.write_text(
        "status;order;rpo;date\nPaid;2;;20.11.2026\npaid;9;;2026-11-20\nshipped;1;RA 1;20.11.2026\n"
    )
    run = run_cli(other, shop=sandbox)
    assert run.status == 0
    results = (tmp_path / "other.results.csv").read_text()
    assert results.count("already updated") == 2
    assert "The shop confirmed this update on" in results
    assert "from row 3 of day.xlsx; nothing was sent." in results
    assert changes_of(sandbox, 1, 2, 9) == [["sent", "paid"], ["paid"], ["paid"]]


def test_an_old_row_does_not_undo_what_was_done_since(
    sheet: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.refuse(201, "wrong status")]}))
    assert run_cli(sheet, shop=sandbox).status == 1
    later = tmp_path / "later.csv"
    later.write_text("order,status\n1,return\n")
    assert run_cli(later, shop=sandbox).status == 0
    assert run_cli(sheet, shop=sandbox).status == 1
    results = results_of(sheet.with_name("day.results.xlsx"))
    assert results[2] == ("not sent", "overtaken")
    assert results[5] == ("not sent", "earlier_row")
    assert changes_of(sandbox, 1) == [["return"]]
    assert run_cli(sheet, "--force", shop=sandbox).status == 0
    assert changes_of(sandbox, 1) == [["return", "sent", "paid"]]


@pytest.mark.parametrize("status", ["paid", "sent"])
def test_the_same_rows_on_the_next_day_are_known_though_the_day_was_said_for_all(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, status: str
) -> None:
    sheet = tmp_path / "day.csv"
    sheet.write_text(f"order,status,rpo\n1,{status},RA1\n2,{status},RA2\n", encoding="utf-8")
    sandbox = open_sandbox()
    assert run_cli(sheet, "--date", "2026-11-19", shop=sandbox).status == 0
    run = run_cli(sheet, "--date", "2026-11-20", shop=sandbox)
    assert run.status == 0
    assert "already updated      2" in run.out
    assert changes_of(sandbox, 1, 2) == [[status], [status]]


def test_a_payment_with_another_date_is_not_booked_beside_the_first(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "day.csv"
    sandbox = open_sandbox()
    sheet.write_text("order,status,date\n1,paid,2026-11-19\n")
    assert run_cli(sheet, shop=sandbox).status == 0
    sheet.write_text("order,status,date\n1,paid,2026-11-20\n")
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 1
    assert "not sent, paid_before: row 2" in run.out
    assert "dated 2026-11-19" in " ".join(run.out.split())
    assert run_cli(sheet, "--force", shop=sandbox).status == 0
    assert changes_of(sandbox, 1) == [["paid", "paid"]]


def test_a_payment_after_a_cancellation_is_another_one(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "day.csv"
    sandbox = open_sandbox()
    for line in ("paid,2026-11-19", "cancel,", "paid,2026-11-20"):
        sheet.write_text(f"order,status,date\n1,{line}\n", encoding="utf-8")
        assert run_cli(sheet, shop=sandbox).status == 0
    assert changes_of(sandbox, 1) == [["paid", "cancel", "paid"]]


def test_history_tells_what_was_sent(
    sheet: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, Fault.refuse(202, "order not paid")]}))
    run_cli(sheet, shop=sandbox)
    run = run_cli("--history", "1")
    assert run.status == 0
    assert run.out.startswith("Order 1: 2 updates\n")
    assert "sent · 2026-11-20 00:00 MSK · RA1: updated" in run.out
    assert "paid · 2026-11-20 00:00 MSK: rejected" in run.out
    assert "from row 5 of day.xlsx" in run.out
    assert "202: The shop could not record the payment" in run.out
    assert "nothing was sent, as far as this ledger knows" in run_cli("--history", "77").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--history", "x"], "--history: .*not an order number", id="no-number"),
        pytest.param(["a.csv", "--history", "1"], "leave FILE out", id="file"),
        pytest.param([], "FILE is missing", id="nothing"),
        pytest.param([".", "--sandbox", "--ledger", "x"], "leave --ledger out", id="sandbox"),
    ],
)
def test_arguments_that_make_no_sense_are_told(
    arguments: list[str], words: str, run_cli: RunCli
) -> None:
    run = run_cli(*arguments)
    assert run.status == 2
    assert re.search(words, run.err)


def test_a_payment_under_way_is_read_back_and_not_sent_again(open_sender: OpenSender) -> None:
    delivering = open_sender()
    delivering.sandbox.shop.update({"bill_id": "1", "status": "paid", "date": "1"})
    delivery = delivering.sender.deliver(PAID, Approach.LOOK, SINCE)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UPDATED, 0)
    assert [request.call for request in delivering.sandbox.requests] == ["getOrderDetails"]


def test_a_payment_that_did_not_arrive_is_sent_when_it_has_had_its_time(
    open_sender: OpenSender,
) -> None:
    delivering = open_sender()
    delivery = delivering.sender.deliver(PAID, Approach.LOOK, SINCE)
    assert (delivery.outcome, delivery.may_be_looked_up) == (Outcome.UNCONFIRMED, True)
    assert changes_of(delivering.sandbox, 1) == [[]]
    delivery = delivering.sender.deliver(PAID, Approach.SETTLE, SINCE)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UPDATED, 1)
    assert changes_of(delivering.sandbox, 1) == [["paid"]]


def test_a_payment_of_which_nothing_can_be_learnt_is_not_sent(open_sender: OpenSender) -> None:
    delivering = open_sender(Script(details={1: [Fault.dropped()] * 20}))
    delivery = delivering.sender.deliver(PAID, Approach.SETTLE, SINCE)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "earlier_run")
    assert "Look at order 1 in the shop" in delivery.error_text
    assert changes_of(delivering.sandbox, 1) == [[]]


def test_another_status_under_way_is_sent_again(open_sender: OpenSender) -> None:
    delivering = open_sender()
    delivery = delivering.sender.deliver(CANCEL, Approach.REPEAT, SINCE)
    assert delivery.outcome is Outcome.UPDATED
    assert [request.call for request in delivering.sandbox.requests] == ["UpdateOrderStatus"]


class Held:
    """A run whose answer is held back by the shop, as a process that can be killed."""

    def __init__(self, sheet: Path, sandbox: Sandbox, requests: int) -> None:
        self.process = subprocess.Popen(
            [COMMAND, sheet, "--no-progress", "--workers", "1"],
            env=environment_for(sandbox),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert sandbox.wait_for_requests(requests, PATIENCE_S)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


@needs_signals
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_killed_run_is_taken_up_where_it_was(
    order: int, sheet: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({order: [Fault.held(gate)]}))
    # Before the payment the shop is asked for it.
    held = Held(sheet, sandbox, requests=order + (order >= 2))
    assert not sheet.with_name("day.results.xlsx").exists()
    turned_away = run_cli(sheet, shop=sandbox)
    assert turned_away.status == 4
    assert re.search(rf"process {held.process.pid} on ", turned_away.err)
    held.kill()
    run = run_cli(sheet, "--settle", "0", shop=sandbox)
    assert run.status == 0
    assert set(outcomes(sheet.with_name("day.results.xlsx"))) <= {"updated", "already updated"}
    again = 2 if order in {1, 3} else 1
    statuses = {1: ["sent", "paid"], 2: ["paid"], 3: ["cancel"]}
    statuses[order] = [statuses[order][0]] * again + statuses[order][1:]
    assert changes_of(sandbox, 1, 2, 3) == list(statuses.values())
    assert run_cli(sheet, shop=sandbox).status == 0
    assert changes_of(sandbox, 1, 2, 3) == list(statuses.values())


def test_a_ledger_says_that_it_begins_if_it_was_not_there_or_empty(path: Path) -> None:
    """Whether it was is seen where no other run can be making it."""
    begun: list[bool] = []
    for _ in range(2):
        Ledger(path, on_begin=begun.append).__exit__()
    assert begun == [False]
    empty = path.with_name("empty.sqlite3")
    empty.touch()
    Ledger(empty, on_begin=begun.append).__exit__()
    assert begun == [False, True]


@pytest.mark.parametrize("_again", range(3))
def test_two_runs_begun_at_once_send_each_update_once(
    _again: int, sheet: Path, gate: threading.Event, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({3: [Fault.held(gate)]}))
    runs = [
        subprocess.Popen(
            [COMMAND, sheet],
            env=environment_for(sandbox),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    ended: queue.Queue[int] = queue.Queue()
    for run in runs:
        threading.Thread(target=lambda run=run: ended.put(run.wait())).start()
    # One of them waits for the shop; the other has been turned away.
    assert ended.get(timeout=PATIENCE_S) == 4
    gate.set()
    assert ended.get(timeout=PATIENCE_S) == 0
    complaints = sorted(run.communicate(timeout=PATIENCE_S)[1] for run in runs)
    assert complaints[0] == ""
    assert re.fullmatch(r"batch-update: another run \(process .*\n", complaints[1])
    assert changes_of(sandbox, 1, 2, 3) == [["sent", "paid"], ["paid"], ["cancel"]]


def test_a_ledger_that_fails_midway_stops_the_run_and_loses_no_row(
    sheet: Path, path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    Ledger(path).__exit__()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON updates WHEN NEW.bill_id = 2 "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        database.commit()
    sandbox = open_sandbox()
    run = run_cli(sheet, "--ledger", path, shop=sandbox)
    assert run.status == 3
    assert "the disk is full" in run.err
    assert outcomes(sheet.with_name("day.results.xlsx")) == ["updated"] + ["not sent"] * 3
    assert sandbox.shop.history(1) == [Change(status="sent", date="1795122000", rpo="RA1")]
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("DROP TRIGGER full")
        database.commit()
    assert run_cli(sheet, "--ledger", path, shop=sandbox).status == 0
    assert changes_of(sandbox, 1, 2, 3) == [["sent", "paid"], ["paid"], ["cancel"]]


def run_with_files_up_to(size: int, sheet: Path, sandbox: Sandbox) -> tuple[int, str, str]:
    """Run with a limit on the size of each file, at which writing fails as on a full disk."""
    within = (
        "import os, resource, sys; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", within, str(size), COMMAND, sheet, "--workers", "4"],
        env=environment_for(sandbox),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout, done.stderr


@needs_limits
def test_results_that_do_not_fit_on_the_disk_are_written_later_without_sending(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "day.csv"
    lines = ["order,status,note", *(f"{n},cancel,{'long ' * 20_000}" for n in range(1, 31))]
    sheet.write_text("\n".join(lines), encoding="utf-8")
    sandbox = open_sandbox()
    status, out, err = run_with_files_up_to(1_000_000, sheet, sandbox)
    assert status == 2
    assert "could not be written" in err
    assert "(file too large)" in err
    assert "run the same command again then; it writes the results and sends nothing twice" in err
    assert out.count(": updated\n") == 30
    assert list(tmp_path.glob("*results*")) == []
    assert run_cli(sheet, shop=sandbox).status == 0
    assert len(sandbox.requests) == 30
    told = (tmp_path / "day.results.csv").read_text()
    assert told.count("already updated") == 30


@needs_limits
def test_a_disk_that_fills_up_under_the_ledger_stops_the_run_and_loses_nothing(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    orders = range(1, 301)
    sheet = tmp_path / "day.csv"
    sheet.write_text(
        "\n".join(["order,status", *(f"{n},cancel" for n in orders)]), encoding="utf-8"
    )
    sandbox = open_sandbox()
    status, _, err = run_with_files_up_to(250_000, sheet, sandbox)
    assert status == 3
    assert "stopped early. The ledger" in err
    assert "Make room" in err
    told = (tmp_path / "day.results.csv").read_text()
    assert told.count("\n") == 301
    assert 0 < told.count("updated") < 300
    assert run_cli(sheet, shop=sandbox).status == 0
    changes = changes_of(sandbox, *orders)
    assert all(set(done) == {"cancel"} for done in changes)
    # Only what was under way when the ledger failed, or lay ready, may have been sent again.
    assert sum(map(len, changes)) <= 300 + 4 + most_ready(4)


@needs_signals
def test_nothing_is_lost_or_doubled_by_kills_at_any_moment() -> None:
    figures = torture(sheets=2, orders=40, seed=4)
    assert figures.kills >= 2
    assert figures.resends["paid"] == 0


IN_A_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@needs_terminal
@pytest.mark.parametrize("moment", range(1, 11))
def test_ctrl_c_in_a_terminal_at_any_moment_and_the_next_run_finishes(
    moment: int,
    tmp_path: Path,
    gate: threading.Event,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    orders = range(1, 17)
    # The first update goes alone, then four at once.
    begun = 1 if moment == 1 else moment + 3
    sheet = write_book(tmp_path / "day.xlsx", rows_of(HEADER, *((n, "cancel") for n in orders)))
    sandbox = open_sandbox(Script({n: [Fault.held(gate)] for n in range(moment, begun + 1)}))
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, COMMAND, sheet, "--workers", "4"],
        env=environment_for(sandbox),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    with open(ours, "r+b", buffering=0) as terminal:  # noqa: PTH123 a descriptor, not a path
        assert sandbox.wait_for_requests(begun, PATIENCE_S)
        terminal.write(b"\x03")
        screen = b""
        while b"Stopping: what is under way is finished first" not in screen:
            screen += terminal.read(4096)
        gate.set()
        with contextlib.suppress(OSError):
            # A terminal that the last process has left gives an error in place of an end.
            while chunk := terminal.read(4096):
                screen += chunk
    assert run.wait(PATIENCE_S) == 130
    told = outcomes(sheet.with_name("day.results.xlsx"))
    assert told == ["updated"] * begun + ["not sent"] * (16 - begun)
    assert run_cli(sheet, shop=sandbox).status == 0
    told = outcomes(sheet.with_name("day.results.xlsx"))
    assert told == ["already updated"] * begun + ["updated"] * (16 - begun)
    assert changes_of(sandbox, *orders) == [["cancel"]] * 16
