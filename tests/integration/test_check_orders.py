"""A dry run that asks the shop about its orders, through the real command line and a socket."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest

from batch_update.sandbox import Shop
from tests.conftest import KEY, CliRun, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, wait_for_line
from tests.posix import needs_signals
from tests.sandbox import Fault, Sandbox, Script

HEAD = "Order,Status,Date,Tracking number"
CHECK = ("--dry-run", "--check-orders")
IN_ORDER = ("not sent", "dry_run")


def write_sheet(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")
    return path


def results_of(done: CliRun, sheet: Path) -> list[dict[str, str]]:
    """Read the results that a run says it has written."""
    name = next(
        line.removeprefix("Dry run file: ")
        for line in done.out.splitlines()
        if line.startswith("Dry run file: ")
    )
    with (sheet.parent / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def told(lines: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(line["result"], line["error_code"]) for line in lines]


def words(text: str) -> str:
    return " ".join(text.split())


def check_only_read(shop: Sandbox) -> Counter[str]:
    """Hold that nothing but readings reached the shop; count them by order."""
    assert {request.call for request in shop.requests} <= {"getOrderDetails"}
    assert shop.shop.changed_orders() == []
    return Counter(request.fields["bill_id"] for request in shop.requests)


class HistoricShop(Shop):
    """A shop with a past that its record of changes does not show."""

    def __init__(self, *, missing: set[int], states: dict[int, str]) -> None:
        super().__init__(missing=missing)
        self._states = states

    def details(self, fields: dict[str, str]) -> tuple[int, str, dict[str, object] | None]:
        bill_id = fields["bill_id"]
        state = self._states.get(int(bill_id))
        if state is None or int(bill_id) in self._missing:
            return super().details(fields)
        return 0, "OK", {"id": bill_id, "pay_status": state, "paid": "1795122000"}


def test_each_order_is_asked_once_and_its_rows_say_what_the_shop_said(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    script = Script(details={7: [Fault.dropped()] * 9, 8: [Fault.refuse(3, "wrong data")]})
    states = {3: "paid", 4: "cancel"}
    shop = open_sandbox(script, shop=HistoricShop(missing={2}, states=states))
    sheet = write_sheet(
        tmp_path / "day.csv",
        "1,sent,2026-11-20,RA123456785RU",
        "2,sent,2026-11-20,RB123456785RU",
        "2,paid,soon,",
        "2,paid,2026-11-20,",
        "3,paid,2026-11-20,",
        "3,sent,2026-11-20,RC123456785RU",
        "4,sent,2026-11-20,RD123456785RU",
        "4,paid,2026-11-20,",
        "7,paid,2026-11-20,",
        "8,paid,2026-11-20,",
        "1,sent,2026-11-20,RA123456785RU",
    )
    done = run_cli(sheet, *CHECK, "--retries", "0", shop=shop)
    assert check_only_read(shop) == dict.fromkeys("123478", 1)
    lines = results_of(done, sheet)
    assert told(lines) == [
        IN_ORDER,
        ("not sent", "order_missing"),
        ("invalid", "date_not_a_date"),
        ("not sent", "order_missing"),
        ("already updated", ""),
        IN_ORDER,
        IN_ORDER,
        IN_ORDER,
        IN_ORDER,
        ("not sent", "state_unknown"),
        ("not sent", "dry_run_twin"),
    ]
    texts = [line["error_text"] for line in lines]
    missing = 'The shop has no order 2 (code 400: "order not found"). Check the number'
    assert texts[0] == "Dry run: in order, and the shop has order 1; would be sent."
    assert texts[1].startswith(missing)
    assert missing in texts[2]
    assert "The shop says that order 3 is paid already (2026-11-20 00:00 MSK)" in texts[4]
    for text in texts[6:8]:
        assert text.startswith("Dry run: would be sent. The shop shows order 4 as cancelled.")
    assert "asked about order 7 and gave no proper answer" in texts[8]
    assert "did not say whether order 8 is paid (code 3" in texts[9]
    assert [line["updated_at"] for line in lines] == [""] * len(lines)

    assert done.status == 1
    out = words(done.out)
    assert "Dry run: nothing was sent; 5 rows would be." in out
    assert "The shop answered for 5 of 6 orders; nothing was changed." in out
    assert "not sent, order_missing: rows 3, 5; the first:" in out
    assert "order_paid: row 6" in out
    assert "order_cancelled: rows 8, 9; the first:" in out
    assert "order_no_answer: row 10" in out

    # The plan is of the sheet alone, and the same as without asking.
    plain = json.loads(run_cli(sheet, "--dry-run", "--json", shop=shop).out)["files"][0]
    asked = json.loads(run_cli(sheet, *CHECK, "--retries", "0", "--json", shop=shop).out)
    (file,) = asked["files"]
    assert plain["plan"] == file["plan"]
    assert plain["orders_asked"] is None
    assert file["orders_asked"]["orders"] == 6
    assert {one["code"]: one["rows"] for one in file["orders_asked"]["findings"]} == {
        "order_missing": [4],
        "order_paid": [6],
        "order_cancelled": [8, 9],
        "order_no_answer": [10],
    }
    check_only_read(shop)


def test_an_order_in_two_sheets_is_asked_once_and_is_as_the_first_leaves_it(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    shop = open_sandbox(shop=HistoricShop(missing=set(), states={1: "paid", 2: "cancel"}))
    write_sheet(tmp_path / "a.csv", "1,cancel,,", "2,sent,2026-11-20,RA123456785RU")
    write_sheet(tmp_path / "b.csv", "1,paid,2026-11-20,", "2,cancel,,")
    done = run_cli(tmp_path / "a.csv", tmp_path / "b.csv", *CHECK, shop=shop)
    assert check_only_read(shop) == {"1": 1, "2": 1}
    assert done.out.count("2 rows would be") == 2
    assert "The shop shows order 2 as cancelled already." in words(done.out)
    assert done.status == 0


@pytest.mark.parametrize(
    ("arguments", "key", "script", "status", "said", "most"),
    [
        pytest.param((), "wrong", Script(), 3, "The secret key is wrong", 1, id="wrong-key"),
        pytest.param(
            (),
            KEY,
            Script(always=Fault.refuse(6, "permission denied")),
            3,
            "does not allow this machine's address",
            1,
            id="address",
        ),
        pytest.param(
            ("--retries", "0"),
            KEY,
            Script(always=Fault.refuse(8, "limit")),
            3,
            "request limit for this address is used up",
            1,
            id="limit-used-up",
        ),
        pytest.param(
            ("--retries", "0"),
            KEY,
            Script(always=Fault.dropped()),
            3,
            "3 questions in a row got no proper answer.",
            3,
            id="no-answers",
        ),
        pytest.param(
            (),
            KEY,
            Script(always=Fault.refuse(400, "order not found")),
            3,
            "The shop has none of the first 20 orders of the sheet",
            20,
            id="none-is-there",
        ),
        pytest.param(
            ("--keep-going",),
            KEY,
            Script(always=Fault.refuse(400, "order not found")),
            1,
            "",
            30,
            id="none-is-there-and-right",
        ),
        pytest.param(
            (),
            KEY,
            Script(details={1: [Fault.busy(429, "0"), Fault.busy(503)]}),
            0,
            "",
            32,
            id="busy-at-first",
        ),
    ],
)
def test_asking_stops_where_sending_would(
    arguments: tuple[str, ...],
    key: str,
    script: Script,
    status: int,
    said: str,
    most: int,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    tmp_path: Path,
) -> None:
    shop = open_sandbox(script)
    sheet = write_sheet(tmp_path / "day.csv", *(f"{order},cancel,," for order in range(1, 31)))
    done = run_cli(sheet, *CHECK, *arguments, shop=shop, key=key)
    assert done.status == status
    assert said in words(done.err)
    assert check_only_read(shop).total() == most
    is_stopped = status == 3
    assert ("stopped early" in done.err) == is_stopped
    # No plan is offered of a sheet whose check did not come to its end.
    assert ("Send exactly this" in done.out) == (status == 0)
    if is_stopped:
        last = results_of(done, sheet)[-1]
        assert told([last]) == [IN_ORDER]
        assert "The shop was not asked about order 30" in last["error_text"]


def test_workers_ask_at_once_and_a_rate_is_kept(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    shop = open_sandbox(Script(details={order: [Fault.slow(0.1)] for order in range(1, 13)}))
    sheet = write_sheet(tmp_path / "day.csv", *(f"{order},cancel,," for order in range(1, 13)))
    assert run_cli(sheet, *CHECK, "--workers", "3", shop=shop).status == 0
    assert max(request.under_way for request in shop.requests) == 3
    before = len(shop.requests)
    assert run_cli(sheet, *CHECK, "--rate", "20", shop=shop).status == 0
    times = [request.at for request in shop.requests[before:]]
    assert times[-1] - times[0] >= 11 / 20 - 0.1


@needs_signals
def test_ctrl_c_ends_the_asking_and_keeps_what_is_known(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    gate = threading.Event()
    shop = open_sandbox(
        Script(details={order: [Fault.held(gate)] for order in range(2, 9)}),
        shop=Shop(missing={1}),
    )
    sheet = write_sheet(tmp_path / "day.csv", *(f"{order},cancel,," for order in range(1, 9)))
    run = subprocess.Popen(
        [COMMAND, sheet, *CHECK, "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment_for(shop),
    )
    assert shop.wait_for_requests(2, PATIENCE_S)
    run.send_signal(signal.SIGINT)
    wait_for_line(run, "Stopping: what is under way is finished first")
    gate.set()
    out, err = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130
    asked = check_only_read(shop)
    assert 2 <= asked.total() < 8
    lines = results_of(CliRun(status=130, out=out, err=err), sheet)
    assert told(lines)[0] == ("not sent", "order_missing")
    assert told(lines)[-1] == ("not sent", "interrupted")
    assert "Send exactly this" not in out


def test_check_orders_needs_a_dry_run_and_an_account_or_the_sandbox(
    run_cli: RunCli, tmp_path: Path
) -> None:
    sheet = write_sheet(
        tmp_path / "day.csv", "990404,cancel,,", "990205,paid,2026-11-20,", "990206,cancel,,"
    )
    alone = run_cli(sheet, "--check-orders")
    assert alone.status == 2
    assert "--check-orders only asks the shop: use it together with --dry-run" in alone.err
    keyless = run_cli(sheet, *CHECK)
    assert keyless.status == 2
    assert "JUSTCLICK_USERNAME" in keyless.err
    practice = run_cli(sheet, *CHECK, "--sandbox")
    assert practice.status == 1
    assert told(results_of(practice, sheet)) == [
        ("not sent", "order_missing"),
        ("already updated", ""),
        IN_ORDER,
    ]
    assert "order_cancelled: row 4" in practice.out


def test_what_was_sent_before_is_asked_about_too_and_a_forced_payment_is_told(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    shop = open_sandbox()
    sheet = write_sheet(
        tmp_path / "day.csv", "1,paid,2026-11-20,", "2,sent,2026-11-20,RA123456785RU"
    )
    assert run_cli(sheet, shop=shop).status == 0
    shop.requests.clear()
    # Somebody cancels an order in the shop.
    shop.shop.update({"bill_id": "2", "status": "cancel"})
    done = run_cli(sheet, *CHECK, shop=shop)
    assert {request.call for request in shop.requests} == {"getOrderDetails"}
    lines = results_of(done, sheet)
    assert told(lines) == [("already updated", "")] * 2
    assert "The shop shows order 2 as cancelled." in lines[1]["error_text"]
    forced = run_cli(sheet, *CHECK, "--force", shop=shop)
    assert "order 1 as paid already, and yet this payment would be sent" in words(forced.out)
    assert {request.call for request in shop.requests} == {"getOrderDetails"}
