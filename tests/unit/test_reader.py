from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import itertools
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.chart import BarChart, Reference
from openpyxl.reader.strings import read_string_table
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel
from openpyxl.worksheet._reader import CELL_TAG, WorkSheetParser
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHEET_MAIN_NS

from batch_update import reader
from batch_update.errors import InputFileError
from batch_update.headers import REASON, RESULT_COLUMNS, NamedColumn
from batch_update.model import CellValue, ErrorCell, Field, Sheet, UnsavedFormula
from batch_update.reader import SheetQuery, csv_records, serials, strings
from batch_update.reader.builtin import builtin_format
from batch_update.reader.cells import CellReader
from batch_update.reader.package import Package
from batch_update.reader.strings import Tags
from batch_update.reader.styles import NumberFormats
from tools.make_damaged import packed, parts_of, with_strings

HEADER = ("Order number", "Status", "Date", "Tracking number")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENGLISH = "order;status;date;rpo\n1;sent;2026-11-20;RA1\n"
RUSSIAN = "Номер заказа;Статус;Дата;Трек\n1;отправлен;20.11.2026;RA1\n"


def write_book(path: Path, *fill: Callable[[Worksheet], None]) -> Path:
    book = openpyxl.Workbook()
    for number, fill_page in enumerate(fill):
        page = book.worksheets[0] if number == 0 else book.create_sheet()
        fill_page(page)
    book.save(path)
    return path


def rows_of(*rows: tuple[object, ...]) -> Callable[[Worksheet], None]:
    def fill(page: Worksheet) -> None:
        for row in rows:
            page.append(list(row))

    return fill


def replace_in_zip(path: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def read(path: Path, lookup: SheetQuery | None = None) -> Sheet:
    return reader.read_sheet(path, lookup or SheetQuery())


def read_text(tmp_path: Path, data: bytes, name: str = "sheet.csv") -> Sheet:
    path = tmp_path / name
    path.write_bytes(data)
    return read(path)


def cells(sheet: Sheet) -> list[tuple[CellValue, ...]]:
    return [row.cells for row in sheet.rows]


@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "csv"])
def test_the_content_decides_what_a_workbook_is(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sheet.{ending}"
    write_book(tmp_path / "sheet.xlsx", rows_of(HEADER, (1, "cancel"))).rename(path)
    assert cells(read(path)) == [(1, "cancel")]


def test_rows_keep_the_numbers_that_the_sheet_shows(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "a.xlsx",
        rows_of(("Shipments of today",), (), HEADER, (1, "paid"), (), ("", None, " "), (2, "paid")),
    )
    sheet = read(path)
    assert sheet.layout.header_row == 3
    assert [row.number for row in sheet.rows] == [4, 7]
    assert [row.number for row in sheet.kept] == [1, 3]


def test_cells_keep_their_kind(tmp_path: Path) -> None:
    def fill(page: Worksheet) -> None:
        page.append(list(HEADER))
        page.append(
            [1, "007", dt.datetime(2026, 11, 20, 8, 30), 1.5, True, "#N/A", None, dt.time(9)]
        )
        page["D2"].number_format = "000.00"

    row = read(write_book(tmp_path / "a.xlsx", fill)).rows[0]
    when = dt.datetime(2026, 11, 20, 8, 30)
    assert row.cells == (1, "007", when, 1.5, True, ErrorCell(text="#N/A"), None, dt.time(9))
    assert row.number_format(3) == "000.00"
    assert row.number_format(99) == "General"


def test_a_formula_stands_as_its_saved_result(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(HEADER, ("=40+2", "paid", "=X", '=""')))
    member = "xl/worksheets/sheet1.xml"
    replace_in_zip(path, member, b"<f>40+2</f><v></v>", b"<f>40+2</f><v>42</v>")
    replace_in_zip(path, member, b'r="D2"><f>""</f>', b'r="D2" t="str"><f>""</f>')
    row = read(path).rows[0]
    assert row.cells == (42, "paid", UnsavedFormula(text="=X"))


def test_a_wrong_claim_of_the_sheets_size_cuts_nothing(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (1, "sent", "2026-11-20", "RA1")))
    member = "xl/worksheets/sheet1.xml"
    replace_in_zip(path, member, b'<dimension ref="A1:D2"', b'<dimension ref="A1:A1"')
    assert cells(read(path)) == [(1, "sent", "2026-11-20", "RA1")]


