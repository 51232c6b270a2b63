"""What a daily job needs: several files and folders, JSON, a log, and plans."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from batch_update.cli import log
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.sandbox import Fault, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

COUNTS = ("updated", "already updated", "rejected", "invalid", "unconfirmed", "not sent", "skipped")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    write_book(folder / "b.xlsx", rows_of(HEADER, (1, "cancel"), (2, "cancel")))
    (folder / "a.csv").write_text("order,status\n3,cancel\n4,lost\n")
    (folder / "~$b.xlsx").write_text("somebody has it open")
    (folder / ".hidden.csv").write_text("order,status\n9,cancel\n")
    (folder / "notes.docx").write_text("no sheet")
    (folder / "deeper").mkdir()
    return folder


def test_a_folder_stands_for_the_sheets_in_it(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    for outcome in ("updated", "already updated"):
        run = run_cli(inbox, shop=sandbox)
        assert run.status == 1
        assert run.out.splitlines()[-1] == f"All 2 files: 4 rows: 3 {outcome}, 1 invalid."
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]
    assert (inbox / "a.results.csv").exists()
    assert (inbox / "b.results.xlsx").exists()


def test_a_folder_without_sheets_is_told(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "empty").mkdir()
    run = run_cli(tmp_path / "empty", "--dry-run")
    assert run.status == 2
    assert "empty holds no sheet" in run.err


def test_results_named_beside_their_sheet_are_left_out(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    run_cli(inbox / "b.xlsx", shop=sandbox)
    run = run_cli(inbox / "b.results.xlsx", inbox / "b.xlsx", shop=sandbox)
    assert run.status == 0
    assert "b.results.xlsx holds results of another file named here; left out" in run.err
    assert len(sandbox.requests) == 2


def test_json_describes_the_run(
    inbox: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    (tmp_path / "failures").mkdir()
    sandbox = open_sandbox(Script({2: [Fault.refuse(200, "нет заказа")]}))
    (tmp_path / "none.csv").touch()
    run = run_cli(
        inbox, tmp_path / "none.csv", "--json", "--failures", tmp_path / "failures", shop=sandbox
    )
    said = json.loads(run.out)
    assert said["exit_status"] == run.status == 2
    assert (said["dry_run"], said["practice"], said["rows"]) == (False, False, 4)
    assert said["counts"] == dict(zip(COUNTS, (2, 0, 1, 1, 0, 0, 0), strict=True))
    assert [Path(file["file"]).name for file in said["files"]] == ["a.csv", "b.xlsx", "none.csv"]
    second, third = said["files"][1:]
    assert second["results"] == str(inbox / "b.results.xlsx")
    assert second["failures"] == str(tmp_path / "failures" / "b.failures.xlsx")
    assert (second["sheet"], second["exit_status"], second["error"]) == ("Sheet", 1, None)
    assert re.fullmatch("[0-9a-f]{64}", second["sha256"])
    (problem,) = second["problems"]
    assert (problem["outcome"], problem["code"], problem["rows"]) == ("rejected", 200, [3])
    assert "нет заказа" in problem["text"]
    assert (third["results"], third["counts"], third["rows"]) == (None, {}, 0)
    assert "none.csv is empty" in third["error"]
    assert set(second) == set(third)


def test_the_log_file_tells_what_happened_and_not_the_secret(
    inbox: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    log_file = tmp_path / "day.log"
    sandbox = open_sandbox(Script({2: [Fault.busy(503, "0"), Fault.refuse(200, "\x1b[2Jno")]}))
    for first in ("myshop: 1 row needs a person", ""):
        run = run_cli(inbox / "b.xlsx", "--quiet", "--log-file", log_file, shop=sandbox)
        assert (run.out, run.err.partition("\n")[0]) == ("", first)
    text = log_file.read_text("utf-8")
    calls = re.findall(r"request ([0-9a-f]{12}): UpdateOrderStatus of order (\d), (.*) after", text)
    said = {(order, what) for _, order, what in calls}
    assert said == {("1", "code 0"), ("2", "http_503"), ("2", "code 200"), ("2", "code 0")}
    ids = [request.headers["x-request-id"] for request in sandbox.requests]
    assert sorted(ids) == sorted(one for one, _, _ in calls)
    assert "order 2, try 1: The shop is too busy to take updates (HTTP 503)." in text
    assert "b.xlsx, sheet" in text
    assert text.count("Ended with exit status 1.") == 1
    assert text.count("Ended with exit status 0.") == 1
    assert "\x1b" not in text
    assert f"INFO {text.split()[3]} Shop: {LOGIN} at {sandbox.base_url}\n" in text
    assert KEY not in text


def test_a_log_file_that_grows_is_put_aside(
    inbox: Path, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_LOG_SIZE", 2_000)
    for _ in range(30):
        run_cli(inbox / "a.csv", "--dry-run", "--log-file", tmp_path / "day.log")
    logs = sorted(path.name for path in tmp_path.glob("day.log*"))
    assert logs == ["day.log", *(f"day.log.{number}" for number in range(1, 6))]
    assert all((tmp_path / name).stat().st_size < 3_000 for name in logs)


def test_a_log_file_without_a_place_is_told(inbox: Path, run_cli: RunCli) -> None:
    run = run_cli(inbox / "a.csv", "--dry-run", "--log-file", inbox / "none" / "day.log")
    assert run.status == 2
    assert "--log-file" in run.err
    assert "no such file or directory" in run.err


def plan_of(run_cli: RunCli, sheet: Path, *options: str) -> str:
    out = run_cli(sheet, "--dry-run", *options).out
    found = re.search(r"^Plan of [^:]+: ([0-9a-f]{12})$", out, re.MULTILINE)
    assert found
    return found[1]


def test_a_plan_is_sent_only_while_the_sheet_says_the_same(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "day.csv"
    rows = "1,sent,2026-11-20,RA1\n2,sent,2026-11-22,RA2\n3,paid,2026-11-21,\n"
    sheet.write_text(f"order,status,date,rpo\n{rows}", encoding="utf-8")
    out = run_cli(sheet, "--dry-run").out
    assert "  sent                 2, dated 2026-11-20 to 2026-11-22\n" in out
    assert "  paid                 1, dated 2026-11-21 to 2026-11-21\n" in out
    plan = plan_of(run_cli, sheet)
    assert f"add --plan {plan} in place of --dry-run" in out
    assert plan_of(run_cli, sheet, "--timezone", "UTC") != plan
    sandbox = open_sandbox()
    sheet.write_text(f"order,status,date,rpo\n{rows}".replace("RA2", "RA3"), encoding="utf-8")
    run = run_cli(sheet, "--plan", plan, shop=sandbox)
    assert (run.status, sandbox.requests) == (2, [])
    assert "does not say what was planned" in run.err
    sheet.write_text(f"order,status,date,rpo\n{rows}", encoding="utf-8")
    assert run_cli(sheet, "--plan", plan.upper(), shop=sandbox).status == 0
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan", "abc", "--sandbox"], "write the twelve signs"),
        (["--plan", "0" * 12, "--dry-run"], "say only one of the two"),
    ],
)
def test_a_plan_that_makes_no_sense_is_told(
    inbox: Path, run_cli: RunCli, arguments: list[str], words: str
) -> None:
    run = run_cli(inbox / "a.csv", *arguments)
    assert run.status == 2
    assert words in run.err


def test_a_plan_is_of_one_sheet(inbox: Path, run_cli: RunCli) -> None:
    run = run_cli(inbox, "--sandbox", "--plan", "0" * 12)
    assert run.status == 2
    assert "--plan is the plan of one sheet" in run.err


@pytest.mark.parametrize("option", ["--output", "--failures"])
def test_one_file_does_not_take_what_comes_of_several(
    inbox: Path, run_cli: RunCli, option: str
) -> None:
    run = run_cli(inbox, "--sandbox", option, "x.csv")
    assert run.status == 2
    assert f"{option} names one file, but there are several sheets" in run.err
    assert run_cli(inbox / "b.xlsx", "--sandbox", option, "x.csv").status == 0


def test_a_dry_run_tells_what_was_sent_before(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    run_cli(inbox / "b.xlsx", shop=sandbox)
    out = run_cli(inbox / "b.xlsx", "--dry-run").out
    assert "already updated      2" in out
    assert "nothing was sent; 0 rows would be" in out


@pytest.mark.parametrize("name", ["a.csv", "a.results.csv", "config.toml", "notes.txt"])
def test_a_log_is_written_into_nothing_else(inbox: Path, run_cli: RunCli, name: str) -> None:
    (inbox / "notes.txt").write_text("Remember the milk.\n", encoding="utf-8")
    before = (inbox / "a.csv").read_bytes()
    run = run_cli(inbox / "a.csv", "--dry-run", "--log-file", inbox / name)
    assert run.status == 2
    assert f"{name} is no log of batch-update. Name another place." in run.err
    assert (inbox / "a.csv").read_bytes() == before
    assert (inbox / "notes.txt").read_text(encoding="utf-8") == "Remember the milk.\n"
