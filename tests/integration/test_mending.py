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
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((HEADER, *rows))
    return path


def mend(path: Path, old: str | int, new: str | int) -> None:
    """Replace a text in a results file, as a person does."""
    if path.suffix == ".csv":
        path.write_text(path.read_text("utf-8-sig").replace(str(old), str(new)), "utf-8-sig")
        return
    book = openpyxl.load_workbook(path)
    for line in book.worksheets[0]:
        for cell in line:
            if cell.value == old:
                cell.value = new
    book.save(path)


def delete_rows(path: Path, *orders: str) -> None:
    """Delete the rows of some orders, as a person does."""
    if path.suffix == ".csv":
        lines = path.read_text("utf-8-sig").splitlines(keepends=True)
        kept = [line for line in lines if line.split(",")[0] not in orders]
        path.write_text("".join(kept), "utf-8-sig")
        return
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    for number in range(page.max_row, 1, -1):
        if str(page.cell(number, 1).value) in orders:
            page.delete_rows(number)
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
    # Named alone, it is run; what was mended is kept, as the sheet says otherwise.
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 1
    assert "held 2 mended rows that this sheet does not have; it is kept as" in run.err
    assert len(sandbox.requests) == 5
    assert run_cli(sheet, shop=sandbox).status == 0


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


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_rows_without_a_confirmation_that_mended_results_lack_are_named(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox(Script({4: [Fault.refuse(200, "no such order")]}))
    rows = (*ROWS, (4, "cancel", None, None), (5, "cancl", None, None), (6, "cancel", None, None))
    sheet = write_sheet(inbox / f"day{ending}", *rows)
    results = inbox / f"day.results{ending}"
    assert run_cli(inbox, shop=sandbox).status == 1
    mend(results, "sennt", "sent")
    delete_rows(results, "4", "5", "6")
    for _ in range(2):
        run = run_cli(inbox, shop=sandbox)
        assert run.status == 1
        assert f" 1 row of {sheet} is not in it any more, and is not run. " in run.err
        assert (
            f"2 rows of {sheet} that were never confirmed are not in it any more, and are not "
            "run: rows 5, 6. Put them back, or run the sheet by name: "
            f"batch-update {sheet}"
        ) in run.err
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3, 6]
    run_cli(sheet, shop=sandbox)
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3, 4, 6]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_mended_results_that_were_run_are_kept_when_their_sheet_is_named(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.refuse(200, "no such order")] * 2}))
    sheet = write_sheet(
        inbox / f"day{ending}", (1, "cancel", None, None), (2, "cancel", None, None)
    )
    results, kept = inbox / f"day.results{ending}", inbox / f"day.results.edited-1{ending}"
    assert run_cli(sheet, shop=sandbox).status == 1
    if ending == ".csv":
        mend(results, "2,cancel", "22,cancel")
    else:
        mend(results, 2, 22)
    assert run_cli(results, shop=sandbox).status == 0
    mended = results.read_bytes()
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 1
    assert (
        f"{results.name} held 1 mended row that this sheet does not have; it is kept as "
        f"{kept.name}, and this run sent nothing of it."
    ) in run.err
    assert kept.read_bytes() == mended
    # Once is enough; and all that is kept is confirmed.
    assert "kept" not in run_cli(sheet, shop=sandbox).err
    assert len(list(inbox.iterdir())) == 3
    before = len(sandbox.requests)
    assert run_cli(kept, shop=sandbox).status == 0
    assert len(sandbox.requests) == before


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_results_that_were_mended_and_run_give_way_to_the_next_day_s_sheet(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    results = inbox / f"day.results{ending}"
    run_cli(sheet, shop=sandbox)
    mend(results, "sennt", "sent")
    assert run_cli(results, shop=sandbox).status == 0
    write_sheet(sheet, (4, "sent", DAY, "RA0004"), (5, "cancel", None, None))
    for options in (["--sandbox"], []):
        run = run_cli(sheet, *options, shop=sandbox)
        assert (run.status, "mended" in run.err, "kept" in run.err) == (0, False, False)
    assert len(sandbox.requests) == 5


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_open_rows_of_yesterday_s_sheet_are_kept_from_today_s_of_the_same_name(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    results, kept = inbox / f"day.results{ending}", inbox / f"day.results.edited-1{ending}"
    assert run_cli(sheet, shop=sandbox).status == 1
    # The same sheet, again and with another mistake, takes the place of its own results.
    run_cli(sheet, shop=sandbox)
    write_sheet(sheet, ROWS[0], (22, "sennt", DAY, "RA0002"), ROWS[2])
    assert "kept" not in run_cli(inbox, shop=sandbox).err
    write_sheet(sheet, (4, "sent", DAY, "RA0004"), (5, "cancel", None, None))
    run = run_cli(inbox, shop=sandbox)
    assert run.status == 1
    assert (
        f"{results.name} held 1 row of another sheet that still needs a person; it is kept as "
        f"{kept.name}. Correct the row there, and run it: batch-update {kept}"
    ) in run.err
    assert {one.name for one in inbox.iterdir()} == {
        sheet.name,
        results.name,
        kept.name,
    }
    assert "kept" not in run_cli(inbox, shop=sandbox).err
    mend(kept, "sennt", "sent")
    assert run_cli(kept, shop=sandbox).status == 0
    assert sorted(sandbox.shop.changed_orders()) == [1, 3, 4, 5, 22]
    # Nothing is open in these, so they give way without a word.
    write_sheet(sheet, (6, "cancel", None, None))
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, run.err) == (0, "")


def test_results_are_kept_however_many_were_kept_before(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_sheet(inbox / "day.csv", *ROWS)
    assert run_cli(sheet, shop=open_sandbox()).status == 1
    for number in range(1, 31):
        (inbox / f"day.results.edited-{number}.csv").touch()
    content = (inbox / "day.results.csv").read_bytes()
    write_sheet(sheet, (4, "sent", DAY, "RA0004"))
    run = run_cli(sheet)
    assert (run.status, "kept as day.results.edited-31.csv" in run.err) == (1, True)
    assert (inbox / "day.results.edited-31.csv").read_bytes() == content


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@pytest.mark.parametrize(("option", "kind"), [("--sandbox", "practice"), ("--dry-run", "dry-run")])
def test_rehearsals_of_results_replace_each_other(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str, option: str, kind: str
) -> None:
    sandbox = open_sandbox()
    sheet = write_sheet(inbox / f"day{ending}", *ROWS)
    results = inbox / f"day.results{ending}"
    run_cli(sheet, shop=sandbox)
    for old, new in (("sennt", "sentt"), ("sentt", "senttt"), ("senttt", "sent")):
        mend(results, old, new)
        assert "kept" not in run_cli(results, option, shop=sandbox).err
    made = {sheet.name, results.name, f"day.{kind}{ending}"}
    assert {one.name for one in inbox.iterdir()} == made
    assert "kept" not in run_cli(sheet, option, shop=sandbox).err
    assert {one.name for one in inbox.iterdir()} == made
