"""The report: what it counts agrees with real runs, and the workbook holds nothing but values."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from batch_update.ledger import Ledger, StartedBy
from batch_update.model import OrderUpdate, Outcome, SendResult, Status
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_runs import write_sheet
from tests.sandbox import Fault, Script
from tests.unit.test_reader import rows_of, write_book

UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)
LOST = SendResult(outcome=Outcome.UNCONFIRMED, error_code="no_answer", attempts=2)
REFUSED = SendResult(
    outcome=Outcome.REJECTED, error_code=200, error_text="=no such order", attempts=1
)
PAID = OrderUpdate(bill_id=1, status=Status.PAID, date=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
CANCEL = OrderUpdate(bill_id=2, status=Status.CANCEL)


class Clock:
    """A clock that is set."""

    ahead = None

    def __init__(self) -> None:
        self.moment = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.moment


def open_report(path: Path) -> openpyxl.Workbook:
    book = openpyxl.load_workbook(path)
    for page in book.worksheets:
        for row in page.iter_rows():
            assert all(cell.data_type != "f" for cell in row), page.title
    return book


def lines_of(page: Worksheet) -> Iterator[dict[str, Any]]:
    rows = page.iter_rows(values_only=True)
    heads = [str(head) for head in next(rows)]
    for row in rows:
        yield dict(zip(heads, row, strict=True))


def table_under(page: Worksheet, head: str) -> dict[Any, tuple[Any, ...]]:
    """Give the lines below a header in the first column, by their first cell."""
    rows = list(page.iter_rows(values_only=True))
    first = next(number for number, row in enumerate(rows) if row[0] == head) + 1
    found = {}
    for row in rows[first:]:
        if row[0] is None:
            break
        found[row[0]] = row[1:]
    return found


def test_the_sums_of_the_workbook_are_the_results_of_the_runs(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = open_sandbox(
        Script(
            {
                2: [Fault.refuse(200, "nonexistent order")],
                3: [Fault.refuse(202, "order not paid")],
                4: [Fault.dropped(), Fault.dropped()],
                5: [Fault.dropped()],
                12: [Fault.refuse(200, "nonexistent order")],
            }
        )
    )
    sheets = [
        write_sheet(
            tmp_path / "=1+1.csv",
            *("1,sent,2026-11-20,RA1", "2,cancel,,", "3,paid,2026-11-20,", "4,cancel,,"),
            *("5,return,,", "6,oops,,", "1,sent,2026-11-20,RA1"),
        ),
        write_sheet(tmp_path / "second.csv", "11,cancel,,", "12,cancel,,", "13,paid,2026-11-20,"),
    ]
    counts: Counter[str] = Counter()
    for operator, sheet in zip(("Анна", "=cmd|' /C calc'!A0"), sheets, strict=True):
        monkeypatch.setenv("BATCH_UPDATE_OPERATOR", operator)
        done = run_cli(sheet, "--json", "--retries", "1", "--workers", "1", shop=sandbox)
        counts.update(json.loads(done.out)["counts"])
    posted = [one for one in sandbox.requests if one.call == "UpdateOrderStatus"]
    said = json.loads(run_cli("--report", "r.xlsx", "--since", "today", "--json").out)
    assert said["updates"] == {
        name: 0 if name == "already updated" else counts[name]
        for name in ("updated", "already updated", "rejected", "unconfirmed", "not sent")
    }
    assert said["attempts"] == len(posted)
    book = open_report(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Report", "Days", "Data", "Refusals", "Open", "Runs"]
    data = list(lines_of(book["Data"]))
    for name, count in said["updates"].items():
        assert sum(one["Updates"] for one in data if one["Outcome"] == name) == count
        assert table_under(book["Report"], "Outcome")[name][0] == count
    assert sum(one["Attempts"] for one in data) == len(posted)
    assert {one["Sheet"]: one["Operator"] for one in data} == {
        "=1+1.csv": "Анна",
        "second.csv": "=cmd|' /C calc'!A0",
    }
    assert {type(one["Day"]) for one in data} == {dt.datetime}
    by_operator = table_under(book["Report"], "Operator")
    assert sum(line[0] for line in by_operator.values()) == counts["updated"]
    assert sum(line[5] for line in by_operator.values()) == sum(said["updates"].values())
    days = table_under(book["Days"], "Day")
    (day,) = days.keys() - {"Sum"}
    assert isinstance(day, dt.datetime)
    assert (
        days[day]
        == days["Sum"]
        == (*said["updates"].values(), sum(said["updates"].values()), len(posted))
    )
    refusals = {one["Code"]: one for one in lines_of(book["Refusals"])}
    assert (refusals["200"]["Refusals"], refusals["202"]["Refusals"]) == (2, 1)
    assert "could not record the payment" in refusals["202"]["What the program said"]
    (left,) = lines_of(book["Open"])
    assert (left["Order"], left["Row"], left["Sheet"]) == (4, 5, "=1+1.csv")
    runs = list(lines_of(book["Runs"]))
    for name, count in counts.items():
        assert sum(one[name] for one in runs) == count
    facts = table_under(book["Report"], "Period") | {"Period": book["Report"]["B3"].value}
    assert "both days included" in facts["Period"]
    assert facts["Time zone"][0].startswith("Europe/Moscow; ")
    for page in (book["Data"], book["Refusals"], book["Open"], book["Runs"]):
        assert page.freeze_panes == "A2"
        assert page.auto_filter.ref == page.dimensions
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert [name for name in archive.namelist() if "/charts/" in name] == [
            "xl/charts/chart1.xml"
        ]
    assert {page.page_setup.orientation for page in book.worksheets} == {"landscape"}
    assert {page.page_setup.paperSize for page in book.worksheets} == {9}


def test_an_update_counts_once_on_the_day_of_its_first_confirmation(
    tmp_path: Path, run_cli: RunCli
) -> None:
    clock, path = Clock(), tmp_path / "ledger.sqlite3"
    story = [
        # By Moscow's clock, the last of these is on the 4th.
        ("2026-11-01T10:00", "monday.csv", PAID, LOST),
        ("2026-11-02T10:00", "tuesday.csv", PAID, UPDATED),
        ("2026-11-03T10:00", "forced.csv", PAID, UPDATED),
        ("2026-11-02T11:00", "tuesday.csv", CANCEL, REFUSED),
        ("2026-11-03T22:30", "late.csv", CANCEL, REFUSED),
    ]
    with Ledger(path, clocks=clock) as ledger:
        for moment, file, update, result in story:
            clock.moment = dt.datetime.fromisoformat(f"{moment}+00:00")
            by = StartedBy(operator=file[:3], os_user="ops", kind="send")
            with ledger.hold("shop", by=by) as book:
                sheet = book.for_file(file)
                sheet.begin(update, 2)
                sheet.commit()
                sheet.settle(update, 2, result)
                sheet.commit()

    def counted(*words: str) -> list[tuple[Any, ...]]:
        assert run_cli("--ledger", path, "--report", "r.xlsx", *words).status == 0
        return [
            (f"{one['Day']:%d}", one["Sheet"], one["Outcome"], one["Updates"], one["Attempts"])
            for one in lines_of(open_report(tmp_path / "r.xlsx")["Data"])
        ]

    assert counted() == [
        ("01", "monday.csv", "unconfirmed", 0, 2),
        ("02", "tuesday.csv", "rejected", 0, 1),
        ("02", "tuesday.csv", "updated", 1, 1),
        ("03", "forced.csv", "updated", 0, 1),
        ("04", "late.csv", "rejected", 1, 1),
    ]
    # A day's report is the same whenever it is made.
    assert counted("--until", "2026-11-01") == [("01", "monday.csv", "unconfirmed", 1, 2)]
    assert counted("--since", "03.11.2026", "--until", "03.11.2026") == [
        ("03", "forced.csv", "updated", 0, 1)
    ]
    assert counted("--timezone", "UTC")[-1][0] == "03"
    assert counted("--since", "2026-12-01", "--until", "2026-12-31") == []
    title = open_report(tmp_path / "r.xlsx")["Report"]["A1"].value
    assert title == "Report of 2026-12-01 to 2026-12-31"


def test_a_report_replaces_nothing_but_a_report_as_it_was_written(
    tmp_path: Path, run_cli: RunCli
) -> None:
    with Ledger(tmp_path / "l.sqlite3"):
        pass
    own = tmp_path / "own.xlsx"
    today = dt.datetime.now(ZoneInfo("Europe/Moscow")).date()

    def report(path: Path | str) -> tuple[int, str]:
        run = run_cli("--ledger", "l.sqlite3", "--report", path)
        return run.status, run.out + run.err

    assert report(own) == (
        0,
        f"Report of {today} to {today} (Europe/Moscow): 0 updates. Written: {own}\n",
    )
    assert report(own)[0] == 0
    others = [write_book(tmp_path / "theirs.xlsx", rows_of((1,))), tmp_path / "text.xlsx", own]
    others[1].write_text("mine")
    book = openpyxl.load_workbook(own)
    book.save(own)
    for path in others:
        before = path.read_bytes()
        status, said = report(path)
        assert status == 2
        assert "is there already, and is no report as batch-update wrote it. Name another" in said
        assert path.read_bytes() == before
    assert "name a file that ends in .xlsx" in report("r.csv")[1]
    assert "there is no such folder. Make it first." in report(tmp_path / "no" / "r.xlsx")[1]
    assert list(tmp_path.glob(".batch-update-*")) == []
