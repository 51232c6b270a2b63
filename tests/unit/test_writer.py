from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from batch_update import reader, writer
from batch_update.errors import OutputFileError
from batch_update.model import (
    CellValue,
    ErrorCell,
    Field,
    Layout,
    OrderUpdate,
    Outcome,
    Problem,
    Result,
    Row,
    RunFacts,
    Sheet,
    Status,
    Summary,
    UnsavedFormula,
)
from batch_update.writer.csv_lines import CsvLines
from batch_update.writer.harmless import make_harmless
from batch_update.writer.table import plain_text
from tests.unit.test_validator import CELLS

MOSCOW = ZoneInfo("Europe/Moscow")
OURS = ("result", "error_code", "error_text", "as_shop_sees_it", "attempts", "updated_at")
LAYOUT = Layout(
    header_row=2, names=("Order", "Status", "X"), columns={Field.BILL_ID: 0, Field.STATUS: 1}
)
WHEN = dt.datetime(2026, 11, 20, 21, 5, 9, 123, tzinfo=dt.UTC)


def sheet_of(*rows: Row, delimiter: str = "", encoding: str = "") -> Sheet:
    kept = (
        Row(number=1, cells=("Shipments",)),
        Row(number=2, cells=LAYOUT.names, formats=("General",) * 3),
    )
    return Sheet(
        path=Path("sheet.xlsx"),
        name="May",
        layout=LAYOUT,
        rows=rows,
        kept=kept,
        delimiter=delimiter,
        encoding=encoding,
    )


def updated(row: int) -> Result:
    return Result(row=row, outcome=Outcome.UPDATED, attempts=1, updated_at=WHEN)


def save(sheet: Sheet, results: list[Result], target: Path) -> tuple[Path, str]:
    return writer.write_results(sheet, Summary(results=results), target, MOSCOW)


def save_cell(tmp_path: Path, value: CellValue, number_format: str = "General") -> Any:
    row = Row(number=3, cells=(1, "paid", value), formats=("General", "General", number_format))
    path, _ = save(sheet_of(row), [updated(3)], tmp_path / "out.xlsx")
    return openpyxl.load_workbook(path)["May"]["C3"]


def test_rows_stand_where_they_stood_and_results_beside_them(tmp_path: Path) -> None:
    rows = (Row(number=3, cells=(1, "paid", "a")), Row(number=6, cells=(2, "sent")))
    failed = Result(row=6, outcome=Outcome.INVALID, error_code="rpo_missing", error_text="None.")
    path, note = save(sheet_of(*rows), [updated(3), failed], tmp_path / "out.xlsx")
    assert (path, note) == (tmp_path / "out.xlsx", "")
    page = openpyxl.load_workbook(path).active
    assert page is not None
    values = [tuple(cell.value for cell in line) for line in page]
    empty = (None,) * 9
    assert values == [
        ("Shipments", *(None,) * 8),
        ("Order", "Status", "X", *OURS),
        (1, "paid", "a", "updated", None, None, None, 1, dt.datetime(2026, 11, 21, 0, 5, 9)),
        empty,
        empty,
        (2, "sent", None, "invalid", "rpo_missing", "None.", None, 0, None),
    ]
    assert page.freeze_panes == "B3"
    assert page.auto_filter.ref == "A2:I6"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["00123", "12345678901234", "1E+13", "100000.0", "20.11.2026"])
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    cell = save_cell(tmp_path, text)
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", '=HYPERLINK("x")', "\t=1", "＝1"])
def test_text_that_begins_like_a_formula_is_never_one(tmp_path: Path, text: str) -> None:
    cell = save_cell(tmp_path, text)
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix


