"""Binary workbooks: every kind of cell, through the real command line; and damage."""

from __future__ import annotations

import datetime as dt
import io
import random
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from batch_update import reader
from batch_update.errors import InputFileError
from batch_update.model import UNKNOWN_FORMAT, ErrorCell, Sheet
from batch_update.reader import SheetQuery
from tests.cases.case import DAY, HEADER, MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_cases import sent
from tests.integration.test_end_to_end import results_of
from tools.make_binary import (
    Book,
    Error,
    Formula,
    Inline,
    Rich,
    Short,
    Shown,
    numbered,
    packed,
    record,
    wide,
)

DATE = Shown(DAY, "dd.mm.yyyy")
SENT = f"1 sent {MIDNIGHT} RA123456785RU"
SHEET = "xl/worksheets/sheet1.bin"
Row = Sequence[object]

CELLS: dict[str, tuple[Row, str]] = {
    "shared texts": ((1, "sent", DATE, "RA123456785RU"), SENT),
    "texts in cells": ((1, Inline("sent"), DATE, Inline("RA123456785RU")), SENT),
    "shared texts of several looks": ((1, Rich("sent"), DATE, Rich("RA123456785RU")), SENT),
    "texts of several looks in cells": (
        (1, Rich("sent", "cell"), DATE, Rich("RA123456785RU", "cell")),
        SENT,
    ),
    "texts that are also written as spoken": (
        (1, Rich("sent", phonetic="se"), DATE, Rich("RA123456785RU", "cell", "ra")),
        SENT,
    ),
    "order number of several looks": ((Rich("00001"), "sent", DATE, "RA123456785RU"), SENT),
    "cells that do not name their column": (
        (1, Short("sent"), Short(DATE), Short(Inline("RA123456785RU"))),
        SENT,
    ),
    "cells that do not name their column, numbers": (
        (1, "sent", Short(46346), Short(123456785)),
        f"1 sent {MIDNIGHT} 123456785",
    ),
    "results of formulas": (
        (Formula(1), Formula("sent"), Formula(46346.0), Formula("RA123456785RU")),
        SENT,
    ),
    "numbers in eight bytes": (
        (1.0, "sent", 46346.0, 10100110020184),
        f"1 sent {MIDNIGHT} 10100110020184",
    ),
    "zeros that the format shows": (
        (1, "sent", DATE, Shown(123456785, "00000000000;@")),
        f"1 sent {MIDNIGHT} 00123456785",
    ),
    "letters that the format shows": (
        (Shown(1, "00000"), "sent", DATE, Shown(123456785, '"RA"000000000"RU"')),
        SENT,
    ),
    "a date with its time": (
        (1, "paid", Shown(DAY + dt.timedelta(hours=12), "dd.mm.yyyy hh:mm")),
        "1 paid 1795165200",
    ),
    "error instead of a status": ((1, Error("#N/A"), DATE, "RA1"), "status_error_cell"),
    "error of a formula instead of a status": (
        (1, Formula(Error("#REF!")), DATE, "RA1"),
        "status_error_cell",
    ),
    "error instead of a date": ((1, "sent", Error("#VALUE!"), "RA1"), "date_error_cell"),
    "error instead of a number": ((1, "sent", DATE, Error("#NAME?")), "rpo_error_cell"),
    "error instead of an order": ((Error("#DIV/0!"), "sent", DATE, "RA1"), "bill_id_error_cell"),
    "error of an unknown number": ((1, "sent", DATE, Error(99)), "rpo_error_cell"),
    "error that does not name its column": ((1, Short(Error("#NULL!"))), "status_error_cell"),
    "yes/no instead of a number": ((1, "sent", DATE, True), "rpo_not_valid"),
    "yes/no of a formula": ((1, "sent", DATE, Formula(False)), "rpo_not_valid"),
    "empty text of a formula": ((1, "sent", DATE, Formula("")), "rpo_missing"),
    "a number instead of a status": ((1, 7, DATE, "RA1"), "status_unknown"),
    "a status that looks empty": ((1, Rich(" cancel"), DATE, "RA1"), "1 cancel"),
    "16 digits": ((1, "sent", DATE, 1234567890123456), "rpo_digits_lost"),
    "a day that no calendar has": ((1, "paid", Shown(1e9, "dd.mm.yyyy")), "date_error_cell"),
    "a percentage": ((1, "sent", DATE, Shown(123456785, "0%")), "rpo_shown_otherwise"),
}


