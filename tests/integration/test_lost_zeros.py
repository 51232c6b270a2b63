"""Zeros that a spreadsheet program drops in front of tracking numbers: such a number stays here."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import CliRun, OpenSandbox, RunCli
from tests.integration.test_end_to_end import results_of
from tests.integration.test_mending import write_sheet
from tests.sandbox import Sandbox
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"
FIRST, SECOND, THIRD = "00123456789012", "00123456789013", "00123456789014"
ROWS = (
    (1, "sent", DAY, FIRST),
    (2, "sent", DAY, SECOND),
    (3, "sent", "31.11.2026", THIRD),
    (4, "cancel", None, None),
)
NOTHING: Mapping[str, str] = {}


def save_by_excel(
    path: Path, delimiter: str, mended: Mapping[str, str] = NOTHING, *, kept: int | None = None
) -> None:
    """Open a csv and save it, as Excel does in a country of commas in numbers.

    Args:
        path: the file.
        delimiter: of the new file.
        mended: what the person writes in place of cells.
        kept: number of columns that the person keeps; None for all.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line[:kept] for line in csv.reader(file)]
    with path.open("w", encoding="cp1251", newline="") as file:
        saved = [[as_saved(mended.get(cell, cell)) for cell in line] for line in lines]
        csv.writer(file, delimiter=delimiter).writerows(saved)


def as_saved(text: str) -> str:
    if text.isdecimal():
        return str(int(text))
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    return f"{day[3]}.{day[2]}.{day[1]}" if day else text


def codes(run: CliRun) -> list[str]:
    """Read the code of each row of a run's results, or its result if it has none."""
    path = Path(run.out.partition("Results: ")[2].splitlines()[0])
    head = path.read_bytes()
    encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "cp1251"
    with path.open(encoding=encoding, newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        lines = list(csv.DictReader(file, delimiter=delimiter))
    return [line["error_code"] or line["result"] for line in lines]


def sent(shop: Sandbox) -> list[tuple[str, str]]:
    return [
        (one.fields["bill_id"], one.fields.get("rpo", "")) for one in shop.requests if one.fields
    ]


@pytest.fixture
def day(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return write_sheet(tmp_path / "inbox" / "day.csv", *ROWS)


@pytest.mark.parametrize("delimiter", [";", ","])
def test_csv_results_that_were_only_saved_are_not_taken_as_mended(
    day: Path, run_cli: RunCli, open_sandbox: OpenSandbox, delimiter: str
) -> None:
    shop = open_sandbox()
    results = day.with_name("day.results.csv")
    assert run_cli(day.parent, shop=shop).status == 1
    before = sorted(sent(shop))
    assert before == [("1", FIRST), ("2", SECOND), ("4", "")]
    save_by_excel(results, delimiter)
    run = run_cli(day.parent, shop=shop)
    assert (run.status, "was mended" in run.err) == (1, False)
    assert f"{day} (csv" in run.out
    assert "already updated      3\n  invalid              1" in run.out
    assert sorted(sent(shop)) == before
    # Named alone, and in the place where the program has kept them.
    kept = day.with_name("day.results.edited-1.csv")
    run = run_cli(kept, shop=shop)
    assert run.status == 1
    assert codes(run) == ["rpo_zeros_lost"] * 2 + ["date_impossible", "already updated"]
    assert sorted(sent(shop)) == before


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("is_alone", [False, True], ids=["folder", "alone"])
@pytest.mark.parametrize("kept", [None, 4], ids=["with-ours", "without-ours"])
def test_rows_mended_beside_lost_zeros_send_no_wrong_number(
    day: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    delimiter: str,
    is_alone: bool,
    kept: int | None,
) -> None:
    shop = open_sandbox()
    results = day.with_name("day.results.csv")
    named = results if is_alone else day.parent
    run_cli(day.parent, shop=shop)
    before = sorted(sent(shop))
    # The mended row was never sent, so only the sheet knows its number.
    save_by_excel(results, delimiter, {"31.11.2026": DAY}, kept=kept)
    plan = run_cli(named, "--dry-run", shop=shop)
    assert "Plan of day.results.csv: there is nothing to send." in plan.out
    run = run_cli(named, shop=shop)
    assert run.status == 1
    for one in (plan, run):
        told = " ".join(one.out.split())
        assert "not sent, rpo_zeros_lost: rows 2, 3, 4; the first: Order 1 had tracking" in told
        assert "row 2 of day.csv); this row says 123456789012." in told
        assert f"Format the cell as text and type {FIRST} into it; or, if 123456789012 is" in told
        assert ("was mended (1 row that" in one.err) is not is_alone
    assert codes(run) == ["rpo_zeros_lost"] * 3 + ["already updated"]
    assert sorted(sent(shop)) == before
    # With the zeros back, only the mended row goes out.
    text = results.read_text("cp1251")
    rows = re.sub(rf"(?m)^(.*?){delimiter}1234", rf"\g<1>{delimiter}001234", text)
    results.write_text(rows, "cp1251")
    assert run_cli(named, shop=shop).status == 0
    assert sorted(sent(shop)) == sorted([*before, ("3", THIRD)])


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_zeros_lost_on_a_later_day_or_within_a_sheet_are_held_until_forced(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    shop = open_sandbox()
    monday = write_sheet(tmp_path / f"monday{ending}", ROWS[0])
    assert run_cli(monday, shop=shop).status == 0
    whole, lost = "0077012345678", 77012345678
    tuesday = write_sheet(
        tmp_path / f"tuesday{ending}",
        (1, "sent", "2026-11-21", 123456789012),
        (5, "sent", "2026-11-21", lost),
        (5, "sent", DAY, whole),
        (6, "sent", DAY, "0042"),
        (7, "sent", DAY, 42000001),
    )
    for option in ("--dry-run", "--quiet"):
        run = run_cli(tuesday, option, "--json", shop=shop)
        assert '"rpo_zeros_lost"' in run.out
        told = " ".join(run.out.split())
        assert f"Order 1 had tracking number {FIRST} before" in told
        assert f"row 2 of monday{ending}); this row says 123456789012." in told
        assert "order 5 is sent here and, with another date or tracking number, in row 4" in told
    assert sorted(sent(shop)) == [("1", FIRST), ("6", "0042"), ("7", "42000001")]
    # With the zeros back it is what was sent; a person who is sure says so.
    alone = write_sheet(tmp_path / f"alone{ending}", (1, "sent", "2026-11-21", 123456789012))
    assert run_cli(alone, "--force", shop=shop).status == 0
    assert sent(shop)[-1] == ("1", "123456789012")
    # Then it is confirmed, and known as such.
    run = run_cli(alone, shop=shop)
    assert (run.status, "already updated      1" in run.out) == (0, True)


def test_zeros_that_a_person_puts_back_are_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    day = dt.datetime(2026, 11, 20)
    sheet = write_book(tmp_path / "day.xlsx", rows_of(HEADER, (1, "sent", day, 123456789012)))
    assert run_cli(sheet, shop=shop).status == 0
    write_book(sheet, rows_of(HEADER, (1, "sent", day, FIRST)))
    assert run_cli(sheet, shop=shop).status == 0
    assert sent(shop) == [("1", "123456789012"), ("1", FIRST)]
    assert list(results_of(tmp_path / "day.results.xlsx").values()) == [("updated", None)]