@pytest.mark.parametrize(
    ("value", "written", "kind"),
    [
        pytest.param(5, 5, "n", id="integer"),
        pytest.param(1.5, 1.5, "n", id="float"),
        pytest.param(True, True, "b", id="truth"),
        pytest.param(dt.time(9, 30), dt.time(9, 30), "d", id="time"),
        pytest.param(ErrorCell(text="#N/A"), "#N/A", "s", id="error"),
        pytest.param("#N/A", "#N/A", "s", id="text-like-an-error"),
        pytest.param(UnsavedFormula(text="=A1"), "=A1", "s", id="formula"),
        pytest.param(float("inf"), "inf", "s", id="infinite"),
        pytest.param(dt.date(1800, 1, 2), "1800-01-02", "s", id="before-excel"),
        pytest.param("a\x00\x1bb", "ab", "s", id="control-characters"),
        pytest.param("half \ud800", "half ?", "s", id="half-a-pair"),
        pytest.param("<r>a<b></r>", "<r>a<b></r>", "s", id="markup-of-rich-text"),
        pytest.param(" a\nb ", " a\nb ", "s", id="spaces-and-lines"),
        pytest.param("x" * 40_000, "x" * 32_767, "s", id="too-long"),
    ],
)
def test_values_keep_their_kind(
    tmp_path: Path, value: CellValue, written: object, kind: str
) -> None:
    cell = save_cell(tmp_path, value)
    assert (cell.value, cell.data_type) == (written, kind)


