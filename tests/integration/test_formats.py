"""The same sheet in every kind of file, as different programs write it, is read the same."""

from __future__ import annotations

import datetime as dt
import shutil
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from batch_update import reader, validator
from batch_update.errors import InputFileError
from batch_update.headers import NamedColumn
from batch_update.model import CellValue, CheckedRow, ErrorCell, Field, Sheet, UnsavedFormula
from batch_update.reader import SheetQuery
from tests.unit.test_validator import MOSCOW
from tools import make_kinds
from tools.make_kinds import DATA, EXPECTED, HEADER, NOTES

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=MOSCOW)


def read(path: Path, sheet_name: str | None = None, *, date: str | None = None) -> Sheet:
    """Read a file; `date` is the header under which rows of all statuses have their date."""
    column = NamedColumn(headers=(date or "",), said_in="--column")
    named = {Field.DATE: column} if date else {}
    return reader.read_sheet(path, SheetQuery(sheet_name=sheet_name, named=named))


def cells(sheet: Sheet) -> list[tuple[CellValue, ...]]:
    return [row.cells for row in sheet.rows]


def check(sheet: Sheet) -> Sequence[CheckedRow]:
    calendar = validator.Calendar(zone=MOSCOW, now=NOW, epoch=sheet.epoch)
    return validator.check_sheet(sheet, validator.Rules(calendar=calendar))


def described(sheet: Sheet) -> dict[int, str]:
    """Say for each row what would be sent, or why not."""
    found = {}
    for row in check(sheet):
        if row.update is None:
            found[row.row] = " ".join(problem.code for problem in row.problems)
        else:
            update = row.update
            date = f"{update.date.astimezone(MOSCOW):%Y-%m-%d %H:%M}" if update.date else ""
            parts = (str(update.bill_id), update.status, date, update.rpo or "")
            found[row.row] = " ".join(part for part in parts if part)
    return found


