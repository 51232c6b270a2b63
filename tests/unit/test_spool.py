"""Lists that lie on the disk: they do as lists do, until there is no room."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update import batch, spool, validator
from batch_update.errors import SpoolError
from batch_update.model import (
    CellValue,
    CheckedRow,
    ErrorCell,
    Field,
    Layout,
    OrderUpdate,
    Outcome,
    Problem,
    Result,
    Row,
    Sheet,
    Status,
    UnsavedFormula,
)
from batch_update.model.spools import spool_of_checked_rows, spool_of_results, spool_of_rows
from batch_update.spool import Spool
from tests.conftest import RUN_OPTIONS, StopSignal
from tests.posix import needs_limits, resource

MOMENT = dt.datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Moscow"))
PROBLEM = Problem(row=3, column=2, code="date_missing", text="Date: missing.")
UPDATE = OrderUpdate(bill_id=7, status=Status.SENT, date=MOMENT, rpo="RA1", is_date_assumed=True)
ROWS = [
    Row(number=2, cells=(None, "a", 1, 1.5, True, MOMENT.date()), formats=("General", "0000")),
    Row(number=3, cells=(ErrorCell(text="#N/A"), UnsavedFormula(text="=A1"), dt.time(1, 2))),
    Row(number=9, cells=(dt.timedelta(hours=30), "\ud800", 10**30)),
]
CHECKED = [
    CheckedRow(row=2, bill_id=7, update=UPDATE, warnings=(PROBLEM,)),
    CheckedRow(row=3, bill_id=None, update=None, problems=(PROBLEM, PROBLEM)),
    CheckedRow(row=4, bill_id=7, update=UPDATE, same_as=2),
]
RESULTS = [
    Result(row=2, outcome=Outcome.UPDATED, attempts=2, updated_at=MOMENT, update=UPDATE),
    Result(row=3, outcome=Outcome.REJECTED, error_code=5, error_text="No.", problems=(PROBLEM,)),
    Result(row=4, outcome=Outcome.NOT_SENT, error_code="stopped", warnings=(PROBLEM,)),
]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "CHUNK", 4)


def numbers(count: int) -> Spool[int]:
    one: Spool[int] = Spool(list, list)
    for number in range(count):
        one.append(number)
    return one


@given(
    count=st.integers(0, 20),
    index=st.integers(-25, 25),
    part=st.slices(20),
    others=st.dictionaries(st.integers(0, 19), st.integers()),
)
def test_it_is_as_a_list(count: int, index: int, part: slice, others: dict[int, int]) -> None:
    found, wanted = numbers(count), list(range(count))
    for place, other in others.items():
        if place < count:
            assert found[place] == wanted[place]
            found.replace(place, other)
            wanted[place] = other
    assert (len(found), list(found), list(found)) == (count, wanted, wanted)
    assert found[part] == wanted[part]
    assert list(zip(found, reversed(found), strict=True)) == list(
        zip(wanted, reversed(wanted), strict=True)
    )
    if -count <= index < count:
        assert found[index] == wanted[index]
    else:
        with pytest.raises(IndexError):
            _ = found[index]


def test_values_come_back_as_they_were() -> None:
    rows, checked, results = spool_of_rows(), spool_of_checked_rows(), spool_of_results()
    for _ in range(5):
        for row, one, result in zip(ROWS, CHECKED, RESULTS, strict=True):
            rows.append(row)
            checked.append(one)
            results.append(result)
    assert (list(rows), list(checked), list(results)) == (ROWS * 5, CHECKED * 5, RESULTS * 5)
    updates = [row.update for row in checked if row.update]
    assert all(update.is_date_assumed for update in updates)
    assert {str(update.date and update.date.tzinfo) for update in updates} == {"Europe/Moscow"}


ORDERS = st.integers(1, 6)
CELLS = st.tuples(
    st.one_of(ORDERS, st.just("x")),
    st.sampled_from(["sent", "paid", "cancel", "return"]),
    st.sampled_from(["20.11.2026", "21.11.2026", "01.02.2026"]),
    st.sampled_from(["RA123456785RU", "RA123456799RU", "RB123456785RU"]),
)


@pytest.mark.parametrize("is_strict", [False, True])
@given(rows=st.lists(CELLS, max_size=14))
def test_a_long_sheet_is_judged_as_a_short_one(
    is_strict: bool, rows: list[tuple[CellValue, ...]]
) -> None:
    fields = (Field.BILL_ID, Field.STATUS, Field.DATE, Field.RPO)
    columns = {field: index for index, field in enumerate(fields)}
    sheet = Sheet(
        path=Path("a.csv"),
        name="",
        layout=Layout(header_row=1, names=("Order", "Status", "Date", "RPO"), columns=columns),
        rows=[Row(number=n, cells=cells) for n, cells in enumerate(rows, start=2)],
    )
    calendar = validator.Calendar(
        zone=ZoneInfo("UTC"), now=dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    )
    rules = validator.Rules(calendar=calendar, checks_tracking=True, is_strict=is_strict)
    short = validator.check_sheet(sheet, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "CHUNK", 1000)
        long = validator.check_sheet(sheet, rules)
    rehearsed = [
        batch.run_dry(
            rows,
            ledger=None,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )
        for rows in (short, long)
    ]
    assert list(rehearsed[0].results) == list(rehearsed[1].results)
    assert rehearsed[0].failures == rehearsed[1].failures
    assert list(short) == list(long)
    assert batch.fingerprint_of(short) == batch.fingerprint_of(long)


@needs_limits
def test_where_there_is_no_room_it_is_said_in_a_line(tmp_path: Path) -> None:
    source = tmp_path / "long.csv"
    lines = (f"{number},return,{'x' * 40}\n" for number in range(1, 6000))
    source.write_text("Order,Status,Note\n" + "".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "batch_update", "--dry-run", source],
        env={"TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "batch-update: The sheet is long, and there is no room for it in the folder of temporary "
        f"files, {tmp_path}: file too large. Make room there, or name another folder by TMPDIR.\n"
    )
    assert list(tmp_path.iterdir()) == [source]


def test_results_are_kept_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "CHUNK", 2)
    results = spool_of_results()
    results.append(RESULTS[0])
    results.append(RESULTS[0])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    rows = spool_of_rows()
    rows.append(ROWS[0])
    with pytest.raises(SpoolError, match="no room"):
        rows.append(ROWS[1])
    more = spool_of_results()
    for _ in range(5):
        more.append(RESULTS[0])
    assert list(results) == [RESULTS[0]] * 2
    assert (list(more), len(more), more[4], more[-5]) == ([RESULTS[0]] * 5, 5, *[RESULTS[0]] * 2)


FULL_DISK = """
import resource, sys, tempfile
from batch_update import spool
from batch_update.model import Outcome, Result
from batch_update.model.spools import spool_of_results

spool.CHUNK = 50
results = spool_of_results()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
for row in range(1000):
    results.append(Result(row=row, outcome=Outcome.INVALID, error_text="x" * 40))
assert [result.row for result in results] == list(range(1000))
assert results[3].row == 3
"""


@needs_limits
@pytest.mark.parametrize("room", [1, 1000, 5000, 5100, 7000, 9001, 13_000])
def test_a_disk_that_fills_up_in_the_middle_loses_no_result(room: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(room)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