def write(path: Path, *rows: Row, is_1904: bool = False) -> Path:
    book = Book(is_1904=is_1904)
    book.add_sheet("Parcels", numbered([HEADER, *rows]))
    path.write_bytes(book.packed())
    return path


def read(path: Path, sheet_name: str | None = None) -> Sheet:
    return reader.read_sheet(path, SheetQuery(sheet_name=sheet_name))


@pytest.mark.parametrize(("cells", "expected"), CELLS.values(), ids=CELLS)
def test_each_kind_of_cell_is_read_or_refused_and_never_empty(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, cells: Row, expected: str
) -> None:
    sandbox = open_sandbox()
    write(tmp_path / "a.xlsb", cells)
    # What stands in for empty cells must not stand in for others.
    defaults = ("--status", "return", "--date", "2026-11-19")
    run = run_cli("a.xlsb", *defaults, shop=sandbox)
    (outcome,) = results_of(tmp_path / "a.results.xlsx").values()
    if " " in expected:
        assert (run.status, outcome) == (0, ("updated", None))
        assert sent(sandbox) == {"1": [expected]}
    else:
        assert outcome == ("invalid", expected)
        assert sent(sandbox) == {}


@pytest.mark.parametrize(
    "cell",
    [44884, Shown(44884, "dd.mm.yyyy"), Shown(DAY, "yyyy-mm-dd"), Formula(44884.0), "20.11.2026"],
    ids=["serial", "serial-as-a-date", "date", "formula", "text"],
)
def test_days_count_from_1904_where_the_workbook_says_so(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, cell: object
) -> None:
    sandbox = open_sandbox()
    write(tmp_path / "a.xlsb", (1, "paid", cell), is_1904=True)
    assert run_cli("a.xlsb", shop=sandbox).status == 0
    assert sent(sandbox) == {"1": [f"1 paid {MIDNIGHT}"]}


def test_times_spans_and_hundredths_are_what_they_are(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsb",
        (Shown(0.5, "hh:mm"), Shown(1.5, "[h]:mm"), Shown(DAY, "d mmm yyyy"), 2.5),
    )
    data = parts_of(path)
    # 1.25 as hundredths in four bytes, and half of a float.
    row = record(0, struct.pack("<II", 2, 0) + bytes(9))
    row += record(2, struct.pack("<IIi", 0, 0, 125 << 2 | 3))
    row += record(2, struct.pack("<II", 1, 0) + struct.pack("<d", 0.5)[4:])
    data[SHEET] = data[SHEET].replace(record(146), row + record(146))
    path.write_bytes(packed(data))
    assert [line.cells for line in read(path).rows] == [
        (dt.time(12), dt.timedelta(hours=36), DAY, 2.5),
        (1.25, 0.5),
    ]


def test_sheets_rows_and_widths_are_known(tmp_path: Path) -> None:
    book = Book()
    book.add_sheet("Read me", {1: ["Shipments are on the next page."]})
    rows = {4: HEADER, 6: [1, "cancel"], 9: [2, "cancel"]}
    book.add_sheet("Parcels", rows, hidden_rows=[9], widths=[10, 20.5])
    book.add_sheet("Old", numbered([HEADER, [3, "cancel"]]), state=1)
    book.add_sheet("Older", numbered([HEADER, [4, "cancel"]]), state=2)
    path = tmp_path / "a.xlsb"
    path.write_bytes(book.packed())
    sheet = read(path)
    assert (sheet.name, sheet.widths) == ("Parcels", {0: 10, 1: 20.5})
    assert [row.number for row in sheet.rows] == [6, 9]
    assert sheet.notes == [
        "The header was found in row 4.",
        "Blank rows between the others: 2, skipped.",
        "Hidden or filtered-out rows: 1, the first is row 9; read like all others.",
    ]
    assert [row.cells for row in read(path, "older").rows] == [(4, "cancel")]


PLAIN: tuple[Row, ...] = (
    (1, "sent", DATE, "RA123456785RU", 0.1, True),
    (2.5, Inline("Отправлен"), 46346, -7, None, False),
    (None, None, Formula("x"), Formula(12345678901234.0), Formula(True), "\U0001f4e6"),
    (2**29 - 1, -(2**29) + 1, 2**40, 1e300, 5e-324, "a\nb"),
    (Shown(0.25, "hh:mm"), Shown(46346.75, "yyyy-mm-dd hh:mm"), Shown(12, "0.00"), "", "_x000D_"),
)