def copy_of(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        shutil.copy(DATA / name, path)

    return write


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        pytest.param("xlsx", make_kinds.write_with_openpyxl, id="openpyxl"),
        pytest.param("xlsx", make_kinds.write_with_xlsxwriter, id="xlsxwriter"),
        pytest.param("xlsx", copy_of("kinds.xlsx"), id="libreoffice-xlsx"),
        pytest.param("xls", copy_of("kinds.xls"), id="libreoffice-xls"),
        pytest.param("ods", copy_of("kinds.ods"), id="libreoffice-ods"),
        pytest.param("fods", copy_of("kinds.fods"), id="libreoffice-fods"),
        pytest.param("csv", copy_of("kinds.xls"), id="xls-called-csv"),
    ],
)
def test_the_same_workbook_by_different_programs_is_read_the_same(
    tmp_path: Path, ending: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / f"kinds.{ending}"
    write(path)
    sheet = read(path, date="Ship date")
    assert sheet.name == "Parcels"
    assert described(sheet) == EXPECTED
    assert sheet.notes == NOTES
    assert described(read(path, "old")) == {2: "1 cancel"}


def test_kinds_of_cells_and_damage_of_xls_are_known(tmp_path: Path) -> None:
    data = (DATA / "kinds.xls").read_bytes()
    notes = {row.number: row.cell(4) for row in read(DATA / "kinds.xls").rows}
    assert (notes[13], notes[14]) == (True, dt.time(9, 30))
    path = tmp_path / "a.xls"
    # The record after the first one is made to say that what follows is encrypted.
    first = data.index(bytes.fromhex("0908100000060500"))
    path.write_bytes(data[: first + 20] + b"\x2f\0" + data[first + 22 :])
    with pytest.raises(InputFileError, match="is protected by a password"):
        read(path)
    # A date cell with a number that is no date.
    far = data.replace(struct.pack("<d", 46346.4375), struct.pack("<d", 1e9))
    assert far != data
    path.write_bytes(far)
    assert described(read(path))[6] == "date_error_cell"


@pytest.mark.parametrize("date_1904", [False, True])
def test_saved_results_of_formulas_and_the_1904_system_of_xlsxwriter_are_read(
    tmp_path: Path, *, date_1904: bool
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": date_1904}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_formula(1, 0, "=100000+7", None, 100007)
        page.write_formula(1, 1, '="se"&"nt"', None, "sent")
        page.write_datetime(1, 2, make_kinds.DAY, book.add_format({"num_format": "d/m/yy"}))
        page.write_formula(1, 3, '="RA"&1', None, "RA1")
        page.write_row(2, 0, (100008, "sent", 46346 - (1462 if date_1904 else 0), "RA2"))
    assert described(read(path)) == {
        2: "100007 sent 2026-11-20 00:00 RA1",
        3: "100008 sent 2026-11-20 00:00 RA2",
    }


PAGE = """\
<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}">
<style>td {{ mso-number-format: "\\@" }}</style><title>Отгрузки</title></head>
<!-- <table><tr><td>Order number<td>Status</table> -->
<body><h1>Отгрузки</h1>
<table><tr><td>Склад</td><td>Тверь</td></tr></table>
<table border=1>
<thead><tr><th rowspan=2>Номер&nbsp;заказа</th><th rowspan=2>Статус</th>
<th colspan="2">Отправка</th><th rowspan=2>Итог</th></tr>
<tr><th>Дата<br>отправки</th><th>Трек-номер</th></tr></thead>
<tbody>
<tr><td>100001<td> Отправлен<td>20.11.2026<td><b>RA1234</b>56785RU<td>&lt;ok&gt;
<tr style="display: none"><td>100002</td><td>отменён</td><td colspan=3></td></tr>
<tr><td sdval="100003">100003</td><td><p>Оплачен</p></td>
<td><span style="display:none">20261120</span>20.11.2026</td><td></td>
<td><table><tr><td>x</table></tr>
<tr><td rowspan=2>100004</td><td>отменён</td></tr>
<tr><td>возврат</td></tr>
<tr><td x:num="1234567890123456">1234567890123456</td><td>отменён<script>"sent"</script></td></tr>
</tbody></table></body></html>
"""


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        pytest.param("windows-1251", "cp1251", id="cp1251"),
        pytest.param("koi8-r", "koi8-r", id="koi8-r"),
        pytest.param("utf-8", "utf-8", id="utf-8"),
        pytest.param("utf-8", "utf-16", id="utf-16-by-its-mark"),
        pytest.param("x-unknown", "cp1251", id="unknown-charset"),
    ],
)
def test_the_table_of_a_web_page_called_xls_is_read(
    tmp_path: Path, charset: str, encoding: str
) -> None:
    path = tmp_path / "export.xls"
    path.write_bytes(PAGE.format(charset=charset).encode(encoding))
    sheet = read(path, date="Дата отправки")
    assert sheet.name == "table 2"
    assert sheet.layout.names[:4] == ("Номер заказа", "Статус", "Дата отправки", "Трек-номер")
    assert described(sheet) == {
        3: "100001 sent 2026-11-20 00:00 RA123456785RU",
        4: "100002 cancel",
        5: "100003 paid 2026-11-20 00:00",
        6: "100004 cancel",
        7: "bill_id_missing",
        8: "bill_id_digits_lost",
    }
    assert sheet.rows[0].cells[4] == "<ok>"
    assert sheet.notes[0].startswith("The file is a web page under the name of a spreadsheet.")
    assert "Hidden or filtered-out rows: 1, the first is row 4" in sheet.notes[2]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("<table><td>order<td>status<tr><td>1<td>paid", [("1", "paid")], id="unclosed"),
        pytest.param(
            "<table><tr><th>order<th>status<tr><td colspan=0>1<td rowspan=x>paid</table>",
            [("1", "paid")],
            id="odd-spans",
        ),
        pytest.param(
            "<table><tr><th>order<th>status</tr></table><p>1</p>", [], id="text-outside-the-table"
        ),
        pytest.param(
            "<table><tr><td><table><tr><th>order<th>status<tr><td>1<td>paid</table></table>",
            [("1", "paid")],
            id="table-in-a-table",
        ),
        pytest.param(
            '<?xml version="1.0"?><html><table><tr><th>order</th><th>status</th></tr>'
            "<tr><td>1</td><td>paid</td></tr></table></html>",
            [("1", "paid")],
            id="xhtml",
        ),
        pytest.param(
            "<table><tr><th>order<th>status<tr><td>1<td>pa<template>x</template>id",
            [("1", "paid")],
            id="template",
        ),
    ],
)
def test_pages_that_browsers_understand_are_read(
    tmp_path: Path, page: str, expected: list[tuple[CellValue, ...]]
) -> None:
    path = tmp_path / "a.xls"
    path.write_text(page, encoding="utf-8")
    assert cells(read(path)) == expected


def test_two_tables_that_could_be_meant_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    table = "<table><tr><th>order<th>status<tr><td>{}<td>cancel</table>"
    hidden = '<table style="display:none"><tr><th>order<th>status</table>'
    path.write_text(table.format(1) + table.format(2) + hidden, encoding="utf-8")
    with pytest.raises(InputFileError, match=r'"table 1", "table 2"\. Say which one: --sheet NAME'):
        read(path)
    assert cells(read(path, "table 2")) == [("2", "cancel")]


