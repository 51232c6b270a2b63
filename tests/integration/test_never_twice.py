"""A payment is made once: however late the shop acts, whoever answers for it, wherever it is run.

All through the real command line against a shop on a socket, as processes where one is killed.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch_update.ledger import Ledger
from batch_update.model import OrderUpdate, Outcome, SendResult, Status
from batch_update.sandbox import Shop, php
from batch_update.settings.defaults import default_ledger
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.home import variables_of
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, wait_for_line
from tests.posix import needs_removal, needs_signals
from tests.sandbox import Fault, Sandbox, Script

LONG_S = 30.0
"""A shop that is silent is so for longer than any test takes."""
UPDATED = ("updated", "")
ALREADY = ("already updated", "")
PAID = "paid,2026-11-20"


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def write_sheet(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("order,status,date,rpo", *lines, "")), encoding="utf-8")
    return path


def _lines(sheet: Path) -> list[dict[str, str]]:
    is_results = sheet.stem.endswith((".results", ".dry-run"))
    path = sheet if is_results else sheet.with_name(f"{sheet.stem}.results.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def told(sheet: Path) -> list[tuple[str, str]]:
    """Read outcome and code of each row from the results of a sheet."""
    return [(line["result"], line["error_code"]) for line in _lines(sheet)]


def reasons(sheet: Path) -> list[str]:
    return [line["error_text"] for line in _lines(sheet)]


def states(sandbox: Sandbox, order: int) -> list[str]:
    return [change.status for change in sandbox.shop.history(order)]


def numbers(sandbox: Sandbox, order: int) -> list[str]:
    """Give the history of an order, parcels by their numbers."""
    return [change.rpo or change.status for change in sandbox.shop.history(order)]


def calls(sandbox: Sandbox, order: int = 0) -> list[str]:
    """Give what was called for an order, or for all: `ask` or the status that was to be set."""
    return [
        request.fields.get("status", "ask")
        for request in sandbox.requests
        if not order or request.fields["bill_id"] == str(order)
    ]


@contextlib.contextmanager
def started(
    sandbox: Sandbox, *arguments: str | Path, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Start the program as a process that is gone when the block ends."""
    with subprocess.Popen(
        [COMMAND, *arguments, "--no-progress"],
        env={**environment_for(sandbox), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted_at(requests: int, sandbox: Sandbox, *arguments: str | Path) -> str:
    """Run until so many requests have come to the shop, then stop with Ctrl-C; give the errors."""
    with started(sandbox, *arguments) as process:
        assert sandbox.wait_for_requests(requests, PATIENCE_S)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    return errors


def wait_for_payments(count: int, sandbox: Sandbox) -> None:
    """Wait until so many payments have been posted, however often the shop is asked in between."""
    while True:
        seen = len(sandbox.requests)
        if calls(sandbox).count("paid") >= count:
            return
        assert sandbox.wait_for_requests(seen + 1, PATIENCE_S)


def killed_at(requests: int, sandbox: Sandbox, *arguments: str | Path) -> None:
    with started(sandbox, *arguments) as process:
        assert sandbox.wait_for_requests(requests, PATIENCE_S)
        process.kill()
        process.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("late_s", "settle"),
    [
        pytest.param(1.0, "10m", id="before-it-is-asked-for"),
        pytest.param(2.8, "3s", id="before-it-settles"),
        pytest.param(2.8, "10m", id="between-two-looks"),
    ],
)
def test_a_payment_that_the_shop_books_after_the_time_limit_is_booked_once(
    late_s: float, settle: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.silent(LONG_S, late_s)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "2,cancel,,", f"3,{PAID},")
    run = run_cli(sheet, "--timeout", "0.4", "--settle", settle, shop=sandbox)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 3)
    assert [states(sandbox, order) for order in (1, 2, 3)] == [["paid"], ["cancel"], ["paid"]]
    assert calls(sandbox, 1)[:3] == ["ask", "paid", "ask"]
    assert calls(sandbox).count("paid") == 2


GATEWAYS = {2: 502, 3: 503, 4: 504, 5: 524, 6: 429}