def test_a_long_explanation_has_room(tmp_path: Path) -> None:
    failed = Result(row=3, outcome=Outcome.INVALID, error_code="x", error_text="word " * 50)
    row = Row(number=3, cells=(1, "paid"))
    path, _ = save(sheet_of(row), [failed], tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(path)["May"].row_dimensions[3].height == 75


def test_a_wrong_cell_is_marked_and_says_what_is_wrong(tmp_path: Path) -> None:
    problem = Problem(row=3, column=1, code="status_unknown", text="status: what is it?")
    strange = Problem(row=3, column=0, code="old", text="Order: it is old.")
    nowhere = Problem(row=3, column=None, code="rpo_missing", text="rpo: missing.")
    failed = Result(
        row=3,
        outcome=Outcome.INVALID,
        error_code="status_unknown",
        error_text="Status: what is it?",
        problems=(problem, nowhere),
        warnings=(strange,),
    )
    path, _ = save(sheet_of(Row(number=3, cells=(1, "x"))), [failed], tmp_path / "out.xlsx")
    page = openpyxl.load_workbook(path)["May"]
    order, status = page["A3"], page["B3"]
    assert status.comment.text == "Status: what is it?"
    assert (status.font.bold, status.border.left.style) == (True, "medium")
    assert order.comment.text == "Order: it is old."
    assert order.border.left.style is None
    assert page["C3"].comment is None


def test_rows_are_coloured_by_the_word_of_their_result(tmp_path: Path) -> None:
    path, _ = save(sheet_of(Row(number=3, cells=(1, "paid"))), [updated(3)], tmp_path / "out.xlsx")
    page = openpyxl.load_workbook(path)["May"]
    rules = {
        str(area.sqref): [rule.formula[0] for rule in area.rules]
        for area in page.conditional_formatting
    }
    assert rules == {"A3:I3": [f'$D3="{outcome}"' for outcome in Outcome]}


def test_the_update_is_shown_as_the_shop_sees_it(tmp_path: Path) -> None:
    update = OrderUpdate(bill_id=1, status=Status.SENT, date=WHEN, rpo="RA123456785RU")
    result = structs.replace(updated(3), update=update)
    path, _ = save(sheet_of(Row(number=3, cells=(1, "sent"))), [result], tmp_path / "out.xlsx")
    cell = openpyxl.load_workbook(path)["May"]["G3"]
    assert cell.value == "order 1 · sent · 21.11.2026 00:05 MSK · RA123456785RU"


def test_the_second_sheet_sums_up_the_rows_and_tells_of_the_run(tmp_path: Path) -> None:
    failed = [
        Result(row=row, outcome=Outcome.REJECTED, error_code=200, error_text="Check the number.")
        for row in (4, 5)
    ]
    rows = [Row(number=number, cells=(number, "paid")) for number in (3, 4, 5)]
    sheet = replace(sheet_of(*rows), notes=("Hidden rows: 2.",), sha256="ab" * 32)
    facts = RunFacts(
        account="myshop", mode="sent to the shop", version="1.2.3", started_at=WHEN, took_s=4.25
    )
    summary = Summary(results=[updated(3), *failed])
    path, _ = writer.write_results(sheet, summary, tmp_path / "out.xlsx", MOSCOW, facts)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["May", "Summary"]
    page = book["Summary"]
    lines = [[cell.value for cell in line if cell.value is not None] for line in page]
    end = lines.index(["rows read", 3])
    counts = {line[0]: line[1] for line in lines[end - len(Outcome) : end]}
    assert counts == {**dict.fromkeys(Outcome, 0), Outcome.UPDATED: 1, Outcome.REJECTED: 2}
    assert ["rejected", 200, 2, "Check the number. (Rows 4, 5)"] in lines
    assert ["File", str(sheet.path)] in lines
    assert ["SHA-256", "ab" * 32] in lines
    assert ["Account", "myshop"] in lines
    assert ["Started", "21.11.2026 00:05:09 MSK"] in lines
    assert ["Took", "4.2 seconds"] in lines
    assert ["Version", "batch-update 1.2.3"] in lines
    assert ["While reading", "Hidden rows: 2."] in lines
    with zipfile.ZipFile(path) as archive:
        assert "xl/charts/chart1.xml" in archive.namelist()


@pytest.mark.parametrize(
    ("name", "written"),
    [("a/b[1]:*?", "a_b_1____"), ("'x'", "x"), ("", "Results"), ("n" * 40, "n" * 31)],
)
def test_a_sheet_is_named_as_excel_can(tmp_path: Path, name: str, written: str) -> None:
    sheet = replace(sheet_of(Row(number=3, cells=(1,))), name=name)
    path, _ = save(sheet, [updated(3)], tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == [written]


def test_a_sheet_that_is_called_summary_keeps_its_name(tmp_path: Path) -> None:
    sheet = replace(sheet_of(Row(number=3, cells=(1,))), name="summary")
    facts = RunFacts(account="", mode="", version="", started_at=WHEN, took_s=0)
    path, _ = writer.write_results(
        sheet, Summary(results=[updated(3)]), tmp_path / "out.xlsx", MOSCOW, facts
    )
    assert openpyxl.load_workbook(path).sheetnames == ["summary", "Summary of results"]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_the_file_of_failures_has_only_the_rows_that_need_a_person(
    tmp_path: Path, ending: str
) -> None:
    rows = [Row(number=number, cells=(str(number), "paid", "x")) for number in (3, 4, 6)]
    failed = Result(row=4, outcome=Outcome.REJECTED, error_code=200, error_text="Check it.")
    summary = Summary(results=[updated(3), failed, updated(6)])
    target = tmp_path / f"f{ending}"
    path, _ = writer.write_failures(sheet_of(*rows), summary, target, MOSCOW)
    again = reader.read_sheet(path, reader.SheetQuery())
    assert [row.cells for row in again.rows] == [("4", "paid", "x")]
    text = path.read_bytes().decode("utf-8-sig") if ending == ".csv" else ""
    if text:
        assert text.splitlines()[2] == "4,paid,x,Check it."


def test_number_formats_are_kept(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 11, 20)
    cell = save_cell(tmp_path, moment, "dd.mm.yyyy")
    assert (cell.value, cell.number_format) == (moment, "dd.mm.yyyy")
    assert save_cell(tmp_path, 123, "00000000").number_format == "00000000"


def test_the_1904_system_is_kept(tmp_path: Path) -> None:
    row = Row(number=3, cells=(1, "paid", dt.datetime(2026, 11, 20)))
    sheet = sheet_of(row)
    mac = Sheet(
        path=sheet.path, name="May", layout=LAYOUT, rows=[row], epoch=CALENDAR_MAC_1904.date()
    )
    path, _ = save(mac, [updated(3)], tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.epoch == CALENDAR_MAC_1904
    assert book["May"]["C3"].value == dt.datetime(2026, 11, 20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=3, max_size=3), st.sampled_from([".xlsx", ".csv"]))
def test_any_row_can_be_written(tmp_path: Path, cells: list[CellValue], ending: str) -> None:
    row = Row(number=3, cells=tuple(cells))
    path, _ = save(sheet_of(row), [updated(3)], tmp_path / f"out{ending}")
    assert path == tmp_path / f"out{ending}"


def read_csv(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("cp1251", b""),
        ("utf-8-sig", b"\xef\xbb\xbf"),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16", b"\xff\xfe"),
    ],
)
def test_csv_results_keep_delimiter_and_encoding(
    tmp_path: Path, encoding: str, mark: bytes
) -> None:
    row = Row(number=4, cells=("1", "оплачен", "x;y"))
    sheet = sheet_of(row, delimiter=";", encoding=encoding)
    path, note = save(sheet, [updated(4)], tmp_path / "out.csv")
    assert path.read_bytes().startswith(mark)
    assert note == ""
    lines = read_csv(path, "utf-8-sig" if encoding == "utf-8" else encoding, ";")
    assert lines[2] == []
    assert lines[3] == [
        "1",
        "оплачен",
        "x;y",
        "updated",
        "",
        "",
        "",
        "1",
        "2026-11-21 00:05:09 MSK",
    ]


def test_csv_falls_back_to_utf_8_and_says_so(tmp_path: Path) -> None:
    row = Row(number=3, cells=("1", "paid", "naïve 📦"))
    sheet = sheet_of(row, delimiter=";", encoding="cp1251")
    path, note = save(sheet, [updated(3)], tmp_path / "out.csv")
    assert "cp1251 cannot write" in note
    assert read_csv(path, "utf-8-sig", ";")[2][2] == "naïve 📦"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+7 999 000", "+7 999 000"),
        ("+7 (999) 000-11-22", "+7 (999) 000-11-22"),
        ("+7-999-000", "'+7-999-000"),
        ("-12,5", "-12,5"),
        (" =1", "' =1"),
        (-5, "-5"),
        (5.0, "5"),
        (True, "TRUE"),
        (dt.datetime(2026, 11, 20), "2026-11-20"),
        (dt.datetime(2026, 11, 20, 8, 5), "2026-11-20 08:05:00"),
        (ErrorCell(text="#N/A"), "#N/A"),
        (UnsavedFormula(text="=A1"), "'=A1"),
        ("half \ud800", "half ?"),
    ],
)
def test_csv_cells_are_plain_and_never_formulas(
    tmp_path: Path, value: CellValue, text: str
) -> None:
    row = Row(number=3, cells=(1, "paid", value))
    path, _ = save(sheet_of(row), [updated(3)], tmp_path / "out.csv")
    assert read_csv(path, "utf-8-sig", ",")[2][2] == text


