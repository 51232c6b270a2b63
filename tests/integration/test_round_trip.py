"""What comes back: results and failures as the next input, and nothing of anybody's destroyed."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.conftest import OpenSandbox, RunCli
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"


def tracking_of(sandbox: Sandbox) -> list[str]:
    return sorted(one.fields["rpo"] for one in sandbox.requests)


def write_numbers(path: Path, *rows: tuple[int, str, str, int]) -> Path:
    """Write a sheet whose tracking numbers are number cells that show fourteen digits."""
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(HEADER)
    for row in rows:
        page.append(row)
        page.cell(row=page.max_row, column=4).number_format = "0" * 14
    book.save(path)
    return path


def edit(path: Path, place: str, value: str) -> None:
    book = openpyxl.load_workbook(path)
    book.worksheets[0][place] = value
    book.save(path)


@pytest.mark.parametrize("option", ["--output", "--failures"])
@pytest.mark.parametrize("name", ["back.csv", "back.xlsx"])
def test_a_row_whose_cells_have_moved_stays_refused_until_it_is_mended(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, option: str, name: str
) -> None:
    (tmp_path / "may.csv").write_text(
        f"order,status,date,weight,rpo\n1,sent,{DAY},0,5,RA1\n2,sent,{DAY},1,RA2\n",
        encoding="utf-8",
    )
    sandbox = open_sandbox()
    assert run_cli(tmp_path / "may.csv", option, name, shop=sandbox).status == 1
    run = run_cli(tmp_path / name, shop=sandbox)
    assert run.status == 1
    assert "row_too_long" in run.out
    assert tracking_of(sandbox) == ["RA2"]


def test_csv_results_of_a_workbook_keep_the_digits_that_its_cells_show(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_numbers(
        tmp_path / "may.xlsx",
        (1, "sennt", DAY, 12345678901),
        (2, "sent", DAY, 1234567890123450),
    )
    sandbox = open_sandbox()
    out = tmp_path / "out.csv"
    assert run_cli(sheet, "--output", out, shop=sandbox).status == 1
    out.write_text(out.read_text("utf-8-sig").replace("sennt", "sent"), "utf-8")
    run = run_cli(out, shop=sandbox)
    assert "rpo_digits_lost" in run.out
    assert tracking_of(sandbox) == ["00012345678901"]


def test_a_wrong_tracking_number_comes_back_with_the_zeros_it_shows(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_numbers(
        tmp_path / "may.xlsx", (1, "sent", DAY, 12345678901), (2, "sent", DAY, 12345678901)
    )
    sandbox = open_sandbox()
    assert run_cli(sheet, "--strict", shop=sandbox).status == 1
    assert run_cli(tmp_path / "may.results.xlsx", shop=sandbox).status == 0
    assert tracking_of(sandbox) == ["00012345678901"] * 2


def test_dates_of_a_mac_workbook_stay_the_same_in_csv_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(HEADER)
    page.append((1, "paid", 44884))
    book.save(tmp_path / "may.xlsx")
    sandbox = open_sandbox()
    assert run_cli(tmp_path / "may.xlsx", "--output", "out.csv", shop=sandbox).status == 0
    run = run_cli(tmp_path / "out.csv", shop=sandbox)
    assert "already updated      1" in run.out
    assert len(sandbox.shop.history(1)) == 1


def test_a_sheet_of_somebodys_own_is_not_replaced_for_the_names_of_its_columns(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    rows = rows_of((*HEADER, "result", "error_code", "error_text"), (1, "cancel"))
    sheet = write_book(tmp_path / "master.xlsx", rows)
    before = sheet.read_bytes()
    assert run_cli(sheet, shop=open_sandbox()).status == 0
    assert sheet.read_bytes() == before
    assert (tmp_path / "master.results.xlsx").exists()


def test_results_with_a_sheet_of_somebodys_own_are_not_replaced(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "cancel")))
    results = tmp_path / "may.results.xlsx"
    assert run_cli(sheet, shop=sandbox).status == 0
    book = openpyxl.load_workbook(results)
    book.create_sheet("Claims")["A1"] = "ours"
    book.save(results)
    before = results.read_bytes()
    assert run_cli(results, shop=sandbox).status == 0
    assert results.read_bytes() == before
    assert run_cli(results, "--dry-run").status == 0
    assert results.read_bytes() == before


def test_a_sheet_in_the_place_of_the_results_is_put_aside(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "cancel")))
    other = write_book(tmp_path / "other.xlsx", rows_of(("precious",)))
    run = run_cli(sheet, "--output", other, shop=open_sandbox())
    assert run.status == 0
    assert "kept as other.edited-1.xlsx" in run.err
    kept = openpyxl.load_workbook(tmp_path / "other.edited-1.xlsx")
    assert kept.worksheets[0]["A1"].value == "precious"


def test_a_mended_csv_is_put_aside_when_its_sheet_is_run_again(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"May\norder,status,date,rpo\n1,sent,{DAY},RA1\n2,sennt,{DAY},RA2\nTotal,,,\n",
        encoding="utf-8",
    )
    sandbox = open_sandbox()
    results = tmp_path / "may.results.csv"
    for _ in range(2):
        run = run_cli(sheet, shop=sandbox)
        assert (run.status, "kept as" in run.err) == (1, False)
    mended = results.read_text("utf-8-sig").replace("sennt", "sent")
    results.write_text(mended, "utf-8")
    run = run_cli(sheet, shop=sandbox)
    assert "held 1 mended row that this sheet does not have" in run.err
    assert (tmp_path / "may.results.edited-1.csv").read_text("utf-8") == mended
    # Results that nobody has touched are replaced, whatever the sheet says now.
    sheet.write_text(
        f"order,status,date,rpo\n1,sent,{DAY},RA1\n2,sent,{DAY},RA2\n", encoding="utf-8"
    )
    run = run_cli(sheet, shop=sandbox)
    assert (run.status, "kept as" in run.err) == (0, False)


@pytest.mark.parametrize("text", ["name;phone\nAnna;1\n", "\0\xff", '"never closed'])
def test_a_csv_of_somebody_else_in_the_place_of_the_results_is_put_aside(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, text: str
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text("order,status\n1,cancel\n")
    other = tmp_path / "other.csv"
    other.write_text(text, "latin-1")
    run = run_cli(sheet, "--output", other, shop=open_sandbox())
    assert run.status == 0
    assert "kept as other.edited-1.csv" in run.err
    assert (tmp_path / "other.edited-1.csv").read_text("latin-1") == text


def test_a_damaged_file_in_the_place_of_the_results_does_not_end_the_run(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "cancel")))
    assert run_cli(sheet, shop=sandbox).status == 0
    results = tmp_path / "may.results.xlsx"
    data = bytearray(results.read_bytes())
    start = data.index(b"docProps/core.xml") + len(b"docProps/core.xml")
    data[start : start + 20] = b"\xff" * 20
    results.write_bytes(data)
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 0
    assert "kept as may.results.edited-1.xlsx" in run.err


def test_a_folder_run_sends_what_was_mended_and_not_what_was_put_aside(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    sandbox = open_sandbox()
    write_book(folder / "may.xlsx", rows_of(HEADER, (1, "sent", DAY, "RA1")))
    (folder / "MAY.RESULTS-2.CSV").write_text(
        f"order,status,date,rpo\n1,sent,{DAY},RA8\n", encoding="utf-8"
    )
    assert run_cli(folder, shop=sandbox).status == 0
    edit(folder / "may.results.xlsx", "D2", "RA9")
    assert run_cli(folder / "may.xlsx", shop=sandbox).status == 1
    assert (folder / "may.results.edited-1.xlsx").exists()
    for _ in range(2):
        assert run_cli(folder, shop=sandbox).status == 0
    assert tracking_of(sandbox) == ["RA1"]
    edit(folder / "may.results.xlsx", "D2", "RA7")
    for _ in range(2):
        assert run_cli(folder, shop=sandbox).status == 0
    assert tracking_of(sandbox) == ["RA1", "RA7"]


def test_only_our_own_column_of_two_with_the_same_name_is_left_out(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = tmp_path / "may.csv"
    sheet.write_text("order,status,updated_at,result\n1,cancel,yesterday,good\n")
    for path in (sheet, tmp_path / "may.results.csv"):
        assert run_cli(path, shop=sandbox).status == 0
        with (tmp_path / "may.results.csv").open(encoding="utf-8-sig", newline="") as file:
            header, row = csv.reader(file)
        assert header[:5] == ["order", "status", "updated_at", "result", "result"]
        assert row[:4] == ["1", "cancel", "yesterday", "good"]
        assert len(header) == 10


def test_the_failures_do_not_replace_other_files(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    for name in ("x", "y", "failures"):
        (tmp_path / name).mkdir()
    sandbox = open_sandbox()
    sheets = [
        write_book(tmp_path / name / "a.xlsx", rows_of(HEADER, (1, "cancel"))) for name in "xy"
    ]
    run = run_cli(*sheets, "--failures", tmp_path / "failures", shop=sandbox)
    assert "would both write a.failures.xlsx" in run.err
    target = tmp_path / "x" / "a.results.xlsx"
    run = run_cli(sheets[0], "--failures", target, shop=sandbox)
    assert "is where the results go" in run.err
    assert sandbox.requests == []


@pytest.mark.parametrize("name", ["🚚 Отправки за ноябрь 2026 г!!!!", "May\u200b\x85x", "a\u00a0b"])
def test_odd_names_of_sheets_and_files_end_in_results_and_true_json(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, name: str
) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = name
    page.append(HEADER)
    page.append((1, "cancel"))
    sheet = tmp_path / f"{name}.xlsx"
    book.save(sheet)
    run = run_cli(sheet, "--json", shop=open_sandbox())
    assert run.status == 0
    (file,) = json.loads(run.out)["files"]
    assert Path(file["file"]) == sheet
    assert Path(file["results"]).exists()


def test_a_stray_cell_in_the_last_column_does_not_push_the_results_off_the_sheet(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(HEADER)
    page.append((1, "cancel"))
    page["XFD1"] = "x"
    book.save(tmp_path / "may.xlsx")
    assert run_cli(tmp_path / "may.xlsx", shop=open_sandbox()).status == 0
    results = openpyxl.load_workbook(tmp_path / "may.results.xlsx").worksheets[0]
    assert "updated" in [cell.value for cell in results[2]]


def test_a_customer_called_total_is_no_sum(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"customer,order,status,date,rpo\nA,1,sent,{DAY},RA1\nTotal Wine,,sent,{DAY},RA2\n",
        encoding="utf-8",
    )
    run = run_cli(sheet, shop=open_sandbox())
    assert run.status == 1
    assert "bill_id_missing: row 3" in run.out


def test_what_is_said_of_rows_that_are_not_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    faults = {4: [Fault.refuse(200, "no such order")], 5: [Fault.wrong_hash()]}
    sandbox = open_sandbox(script=Script(faults))
    header = "order,status,date,rpo\n"
    (tmp_path / "may.csv").write_text(
        f"{header}1,paid,{DAY},\n2,sent,{DAY},RA0002\n5,sent,{DAY},RA0005\n", encoding="utf-8"
    )
    (tmp_path / "june.csv").write_text(
        f"{header}1,paid,2026-11-19,\n2,sent,{DAY},RA0002\n3,cancel,,\n3,cancel,,\n4,cancel,,\n"
        f"4,cancel,,\n4,return,,\n5,return,,\n6,what,,\n6,cancel,,\n",
        encoding="utf-8",
    )
    for name in ("may", "june", "may"):
        run_cli(f"{name}.csv", "--output", f"{name}.csv.csv", "--settle", "0", shop=sandbox)
    # A dry run knows the same of them.
    for name in ("june", "may"):
        target = tmp_path / f"{name}.dry.csv"
        run_cli(f"{name}.csv", "--dry-run", "--output", target, shop=sandbox)
        with (tmp_path / f"{name}.csv.csv").open(encoding="utf-8-sig") as file:
            sent = [row for row in csv.DictReader(file) if row["result"] != "updated"]
        with target.open(encoding="utf-8-sig") as file:
            dry = {row["order"] + row["status"]: row["error_code"] for row in csv.DictReader(file)}
        for row in sent:
            if row["error_code"] in {"paid_before", "overtaken", "status_unknown"}:
                assert dry[row["order"] + row["status"]] == row["error_code"]
            if row["error_code"] not in {"status_unknown", "earlier_row"}:
                assert row["as_shop_sees_it"].startswith(f"order {row['order']} · {row['status']}")
            assert bool(row["updated_at"]) == (row["result"] == "already updated")
    said = {}
    for name in ("june", "may"):
        with (tmp_path / f"{name}.csv.csv").open(encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                text = re.sub(r"[0-9-]{10} [0-9:]{5} MSK", "NOW MSK", row["error_text"])
                said[name, number] = f"{row['result']}, {row['error_code']}: {text}"
    alone = "if this one is to be booked beside it, run a sheet with it alone and --force."
    assert said == {
        ("june", 2): "not sent, paid_before: The shop confirmed a payment of this order, dated "
        f"2026-11-20, on NOW MSK, from row 2 of may.csv. Look at the order in the shop; {alone}",
        ("june", 3): "already updated, : The shop confirmed this update on NOW MSK, from row 3 of "
        "may.csv; nothing was sent.",
        ("june", 4): "updated, : ",
        ("june", 5): "already updated, : Says the same as row 4, which was updated just now.",
        ("june", 6): 'rejected, 200: The shop has no order with this number (code 200: "no such '
        'order"). Check the order number against the shop, correct the cell and run this row '
        "again.",
        ("june", 7): "not sent, same_as_row: Says the same as row 6, which is rejected; see there, "
        "and run only one of the two again.",
        ("june", 8): "not sent, earlier_row: Row 6 is of the same order and was not settled, so "
        "this one was held back. Settle row 6 first, then run this row.",
        ("june", 9): "updated, : ",
        ("june", 10): 'invalid, status_unknown: Status: "what" is none of sent, paid, return, '
        'cancel, nor a common word for one of these, such as "shipped" or "отправлен". Write one '
        "of these, or say once what the word means: --status-word "
        '"what=STATUS", where STATUS is one of these, or skip for rows to leave out.',
        ("june", 11): "not sent, earlier_row: Row 10 is of the same order and was not settled, so "
        "this one was held back. Settle row 10 first, then run this row.",
        ("may", 2): "already updated, : The shop confirmed this update on NOW MSK, from row 2 of "
        "may.csv; nothing was sent.",
        ("may", 3): "already updated, : The shop confirmed this update on NOW MSK, from row 3 of "
        "may.csv; nothing was sent.",
        ("may", 4): "not sent, overtaken: This row (sent 2026-11-20 RA0005) is older than what the "
        "shop has taken since for order 5: return (NOW MSK, row 9 of june.csv), which this row "
        "would undo. Look at the order in the shop; if this row is right, run a sheet with it "
        "alone and --force.",
    }


@pytest.mark.parametrize(
    ("value", "number_format"),
    [
        pytest.param(dt.datetime(2026, 11, 20), "yyyy-mm-dd", id="day"),
        pytest.param(dt.datetime(2026, 11, 20, 10, 30), "yyyy-mm-dd hh:mm", id="moment"),
        pytest.param(46346, "[$-419]d mmm", id="number-shown-as-day"),
        pytest.param(123456, "yyyy", id="number-shown-as-year"),
        pytest.param(12345, "[h]:mm", id="duration"),
        pytest.param(dt.time(10, 30), "hh:mm", id="time"),
        pytest.param(True, "General", id="boolean"),
        pytest.param(123456.5, "General", id="fraction"),
    ],
)
@pytest.mark.parametrize(
    ("option", "name"),
    [("--output", "back.csv"), ("--output", "back.xlsx"), ("--failures", "back.xlsx")],
    ids=["results-csv", "results-xlsx", "failures"],
)
def test_what_is_no_tracking_number_stays_none_in_results_that_are_run_again(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    value: dt.datetime | dt.time | float,
    number_format: str,
    option: str,
    name: str,
) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(HEADER)
    page.append((1, "sent", DAY, value))
    page["D2"].number_format = number_format
    book.save(tmp_path / "may.xlsx")
    sandbox = open_sandbox()
    assert run_cli(tmp_path / "may.xlsx", option, tmp_path / name, shop=sandbox).status == 1
    again = run_cli(tmp_path / name, shop=sandbox)
    assert (again.status, sandbox.requests) == (1, [])
    assert "invalid" in again.out