def test_the_1904_system_is_known(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for line in (HEADER, (1, "paid", dt.datetime(2026, 11, 20))):
        book.worksheets[0].append(list(line))
    book.save(tmp_path / "a.xlsx")
    sheet = read(tmp_path / "a.xlsx")
    assert sheet.epoch == dt.date(1904, 1, 1)
    assert sheet.rows[0].cells[2] == dt.datetime(2026, 11, 20)


def test_the_sheet_with_the_data_is_found_behind_a_cover(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(("Welcome",)), rows_of(HEADER, (5, "paid")))
    sheet = read(path)
    assert (sheet.name, cells(sheet)) == ("Sheet1", [(5, "paid")])


@pytest.mark.parametrize(("above", "is_found"), [(49, True), (50, False)])
def test_the_header_is_looked_for_in_the_first_fifty_rows(
    tmp_path: Path, above: int, is_found: bool
) -> None:
    data = ("a title;;\n" * above + "order;status;\n1;cancel;\n").encode()
    if is_found:
        assert read_text(tmp_path, data).layout.header_row == 50
    else:
        with pytest.raises(InputFileError, match="the first row reads: a title"):
            read_text(tmp_path, data)


def test_two_sheets_that_could_be_meant_are_asked_about(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (5, "paid")), rows_of(HEADER))
    with pytest.raises(InputFileError, match=r'"Sheet", "Sheet1". Say which one: --sheet NAME'):
        read(path)
    assert cells(read(path, SheetQuery(sheet_name=" sheet "))) == [(5, "paid")]
    with pytest.raises(
        InputFileError, match=r'there is no sheet "May"\. Its sheets: "Sheet", "She'
    ):
        read(path, SheetQuery(sheet_name="May"))


def test_a_csv_has_no_sheets_to_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ENGLISH, encoding="utf-8")
    with pytest.raises(InputFileError, match="Leave --sheet out"):
        read(path, SheetQuery(sheet_name="May"))


def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path) -> None:
    def hide(page: Worksheet) -> None:
        rows_of(HEADER, (5, "paid"))(page)
        page.sheet_state = "hidden"

    path = write_book(tmp_path / "a.xlsx", rows_of(("Cover",)), hide)
    with pytest.raises(InputFileError, match=r'sheet "Sheet": no column for order number'):
        read(path)
    assert len(read(path, SheetQuery(sheet_name="Sheet1")).rows) == 1


@pytest.mark.parametrize("word", ["Итого", "TOTAL:", "Всего отправлений"])
def test_totals_at_the_end_are_skipped_and_said(tmp_path: Path, word: str) -> None:
    rows = (HEADER, (5, "paid"), (6, "paid"), (), (word, None, None, 2), (None, word))
    sheet = read(write_book(tmp_path / "a.xlsx", rows_of(*rows)))
    assert [row.number for row in sheet.rows] == [2, 3]
    assert [row.number for row in sheet.kept] == [1, 6, 5]
    assert sheet.notes[0] == "Row 6 is a totals row and was skipped."


def test_what_is_no_data_is_skipped_and_said(tmp_path: Path) -> None:
    rows = (("Title",), HEADER, (5, "paid"), (), (), HEADER, (6, "paid"), (" ", None), (7, "paid"))
    sheet = read(write_book(tmp_path / "a.xlsx", rows_of(*rows)))
    assert [row.number for row in sheet.rows] == [3, 7, 9]
    assert sheet.notes == [
        "The header was found in row 2.",
        "Row 6 repeats the header and was skipped.",
        "Blank rows between the others: 3, skipped.",
    ]


