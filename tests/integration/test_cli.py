from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from batch_update.sandbox import Shop
from tests.conftest import LOGIN, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, results_of
from tests.posix import needs_links
from tests.sandbox import Fault, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = dt.datetime(2026, 11, 20)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    rows = [(1, "cancel"), (2, "cancel"), ("x", "cancel"), (4, "paid", DAY), (4, "paid", DAY)]
    return write_book(tmp_path / "may.xlsx", rows_of(HEADER, *rows))


def test_a_dry_run_sends_nothing_and_shows_what_is_wrong(
    run_cli: RunCli, sheet: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    run = run_cli(sheet, "--dry-run", shop=shop)
    assert run.status == 1
    assert shop.requests == []
    assert "invalid              1\n  not sent             4" in run.out
    assert "Dry run: nothing was sent; 3 rows would be." in run.out
    assert "What to do about 1 row:\n  invalid, bill_id_not_a_number: row 4\n" in run.out
    codes = [code for _, code in results_of(sheet.with_name("may.dry-run.xlsx")).values()]
    assert codes == ["dry_run", "dry_run", "bill_id_not_a_number", "dry_run", "dry_run_twin"]


def test_a_dry_run_of_a_good_sheet_ends_well(run_cli: RunCli, tmp_path: Path) -> None:
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (1, "cancel")))
    run = run_cli(sheet, "--dry-run")
    assert (run.status, run.err) == (0, "")
    assert "1 row\n" in run.out


def test_the_summary_counts_every_row_and_names_the_next_steps(
    run_cli: RunCli, sheet: Path, open_sandbox: OpenSandbox
) -> None:
    run = run_cli(sheet, shop=open_sandbox(shop=Shop(missing={1, 2})))
    assert run.status == 1
    assert f'{sheet}, sheet "Sheet": 5 rows\n' in run.out
    for line in ("updated              1", "already updated      1", "rejected             2"):
        assert f"  {line}\n" in run.out
    assert "rejected, 200: rows 2, 3; the first:\n    The shop has no order with" in run.out
    assert "what the shop has confirmed is not sent twice" in " ".join(run.out.split())


def test_many_rows_of_a_kind_are_counted(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    rows = [(number, "cancel") for number in range(1, 10)]
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, *rows))
    run = run_cli(sheet, shop=open_sandbox(shop=Shop(set())))
    assert "rows 2, 3, 4, 5, 6, 7 and 3 more; the first:" in run.out


def test_a_sheet_without_rows_is_said_to_have_none(run_cli: RunCli, tmp_path: Path) -> None:
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER))
    run = run_cli(sheet, "--sandbox")
    assert run.status == 0
    assert "0 rows\nThere are no rows under the header.\n" in run.out


def test_options_fill_what_the_sheet_leaves_out(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    sheet = write_book(tmp_path / "a.xlsx", rows_of(("Nr", "Barcode"), (1, "RA1")))
    arguments = ("--column", "bill_id=Nr", "--column", "rpo=Barcode", "--status", "sent")
    run = run_cli(sheet, *arguments, "--date", "2013-03-03", shop=shop)
    assert run.status == 0
    assert shop.shop.history(1)[0].date == "1362254400"
    again = ("--date", "2013-03-03", "--timezone", "UTC", "--force")
    run_cli(sheet, *arguments, *again, shop=shop)
    assert shop.shop.history(1)[1].date == str(1362254400 + 4 * 3600)


def test_warnings_stand_in_the_results_and_the_summary(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    today = dt.datetime.now(dt.UTC).strftime("%d/%m/%Y")
    rows = [(1, "sent", today, "RA123456795RU"), (2, "paid", "2020-01-02")]
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, *rows))
    run = run_cli(sheet, "--check-tracking", "--day-first", shop=shop)
    assert run.status == 0
    assert "Warnings (--strict refuses such rows):\n  rpo_check_digit: row 2\n" in run.out
    assert "  date_old: row 3\n" in run.out
    assert shop.shop.changed_orders() == [1, 2]
    page = openpyxl.load_workbook(tmp_path / "a.results.xlsx").worksheets[0]
    assert str(page["G2"].value).startswith("Warning: Tracking number: the check digit of RA1234")
    assert run_cli(sheet, "--check-tracking", "--strict", "--dry-run").status == 1