@pytest.mark.parametrize("late_s", [0.0, 2.5], ids=["at-once", "late"])
@pytest.mark.parametrize("pays_once", [False, True], ids=["takes-each", "refuses-a-second"])
def test_a_payment_for_which_a_gateway_answers_is_booked_once(
    pays_once: bool, late_s: float, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    faults = {order: [Fault.gateway(status, late_s)] for order, status in GATEWAYS.items()}
    sandbox = open_sandbox(Script(faults), shop=Shop(pays_once=pays_once))
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},{PAID}," for n in range(1, 7)))
    run = run_cli(sheet, "--workers", "6", "--settle", "3", shop=sandbox)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 6)
    assert [states(sandbox, order) for order in range(1, 7)] == [["paid"]] * 6
    assert calls(sandbox).count("paid") == 6
    assert calls(sandbox, 2)[:3] == ["ask", "paid", "ask"]


@pytest.mark.parametrize("status", [503, 429])
def test_a_gateway_that_says_when_to_come_back_is_not_taken_for_the_shop(
    status: int, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    fault = Fault.gateway(status, retry_after="1")
    sandbox = open_sandbox(Script({1: [fault]}), shop=Shop(pays_once=True))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    assert told(sheet) == [UPDATED]
    assert calls(sandbox) == ["ask", "paid", "ask"]


def test_a_payment_whose_connection_is_lost_at_once_and_that_is_booked_later_is_booked_once(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.late(2.6)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, "--settle", "3", shop=sandbox).status == 0
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])
    assert calls(sandbox).count("paid") == 1


def test_a_payment_that_is_not_there_when_it_has_settled_is_made_once_more(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    faults = [Fault.dropped(), Fault.busy(503), Fault.busy(429), Fault.page(502), Fault.page()]
    script = Script({order: [fault] for order, fault in enumerate(faults, start=2)})
    sandbox = open_sandbox(script)
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},{PAID}," for n in range(1, 7)))
    run = run_cli(sheet, "--workers", "6", "--settle", "3s", shop=sandbox)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 6)
    for order in range(2, 7):
        assert states(sandbox, order) == ["paid"]
        assert calls(sandbox, order) == ["ask", "paid", "ask", "ask", "paid"]
        first, second = (
            request.at
            for request in sandbox.requests
            if request.fields["bill_id"] == str(order) and "status" in request.fields
        )
        assert second - first >= 3


def test_the_shops_own_signed_word_that_it_did_not_act_is_enough_to_post_again(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.refuse(8, "request limit used up")]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), calls(sandbox)) == ([UPDATED], ["ask", "paid", "paid"])
    assert states(sandbox, 1) == ["paid"]


@needs_signals
def test_a_payment_of_unknown_outcome_is_told_with_the_moment_from_which_it_is_safe(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    interrupted_at(3, sandbox, sheet)
    ((outcome, _),) = told(sheet)
    assert outcome == "unconfirmed"
    (reason,) = reasons(sheet)
    assert "Look at order 1 in the shop: if it is paid, all is well" in reason
    assert re.search(r"run this row again after 20\d\d-\d\d-\d\d \d\d:\d\d", reason)
    # Too early, it is only asked for; later, it is made.
    interrupted_at(4, sandbox, sheet)
    assert calls(sandbox) == ["ask", "paid", "ask", "ask"]
    assert told(sheet) == [("unconfirmed", "earlier_run")]
    (reason,) = reasons(sheet)
    assert re.search(r"run this row again after 20\d\d-\d\d-\d\d \d\d:\d\d", reason)
    assert run_cli(sheet, "--settle", "0s", shop=sandbox).status == 0
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])
    assert calls(sandbox)[4:] == ["ask", "paid"]


@needs_signals
def test_a_payment_that_came_through_after_all_is_found_by_the_next_run(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    interrupted_at(3, sandbox, sheet)
    sandbox.shop.update({"bill_id": "1", "status": "paid", "date": "1795122000"})
    for outcome in (UPDATED, ALREADY):
        assert run_cli(sheet, shop=sandbox).status == 0
        assert told(sheet) == [outcome]
    assert (states(sandbox, 1), calls(sandbox)) == (["paid"], ["ask", "paid", "ask", "ask"])


@needs_signals
def test_a_payment_of_unknown_outcome_is_not_made_by_a_row_with_another_date(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}))
    interrupted_at(3, sandbox, write_sheet(tmp_path / "day.csv", f"1,{PAID},"))
    other = write_sheet(tmp_path / "other.csv", "1,paid,2026-11-21,")
    interrupted_at(4, sandbox, other)
    assert told(other) == [("unconfirmed", "earlier_run")]
    assert calls(sandbox) == ["ask", "paid", "ask", "ask"]


