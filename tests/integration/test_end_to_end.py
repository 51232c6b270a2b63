"""The real command line, as a process of its own, on real files, against a real server."""

from __future__ import annotations

import csv
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import openpyxl
import pytest
import trustme

from batch_update.model import Outcome
from batch_update.sandbox import Change, Shop
from tests.conftest import KEY, LOGIN, OpenSandbox, server_tls
from tests.home import program
from tests.posix import needs_judge, needs_pipes, needs_signals, needs_terminal, pty, termios
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book
from tools.make_samples import SAMPLES

COMMAND = program("batch-update")
PATIENCE_S = 60 if os.name == "posix" else 180
"""Wine takes many times as long to load a program, the more so if four do at once."""
DAY = dt.datetime(2026, 11, 20)


def environment_for(sandbox: Sandbox, key: str = KEY) -> dict[str, str]:
    return {
        **os.environ,
        "JUSTCLICK_USERNAME": LOGIN,
        "JUSTCLICK_SECRET_KEY": key,
        "JUSTCLICK_BASE_URL": sandbox.base_url,
        "PYTHONIOENCODING": "utf-8",
    }


def run(
    *arguments: str | Path, sandbox: Sandbox | None = None, key: str = KEY
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment_for(sandbox, key) if sandbox else None,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


def results_of(path: Path, mark: str = "", row: int = 1) -> dict[int, tuple[str, object]]:
    """Read outcome and code of each row from a results workbook, or one of practice.

    Args:
        path: the workbook.
        mark: what its headers begin with.
        row: the number of the header's row.
    """
    page = openpyxl.load_workbook(path).worksheets[0]
    header = [cell.value for cell in page[row]]
    outcome, code = header.index(f"{mark}result"), header.index(f"{mark}error_code")
    return {
        number: (str(line[outcome]), line[code])
        for number, line in enumerate(page.iter_rows(values_only=True), start=1)
        if number > row
    }


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    rows = [(number, "sent", DAY, f"RA{number}") for number in range(1, 6)]
    return write_book(tmp_path / "may.xlsx", rows_of(HEADER, *rows))


def test_status_0_when_every_row_is_updated(sheet: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    done = run(sheet, sandbox=sandbox)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 rows\n  updated              5\nResults: " in done.stdout
    assert "What to do" not in done.stdout
    results = sheet.with_name("may.results.xlsx")
    assert str(results) in done.stdout
    assert set(results_of(results).values()) == {("updated", None)}
    assert [sandbox.shop.history(number)[0].rpo for number in range(1, 6)] == [
        f"RA{number}" for number in range(1, 6)
    ]


def test_status_1_and_every_outcome_on_the_sample(tmp_path: Path) -> None:
    source = SAMPLES / "shipments.xlsx"
    done = run(source, "--sandbox", "--retries", "2", "--output", tmp_path / "out.xlsx")
    assert (done.returncode, done.stderr) == (1, "")
    results = results_of(tmp_path / "out.xlsx", "PRACTICE: ")
    said = {f"practice: {outcome}" for outcome in Outcome if outcome is not Outcome.SKIPPED}
    assert {outcome for outcome, _ in results.values()} == said
    for row, outcome in results.items():
        if outcome[0] not in {"practice: updated", "practice: already updated"}:
            assert f"{outcome[0]}, {outcome[1]}: row {row}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["none.xlsx"], "there is no such file", id="no-file"),
        pytest.param([SAMPLES / "shipments.xlsx", "--sheet", "May"], "no sheet", id="no-sheet"),
        pytest.param([".", "--retries", "x"], "--retries", id="argument"),
        pytest.param([], "FILE is missing", id="nothing"),
    ],
)
def test_status_2_and_one_line_when_it_cannot_start(
    arguments: list[str | Path], words: str, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    done = run(*arguments, sandbox=sandbox)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("batch-update: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert sandbox.requests == []


def test_status_2_without_login_and_key(sheet: Path) -> None:
    done = run(sheet)
    assert done.returncode == 2
    assert "JUSTCLICK_USERNAME and JUSTCLICK_SECRET_KEY not set" in done.stderr


def test_status_3_after_one_request_when_the_account_is_refused(
    sheet: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(always=Fault.refuse(7, "account disabled")))
    done = run(sheet, sandbox=sandbox)
    assert done.returncode == 3
    assert "stopped early. The shop's account is switched off" in done.stderr
    assert len(sandbox.requests) == 1
    codes = [code for _, code in results_of(sheet.with_name("may.results.xlsx")).values()]
    assert codes == [7, "stopped", "stopped", "stopped", "stopped"]


def test_status_3_and_an_explanation_when_the_key_is_wrong(
    sheet: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    done = run(sheet, sandbox=sandbox, key="another key")
    assert done.returncode == 3
    assert "The secret key is wrong" in done.stderr
    assert len(sandbox.requests) == 1


@needs_judge
def test_status_3_when_the_certificate_is_not_trusted(
    sheet: Path, open_sandbox: OpenSandbox, authority: trustme.CA
) -> None:
    sandbox = open_sandbox(tls=server_tls(authority, "localhost"))
    done = run(sheet, sandbox=sandbox)
    assert done.returncode == 3
    assert "The secure connection to https://localhost" in done.stderr
    assert sandbox.requests == []


def test_status_3_after_three_lost_connections(sheet: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    sandbox.close()
    done = run(sheet, "--retries", "0", sandbox=sandbox)
    assert done.returncode == 3
    assert "3 updates in a row got no proper answer" in done.stderr
    codes = [code for _, code in results_of(sheet.with_name("may.results.xlsx")).values()]
    assert codes == ["no_connection"] * 3 + ["stopped"] * 2


def start(sheet: Path, sandbox: Sandbox, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, sheet, "--verbose", *options],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def wait_for_line(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"the program never said: {words}")


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_status_130_and_the_request_under_way_is_finished(
    sheet: Path, open_sandbox: OpenSandbox, number: signal.Signals
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({2: [Fault.held(gate)]}))
    with start(sheet, sandbox, "--workers", "1") as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(number)
        wait_for_line(process, "Stopping: what is under way is finished first")
        gate.set()
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    results = results_of(sheet.with_name("may.results.xlsx"))
    assert list(results.values()) == [("updated", None)] * 2 + [("not sent", "interrupted")] * 3
    assert "not sent, interrupted: rows 4, 5, 6" in out
    assert len(sandbox.requests) == 2


@needs_signals
def test_a_second_ctrl_c_does_not_wait_and_still_writes_the_results(
    sheet: Path, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({order: [Fault.held(gate)] for order in (2, 3, 4)}))
    with start(sheet, sandbox, "--workers", "3") as process:
        assert sandbox.wait_for_requests(4, PATIENCE_S)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "Stopping")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    gate.set()
    assert process.returncode == 130
    results = list(results_of(sheet.with_name("may.results.xlsx")).values())
    assert results[0] == ("updated", None)
    assert results[1:4] == [("unconfirmed", "interrupted")] * 3
    assert results[4] == ("not sent", "interrupted")


def wire(sandbox: Sandbox) -> list[bytes]:
    return sorted(request.body for request in sandbox.requests)


def test_the_two_samples_give_the_same_updates_on_the_wire(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shops = open_sandbox(shop=Shop(missing={990404})), open_sandbox(shop=Shop(missing={990404}))
    for shop, name in zip(shops, ("shipments.xlsx", "shipments.csv"), strict=True):
        done = run(SAMPLES / name, "--output", tmp_path, sandbox=shop)
        assert done.returncode == 1
    assert wire(shops[0]) == wire(shops[1])
    bodies = wire(shops[0])
    assert len([body for body in bodies if b"status=" in body]) == 37
    # Before each payment the shop is asked for it.
    assert len(bodies) == 37 + len([body for body in bodies if b"status=paid" in body])


def test_the_csv_sample_comes_back_in_its_own_encoding(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    run(SAMPLES / "shipments.csv", "--output", tmp_path, sandbox=open_sandbox())
    source = (SAMPLES / "shipments.csv").read_text("cp1251").splitlines()
    results = (tmp_path / "shipments.results.csv").read_text("cp1251").splitlines()
    assert len(source) == len(results)
    for before, after in zip(source, results, strict=True):
        assert after.startswith(f"{before};")


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_the_results_file_is_mended_and_run_again(
    tmp_path: Path, open_sandbox: OpenSandbox, ending: str
) -> None:
    rows: list[tuple[object, ...]] = [
        (order, "sent", DAY, f"RA{order}") for order in range(100, 110)
    ]
    rows[2] = (102, "delivered", DAY, "RA102")
    rows[5] = (105, "sent", "31.02.2026", "RA105")
    rows[8] = (108, "sent", DAY, "1.01E+13")
    mended = {"B4": "sent", "C7": "20.11.2026", "D10": "RA108"}
    sandbox = open_sandbox()
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, *rows))
    results = tmp_path / f"may.results{ending}"
    assert run(sheet, "--output", results, sandbox=sandbox).returncode == 1
    sheet.unlink()
    assert len(sandbox.requests) == 7
    if ending == ".xlsx":
        book = openpyxl.load_workbook(results)
        assert book.worksheets[0]["D10"].number_format == "@"
        for place, value in mended.items():
            book.worksheets[0][place] = value
        book.save(results)
    else:
        text = results.read_text(encoding="utf-8-sig")
        for wrong, right in (("delivered", "sent"), ("31.02", "20.11"), ("1.01E+13", "RA108")):
            text = text.replace(f",{wrong}", f",{right}")
        results.write_text(text, encoding="utf-8-sig")
    assert run(results, sandbox=sandbox).returncode == 0
    assert sorted(one.fields["bill_id"] for one in sandbox.requests[7:]) == ["102", "105", "108"]
    assert list(tmp_path.glob("may*")) == [results]
    expected = ["updated" if n in {2, 5, 8} else "already updated" for n in range(10)]
    if ending == ".xlsx":
        assert [outcome for outcome, _ in results_of(results).values()] == expected
    else:
        with results.open(encoding="utf-8-sig", newline="") as file:
            assert [line["result"] for line in csv.DictReader(file)] == expected


def test_results_that_somebody_has_worked_on_are_kept_when_the_sheet_is_run_again(
    sheet: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    results = sheet.with_name("may.results.xlsx")
    for _ in range(2):
        assert run(sheet, sandbox=sandbox).stderr == ""
    book = openpyxl.load_workbook(results)
    book.worksheets[0]["D2"] = "RA1 mended"
    book.save(results)
    done = run(sheet, sandbox=sandbox)
    assert "may.results.xlsx held 1 mended row that this sheet does not have" in done.stderr
    kept = openpyxl.load_workbook(sheet.with_name("may.results.edited-1.xlsx"))
    assert kept.worksheets[0]["D2"].value == "RA1 mended"
    assert run(sheet, sandbox=sandbox).stderr == ""


def test_a_payment_with_a_lost_answer_is_booked_once(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.lost_answer()]}))
    sheet = write_book(tmp_path / "paid.xlsx", rows_of(HEADER, (1, "paid", DAY)))
    done = run(sheet, "--verbose", sandbox=sandbox)
    assert done.returncode == 0
    assert "order 1, try 1: The connection broke before an answer came." in done.stderr
    assert sandbox.shop.history(1) == [Change(status="paid", date="1795122000")]


@needs_signals
def test_a_payment_on_its_way_when_the_run_is_stopped_is_booked_once(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({2: [Fault(late_s=0.5, gate=gate, drop=True)]}))
    sheet = write_book(tmp_path / "paid.xlsx", rows_of(HEADER, (1, "cancel"), (2, "paid", DAY)))
    with start(sheet, sandbox) as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "Stopping")
        gate.set()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert run(sheet, sandbox=sandbox).returncode == 0
    assert sandbox.shop.history(2) == [Change(status="paid", date="1795122000")]


