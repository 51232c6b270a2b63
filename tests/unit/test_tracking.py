"""One number, whatever stands around it: what is sent is that number, or nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_update.model import Field, Layout, Row
from batch_update.validator import Affixes, Calendar, Rules, check_row
from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration import test_cases

RULES = Rules(
    calendar=Calendar(zone=ZoneInfo("Europe/Moscow"), now=dt.datetime(2026, 11, 27, tzinfo=dt.UTC))
)
LAYOUT = Layout(
    header_row=1,
    names=("order", "status", "date", "number"),
    columns={Field.BILL_ID: 0, Field.STATUS: 1, Field.DATE: 2, Field.RPO: 3},
)


def read(cell: str) -> tuple[str | None, list[str]]:
    """Give the tracking number that would be sent, None if none, and the codes of what is said."""
    checked = check_row(Row(number=2, cells=(1, "sent", "2026-11-20", cell)), LAYOUT, RULES)
    codes = [problem.code for problem in (*checked.problems, *checked.warnings)]
    return None if checked.update is None else checked.update.rpo, codes


def sent(cell: str) -> str | None:
    """Give the tracking number that would be sent for a cell; None if the row is refused."""
    return read(cell)[0]


def digits(count: int) -> st.SearchStrategy[str]:
    # No zeros: of many at the end of a long number a spreadsheet is suspected.
    return st.text("123456789", min_size=count, max_size=count)


NUMBERS = st.one_of(
    st.builds("R{}{}RU".format, st.sampled_from("ABCX"), digits(9)),
    digits(14),
    st.builds("1Z{}{}".format, st.sampled_from(("999AA1", "12345E")), digits(10)),
    digits(22),
    digits(10),
    digits(12),
    st.builds("JJD{}".format, digits(16)),
    st.builds("TBA{}".format, digits(12)),
    st.builds("{}-{}".format, digits(3), digits(8)),
)
GROUPED = st.lists(digits(4), min_size=2, max_size=5)
HARMLESS = st.sampled_from(("{}", " {} ", "\u00a0{}", "'{}", "{}\u200b", "{}\n", "\ufeff{}"))
NAMES = ("CDEK", "СДЭК", "UPS", "USPS", "FedEx", "DHL", "Почта России", "Russian Post", "DPD")
LABELS = ("№", "# ", "Трек: ", "трек-номер ", "Tracking number: ", "ТТН ")
OTHERS = (
    *(f"{name}{sign}{{}}" for name in NAMES for sign in (" ", ": ", " - ", ", ", " № ")),
    *(f"{{}}{sign}{name}{end}" for name in NAMES for sign, end in ((" ", ""), (" (", ")"))),
    *(f"{label}{{}}" for label in LABELS),
    "{} 1/2", "{} x2", "{} 2 pcs", "{} 1 of 2", "{} (2 шт)", "{} 1 из 2", "{} 2 места", "{} 2шт",
    "{} 2026-11-20", "20.11.2026 {}", "{} 20/11/2026", "{} от 20.11.2026", "{} 20 Nov",
    "picked up {}", "{} sent", "order 100030 {}", "{} коробка 2", "see {}", "{} box 2",
    "2 boxes {}",
    "ok {}", "на {}", "{} OK", "{} шт", "{} +79161234567", "8-916-123-45-67 {}", "{} 20NOV2026",
    "{}.", "{}*", "{},", "({})", "[{}]", "*{}*", "{}?", "{}!", "~{}", "{}/", "{}-", "-{}", "{}_1",
    "https://track.example/{}", "https://track.example/?n={}&l=ru", "www.track.example/#{}",
)  # fmt: skip


GLUED = (
    "LOST{}", "HOLD-{}", "order{}", "{}LOST", "{}-HOLD", "CDEK{}", "{}CDEK", "ЗАКАЗ{}", "{}УТЕРЯН",
    "{}x2", "{}X12", "{}*2", "{}х3", "{}pcs", "{}boxes", "{}шт", "{}2шт.", "{}1of2", "{}20NOV2026",
    "{}-20-Nov-2026", "{}+79161234567", "{}(916)123-45-67",
)  # fmt: skip


@given(NUMBERS, HARMLESS)
def test_what_cannot_be_seen_changes_nothing(number: str, around: str) -> None:
    assert sent(around.format(number)) == number


@given(GROUPED)
def test_groups_of_four_digits_are_one_number(groups: list[str]) -> None:
    assert sent(" ".join(groups)) == "".join(groups)


@settings(max_examples=300)
@given(NUMBERS, st.sampled_from(OTHERS))
@example("1234567890", "CDEK {}")
def test_what_stands_beside_a_number_is_never_sent_with_it(number: str, around: str) -> None:
    assert sent(around.format(number)) in {None, number}


@settings(max_examples=300)
@given(NUMBERS, st.sampled_from(GLUED))
def test_what_is_glued_to_a_number_is_never_sent_unseen(number: str, around: str) -> None:
    update, warnings = read(around.format(number))
    assert update is None or warnings


@settings(max_examples=300)
@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from((" ", "/", ", ", ";", "\n", " | ", " и ", " and ", " - ", "+", "  ")),
)
def test_of_two_numbers_none_is_sent(one: str, other: str, between: str) -> None:
    assert sent(one + between + other) is None


@settings(max_examples=300)
@given(NUMBERS, st.text(min_size=1, max_size=8), st.sampled_from(("{} {}", "{1} {0}")))
def test_no_word_beside_a_number_is_glued_to_it(number: str, beside: str, way: str) -> None:
    """Of letters and signs, that is; what holds a digit may be a group of the number."""
    is_word = sum(map(str.isalpha, beside)) > 2 and not any(map(str.isdigit, beside))
    if is_word and beside.strip().upper() not in {"JJD", "TBA", "LTN"}:
        assert sent(way.format(number, beside)) in {None, number}


@pytest.mark.parametrize("sign", ["\0", "\x01", "\x1b", "\x1f", "\x7f", "\x84"])
def test_a_control_character_within_a_number_is_named(sign: str) -> None:
    for cell in (f"1234{sign}567890", f"RA123456785{sign}RU", f"CDEK{sign}1234567890"):
        assert read(cell) == (None, ["rpo_control_character"])
    row = Row(number=2, cells=(f"1{sign}2", "sent", f"2026-11{sign}-20", "RA123456785RU"))
    codes = [problem.code for problem in check_row(row, LAYOUT, RULES).problems]
    assert codes == ["bill_id_control_character", "date_control_character"]
    row = Row(number=2, cells=(f"ORD-1{sign}2", "cancel"))
    rules = replace(RULES, affixes=Affixes(prefixes=("ord-",)))
    assert check_row(row, LAYOUT, rules).problems[0].code == "bill_id_control_character"


@pytest.mark.parametrize(
    "sign", ["\0", "\x01", "\x02", "\x1b", "\x1d", "\x1f", "\x7f", "\t", "\n", "\0 \0"]
)
def test_a_control_character_at_an_end_is_dropped(sign: str) -> None:
    assert read(f"{sign}1234567890") == ("1234567890", [])
    assert read(f"1234567890{sign}") == ("1234567890", [])


def test_a_zero_byte_within_a_number_of_a_csv_costs_its_row(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    lines = (
        "Order number;Status;Date;Tracking number",
        "1;sent;20.11.2026;12345\00067890",
        "2;sent;20.11.2026;\0001234567891\000",
    )
    (tmp_path / "zero.csv").write_text("\n".join(lines), encoding="utf-8")
    run = run_cli("zero.csv", shop=sandbox)
    assert run.status == 1
    assert "holds a control character (U+0000)" in run.out
    assert test_cases.sent(sandbox) == {"2": [f"2 sent {MIDNIGHT} 1234567891"]}


def test_of_a_cell_with_a_link_the_number_is_sent_that_it_shows(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(("Order number", "Status", "Date", "Tracking number"))
    page.append((1, "sent", "20.11.2026", 80110619875732))
    page.append((2, "sent", "20.11.2026", "RA123456785RU"))
    for row in (2, 3):
        page.cell(row=row, column=4).hyperlink = "https://track.example/?n=1234567890"
    book.save(tmp_path / "links.xlsx")
    assert run_cli("links.xlsx", shop=sandbox).status == 0
    assert test_cases.sent(sandbox) == {
        "1": [f"1 sent {MIDNIGHT} 80110619875732"],
        "2": [f"2 sent {MIDNIGHT} RA123456785RU"],
    }
