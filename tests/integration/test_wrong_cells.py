"""Which cells of a results workbook are framed, and what their comments say."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from batch_update import spool
from tests.conftest import RunCli
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"
Marks = dict[str, str]


def marks(path: Path) -> tuple[Marks, Marks]:
    """Give what the comments of framed cells begin with, and those of all other cells."""
    framed: Marks = {}
    others: Marks = {}
    for cell in (cell for line in openpyxl.load_workbook(path).worksheets[0] for cell in line):
        is_framed = cell.border.left.style == "medium"
        if is_framed or cell.comment is not None:
            text = "" if cell.comment is None else cell.comment.text
            (framed if is_framed else others)[cell.coordinate] = text[:20]
    return framed, others


def check(run_cli: RunCli, sheet: Path, *options: str) -> tuple[Marks, Marks]:
    target = sheet.with_name("out.xlsx")
    assert run_cli(sheet, "--dry-run", "--output", target, *options).status == 1
    return marks(target)


def test_the_mark_of_a_voided_shipment_is_framed(tmp_path: Path, run_cli: RunCli) -> None:
    rows = rows_of(
        ("Void Flag", *HEADER),
        ("N", 1, "sent", DAY, "RA123456785RU"),
        ("Y", 2, "sent", DAY, "RA123456785RU"),
        ("Y", 3, "sent", None, "RA123456785RU"),
    )
    sheet = write_book(tmp_path / "may.xlsx", rows)
    framed, others = check(run_cli, sheet)
    voided = 'Void Flag: "Y" says '
    assert framed == {"A3": voided, "A4": voided, "D4": "Date: the cell is em"}
    assert others == {}


def test_the_first_cell_beyond_the_header_is_framed(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"order,status,date,rpo,weight\n1,sent,{DAY},RA1,0,5\n2,cancel,,,1\n"
        f"3,sent,{DAY},RA3,0, ,5\n4,cancel,,,1,,\n",
        encoding="utf-8",
    )
    framed, others = check(run_cli, sheet)
    assert framed == {"F2": "The row has 6 cells ", "G4": "The row has 7 cells "}
    assert others == {}


def test_what_is_framed_stays_where_it_is_when_results_come_back(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"order,status,date,rpo,voided\n1,sent,{DAY},RA1,,5\n2,sent,{DAY},RA2,yes\n"
        f"3,sennt,{DAY},RA3,no\n",
        encoding="utf-8",
    )
    too_long, voided, unknown = (
        "The row has 6 cells ",
        'Voided: "yes" says t',
        'Status: "sennt" is n',
    )
    wanted = {"F2": too_long, "E3": voided, "B4": unknown}
    assert check(run_cli, sheet) == (wanted, {})
    back = tmp_path / "back.xlsx"
    (tmp_path / "out.xlsx").rename(back)
    for _ in range(2):
        assert check(run_cli, back) == (wanted, {})
        (tmp_path / "out.xlsx").replace(back)


def test_a_column_behind_ours_is_framed_where_it_comes_to_stand(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "sent", "soon", "RA1")))
    assert set(check(run_cli, sheet)[0]) == {"C2"}
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    page = book.worksheets[0]
    page["L1"], page["L2"], page["C2"].value = "Voided", "Y", DAY
    book.save(tmp_path / "back.xlsx")
    assert set(check(run_cli, tmp_path / "back.xlsx")[0]) == {"E2"}


@pytest.mark.parametrize("option", ["--output", "--failures"])
def test_failures_are_framed_as_the_results_are(
    tmp_path: Path, run_cli: RunCli, option: str
) -> None:
    sheet = write_book(
        tmp_path / "may.xlsx", rows_of((*HEADER, "Void"), (1, "what", None, None, "Y"))
    )
    target = tmp_path / "target.xlsx"
    assert run_cli(sheet, "--dry-run", option, target).status == 1
    assert set(marks(target)[0]) == {"B2", "E2"}


def test_of_columns_with_one_name_only_the_wrong_one_is_framed(
    tmp_path: Path, run_cli: RunCli
) -> None:
    rows = rows_of(
        ("No", "Day", "Day", "What", "Track", "Track"),
        (1, DAY, "soon", "sent", "RA1", "?"),
        (2, "soon", DAY, "paid", None, None),
        (3, "soon", DAY, "sent", "?", "RA1"),
    )
    sheet = write_book(tmp_path / "may.xlsx", rows)
    letters = ("bill_id=A", "date_paid=B", "date_sent=C", "status=D", "rpo=E")
    framed, others = check(run_cli, sheet, *(f"--column={letter}" for letter in letters))
    no_day = 'Day: "soon" is not a'
    assert framed == {"C2": no_day, "B3": no_day, "E4": 'Track: "?" is not a '}
    assert others == {}


def test_a_column_whose_header_is_hidden_or_missing_is_framed(
    tmp_path: Path, run_cli: RunCli
) -> None:
    rows = rows_of(("note", *HEADER[:3], None), ("a", 1, "sent", "soon", "?"))
    sheet = write_book(tmp_path / "may.xlsx", rows)
    book = openpyxl.load_workbook(sheet)
    page = book.active
    assert isinstance(page, Worksheet)
    page.column_dimensions["D"].hidden = True
    book.save(sheet)
    framed, others = check(run_cli, sheet, "--column=rpo=E")
    assert set(framed) == {"D2", "E2"}
    assert others == {}


def test_without_a_header_the_columns_of_the_letters_are_framed(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of(("a", DAY, 1, "sent", "?"), ("b", 5, 2, "x")))
    letters = ("bill_id=C", "date=B", "status=D", "rpo=E")
    options = [f"--column={letter}" for letter in letters]
    framed, others = check(run_cli, sheet, "--no-header", *options)
    # The header that the sheet lacks is written above it.
    assert (set(framed), others) == ({"E2", "B3", "D3"}, {})


def test_of_rows_that_contradict_each_other_the_cells_that_do_are_framed(
    tmp_path: Path, run_cli: RunCli
) -> None:
    rows = rows_of(
        HEADER,
        (1, "sent", DAY, "RA123456785RU"),
        (1, "sent", DAY, "RB123456785RU"),
        (2, "sent", DAY, "RC123456785RU"),
        (2, "sent", "2026-11-19", "RC123456785RU"),
        (3, "sent", DAY, "RD123456785RU"),
        (3, "sent", "2026-11-19", "RE123456785RU"),
        (4, "paid", DAY, None),
        (4, "paid", "2026-11-19", None),
        (5, "return", None, None),
        (5, "cancel", None, None),
        (5, "return", None, None),
    )
    framed, others = check(run_cli, write_book(tmp_path / "may.xlsx", rows))
    number, date = "Tracking number: ord", "Date: order {} is {}"
    assert framed == {
        **dict.fromkeys(("D2", "D3"), number),
        **dict.fromkeys(("C4", "C5"), date.format(2, "sen")),
        **dict.fromkeys(("C6", "C7", "D6", "D7"), date.format(3, "sen")),
        **dict.fromkeys(("C8", "C9"), date.format(4, "pai")),
        "B12": "Status: this row say",
    }
    assert others == {}


def test_warnings_are_comments_without_frames_at_their_own_columns(
    tmp_path: Path, run_cli: RunCli
) -> None:
    rows = rows_of(HEADER, (1, "sent", "2020-01-02", "RA123456795RU"), (2, "x", DAY, None))
    sheet = write_book(tmp_path / "may.xlsx", rows)
    framed, others = check(run_cli, sheet, "--check-tracking")
    assert (set(framed), set(others)) == ({"B3"}, {"C2", "D2"})
    framed, others = check(run_cli, sheet, "--check-tracking", "--strict")
    assert (set(framed), set(others)) == ({"B3", "C2", "D2"}, set())


def test_a_sheet_that_lacks_a_column_has_nothing_framed_in_its_place(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of((*HEADER[:2], "x"), (1, "sent", "y")))
    assert check(run_cli, sheet) == ({}, {})


def test_what_our_columns_have_pushed_out_is_not_framed_in_theirs(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "return", None, None)))
    book = openpyxl.load_workbook(sheet)
    page = book.active
    assert isinstance(page, Worksheet)
    page["XFD1"], page["XFD2"] = "Voided", "Y"
    book.save(sheet)
    assert check(run_cli, sheet) == ({}, {})


def test_a_long_sheet_is_framed_as_a_short_one(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "CHUNK", 4)
    lines = [f"{number},sent,{DAY},RA{number:06},\n" for number in range(2, 32)]
    lines[5], lines[17] = f"7,sent,{DAY},RA7,,5\n", f"19,sent,{DAY},RA19,yes\n"
    lines[29] = "31,sent,,RA31,\n"
    sheet = tmp_path / "may.csv"
    sheet.write_text("order,status,date,rpo,voided\n" + "".join(lines), encoding="utf-8")
    framed, others = check(run_cli, sheet)
    assert set(framed) == {"F7", "E19", "C31"}
    assert others == {}