def test_an_update_that_takes_effect_late_does_not_undo_the_next_one(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.late(2.5)]}))
    rows = ((1, "sent", DAY, "RA1"), (1, "return"))
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, *rows))
    assert run(sheet, "--settle", "4s", sandbox=sandbox).returncode == 0
    assert [change.status for change in sandbox.shop.history(1)] == ["sent", "sent", "return"]


def test_the_secret_is_nowhere_to_be_found(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox(Script({2: [Fault.busy(503, "0")], 3: [Fault.wrong_hash()]}))
    rows = [(number, "cancel") for number in range(1, 6)]
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, *rows))
    done = run(sheet, "--verbose", "--output", tmp_path / "out.csv", sandbox=sandbox)
    assert done.returncode == 1
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for text in (done.stdout.encode(), done.stderr.encode(), *written):
        assert KEY.encode() not in text


@needs_terminal
@pytest.mark.parametrize("size", [(24, 100), (0, 0)], ids=["known-size", "unknown-size"])
def test_the_bar_is_drawn_on_a_terminal_and_only_there(
    sheet: Path, open_sandbox: OpenSandbox, size: tuple[int, int]
) -> None:
    sandbox = open_sandbox()
    assert run(sheet, sandbox=sandbox).stderr == ""
    for option, is_drawn in ((), True), (("--no-progress",), False), (("--quiet",), False):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, size)
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            process = subprocess.Popen(
                [COMMAND, sheet, *option],
                env=environment_for(sandbox),
                stdout=subprocess.PIPE,
                stderr=theirs,
            )
            os.close(theirs)
            drawn = read_to_end(terminal.fileno())
            out, _ = process.communicate(timeout=PATIENCE_S)
        assert (b"5/5" in drawn) is is_drawn
        assert bool(out) is (option != ("--quiet",))