@needs_signals
def test_a_payment_of_unknown_outcome_is_not_made_again_once_its_order_is_cancelled(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    """It may have been booked, and then cancelled by a colleague who pays it back."""
    sandbox = open_sandbox(Script({1: [Fault.late(0.5)]}, details={1: [None, Fault.dropped()]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    interrupted_at(3, sandbox, sheet, "--retries", "0")
    assert told(sheet)[0][0] == "unconfirmed"
    sandbox.shop.update({"bill_id": "1", "status": "cancel"})
    assert run_cli(sheet, "--settle", "0", shop=sandbox).status == 1
    assert states(sandbox, 1) == ["paid", "cancel"]


def test_a_run_killed_while_a_payment_is_under_way_does_not_lead_to_a_second_one(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault(late_s=2.0, gate=gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "1,sent,2026-11-20,RA1", "2,cancel,,")
    killed_at(2, sandbox, sheet)
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED] * 3, ["paid", "sent"])
    assert calls(sandbox, 1).count("paid") == 1


def test_a_run_killed_while_it_asks_makes_the_payment_once_when_that_has_settled(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(details={1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    killed_at(1, sandbox, sheet)
    assert run_cli(sheet, "--settle", "2", shop=sandbox).status == 0
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])
    assert calls(sandbox).count("paid") == 1


def test_the_next_row_of_an_order_waits_until_its_payment_is_found(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.late(2.6)]}))
    rows = (f"1,{PAID},", "1,sent,2026-11-20,RA1", "1,return,,", "2,cancel,,")
    sheet = write_sheet(tmp_path / "day.csv", *rows)
    assert run_cli(sheet, "--settle", "3", shop=sandbox).status == 0
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED] * 4, ["paid", "sent", "return"])
    assert calls(sandbox) == ["ask", "paid", "ask", "cancel", "ask", "sent", "return"]