def test_a_row_with_an_order_is_never_a_totals_row(tmp_path: Path) -> None:
    rows = (("Note", *HEADER), ("Total loss", 5, "return"))
    assert len(read(write_book(tmp_path / "a.xlsx", rows_of(*rows))).rows) == 1


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    def hide(page: Worksheet) -> None:
        rows_of(HEADER, (5, "paid"), (6, "paid"), (7, "paid"))(page)
        page.row_dimensions[3].hidden = True
        page.row_dimensions[4].hidden = True
        page.row_dimensions[9].hidden = True

    sheet = read(write_book(tmp_path / "a.xlsx", hide))
    assert len(sheet.rows) == 3
    (note,) = sheet.notes
    assert note == "Hidden or filtered-out rows: 2, the first is row 3; read like all others."


def test_columns_that_the_user_names_are_taken(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(("Nr", "Barcode"), (5, "RA1")))
    named = {
        wanted: NamedColumn(headers=(header,), said_in="--column")
        for wanted, header in ((Field.BILL_ID, "nr"), (Field.RPO, "barcode"))
    }
    lookup = SheetQuery(named=named, needed=(Field.BILL_ID,))
    assert read(path, lookup).layout.columns == {Field.BILL_ID: 0, Field.RPO: 1}


@pytest.mark.parametrize("count", [3, 5, 6])
@pytest.mark.parametrize("more", [(), ("Note",)])
def test_our_own_columns_of_a_results_file_are_left_out(
    tmp_path: Path, count: int, more: tuple[str, ...]
) -> None:
    cells = (5, "paid", "2026-11-20", "RA1")
    header = (*HEADER, *RESULT_COLUMNS[:count], *more)
    rows = rows_of(header, (*cells, *["updated"] * count, *more))
    sheet = read(write_book(tmp_path / "a.xlsx", rows))
    assert sheet.is_results
    assert sheet.layout.names == (*HEADER, *more)
    assert sheet.rows[0].cells == (*cells, *more)


def test_the_reason_in_a_file_of_failures_is_left_out(tmp_path: Path) -> None:
    rows = rows_of((*HEADER, REASON), (5, "paid", "2026-11-20", "RA1", "because"))
    sheet = read(write_book(tmp_path / "a.xlsx", rows))
    assert not sheet.is_results
    assert sheet.layout.names == HEADER
    assert sheet.rows[0].cells == (5, "paid", "2026-11-20", "RA1")


def test_widths_and_the_sum_of_the_bytes_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(HEADER)
    page.append((5, "paid", "2026-11-20", "RA1"))
    page.column_dimensions["B"].width = 31
    book.save(tmp_path / "a.xlsx")
    sheet = read(tmp_path / "a.xlsx")
    assert sheet.widths[1] == 31
    assert sheet.sha256 == hashlib.sha256((tmp_path / "a.xlsx").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(RUSSIAN, "utf-8", id="utf-8"),
        pytest.param(RUSSIAN, "utf-8-sig", id="utf-8-bom"),
        pytest.param(RUSSIAN, "cp1251", id="cp1251"),
        pytest.param(RUSSIAN, "utf-16", id="utf-16"),
        pytest.param(ENGLISH, "utf-16-le", id="utf-16-le-without-bom"),
        pytest.param(ENGLISH, "utf-16-be", id="utf-16-be-without-bom"),
    ],
)
def test_encodings_are_found(tmp_path: Path, text: str, encoding: str) -> None:
    sheet = read_text(tmp_path, text.encode(encoding))
    assert sheet.encoding == encoding
    assert sheet.rows[0].cells[3] == "RA1"