def test_a_sheet_without_rows_is_written(tmp_path: Path) -> None:
    path, _ = save(sheet_of(), [], tmp_path / "out.xlsx")
    page = openpyxl.load_workbook(path).active
    assert page is not None
    assert page.max_row == 2


def test_a_target_that_cannot_be_replaced_keeps_the_results_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    (target / "occupied").mkdir(parents=True)
    (tmp_path / "out-2.xlsx").write_text("somebody's")
    path, note = save(sheet_of(), [], target)
    assert path == tmp_path / "out-3.xlsx"
    assert "out.xlsx could not be written" in note
    assert (tmp_path / "out-2.xlsx").read_text() == "somebody's"


def test_a_folder_that_is_gone_keeps_the_results_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, note = save(sheet_of(), [], tmp_path / "gone" / "out.xlsx")
    assert path == tmp_path / "out.xlsx"
    assert "no such file or directory" in note


def test_results_that_fit_nowhere_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("gone", "here", "temp"):
        (tmp_path / place).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    for folder in ("gone", "here", "temp"):
        for number in range(1, 30):
            ending = "" if number == 1 else f"-{number}"
            (tmp_path / folder / f"out{ending}.xlsx").mkdir()
    with pytest.raises(OutputFileError, match="nor anywhere else"):
        save(sheet_of(), [], tmp_path / "gone" / "out.xlsx")