def read_to_end(descriptor: int) -> bytes:
    """Read what a terminal was told; at its end Linux reports an error."""
    told = b""
    try:
        while chunk := os.read(descriptor, 65536):
            told += chunk
    except OSError:
        return told
    return told


DRY = [str(SAMPLES / "shipments.xlsx"), "--dry-run", "--output", "o.xlsx"]


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], DRY], ids=["help", "version", "dry run"]
)
def test_what_sends_nothing_does_without_the_heavy_libraries(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from batch_update.cli import main\n"
        "try:\n"
        f"    main({words})\n"
        "except SystemExit as done:\n"
        "    assert done.code == 0\n"
        "heavy = {'pandas', 'numpy', 'openpyxl', 'requests', 'urllib3', 'tenacity', 'tqdm'}\n"
        "heavy |= {'filelock', 'http.server'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@needs_pipes
def test_a_screen_that_takes_nothing_does_not_end_the_run(
    sheet: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.busy(503, "0")]}))
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 a device, not a path
        done = subprocess.run(
            [COMMAND, sheet, "--verbose"],
            env=environment_for(sandbox),
            stdout=full,
            stderr=full,
            timeout=PATIENCE_S,
            check=False,
        )
    # What it had to say is lost, so it does not end as if all were well.
    assert done.returncode == 1
    assert len(results_of(sheet.with_name("may.results.xlsx"))) == 5


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "batch_update", "--version"],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=True,
    )
    assert done.stdout.strip().count(".") == 2
