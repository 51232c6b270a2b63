"""Mended results: taken in place of their sheet, and never lost; only what is new goes out."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.sandbox import Fault, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"
ROWS = ((1, "sent", DAY, "RA0001"), (2, "sennt", DAY, "RA0002"), (3, "cancel", None, None))


def write_sheet(path: Path, *rows: tuple[object, ...]) -> Path:
    if path.suffix == ".xlsx":
        return write_book(path, rows_of(HEADER, *rows))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows((HEADER, *rows))
    return path


def mend(path: Path, old: str, new: str) -> None:
    """Replace a text in a results file, as a person does."""
    if path.suffix == ".csv":
        path.write_text(path.read_text("utf-8-sig").replace(old, new), "utf-8-sig")
        return
    book = openpyxl.load_workbook(path)
    for line in book.worksheets[0]:
        for cell in line:
            if cell.value == old:
                cell.value = new
    book.save(path)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_folder_run_takes_mended_results_and_leaves_their_sheet_settled(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    results = inbox / f"day.results{ending}"
    assert run_cli(inbox, shop=sandbox).status == 1
    mend(results, "sennt", "sent")
    run = run_cli(inbox, shop=sandbox)
    assert run.status == 0
    assert (
        f"{results} was mended (1 row that {sheet} does not have, the first is row 3), so it is "
        f"run in place of {sheet}."
    ) in run.err
    assert "updated              1\n  already updated      2" in run.out
    assert f"Results: {results}" in run.out
    # The next days change nothing: neither is sent again, and no row is wrong again.
    for _ in range(2):
        run = run_cli(inbox, shop=sandbox)
        assert (run.status, "already updated      3" in run.out) == (0, True)
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]
    assert len(sandbox.requests) == 3
    assert sorted(path.name for path in inbox.iterdir()) == sorted([sheet.name, results.name])


def test_a_row_that_was_mended_is_not_sent_in_its_old_form(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.refuse(201, "wrong status")]}))
    write_sheet(inbox / "day.csv", (1, "sent", DAY, "RA0001"), (2, "sent", DAY, "RA0002"))
    assert run_cli(inbox, shop=sandbox).status == 1
    mend(inbox / "day.results.csv", "RA0001", "RA0009")
    assert run_cli(inbox, shop=sandbox).status == 0
    assert [one.fields["rpo"] for one in sandbox.requests if one.fields["bill_id"] == "1"] == [
        "RA0001",
        "RA0009",
    ]


def test_results_and_their_sheet_named_together_are_as_in_a_folder(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / "day.xlsx", *ROWS)
    results = inbox / "day.results.xlsx"
    run_cli(sheet, shop=sandbox)
    run = run_cli(results, sheet, shop=sandbox)
    assert "holds results of another file named here; left out" in run.err
    mend(results, "sennt", "sent")
    run = run_cli(results, sheet, shop=sandbox)
    assert (run.status, "in place of" in run.err, "left out" in run.err) == (0, True, False)
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_new_rows_of_a_sheet_go_out_beside_its_mended_results(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    results = inbox / f"day.results{ending}"
    run_cli(inbox, shop=sandbox)
    mend(results, "sennt", "return")
    write_sheet(sheet, *ROWS, (4, "sent", DAY, "RA0004"))
    for _ in range(2):
        run = run_cli(inbox, shop=sandbox)
        # The row that is wrong in the sheet still is so, and says so.
        assert (run.status, "status_unknown: row 3" in run.out) == (1, True)
        assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3, 4]
        assert len(sandbox.requests) == 4


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_sheet_that_contradicts_its_mended_results_is_not_run(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    run_cli(inbox, shop=sandbox)
    mend(inbox / f"day.results{ending}", "sennt", "return")
    write_sheet(sheet, ROWS[0], (2, "sent", DAY, "RA0002"), (4, "sent", DAY, "RA0004"))
    # On the first day, and until a person has decided.
    for _ in range(2):
        run = run_cli(inbox, shop=sandbox)
        assert run.status == 2
        assert f"{sheet} was not run: it is not as it was when it was run last" in run.err
        assert "Bring what is new into one of the two" in run.err
        assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]
    # Named alone, it is run; all that was mended has been sent, so there is nothing to keep.
    run = run_cli(sheet, shop=sandbox)
    assert (run.status, run.err) == (0, "")
    assert len(sandbox.requests) == 5


def test_a_row_whose_order_was_mended_is_not_sent_to_the_old_order(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.refuse(201, "wrong status")]}))
    sheet = write_sheet(inbox / "day.csv", (1, "cancel", None, None))
    run_cli(inbox, shop=sandbox)
    mend(inbox / "day.results.csv", "1,cancel", "11,cancel")
    write_sheet(sheet, (1, "cancel", None, None), (2, "cancel", None, None))
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, sandbox.shop.changed_orders()) == (2, [11])
    assert f"{sheet} was not run" in run.err


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_sheet_named_alone_tells_of_its_mended_results_and_keeps_them(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", (1, "sent", DAY, "RA0001"), (2, "cancel"))
    results = inbox / f"day.results{ending}"
    assert run_cli(sheet, shop=sandbox).status == 0
    mend(results, "RA0001", "RA0009")
    run = run_cli(sheet, shop=sandbox)
    kept = inbox / f"day.results.edited-1{ending}"
    assert run.status == 1
    assert (
        f"{results.name} held 1 mended row that this sheet does not have; it is kept as "
        f"{kept.name}, and this run sent nothing of it. To send what is not confirmed yet: "
        f"batch-update {kept}"
    ) in run.err
    assert [one.fields.get("rpo") for one in sandbox.requests if "rpo" in one.fields] == ["RA0001"]
    # The command that was told sends it.
    run = run_cli(kept, shop=sandbox)
    assert run.status == 0
    assert [one.fields.get("rpo") for one in sandbox.requests if "rpo" in one.fields] == [
        "RA0001",
        "RA0009",
    ]


def test_mended_rows_without_our_columns_or_with_fewer_rows_are_taken(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / "day.xlsx", *ROWS)
    results = inbox / "day.results.xlsx"
    run_cli(inbox, shop=sandbox)
    book = openpyxl.load_workbook(results)
    page = book.worksheets[0]
    page.delete_cols(5, 6)
    page["B3"] = "sent"
    page.delete_rows(2)
    book.save(results)
    run = run_cli(inbox, shop=sandbox)
    assert run.status == 0
    assert f"1 row of {sheet} is not in it any more, and is not run." in run.err
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]
    assert run_cli(inbox, shop=sandbox).status == 0
    assert len(sandbox.requests) == 3


def test_results_that_were_only_sorted_leave_their_sheet_as_it_is(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / "day.csv", *ROWS)
    results = inbox / "day.results.csv"
    run_cli(inbox, shop=sandbox)
    header, *lines = results.read_text("utf-8-sig").splitlines()
    results.write_text("\n".join([header, *reversed(lines)]) + "\n", "utf-8-sig")
    os.utime(results, ns=(1, 1))
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, run.err) == (1, "")
    assert f"{sheet} (csv" in run.out


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_sheet_that_was_mended_itself_is_run_beside_its_old_results(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    run_cli(inbox, shop=sandbox)
    mend(sheet, "sennt", "sent")
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, run.err) == (0, "")
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]


def test_a_csv_on_a_disk_without_fractions_of_seconds_is_known_as_mended(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_sheet(inbox / "day.csv", *ROWS)
    results = inbox / "day.results.csv"
    run_cli(inbox, shop=sandbox)
    mend(results, "sennt", "sent")
    os.utime(results, (1_800_000_000, 1_800_000_000))
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, "is run in place of" in run.err) == (0, True)


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@pytest.mark.parametrize("is_run", [False, True], ids=["not-run-yet", "run"])
def test_the_next_day_s_sheet_of_the_same_name_is_run_beside_mended_results(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str, is_run: bool
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    run_cli(inbox, shop=sandbox)
    mend(inbox / f"day.results{ending}", "sennt", "sent")
    if is_run:
        assert run_cli(inbox, shop=sandbox).status == 0
    write_sheet(sheet, (4, "sent", DAY, "RA0004"), (5, "cancel", None, None))
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, "was mended" in run.err) == (0, not is_run)
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3, 4, 5]
    assert len(sandbox.requests) == 5
    assert {path.name for path in inbox.iterdir()} == {sheet.name, f"day.results{ending}"}


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_row_that_is_still_wrong_after_mending_is_not_lost_with_the_next_sheet(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    run_cli(inbox, shop=sandbox)
    mend(inbox / f"day.results{ending}", "sennt", "sentt")
    assert run_cli(inbox, shop=sandbox).status == 1
    write_sheet(sheet, (4, "sent", DAY, "RA0004"))
    run = run_cli(inbox, shop=sandbox)
    assert run.status == 0
    kept = f"day.results.edited-1{ending}"
    assert f"held rows that this sheet does not have; it is kept as {kept}" in run.err
    assert (inbox / kept).exists()