def test_what_pandas_can_read_is_read_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsb", *PLAIN)
    frame = pd.read_excel(
        path, engine="calamine", header=None, dtype=object, keep_default_na=False, na_values=[]
    )
    theirs = [
        [as_moment(value) for value in line] for line in frame.itertuples(index=False, name=None)
    ]
    ours = [[as_moment(row.cell(n)) for n in range(6)] for row in read(path).rows]
    assert ours == theirs[1:]


def as_moment(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return "" if value is None else value


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


Change = Callable[[dict[str, bytes]], object]


def change(part: str, old: bytes, new: bytes) -> Change:
    def replace(parts: dict[str, bytes]) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new)

    return replace


def cell(kind: int, column: int, data: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + data)


def row_header(number: int) -> bytes:
    return record(0, struct.pack("<II", number, 0) + bytes(9))


def added(data: bytes) -> Change:
    """Add records behind the last cell."""
    return change(SHEET, record(146), data + record(146))


DAMAGE: dict[str, tuple[Change, str]] = {
    "sheet cut off": (lambda p: p.update({SHEET: p[SHEET][:90]}), "not all of its parts"),
    "sheet without an end": (change(SHEET, record(146), b""), "not all of its parts"),
    "row twice": (added(row_header(1)), 'in the sheet "Parcels" row 2 stands below row 2'),
    "row that cannot be": (added(row_header(1_048_576)), "claims a row 1048577"),
    "column twice": (added(cell(4, 1, b"\1")), "column 2 follows column 2 in row 2"),
    "column that cannot be": (added(cell(4, 16384, b"\1")), "row 2 claims a column 16385"),
    "cell without a row": (
        change(SHEET, record(145), record(145) + cell(4, 0, b"\1")),
        "column 1 follows",
    ),
    "text that is not there": (added(cell(7, 3, struct.pack("<I", 99))), "not all of its parts"),
    "text longer than its cell": (
        added(cell(6, 3, struct.pack("<I", 99) + b"ab")),
        "not all of its parts",
    ),
    "cell without a value": (added(cell(5, 3, b"")), "not all of its parts"),
    "record of 200 MB": (added(b"\x05\x80\x80\x80\x64"), "claims 209715200 bytes"),
    "shared texts cut off": (
        lambda p: p.update({"xl/sharedStrings.bin": p["xl/sharedStrings.bin"][:-5]}),
        "not all of its parts",
    ),
    "no links": (lambda p: p.pop("xl/_rels/workbook.bin.rels"), "not all of its parts"),
    "links with entities": (
        change("xl/_rels/workbook.bin.rels", b"<Rel", b'<!DOCTYPE x [<!ENTITY e "e">]><Rel'),
        "not all of its parts",
    ),
    "sheet named twice": (
        change(
            "xl/workbook.bin",
            record(144),
            record(156, struct.pack("<II", 0, 9) + wide("rId1") + wide("Again")) + record(144),
        ),
        "two sheets are the same part",
    ),
    "sheet that is not there": (lambda p: p.pop(SHEET), "no visible sheet with rows"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_binary_workbook_is_refused(tmp_path: Path, damage: Change, words: str) -> None:
    path = write(tmp_path / "a.xlsb", (1, "cancel"))
    parts = parts_of(path)
    damage(parts)
    path.write_bytes(packed(parts))
    with pytest.raises(InputFileError, match=words):
        read(path)


ODDITY: dict[str, Change] = {
    "no styles": lambda p: p.pop("xl/styles.bin"),
    "folders in capitals": lambda p: p.update({SHEET.upper(): p.pop(SHEET)}),
    "folders apart by backslashes": change(
        "xl/_rels/workbook.bin.rels", b"worksheets/", b"worksheets\\"
    ),
    "full names": change("xl/_rels/workbook.bin.rels", b'"worksheets/', b'"/xl/worksheets/'),
    "no kinds of links": lambda p: p.update(
        {"xl/_rels/workbook.bin.rels": kindless(p["xl/_rels/workbook.bin.rels"])}
    ),
    "records that nobody knows": added(record(2000, bytes(300))),
    "rows that say only where they are": change(
        SHEET,
        record(0, struct.pack("<IIHBBBIII", 1, 0, 300, 0, 0, 0, 1, 0, 1)),
        record(0, struct.pack("<II", 1, 0)),
    ),
    "a chart beside it": lambda p: p.update(
        {
            "xl/_rels/workbook.bin.rels": p["xl/_rels/workbook.bin.rels"].replace(
                b"</Rel", b'<Relationship Id="c" Type="x/chartsheet" Target="styles.bin"/></Rel'
            ),
            "xl/workbook.bin": p["xl/workbook.bin"].replace(
                record(144),
                record(156, struct.pack("<II", 0, 9) + wide("c") + wide("Chart")) + record(144),
            ),
        }
    ),
    "a sheet without a part": change(
        "xl/workbook.bin",
        record(144),
        record(156, struct.pack("<III", 0, 9, 0xFFFFFFFF) + wide("Macro")) + record(144),
    ),
}


def kindless(links: bytes) -> bytes:
    return b" ".join(part for part in links.split(b" ") if not part.startswith(b"Type="))


@pytest.mark.parametrize("oddity", ODDITY.values(), ids=ODDITY)
def test_an_odd_binary_workbook_is_read(tmp_path: Path, oddity: Change) -> None:
    path = write(tmp_path / "a.xlsb", (1, "cancel"))
    parts = parts_of(path)
    oddity(parts)
    path.write_bytes(packed(parts))
    assert [row.cells for row in read(path).rows] == [(1, "cancel")]


@pytest.mark.parametrize(
    "damage",
    [
        change("xl/styles.bin", record(279), b"\x05\x80"),
        change("xl/styles.bin", record(44, b"\xa4\0" + wide("0" * 11)), record(44, b"\xa4")),
        change("xl/styles.bin", record(44, b"\xa4\0" + wide("0" * 11)), b""),
        change(SHEET, struct.pack("<II", 3, 1), struct.pack("<II", 3, 9)),
    ],
    ids=["cut-off", "format", "format-not-there", "style-not-there"],
)
def test_without_its_styles_a_number_is_not_trusted(tmp_path: Path, damage: Change) -> None:
    path = write(tmp_path / "a.xlsb", (1, "sent", 46346, Shown(123456785, "0" * 11)))
    parts = parts_of(path)
    damage(parts)
    path.write_bytes(packed(parts))
    (row,) = read(path).rows
    assert (row.cells[3], row.number_format(3)) == (123456785, UNKNOWN_FORMAT)


def test_empty_cells_between_others_are_passed_over(tmp_path: Path) -> None:
    blanks = b"".join(cell(1, n, b"", style=1) for n in range(2, 3000))
    short = record(12, struct.pack("<I", 1)) + record(13, struct.pack("<Ii", 0, 7 << 2 | 2))
    path = write(tmp_path / "a.xlsb", (1, "cancel"))
    parts = parts_of(path)
    added(blanks + short)(parts)
    path.write_bytes(packed(parts))
    (row,) = read(path).rows
    assert (row.cells[:2], row.cells[3001], len(row.cells)) == ((1, "cancel"), 7, 3002)


def mutated(data: bytes, seed: int) -> bytes:
    """Change a byte of a part, and pack it as if it had always been so."""
    draw = random.Random(seed)  # noqa: S311 it guards nothing
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice([name for name in parts if name.endswith((".bin", ".rels"))])
    part = bytearray(parts[name])
    part[draw.randrange(len(part))] = draw.randrange(256)
    return packed({**parts, name: bytes(part)})


def outcome_of(path: Path) -> str:
    """Read a workbook; give what is said if it cannot be read."""
    try:
        list(read(path).rows)
    except InputFileError as error:
        return str(error)
    return ""


def test_a_changed_byte_ends_in_rows_or_in_a_line(tmp_path: Path) -> None:
    book = Book()
    rows = [cells for cells, _ in CELLS.values()]
    book.add_sheet("Parcels", numbered([HEADER, *rows]), hidden_rows=[5], widths=[9])
    genuine = book.packed()
    path = tmp_path / "a.xlsb"
    said = []
    for seed in range(150):
        path.write_bytes(mutated(genuine, seed))
        said.append(outcome_of(path))
    assert [line for line in said if "\n" in line] == []
    assert 20 < sum(map(bool, said)) < 130


def test_errors_are_told_by_their_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsb", (1, "cancel", Error("#DIV/0!"), Error(0x2B), Error(77)))
    (row,) = read(path).rows
    assert row.cells[2:] == tuple(map(shown_error, ("#DIV/0!", "#GETTING_DATA", "error 77")))


def shown_error(text: str) -> ErrorCell:
    return ErrorCell(text=text)