def test_big_endian_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    sheet = read_text(tmp_path, b"\xfe\xff" + RUSSIAN.encode("utf-16-be"))
    assert cells(sheet) == [("1", "отправлен", "20.11.2026", "RA1")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(("a;b,c", *HEADER))
    writer.writerow(('say "hi"', "1", "sent", "two\nlines", "x;y,z|\t"))
    sheet = read_text(tmp_path, buffer.getvalue().encode())
    assert sheet.delimiter == delimiter
    assert cells(sheet) == [('say "hi"', "1", "sent", "two\nlines", "x;y,z|\t")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("order,status\n1,paid", [("1", "paid")], id="no-final-newline"),
        pytest.param("order,status\r1,paid\n2,paid\r\n", [("1", "paid"), ("2", "paid")], id="ends"),
        pytest.param("order,status,x\n1,paid\n2\n", [("1", "paid"), ("2",)], id="ragged"),
        pytest.param("order,status\n\n,\n1,paid\n", [("1", "paid")], id="blank-rows"),
        pytest.param("order,status\n1,pa\0id\n", [("1", "pa\0id")], id="nul"),
        pytest.param('order,status\n1,"a"b\n', [("1", "ab")], id="text-after-quote"),
        pytest.param("sep=;\norder;status\n1;paid\n", [("1", "paid")], id="sep-line"),
        pytest.param('order,status\n="01",="paid"\n', [("01", "paid")], id="text-guards"),
        pytest.param('="order",="status"\n1,paid\n', [("1", "paid")], id="guarded-header"),
        pytest.param('order,status\n"=""01""",paid\n', [("01", "paid")], id="guard-in-quotes"),
        pytest.param(
            'order,status\n1,"=""say """"hi"""""""\n', [("1", 'say "hi"')], id="quotes-in-a-guard"
        ),
        pytest.param(
            'order,status,x\n1,paid,=""\n2,paid\n',
            [("1", "paid"), ("2", "paid")],
            id="empty-guard",
        ),
        pytest.param('order,status\n1,"two\n=""01"""\n', [("1", 'two\n="01"')], id="guard-inside"),
        pytest.param('order,status\n="1"2,paid\n', [('="1"2', "paid")], id="no-guard"),
        pytest.param('order,status\n="1,paid\n', [('="1', "paid")], id="guard-without-end"),
        pytest.param('order,status\n="1"&"2",paid\n', [('="1"&"2"', "paid")], id="formula"),
        pytest.param('order;status\n="1;2";paid\n', [('="1', '2"', "paid")], id="cut-guard"),
    ],
)
def test_odd_csv_is_read(tmp_path: Path, text: str, expected: list[tuple[str, ...]]) -> None:
    assert cells(read_text(tmp_path, text.encode())) == expected