def test_an_old_results_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    save(sheet_of(Row(number=3, cells=("old",))), [updated(3)], target)
    path, _ = save(sheet_of(Row(number=3, cells=("new",))), [updated(3)], target)
    assert path == target
    assert "new,,,updated" in target.read_text(encoding="utf-8-sig")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_writing_takes_hardly_more_memory_for_more_rows(tmp_path: Path, ending: str) -> None:
    def peak(count: int) -> int:
        rows = [
            Row(number=number, cells=tuple(f"{number}-{n}" for n in range(10)))
            for number in range(3, count)
        ]
        results = [updated(row.number) for row in rows]
        sheet = sheet_of(*rows)
        tracemalloc.start()
        try:
            save(sheet, results, tmp_path / f"out{ending}")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = 500, 4_000
    # A row of eleven short texts takes a thousand bytes and more, wherever they are kept.
    assert peak(many) - peak(few) < (many - few) * 200


def test_the_target_is_beside_the_input_unless_told_otherwise(tmp_path: Path) -> None:
    source = tmp_path / "may.xlsx"
    assert writer.choose_target(source, None) == tmp_path / "may.results.xlsx"
    assert writer.choose_target(tmp_path / "may.CSV", None) == tmp_path / "may.results.csv"
    assert writer.choose_target(tmp_path / "may.xls", None) == tmp_path / "may.results.xlsx"
    assert writer.choose_target(source, tmp_path) == tmp_path / "may.results.xlsx"
    assert writer.choose_target(source, tmp_path / "x.csv") == tmp_path / "x.csv"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("out.pdf", r"ends in \.xlsx or \.csv"),
        ("nowhere/out.xlsx", "no such folder"),
        ("in.xlsx", "is the input itself"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(tmp_path: Path, output: str, words: str) -> None:
    (tmp_path / "in.xlsx").touch()
    with pytest.raises(OutputFileError, match=words):
        writer.choose_target(tmp_path / "in.xlsx", tmp_path / output)


@pytest.mark.parametrize("text", ["=x", "_x0041_", "a_x000D_", "<r>x</r>", " a "])
def test_what_was_written_reads_back_as_it_was(tmp_path: Path, text: str) -> None:
    row = Row(number=3, cells=(7, "paid", text), formats=("0000", "General", "General"))
    path, _ = save(sheet_of(row), [updated(3)], tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(path)
    for column in range(9, 3, -1):
        book["May"].delete_cols(column)
    book.save(tmp_path / "again.xlsx")
    again = reader.read_sheet(tmp_path / "again.xlsx", reader.SheetQuery())
    assert again.rows[0].cells == row.cells
    assert again.rows[0].number_format(0) == "0000"


def test_an_archive_that_found_no_room_is_not_tried_again_behind_our_back() -> None:
    code = (
        "import xlsxwriter\n"
        "from batch_update.writer.workbook import disk_errors\n"
        "try:\n"
        "    with disk_errors():\n"
        "        book = xlsxwriter.Workbook('/dev/full')\n"
        "        book.add_worksheet().write(0, 0, 'a')\n"
        "        book.close()\n"
        "except OSError as error:\n"
        "    print(error.errno)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.stdout, done.stderr) == (f"{errno.ENOSPC}\n", "")


@given(
    rows=st.lists(
        st.tuples(
            st.lists(st.text('aб",;\t\r\n=+- \ud800', max_size=3), min_size=2, max_size=3),
            st.lists(st.none() | st.integers(0, 9) | st.text('a,"\r=', max_size=2), max_size=2),
        ),
        min_size=1,
        max_size=3,
    ),
    delimiter=st.sampled_from(',;\t|="'),
)
def test_lines_of_a_csv_are_those_of_pythons_own_writer(
    rows: list[tuple[list[str], list[int | str | None]]], delimiter: str
) -> None:
    lines = CsvLines(delimiter, plain_text)
    texts = lines.of([own for own, __ in rows])
    found = "".join(lines.whole(line, ours) for line, (__, ours) in zip(texts, rows, strict=True))
    wanted = io.StringIO(newline="")
    pythons = csv.writer(wanted, delimiter=delimiter, lineterminator="\r\n")
    pythons.writerows(map(make_harmless, [*own, *map(plain_text, ours)]) for own, ours in rows)
    assert found == wanted.getvalue()