def xml_sheet(*rows: str, more: str = "") -> str:
    """Write an XML spreadsheet of 2003 with a hidden page before the one with the rows."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<x:ExcelWorkbook>{more}</x:ExcelWorkbook>
<Styles><Style ss:ID="plain"/>
<Style ss:ID="zeros"><NumberFormat ss:Format="00000000000000"/></Style></Styles>
<Worksheet ss:Name="Old"><Table><Row><Cell><Data ss:Type="String">order</Data></Cell>
<Cell><Data ss:Type="String">status</Data></Cell></Row></Table>
<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet>
<Worksheet ss:Name="Parcels"><Table>{"".join(rows)}</Table></Worksheet></Workbook>"""


def xml_cell(kind: str, text: str, **attributes: str) -> str:
    extra = "".join(f' ss:{name}="{value}"' for name, value in attributes.items())
    return f'<Cell{extra}><Data ss:Type="{kind}">{text}</Data></Cell>'


XML_HEADER = "".join(("<Row>", *(xml_cell("String", name) for name in HEADER), "</Row>"))


def test_an_xml_spreadsheet_is_read(tmp_path: Path) -> None:
    day = xml_cell("DateTime", "2026-11-20T00:00:00.000")
    text = xml_sheet(
        '<Row ss:Index="2">' + xml_cell("String", "Parcels", MergeAcross="3") + "</Row>",
        XML_HEADER,
        "<Row>"
        + xml_cell("Number", "100001")
        + xml_cell("String", "sent")
        + day
        + xml_cell("Number", "12345678901", StyleID="zeros")
        + "</Row>",
        '<Row ss:Index="6" ss:Hidden="1">'
        + xml_cell("Number", "1.00002E5")
        + xml_cell("String", "sent", MergeAcross="0")
        + xml_cell("Number", "46346", StyleID="plain")
        + xml_cell("String", "RA<b>1</b>")
        + xml_cell("Boolean", "1", Index="7")
        + "</Row>",
        "<Row>" + xml_cell("Error", "#N/A") + '<Cell ss:Formula="=X"/><Cell/></Row>',
    )
    path = tmp_path / "a.xls"
    path.write_text(text, encoding="utf-8")
    sheet = read(path)
    assert described(sheet) == {
        4: "100001 sent 2026-11-20 00:00 00012345678901",
        6: "100002 sent 2026-11-20 00:00 RA1",
        7: "bill_id_error_cell status_not_calculated",
    }
    assert sheet.rows[1].cells[4:] == (None, None, True)
    assert sheet.rows[2].cells == (ErrorCell(text="#N/A"), UnsavedFormula(text="=X"))
    assert sheet.notes[-1].startswith("Hidden or filtered-out rows: 1, the first is row 6")
    assert list(read(path, "Old").rows) == []