def test_a_csv_whose_texts_are_guarded_from_excel_is_sent_as_it_shows(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    (tmp_path / "a.csv").write_text(
        'order;status;date;rpo\n="100070";="sent";="20.11.2026";="01234567890123"\n'
        '100071;sent;20.11.2026;"=""00012345678"""\n'
    )
    assert run_cli("a.csv", shop=shop).status == 0
    assert {one.fields["rpo"] for one in shop.requests} == {"01234567890123", "00012345678"}
    again = run_cli("a.results.csv", shop=shop)
    assert "already updated      2" in again.out


def test_years_of_two_digits_are_told_once_with_what_reads_them_all(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    rows = [(number, "paid", f"{number + 10}.11.25") for number in range(1, 4)]
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, *rows))
    run = run_cli(sheet, shop=open_sandbox())
    assert run.status == 1
    assert "invalid, date_short_year: rows 2, 3, 4; the first:\n" in run.out
    assert run.out.count("--date-format") == 1
    said = re.search(r'--date-format\s+"([^"]+)"', run.out)
    assert said
    assert run_cli(sheet, "--date-format", said[1], shop=open_sandbox()).status == 0


def test_several_files_are_each_worked_through(
    run_cli: RunCli, sheet: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    good = write_book(tmp_path / "good.xlsx", rows_of(HEADER, (9, "cancel")))
    empty = tmp_path / "none.xlsx"
    empty.touch()
    run = run_cli(empty, sheet, good, shop=shop)
    assert run.status == 2
    assert "none.xlsx" in run.err
    assert sorted(shop.shop.changed_orders()) == [1, 2, 4, 9]
    assert run_cli(good, sheet, "--dry-run").status == 1


@needs_links
def test_a_file_named_twice_is_not_sent_twice(
    run_cli: RunCli, sheet: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    (tmp_path / "link.xlsx").symlink_to(sheet)
    for other in (sheet, tmp_path / "link.xlsx"):
        run = run_cli(sheet, other, shop=shop)
        assert (run.status, shop.requests) == (2, [])
        assert "is named twice" in run.err


@needs_links
def test_a_link_to_a_sheet_of_its_folder_is_left_out(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    inbox, other = tmp_path / "inbox", tmp_path / "other"
    for number, folder in enumerate((inbox, other), start=1):
        folder.mkdir()
        write_book(folder / "day.xlsx", rows_of(HEADER, (number, "cancel")))
    (inbox / "a-link.xlsx").symlink_to("day.xlsx")
    (inbox / "first.xlsx").symlink_to(other / "day.xlsx")
    run = run_cli(inbox, other, shop=shop)
    assert (run.status, run.err) == (0, "")
    for link, sheet in (("a-link", inbox), ("first", other)):
        sentence = f"{inbox / link}.xlsx leads to the same sheet as {sheet / 'day.xlsx'}, so it"
        assert sentence in run.out
    assert sorted(shop.shop.changed_orders()) == [1, 2]
    assert len(list(tmp_path.glob("*/*.results.xlsx"))) == 2
    # The command is to be mended where the user names a sheet twice.
    for names in ((inbox, inbox), (inbox, inbox / "a-link.xlsx"), (inbox, inbox / "day.xlsx")):
        run = run_cli(*names, shop=shop)
        assert (run.status, "is named twice" in run.err) == (2, True)


def test_results_of_two_files_do_not_replace_each_other(
    run_cli: RunCli, sheet: Path, open_sandbox: OpenSandbox
) -> None:
    sheet.with_suffix(".xlsm").write_bytes(sheet.read_bytes())
    shop = open_sandbox()
    run = run_cli(sheet, sheet.with_suffix(".xlsm"), shop=shop)
    assert (run.status, shop.requests) == (2, [])
    assert "would both write may.results.xlsx" in run.err


def test_a_stop_leaves_the_other_files_alone(
    run_cli: RunCli, sheet: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox(Script(always=Fault.refuse(5, "invalid user name")))
    good = write_book(tmp_path / "good.xlsx", rows_of(HEADER, (9, "cancel")))
    run = run_cli(sheet, good, shop=shop)
    assert run.status == 3
    assert "good.xlsx was not begun, because the run stopped before it" in run.err
    assert len(shop.requests) == 1
    assert not (tmp_path / "good.results.xlsx").exists()


def test_quiet_says_only_what_needs_a_person(
    run_cli: RunCli, sheet: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    run = run_cli(sheet, "--quiet", shop=shop)
    results = sheet.with_name("may.results.xlsx")
    title, line, place = run.err.splitlines()
    assert (run.status, run.out) == (1, "")
    assert (title, place) == (f"{LOGIN}: 1 row needs a person", f"Results: {results}")
    assert line.startswith("may.xlsx, row 4: invalid, bill_id_not_a_number. Order number: ")
    good = write_book(tmp_path / "good.xlsx", rows_of(HEADER, (9, "cancel")))
    run = run_cli(good, "--quiet", shop=shop)
    assert (run.status, run.out, run.err) == (0, "", "")


@pytest.mark.parametrize("option", ["--json", "--json-lines"])
def test_quiet_says_the_same_beside_data_for_programs(
    run_cli: RunCli, sheet: Path, open_sandbox: OpenSandbox, option: str
) -> None:
    run = run_cli(sheet, "--quiet", option, shop=open_sandbox())
    assert (run.status, run.out[0]) == (1, "{")
    assert run.err.startswith(f"{LOGIN}: 1 row needs a person\nmay.xlsx, row 4: invalid, ")


def test_a_csv_says_how_it_was_read(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("заказ\tстатус\n1\tотмена\n".encode("cp1251"))
    run = run_cli(tmp_path / "a.csv", "--sandbox")
    assert "a.csv (csv in cp1251, delimiter tab): 1 row\n" in run.out
    assert (tmp_path / "a.practice.csv").exists()


def test_a_locked_target_is_said_and_the_results_are_kept(
    run_cli: RunCli, sheet: Path, open_sandbox: OpenSandbox
) -> None:
    (sheet.with_name("may.results.xlsx") / "occupied").mkdir(parents=True)
    run = run_cli(sheet, shop=open_sandbox())
    assert run.status == 1
    assert "may.results.xlsx could not be written" in run.err
    written = sheet.with_name("may.results-2.xlsx")
    assert f"so the results are here: {written}" in run.err
    assert f"Results: {written}" in run.out


def test_results_that_fit_nowhere_go_to_the_screen(
    run_cli: RunCli,
    sheet: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_sandbox: OpenSandbox,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for number in range(1, 30):
        ending = "" if number == 1 else f"-{number}"
        (tmp_path / f"may.results{ending}.xlsx").mkdir()
    run = run_cli(sheet, "--quiet", shop=open_sandbox())
    assert run.status == 2
    assert "row 2: updated\n" in run.out
    assert "row 4: invalid bill_id_not_a_number Order number:" in run.out
    assert "could not be written" in run.err


def test_what_a_terminal_would_obey_is_not_printed(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox(Script({1: [Fault.refuse(999, "\x1b[2Jgone\r\n")]}))
    sheet = write_book(tmp_path / "a.xlsx", rows_of((*HEADER, "\t"), (1, "cancel")))
    run = run_cli(sheet, shop=shop)
    assert "\x1b" not in run.out
    assert r'code 999: "\x1b[2Jgone' in run.out


def test_a_reader_that_goes_away_does_not_end_the_run(sheet: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(
            [COMMAND, sheet, "--sandbox"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")
    assert sheet.with_name("may.practice.xlsx").exists()


def test_ctrl_c_before_anything_was_sent_is_one_line(sheet: Path) -> None:
    code = (
        "import signal, sys\n"
        "from batch_update import cli\n"
        "from batch_update.cli import parser\n"
        "parser.parse = lambda argv: signal.raise_signal(signal.SIGINT)\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(sheet)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "batch-update: Interrupted.\n")