@needs_signals
def test_the_next_row_of_an_order_is_held_back_while_its_payment_is_unknown(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "1,sent,2026-11-20,RA1")
    with started(sandbox, sheet) as process:
        assert sandbox.wait_for_requests(4, PATIENCE_S)
        # It was looked for twice, and nothing else comes of that as long as it may be on its way.
        assert not sandbox.wait_for_requests(5, 0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert calls(sandbox) == ["ask", "paid", "ask", "ask"]
    assert told(sheet)[1][0] == "not sent"
    assert (told(sheet)[0][0], states(sandbox, 1)) == ("unconfirmed", [])


def test_a_payment_made_once_more_by_force_is_not_made_a_third_time_unseen(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    with started(sandbox, sheet, "--force") as process:
        wait_for_payments(2, sandbox)
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    assert states(sandbox, 1) == ["paid", "paid"]
    run = run_cli(sheet, "--force", shop=sandbox)
    assert run.status == 1
    assert told(sheet) == [("unconfirmed", "earlier_run")]
    (reason,) = reasons(sheet)
    assert "nobody knows whether it was booked twice" in reason
    assert "Look at order 1 in the shop" in reason
    assert "if a payment is missing, run this row again with --force after 20" in reason
    assert "unconfirmed, earlier_run: row 2" in run.out
    # Too early, it is said again; without --force, nothing is made either.
    for options in (("--force",), ()):
        run_cli(sheet, *options, shop=sandbox)
        assert states(sandbox, 1) == ["paid", "paid"]
    assert calls(sandbox).count("paid") == 2
    # Whoever has looked, and has waited, may insist.
    assert run_cli(sheet, "--force", "--settle", "0", shop=sandbox).status == 0
    assert states(sandbox, 1) == ["paid"] * 3


@needs_signals
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.dropped(), id="never"),
        pytest.param(Fault.page(502), id="never-with-a-page"),
        pytest.param(Fault.late(2.5), id="late"),
    ],
)
def test_a_payment_made_once_more_is_not_called_updated_by_what_the_first_one_did(
    fault: Fault, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [None, fault]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    with started(sandbox, sheet, "--force") as process:
        wait_for_payments(2, sandbox)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert told(sheet)[0][0] == "unconfirmed"
    assert calls(sandbox).count("paid") == 2


@needs_signals
def test_a_payment_that_the_shop_cannot_be_asked_for_is_not_made_again_however_old_it_is(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    details = [None, *[Fault.refuse(3, "wrong posted data")] * 9]
    sandbox = open_sandbox(Script({1: [Fault.lost_answer()]}, details={1: details}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    # Before the shop is asked what became of it: that refusal would end the run by itself.
    interrupted_at(2, sandbox, sheet)
    assert told(sheet)[0][0] == "unconfirmed"
    for options in ((), ("--no-read-back",)):
        assert run_cli(sheet, "--settle", "0", *options, shop=sandbox).status == 1
        assert told(sheet)[0][0] == "unconfirmed"
    assert states(sandbox, 1) == ["paid"]
    assert calls(sandbox).count("paid") == 1


@needs_signals
def test_a_payment_that_the_shop_cannot_be_asked_for_can_be_made_again_by_force(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    details = [Fault.refuse(3, "wrong posted data")] * 9
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}, details={1: details}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    interrupted_at(2, sandbox, sheet, "--no-read-back")
    assert told(sheet)[0][0] == "unconfirmed"
    # Somebody has looked: the order is not paid, and time enough has passed.
    run_cli(sheet, "--force", "--no-read-back", "--settle", "0", shop=sandbox)
    assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])


@needs_signals
def test_a_run_that_is_stopped_while_it_asks_does_not_pay(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(details={1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    with started(sandbox, sheet) as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "Stopping")
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert told(sheet) == [("not sent", "interrupted")]
    assert calls(sandbox) == ["ask"]
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), calls(sandbox)) == ([UPDATED], ["ask", "ask", "paid"])


def test_a_payment_is_asked_for_before_it_is_made_and_a_parcel_is_not(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    rows = (f"1,{PAID},", "1,sent,2026-11-20,RA1", "1,return,,", "1,cancel,,")
    sheet = write_sheet(tmp_path / "day.csv", *rows)
    assert run_cli(sheet, shop=sandbox).status == 0
    assert calls(sandbox) == ["ask", "paid", "sent", "return", "cancel"]


def test_a_payment_that_a_colleague_has_made_is_already_updated(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sandbox.shop.update({"bill_id": "1", "status": "paid", "date": "1795122000"})
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "1,sent,2026-11-20,RA1")
    assert run_cli(sheet, shop=sandbox).status == 0
    assert told(sheet) == [ALREADY, UPDATED]
    assert (
        "order 1 is paid already (2026-11-20 00:00 MSK), so nothing was sent" in reasons(sheet)[0]
    )
    assert calls(sandbox) == ["ask", "sent"]
    # What the shop has said once is known.
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), calls(sandbox)) == ([ALREADY, ALREADY], ["ask", "sent"])


def lose(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def move(folder: Path) -> None:
    folder.rename(folder.with_name("another-home"))


@pytest.mark.parametrize("change", [lose, move], ids=["deleted", "another-home"])
def test_payments_of_which_the_ledger_does_not_know_are_not_made_again(
    change: Callable[[Path], None], tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},{PAID}," for n in range(1, 6)))
    assert run_cli(sheet, shop=sandbox).status == 0
    change(default_ledger().parent)
    assert run_cli(sheet, shop=sandbox).status == 0
    assert told(sheet) == [ALREADY] * 5
    assert calls(sandbox)[10:] == ["ask"] * 5
    lose(default_ledger().parent)
    run = run_cli(sheet, "--no-read-back", shop=sandbox)
    assert (run.status, told(sheet)) == (0, [UPDATED] * 5)
    assert calls(sandbox)[15:] == ["paid"] * 5


@needs_removal
def test_a_ledger_that_is_deleted_in_mid_run_leads_to_no_second_payment(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", *(f"{n},{PAID}," for n in range(1, 6)))
    with started(sandbox, sheet, "--workers", "1") as process:
        assert sandbox.wait_for_requests(4, PATIENCE_S)
        lose(default_ledger().parent)
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert run_cli(sheet, shop=sandbox).status == 0
    assert set(told(sheet)) <= {UPDATED, ALREADY}
    assert [states(sandbox, order) for order in range(1, 6)] == [["paid"]] * 5


def test_two_machines_that_run_the_same_sheet_make_each_payment_once(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({3: [Fault.held(gate)]}))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_sheet(tmp_path / name / "day.csv", *(f"{n},{PAID}," for n in range(1, 6)))
    one = tmp_path / "one" / "day.csv"
    two = tmp_path / "two" / "day.csv"
    with started(sandbox, one, **variables_of(tmp_path / "other")) as process:
        assert sandbox.wait_for_requests(6, PATIENCE_S)
        assert run_cli(two, shop=sandbox).status in {0, 1}
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert states(sandbox, 1) == states(sandbox, 2) == states(sandbox, 3) == ["paid"]
    assert told(one)[:3] == [UPDATED] * 3
    assert told(two)[:3] == [ALREADY] * 3


def _saying(result: object) -> Fault:
    return Fault(body=php.signed_answer(0, "OK", KEY, result))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(Fault.refuse(3, "wrong posted data"), "state_unknown", id="refused"),
        pytest.param(_saying(None), "state_unknown", id="nothing"),
        pytest.param(_saying({"id": 1, "pay_status": "?"}), "state_unknown", id="unknown-state"),
        pytest.param(
            _saying({"id": 2, "pay_status": "waiting"}), "state_unknown", id="other-order"
        ),
        pytest.param(Fault.page(502), "http_502", id="gateway"),
        pytest.param(Fault.dropped(), "no_answer", id="lost"),
        pytest.param(Fault.wrong_hash(), "answer_not_verified", id="forged"),
    ],
)
def test_a_payment_is_not_made_when_the_shop_cannot_tell_whether_it_was(
    fault: Fault, code: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(details={1: [fault] * 9}))
    sheet = write_sheet(tmp_path / "day.csv", "2,cancel,,", f"1,{PAID},", f"3,{PAID},")
    run = run_cli(sheet, "--retries", "0", shop=sandbox)
    assert run.status == 1
    assert told(sheet) == [UPDATED, ("not sent", code), UPDATED]
    assert states(sandbox, 1) == []
    assert set(calls(sandbox, 1)) == {"ask"}
    if code == "state_unknown":
        assert "nothing was sent" in reasons(sheet)[1]
        assert "use --no-read-back" in reasons(sheet)[1]
    assert run_cli(sheet, "--no-read-back", shop=sandbox).status == 0
    assert (told(sheet)[1], states(sandbox, 1)) == (UPDATED, ["paid"])


def test_a_payment_of_an_order_that_the_shop_does_not_have_is_rejected_without_a_post(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(shop=Shop(missing={1}))
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", f"2,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 1
    assert told(sheet) == [("rejected", "400"), UPDATED]
    assert calls(sandbox, 1) == ["ask"]


def same_address(spelling: str, sandbox: Sandbox) -> str:
    return spelling.format(port=sandbox.base_url.rpartition(":")[2])


@pytest.mark.parametrize(
    "spelling",
    [
        "http://localhost:{port}",
        "http://LocalHost:{port}",
        "http://127.0.0.1:0{port}",
        "http://[::1]:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/api",
        "http://127.0.0.1:{port}//",
        "HTTP://127.0.0.1:{port}",
    ],
)
def test_a_shop_is_the_same_however_its_address_is_written(
    spelling: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "2,sent,2026-11-20,RA1")
    assert run_cli(sheet, "--no-read-back", shop=sandbox).status == 0
    address = same_address(spelling, sandbox)
    run = run_cli(sheet, "--no-read-back", "--base-url", address, shop=sandbox)
    assert (run.status, run.err, told(sheet)) == (0, "", [ALREADY, ALREADY])
    assert calls(sandbox) == ["paid", "sent"]


def test_a_shop_at_another_port_is_another_shop(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    for sandbox in (open_sandbox(), open_sandbox()):
        assert run_cli(sheet, shop=sandbox).status == 0
        assert (told(sheet), states(sandbox, 1)) == ([UPDATED], ["paid"])


def test_a_shop_that_was_given_a_name_is_the_same_at_all_its_domains(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},", "2,sent,2026-11-20,RA1")
    # The name came later; what was noted under the address before is still known.
    assert run_cli(sheet, "--no-read-back", shop=sandbox).status == 0
    config = tmp_path / "config.toml"
    config.write_text('[account]\nshop = "Warehouse  North"\n')
    more = write_sheet(tmp_path / "more.csv", f"1,{PAID},", f"3,{PAID},")
    run = run_cli(more, "--no-read-back", "--config", config, shop=sandbox)
    assert (run.status, told(more)) == (0, [ALREADY, UPDATED])
    monkeypatch.setenv("JUSTCLICK_SHOP", "warehouse north")
    own = "https://orders.example.org"
    run = run_cli(more, "--no-read-back", "--retries", "0", "--base-url", own, shop=sandbox)
    assert (run.status, told(more)) == (1, [("not sent", "no_connection"), ALREADY])
    assert calls(sandbox) == ["paid", "sent", "paid"]


@pytest.mark.parametrize("name", ["", "north"], ids=["by-address", "by-name"])
def test_one_run_at_a_time_however_the_shops_address_is_written(
    name: str,
    tmp_path: Path,
    gate: threading.Event,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    address = "http://localhost:{port}" if not name else "https://orders.example.org"
    with started(sandbox, sheet, JUSTCLICK_SHOP=name) as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        monkeypatch.setenv("JUSTCLICK_SHOP", name.upper())
        run = run_cli(sheet, "--base-url", same_address(address, sandbox), shop=sandbox)
        assert (run.status, run.out) == (4, "")
        # On Windows the program is started by a launcher, which has a number of its own.
        pid = process.pid if os.name == "posix" else r"\d+"
        assert re.fullmatch(
            rf"batch-update: another run \(process {pid} on .+\) is sending.*\n", run.err
        )
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert calls(sandbox) == ["cancel"]


def test_a_run_under_a_new_name_waits_for_one_that_began_without_it(
    tmp_path: Path,
    gate: threading.Event,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    with started(sandbox, sheet) as process:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        monkeypatch.setenv("JUSTCLICK_SHOP", "north")
        assert run_cli(sheet, shop=sandbox).status == 4
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert run_cli(sheet, shop=sandbox).status == 0
    assert (told(sheet), calls(sandbox)) == ([ALREADY], ["cancel"])


@pytest.mark.parametrize(
    ("known_as", "address"),
    [
        (LOGIN, f"https://{LOGIN}.justclick.io"),
        (LOGIN, f"https://{LOGIN}.justclick.io:443"),
        (LOGIN, f"https://{LOGIN}.justclick.io:0443/api/"),
        (LOGIN, f"https://{LOGIN.upper()}.JustClick.RU"),
        (LOGIN, f"https://{LOGIN}.influencersoft.com/api"),
        (f"{LOGIN}@orders.example.org", "https://orders.example.org:443"),
        (f"{LOGIN}@orders.example.org", "https://Orders.Example.ORG/"),
        (f"{LOGIN}@orders.example.org/shop", "https://orders.example.org//shop/api/"),
    ],
)
def test_what_was_paid_at_one_domain_of_a_shop_is_known_at_the_others(
    known_as: str, address: str, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    path = tmp_path / "ledger.sqlite3"
    paid = OrderUpdate(
        bill_id=1, status=Status.PAID, date=dt.datetime(2026, 11, 19, 21, tzinfo=dt.UTC)
    )
    with Ledger(path) as ledger, ledger.hold(known_as) as book:
        book.begin(paid, 2)
        book.settle(paid, 2, SendResult(outcome=Outcome.UPDATED, attempts=1))
        book.commit()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    run = run_cli(sheet, "--ledger", path, "--base-url", address)
    assert (run.status, run.err, told(sheet)) == (0, "", [ALREADY])


def test_the_login_is_the_same_in_capitals(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID},")
    assert run_cli(sheet, shop=sandbox).status == 0
    monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN.upper())
    assert run_cli(sheet, "--no-read-back").status == 0
    assert (told(sheet), calls(sandbox)) == ([ALREADY], ["ask", "paid"])


def test_a_payment_that_the_shop_denies_is_looked_for_before_anybody_is_told(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    refused = Fault.refuse(202, "order not paid")
    script = Script(
        {1: [Fault.denied()], 2: [refused], 3: [Fault.denied()]},
        # The third shows itself only when it is asked for once more.
        details={3: [None, Fault.dropped()]},
    )
    shop = open_sandbox(script)
    sheet = write_sheet(tmp_path / "day.csv", f"1,{PAID}", f"2,{PAID}", f"3,{PAID}")
    done = run_cli(sheet, "--retries", "0", shop=shop)
    assert done.status == 1
    assert told(sheet) == [UPDATED, ("rejected", "202"), UPDATED]
    assert "shows order 2 as not paid. Record it in the shop by hand" in reasons(sheet)[1]
    run_cli(sheet, shop=shop)
    assert told(sheet) == [ALREADY, UPDATED, ALREADY]
    assert [len(shop.shop.history(order)) for order in (1, 2, 3)] == [1, 1, 1]