def test_csv_rows_count_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    sheet = read_text(tmp_path, b'order,status,x\n1,paid,"two\nlines"\n\n2,paid,\n')
    assert [row.number for row in sheet.rows] == [2, 4]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        pytest.param("a.csv", b"", "is empty", id="empty"),
        pytest.param("a.csv", b" \n ", "is empty", id="blank"),
        pytest.param("a.csv", b"name,colour\n1,2\n", "Read as utf-8, delimiter comma", id="header"),
        pytest.param("a.csv", b'order,status\n1,"paid\n2,paid\n', "opened in row 2", id="quote"),
        pytest.param("a.csv", b"\xff\xfeo", "begins as UTF-16, but", id="half-a-character"),
        pytest.param("a.csv", b"\xef\xbb\xbf\xff", "begins as UTF-8, but", id="not-utf-8"),
        pytest.param("a.xls", b" <table><tr>", "a web page without a table", id="web-page"),
        pytest.param("a.xls", b"MIME-Version: 1.0\n", "is a web archive", id="web-archive"),
        pytest.param("a.csv", b"\0\0\n\0", "is empty", id="zero-bytes"),
        pytest.param("a.csv", bytes(range(256)), "neither UTF-8 nor cp1251", id="binary"),
        pytest.param("a.csv", b"order,status\n" + b"x" * 2**21, "near line 2", id="huge-cell"),
        pytest.param("a.xlsx", b"PK\x03\x04", "damaged or cut off", id="cut-off-workbook"),
        pytest.param("a.xls", OLE + b"\0" * 600, "not all of its parts", id="cut-off-xls"),
        pytest.param(
            "a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "by a password", id="encrypted"
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_line(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(InputFileError, match=words) as caught:
        read_text(tmp_path, data, name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="there is no such file"):
        read(tmp_path / "none.xlsx")
    with pytest.raises(InputFileError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InputFileError, match="is not a file"):
        read(Path(os.devnull))
    # Of a name that is too long, Windows says that there is no such file.
    with pytest.raises(InputFileError, match=r"cannot be read|there is no such file"):
        read(Path("x" * 5000))


def test_an_archive_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("photo.jpg", b"")
    with pytest.raises(InputFileError, match="an archive, not a spreadsheet"):
        read(tmp_path / "a.xlsx")


def test_a_workbook_with_a_broken_part_is_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (1, "paid")))
    replace_in_zip(path, "xl/worksheets/sheet1.xml", b"</sheetData>", b"</oops>")
    with pytest.raises(InputFileError, match="not all of its parts can be read"):
        read(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(b'<row r="2"', b'<row r="99999999"', "claims a row 99999999", id="row"),
        pytest.param(b'<row r="3"', b'<row r="2"', "row 2 stands below row 2", id="row-twice"),
        pytest.param(b'<row r="2"', b'<row r="4"', "row 3 stands below row 4", id="rows-mixed"),
        pytest.param(b'r="B2"', b'r="XFE2"', "row 2 claims a column 16385", id="column"),
        pytest.param(b'r="B2"', b'r="A2"', "column 1 follows column 1 in row 2", id="cell-twice"),
        pytest.param(b'r="A2"', b'r="C2"', "column 2 follows column 3 in row 2", id="cells-mixed"),
    ],
)
def test_a_workbook_with_cells_out_of_their_places_is_refused(
    tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    path = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (1, "paid"), (2, "paid")))
    replace_in_zip(path, "xl/worksheets/sheet1.xml", old, new)
    with pytest.raises(
        InputFileError, match=f'a.xlsx is damaged: in the sheet "Sheet" .*{words}, as in'
    ):
        read(path)


def test_a_workbook_without_visible_sheets_with_cells_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], min_col=1, min_row=1, max_row=2))
    book.create_chartsheet("Chart").add_chart(chart)
    book.worksheets[0].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputFileError, match="no visible sheet with rows"):
        read(tmp_path / "a.xlsx")


def may_refuse(path: Path, data: bytes) -> None:
    """Read a file that may be refused; anything raised but a refusal fails the test."""
    path.write_bytes(data)
    with contextlib.suppress(InputFileError):
        sheet = reader.read_sheet(path, SheetQuery())
        assert {Field.BILL_ID, Field.STATUS} <= set(sheet.layout.columns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(),
        st.binary().map(lambda data: b"order,status\n" + data),
        st.binary().map(lambda data: b"PK\x03\x04" + data),
        st.binary().map(lambda data: OLE + data),
        st.text().map(lambda text: ("\ufeff" + text).encode("utf-16", "surrogatepass")),
    )
)
def test_any_bytes_end_in_rows_or_a_refusal(tmp_path: Path, data: bytes) -> None:
    may_refuse(tmp_path / "any.bin", data)