def test_an_xml_spreadsheet_knows_the_1904_system(tmp_path: Path) -> None:
    row = xml_cell("Number", "1") + xml_cell("String", "paid") + xml_cell("Number", "44884")
    path = tmp_path / "a.xml"
    path.write_text(
        xml_sheet(XML_HEADER, f"<Row>{row}</Row>", more="<x:Date1904/>"), encoding="utf-8"
    )
    assert described(read(path, date="Ship date")) == {2: "1 paid 2026-11-20 00:00"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param('<Row ss:Index="1"/>', "claims the place 1", id="row-index-back"),
        pytest.param('<Row ss:Index="9999999"/>', "claims the place 9999999", id="row-index-far"),
        pytest.param('<Row ss:Index="x"/>', "Index is x", id="row-index"),
        pytest.param("<Row><Cell></Row>", "not all of its parts", id="cut"),
    ],
)
def test_a_damaged_xml_spreadsheet_is_refused(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "a.xls"
    path.write_text(xml_sheet(XML_HEADER, row), encoding="utf-8")
    with pytest.raises(InputFileError, match=f"a.xls is damaged.*{words}"):
        read(path)


def ods(path: Path, *rows: str, more: str = "", manifest: str = "<m/>") -> Path:
    """Write the least that an OpenDocument sheet is."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    calc = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:style="{names}:style:1.0" xmlns:calcext="{calc}" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" office:version="1.3">'
        f"<office:body><office:spreadsheet>{more}<table:table table:name='One'>{''.join(rows)}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def ods_row(*cells: str, times: int = 1) -> str:
    repeated = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    return f"<table:table-row{repeated}>{''.join(cells)}</table:table-row>"


def ods_cell(text: str = "", kind: str = "string", more: str = "", **attributes: str) -> str:
    known = "".join(f' office:{name}="{value}"' for name, value in attributes.items())
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    return (
        f'<table:table-cell office:value-type="{kind}"{known}{more}>{paragraph}</table:table-cell>'
    )


ODS_HEADER = ods_row(*(ods_cell(name) for name in HEADER))


def ods_number(value: str, text: str = "") -> str:
    return ods_cell(text or value, "float", value=value)


def test_what_an_open_document_sheet_can_hold_is_read(tmp_path: Path) -> None:
    comment = "<office:annotation><text:p>no</text:p></office:annotation>"
    day = {"date-value": "2026-11-20"}
    when = {"date-value": "2026-11-20T10:30:00"}
    path = ods(
        tmp_path / "a.ods",
        ODS_HEADER,
        ods_row(
            ods_number("1"),
            ods_cell("pa<text:span>id</text:span>"),
            ods_cell("x", "date", **day),
        ),
        ods_row(ods_number("2.5", "3"), ods_cell(f"a{comment}b"), ods_cell("x", "date", **when)),
        ods_row(
            ods_cell("a<text:s text:c='2'/>b<text:line-break/>c<text:tab/>d"),
            "<table:covered-table-cell/>",
            "<table:shapes/>",
            ods_cell("01:02:03", "time", **{"time-value": "PT01H02M03S"}),
            ods_cell("long", "time", **{"time-value": "P1D"}),
            ods_cell("TRUE", "boolean", **{"boolean-value": "true"}),
        ),
        '<table:table-row><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell table:formula="of:=X"/>'
        + ods_cell("#REF!", more=' table:formula="of:=1"')
        + ods_cell("#N/A", more=' calcext:value-type="error"')
        + ods_cell(**{"string-value": "kept"})
        + ods_number("007", "007")
        + ods_number("7.5", "08")
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>',
        ods_row(times=1_000_000),
    )
    sheet = read(path)
    assert cells(sheet) == [
        (1, "paid", dt.date(2026, 11, 20)),
        (2.5, "ab", dt.datetime(2026, 11, 20, 10, 30)),
        ("a  b\nc\td", None, dt.timedelta(hours=1, minutes=2, seconds=3), "long", True),
        (
            None,
            None,
            UnsavedFormula(text="of:=X"),
            ErrorCell(text="#REF!"),
            ErrorCell(text="#N/A"),
            "kept",
            7,
            7.5,
        ),
    ]
    assert [sheet.rows[3].number_format(column) for column in (6, 7)] == ["000", "General"]


def test_repeated_rows_of_an_open_document_sheet_are_rows(tmp_path: Path) -> None:
    path = ods(
        tmp_path / "a.ods",
        ODS_HEADER,
        ods_row(ods_number("1"), ods_cell("cancel"), times=3),
        more='<table:null-date table:date-value="1904-01-01"/>',
    )
    sheet = read(path)
    assert [row.number for row in sheet.rows] == [2, 3, 4]
    assert sheet.epoch == dt.date(1904, 1, 1)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param(ods_row(times=9_999_999), "it claims a row 1", id="rows"),
        pytest.param('<table:table-row table:number-rows-repeated="x"/>', "is x", id="count"),
        pytest.param(
            '<table:table-row><table:table-cell office:value-type="string" '
            'table:number-columns-repeated="99999"><text:p>x</text:p></table:table-cell>'
            "</table:table-row>",
            "row 2 claims too many columns",
            id="columns",
        ),
        pytest.param("<oops>", "not all of its parts", id="cut"),
    ],
)
def test_a_damaged_open_document_sheet_is_refused(tmp_path: Path, row: str, words: str) -> None:
    path = ods(tmp_path / "a.ods", ODS_HEADER, row)
    with pytest.raises(InputFileError, match=f"a.ods is damaged.*{words}"):
        read(path)


def test_a_protected_open_document_sheet_is_refused(tmp_path: Path) -> None:
    path = ods(tmp_path / "a.ods", ODS_HEADER, manifest="<manifest:encryption-data/>")
    with pytest.raises(InputFileError, match="is protected by a password"):
        read(path)


def test_xml_that_is_no_sheet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.xml"
    path.write_text('<?xml version="1.0"?><orders><order/></orders>')
    with pytest.raises(InputFileError, match="is XML, but none of the kinds"):
        read(path)