@pytest.fixture(scope="module")
def good_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.xlsx"
    rows = [(number, "sent", dt.datetime(2026, 11, 20), "=1") for number in range(20)]
    return write_book(path, rows_of(HEADER, *rows)).read_bytes()


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_workbook_ends_in_rows_or_a_refusal(
    tmp_path: Path, good_workbook: bytes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 repeatable damage, not a secret
    damaged = bytearray(good_workbook)
    for _ in range(chance.randint(1, 30)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if seed % 3 == 0:
        del damaged[chance.randrange(len(damaged)) :]
    may_refuse(tmp_path / "damaged.xlsx", bytes(damaged))


@pytest.mark.parametrize("seed", range(60))
def test_a_workbook_with_damaged_parts_ends_in_rows_or_a_refusal(
    tmp_path: Path, good_workbook: bytes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 repeatable damage, not a secret
    with zipfile.ZipFile(io.BytesIO(good_workbook)) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    part = parts[chance.choice(sorted(parts))]
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(part))
        part[start : start + chance.randint(0, 8)] = chance.choice(
            [b"", b"<", b'"', b"999999999999", b"&x;", b"A", b"</c>", b'r="ZZZ9"', b"\x00"]
        )
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, bytes(data))
    may_refuse(path, path.read_bytes())


KINDS = ("n", "s", "b", "str", "e", "d", "inlineStr", None)
PLACES = ("A2", "AB2", "A3", "A12", "a2", "$A$2", "A02", "2", "A", "", "XFE2", None)
VALUES = ("1", "0", "007", "1.50", "-2E3", "1e400", " 1 ", "", "x", "-1", "99", "2026-11-20", None)

PARTS = [
    *(("v", value) for value in VALUES),
    *itertools.product(("is t", "is r t", "is", "is rPh t"), ("a", " b ", "_x0041_", "")),
]


def cell_of(attributes: dict[str, str | None], part: str, text: str | None) -> Any:
    """Make a cell; what it holds stands in elements inside of each other."""
    cell = etree.Element(CELL_TAG, {n: v for n, v in attributes.items() if v is not None})
    if text is not None:
        inner = cell
        for tag in part.split():
            inner = etree.SubElement(inner, f"{{{SHEET_MAIN_NS}}}{tag}")
        inner.text = text
    return cell


WRONGLY_READ = {("s", "-1"), ("b", "007"), ("b", "-1"), ("b", "99")}
"""Kinds and texts that openpyxl takes for the last of all texts, and for a boolean."""

PLAINLY_REFUSED = (ArithmeticError, LookupError, TypeError, ValueError)


def plain_value(cell: dict[str, Any]) -> object:
    """Give what openpyxl makes of a cell, as we would say it."""
    value = cell["value"]
    if cell["data_type"] == "e" and value is not None:
        return ErrorCell(text=str(value))
    if isinstance(value, str) and cell["data_type"] == "s" and "_x" in value:
        return strings.unescape(value)
    return value


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_read_as_openpyxl_reads_them(kind: str | None) -> None:
    texts = ["text"]
    ours = CellReader(
        Tags(f"{{{SHEET_MAIN_NS}}}"),
        lambda: texts,
        NumberFormats(["General", "yyyy-mm-dd"]),
        WINDOWS_EPOCH,
    )
    plain = WorkSheetParser(b"", texts, data_only=True, date_formats={1})
    compared = 0
    for place, style, (part, text) in itertools.product(PLACES, ("0", "1", None), PARTS):
        cell = cell_of({"r": place, "s": style, "t": kind}, part, text)
        row = etree.Element(f"{{{SHEET_MAIN_NS}}}row")
        row.append(cell)
        says = bool(text) and part in {"v", "is t", "is r t"}
        plain.col_counter = 0
        try:
            expected = plain.parse_cell(cell)
        except PLAINLY_REFUSED:
            # A cell that openpyxl cannot read is its text, an error or refused; never empty.
            with contextlib.suppress(*PLAINLY_REFUSED):
                assert ours.read_row(row)[0][1] is not None or not says
            continue
        if (kind, text) in WRONGLY_READ:
            continue
        value = plain_value(expected)
        # Nor is one with a text of its own, whatever kind it says that it is.
        if value is None and says:
            value = strings.unescape(text or "")
        for _ in range(2):
            assert ours.read_row(row) == [(expected["column"], value, expected["style_id"])]
            compared += 1
    assert compared > 900


def shared(*items: str) -> list[str]:
    """Read what a workbook with these shared texts holds."""
    part = f'<sst xmlns="{SHEET_MAIN_NS}">' + "".join(f"<si>{item}</si>" for item in items)
    parts = {**parts_of(with_strings(0)), "xl/sharedStrings.xml": f"{part}</sst>".encode()}
    package = Package(io.BytesIO(packed(parts)))
    return strings.read_strings(package, package.find("xl/sharedStrings.xml"))


def test_shared_texts_are_read_as_openpyxl_reads_them() -> None:
    items = (
        *("<t>a</t>", "<t/>", "", '<t xml:space="preserve"> a </t>', "<t>a&amp;b</t>"),
        *("<r><t>a</t></r><r><rPr><b/></rPr><t>b</t></r>", "<t>a<b/>c</t>"),
        *("<t>a</t><rPh sb='0' eb='1'><t>b</t></rPh>", "<phoneticPr fontId='1'/>", "<r/>"),
    )
    part = f'<sst xmlns="{SHEET_MAIN_NS}">' + "".join(f"<si>{item}</si>" for item in items)
    assert shared(*items) == read_string_table(io.BytesIO(f"{part}</sst>".encode()))


_CODE_PARTS = (
    *('"', "d", "m", "Y", "h", "s", "[", "]", "[h]", "[mm]", "[Red]", "[$-419]", "_", "\\", ";"),
    *("0", "#", " ", "@", ".0", "[SS]", "AM/PM", "General", "?"),
)


@given(st.lists(st.sampled_from(_CODE_PARTS), max_size=8).map("".join))
def test_number_formats_show_dates_where_openpyxl_says_so(code: str) -> None:
    assert serials.is_date_format(code) == is_date_format(code)
    assert serials.is_length_format(code) == is_timedelta_format(code)


@given(
    st.one_of(
        st.floats(-1e6, 3e6), st.floats(0, 62), st.integers(-10, 70), st.integers(0, 3_000_000)
    )
)
def test_serial_numbers_are_the_moments_that_openpyxl_reads(serial: float) -> None:
    for epoch in (WINDOWS_EPOCH, CALENDAR_MAC_1904):
        try:
            expected = from_excel(serial, epoch)
        except OverflowError:
            with pytest.raises(OverflowError):
                serials.moment_of(serial, epoch)
        else:
            assert serials.moment_of(serial, epoch) == expected
    assert serials.length_of(serial) == from_excel(serial, timedelta=True)


def test_everyday_formats_are_judged_without_openpyxl() -> None:
    own = "dd.mm.yyyy", "dd/mm/yy;@", "[$-419]d mmm yyyy", "[hh]:mm", "0.00%", "General"
    codes = [*own, *map(builtin_format, BUILTIN_FORMATS)]
    code = (
        "import sys\n"
        "from batch_update.reader import serials\n"
        f"found = [(serials.is_date_format(c), serials.is_length_format(c)) for c in {codes}]\n"
        "assert 'openpyxl' not in sys.modules\n"
        "print(found)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert found.stdout.strip() == str(
        [(bool(is_date_format(code)), is_timedelta_format(code)) for code in codes]
    )


def test_built_in_formats_are_those_of_openpyxl() -> None:
    # It lacks the semicolons of this one.
    ours = {number: builtin_format(number) for number in BUILTIN_FORMATS if number != 44}
    assert ours == {number: code for number, code in BUILTIN_FORMATS.items() if number != 44}


@given(text=st.text('ab",;\n\r ', max_size=30), at_once=st.integers(1, 12))
@settings(max_examples=50)
def test_the_records_of_a_csv_are_those_that_python_reads(text: str, at_once: int) -> None:
    *wanted, last = csv.reader([*io.StringIO(text, newline=""), "the end"])
    assume(last == ["the end"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_records, "_AT_ONCE", at_once)
        found = list(csv_records.read_records("a.csv", io.StringIO(text, newline=""), ","))
    whole = [
        (*row, *[None] * (len(one) - len(row))) for row, one in zip(found, wanted, strict=True)
    ]
    assert whole == [tuple(cell or None for cell in row) for row in wanted]
    assert not any(row and row[-1] is None for row in found)
