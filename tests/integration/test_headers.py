"""Headers through the real command line: what is asked about, and sheets that have none."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_cases import sent

Lines = Sequence[Sequence[object]]
KINDS = ("csv", "xlsx")
SENT_1 = {"1": [f"1 sent {MIDNIGHT} RA123456785RU"]}


def write(folder: Path, kind: str, lines: Lines, *, delimiter: str = ";") -> Path:
    """Write a sheet as a workbook or a csv."""
    path = folder / f"sheet.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for line in lines:
            book.worksheets[0].append(list(line))
        book.save(path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(lines)
    return path


def read(path: Path) -> list[list[object]]:
    """Read a sheet's cells as texts."""
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        return [[None if cell is None else str(cell) for cell in row] for row in rows]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [[cell or None for cell in row] for row in csv.reader(file, delimiter=";")]


ORDER = ("Номер заказа", "Статус")
ASKED = [
    pytest.param(
        (*ORDER, "Трек-номер", "Дата", "Дата заказа"),
        (1, "sent", "RA123456785RU", "20.11.2026", "1.11.2026"),
        "could be the date: Дата (column D), Дата заказа (column E). Say which one, such as "
        '--column date="Дата"',
        id="plain-date-beside-the-order's",
    ),
    pytest.param(
        (*ORDER, "Date", "Tracking", "Delivery Date"),
        (1, "sent", "20.11.2026", "RA123456785RU", "25.11.2026"),
        "could be the date: Date (column C), Delivery Date (column E)",
        id="plain-date-beside-the-delivery's",
    ),
    pytest.param(
        (*ORDER, "Date", "Tracking", "Ship by"),
        (1, "sent", "20.11.2026", "RA123456785RU", "25.11.2026"),
        "could be the date: Date (column C), Ship by (column E)",
        id="plain-date-beside-a-deadline",
    ),
    pytest.param(
        (*ORDER, "Дата", "Трек", "Принят в обработку"),
        (1, "sent", "20.11.2026", "RA123456785RU", "18.11.2026"),
        "could be the date: Дата (column C), Принят в обработку (column E)",
        id="plain-date-beside-one-that-does-not-say-so",
    ),
    pytest.param(
        (*ORDER, "Дата", "Трек", "ДатаСоздания"),
        (1, "sent", "20.11.2026", "RA123456785RU", "18.11.2026"),
        "could be the date: Дата (column C), ДатаСоздания (column E)",
        id="plain-date-beside-a-word-without-blanks",
    ),
    pytest.param(
        (*ORDER, "Date", "Tracking", "Payment due"),
        (1, "sent", "20.11.2026", "RA123456785RU", "25.11.2026"),
        "could be the date: Date (column C), Payment due (column E)",
        id="plain-date-beside-the-day-until-which-to-pay",
    ),
    pytest.param(
        (*ORDER, "Дата", "Трек", "Изменён"),
        (1, "sent", "20.11.2026", "RA123456785RU", "25.11.2026"),
        "could be the date: Дата (column C), Изменён (column E)",
        id="plain-date-beside-that-of-a-change",
    ),
    pytest.param(
        (*ORDER, "Дата", "Трек", "Дата передачи в сборку"),
        (1, "sent", "20.11.2026", "RA123456785RU", "18.11.2026"),
        "could be the date: Дата (column C), Дата передачи в сборку (column E)",
        id="plain-date-beside-one-within-the-shop",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "Трек", "Фактическая дата передачи в доставку"),
        (1, "sent", "20.11.2026", "RA123456785RU", "21.11.2026"),
        "could be the date of sending: Дата отгрузки (column C), Фактическая дата передачи в "
        'доставку (column E). Say which one, such as --column date_sent="Дата отгрузки"',
        id="a-plan-and-a-fact",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "Номер трека СДЭК", "Номер накладной"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: Номер накладной (column E), Номер трека СДЭК (column D)",
        id="invoice-beside-a-known-track",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "Трек клиента", "Накладная"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: Накладная (column E), Трек клиента (column D)",
        id="invoice-beside-an-unknown-track",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "Tracking number", "Номер накладной"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: Tracking number (column D), Номер накладной (column E)",
        id="invoice-beside-an-english-track",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "ШПИ", "Накладная"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: ШПИ (column D), Накладная (column E)",
        id="invoice-beside-a-post's-number",
    ),
    pytest.param(
        (*ORDER, "Дата отгрузки", "Трекинг СДЭК", "Накладная"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: Накладная (column E), Трекинг СДЭК (column D)",
        id="invoice-beside-a-carrier's-track",
    ),
    pytest.param(
        (*ORDER, "Ship date", "Tracking", "Waybill"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "could be the tracking number: Tracking (column D), Waybill (column E)",
        id="waybill-beside-a-track",
    ),
    pytest.param(
        (*ORDER, "Ship date", "Tracking number", "tracking_number"),
        (1, "sent", "20.11.2026", "RA123456785RU", "77"),
        "Say which one, such as --column rpo=D, or",
        id="headers-that-are-the-same",
    ),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("header", "row", "asked"), ASKED)
def test_what_has_two_readings_is_asked_about_and_what_to_type_is_said(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    kind: str,
    header: Sequence[str],
    row: Sequence[object],
    asked: str,
) -> None:
    path = write(tmp_path, kind, [header, row])
    sandbox = open_sandbox()
    run = run_cli(path, shop=sandbox)
    assert run.status == 2
    assert asked in run.err
    assert sent(sandbox) == {}
    names = {"20.11.2026": "date", "RA123456785RU": "rpo"}
    options = [
        f"--column={names[str(cell)]}={'ABCDE'[index]}"
        for index, cell in enumerate(row)
        if str(cell) in names
    ]
    assert run_cli(path, *options, shop=sandbox).status == 0
    assert sent(sandbox) == SENT_1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "orders",
    [
        ("Order ID", "Order Number"),
        ("Order", "Order Number"),
        ("ORDER_ID", "YOUR_ORDER_ID"),
        ("order_number", "order_id"),
        ("Ваш номер заказа", "Номер заказа"),
        ("Номер заказа", "Номер отправления ИМ"),
        ("Номер заказа Bitrix", "Номер заказа DPD"),
    ],
)
def test_of_two_order_numbers_none_is_taken_unasked(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    kind: str,
    orders: tuple[str, str],
) -> None:
    path = write(tmp_path, kind, [(*orders, "Status"), (1, 2, "cancel")])
    sandbox = open_sandbox()
    run = run_cli(path, shop=sandbox)
    assert run.status == 2
    assert all(name in run.err for name in orders)
    assert "--column bill_id=" in run.err
    assert sent(sandbox) == {}
    assert run_cli(path, f"--column=bill_id={orders[1]}", shop=sandbox).status == 0
    assert sent(sandbox) == {"2": ["2 cancel"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_that_a_refusal_names_can_be_typed(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    header = (*ORDER, "Трек", "Дата", "Дата заказа")
    path = write(tmp_path, kind, [header, (1, "sent", "RA123456785RU", "20.11.2026", "1.11.2026")])
    sandbox = open_sandbox()
    said = run_cli(path, shop=sandbox).err
    options = shlex.split(said[said.index("--column") : said.index(", or rename")])
    assert options == ["--column", "date=Дата"]
    assert run_cli(path, *options, shop=sandbox).status == 0
    assert sent(sandbox) == SENT_1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("header", "words"),
    [
        pytest.param(
            (*ORDER, "Трек", "Дата оплаты"),
            "No column for date of sending (such as Ship date, Дата отгрузки), which some rows "
            "need; row 1 has: Номер заказа, Статус, Трек, Дата оплаты. Name it in the header row, "
            "or say which column it is: --column date_sent=HEADER. Or say the day once for all "
            "rows that name none: --date 2026-11-20.",
            id="date-of-sending",
        ),
        pytest.param(
            (*ORDER, "Трек", "Город"),
            "No column for date (such as date, Date, Дата), which some rows need; row 1 has: Номер "
            "заказа, Статус, Трек, Город. Name it in the header row, or say which column it is: "
            "--column date=HEADER. Or say the day once for all rows that name none: --date",
            id="any-date",
        ),
        pytest.param(
            (*ORDER, "Дата отгрузки", "Штрихкод"),
            'row 1 has: Номер заказа, Статус, Дата отгрузки, Штрихкод. It may be "Штрихкод" '
            "(column D), which can also mean something else. If it is, say so: --column "
            'rpo="Штрихкод".',
            id="tracking-number",
        ),
        pytest.param(
            (*ORDER, "Трек", "Дата", "Дата оплаты"),
            'It may be "Дата" (column D), which can also mean something else. If it is, say so: '
            '--column date_sent="Дата".',
            id="a-plain-date-that-is-not-taken",
        ),
    ],
)
def test_a_column_that_rows_need_and_the_sheet_lacks_is_said_once(
    tmp_path: Path, run_cli: RunCli, kind: str, header: Sequence[str], words: str
) -> None:
    lines = [header, *((number, "sent", "20.11.2026", "20.11.2026") for number in range(1, 9))]
    run = run_cli(write(tmp_path, kind, lines), "--sandbox", "--no-read-back")
    assert run.status == 1
    assert run.out.count("No column for ") == 1
    assert words in run.out
    assert run.out.count("the sheet has no column for it") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_of_a_column_that_no_row_needs(
    tmp_path: Path, run_cli: RunCli, kind: str
) -> None:
    path = write(
        tmp_path, kind, [(*ORDER, "Город"), (1, "cancel", "Тверь"), (2, "return", "Тверь")]
    )
    run = run_cli(path, "--sandbox")
    assert run.status == 0
    assert "No column" not in run.out


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_without_a_status_names_the_option_that_says_it_for_all(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    header = ("Номер заказа", "Дата отгрузки", "Трек")
    path = write(tmp_path, kind, [header, (1, "20.11.2026", "RA123456785RU")])
    sandbox = open_sandbox()
    run = run_cli(path, shop=sandbox)
    assert run.status == 2
    assert "If all rows are of one status, say it once for them: --status sent." in run.err
    assert "row 1 has: Номер заказа, Дата отгрузки, Трек" in run.err
    assert run_cli(path, "--status", "sent", shop=sandbox).status == 0
    assert sent(sandbox) == SENT_1


@pytest.mark.parametrize(
    ("header", "offered"),
    [
        pytest.param(("№", "Номер заказа DPD", "Статус"), "Номер заказа DPD", id="beside-another"),
        pytest.param(("№ п/п", "Номер", "Статус"), "Номер", id="beside-a-number"),
        pytest.param(("#", "Reference", "Статус"), "Reference", id="sign"),
        pytest.param(("№", "Заказ клиента", "Статус"), "Заказ клиента", id="beside-an-order"),
        pytest.param(("№", "Трек", "Статус"), "№", id="alone"),
        pytest.param(("Name", "Email", "Fulfillment Status"), "Name", id="the-export-of-a-shop"),
    ],
)
def test_a_counter_of_lines_is_offered_last_of_all(
    tmp_path: Path, run_cli: RunCli, header: Sequence[str], offered: str
) -> None:
    run = run_cli(write(tmp_path, "csv", [header, ("1", "2", "cancel")]), "--sandbox")
    assert run.status == 2
    assert f'--column bill_id="{offered}".' in run.err
    assert run.err.count("(column ") == 1


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(("№ п/п", "Трек", "Статус"), id="by-its-words"),
        pytest.param(("#", "Sum of the order", "Статус"), id="beside-a-sum-of-the-order"),
    ],
)
def test_a_counter_that_surely_is_one_is_never_offered(
    tmp_path: Path, run_cli: RunCli, header: Sequence[str]
) -> None:
    path = write(tmp_path, "csv", [header, ("1", "RA1", "cancel")])
    run = run_cli(path, "--sandbox")
    assert run.status == 2
    assert "say which column it is: --column bill_id=HEADER." in run.err


LETTERS = ("--no-header", "--column", "bill_id=A", "--column", "status=B", "--column", "rpo=d")
WITH_DATE = (*LETTERS, "--column", "date=C")
ROWS = [
    (1, "sent", "20.11.2026", "RA123456785RU", "Tver"),
    (2, "cancel", None, None, None),
    (3, "sent", "20.11.2026", None, "Tver"),
    (4, "paid", "20.11.2026"),
]
DONE = {**SENT_1, "2": ["2 cancel"], "4": [f"4 paid {MIDNIGHT}"]}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_a_csv_without_a_header_is_read_whatever_its_delimiter(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, delimiter: str
) -> None:
    lines = [(100004, "987234234234311"), (100005, "987234234234312")]
    path = write(tmp_path, "csv", lines, delimiter=delimiter)
    sandbox = open_sandbox()
    options = ("--status", "sent", "--date", "20.11.2026")
    run = run_cli(path, *LETTERS[:3], "--column", "rpo=B", *options, shop=sandbox)
    assert run.status == 0, run.err
    assert sent(sandbox) == {
        "100004": [f"100004 sent {MIDNIGHT} 987234234234311"],
        "100005": [f"100005 sent {MIDNIGHT} 987234234234312"],
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [WITH_DATE, ()], ids=["same-command", "no-options"])
def test_the_results_of_a_sheet_without_a_header_have_one_and_are_the_next_input(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str, again: Sequence[str]
) -> None:
    path = write(tmp_path, kind, ROWS)
    sandbox = open_sandbox()
    run = run_cli(path, *WITH_DATE, shop=sandbox)
    assert run.status == 1
    assert "was read without a header row" in run.out
    assert "rpo_missing: row 3" in run.out
    assert sent(sandbox) == DONE
    results = tmp_path / f"sheet.results.{kind}"
    lines = read(results)
    assert lines[0][:8] == ["bill_id", "status", "date", "rpo", "column E", *lines[0][5:8]]
    assert lines[0][5] == "result"
    assert [line[0] for line in lines[1:]] == ["1", "2", "3", "4"]
    assert [line[5] for line in lines[1:]] == ["updated", "updated", "invalid", "updated"]
    mend(results, row=4, column=4, value="RA123456799RU")
    run = run_cli(results, *again, shop=sandbox)
    assert run.status == 0, run.out + run.err
    assert sent(sandbox) == {**DONE, "3": [f"3 sent {MIDNIGHT} RA123456799RU"]}
    assert [line[5] for line in read(results)[1:]] == [
        *("already updated", "already updated", "updated", "already updated"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_results_of_a_sheet_whose_columns_were_named_by_letters_can_be_run_the_same_way(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    path = write(tmp_path, kind, [("Код", "Что", "Когда", None, "Город"), *ROWS])
    sandbox = open_sandbox()
    assert run_cli(path, *WITH_DATE[1:], shop=sandbox).status == 1
    assert sent(sandbox) == DONE
    results = tmp_path / f"sheet.results.{kind}"
    mend(results, row=4, column=4, value="RA123456799RU")
    run = run_cli(results, *WITH_DATE[1:], shop=sandbox)
    assert run.status == 0, run.err
    assert sent(sandbox) == {**DONE, "3": [f"3 sent {MIDNIGHT} RA123456799RU"]}


def mend(path: Path, *, row: int, column: int, value: str) -> None:
    """Write into a cell, by its row and column from 1, as a person does."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        book.worksheets[0].cell(row=row, column=column, value=value)
        book.save(path)
        return
    lines = read(path)
    lines[row - 1][column - 1] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [WITH_DATE, ()], ids=["same-command", "no-options"])
def test_the_failures_of_a_sheet_without_a_header_can_be_run(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str, again: Sequence[str]
) -> None:
    path, failures = write(tmp_path, kind, ROWS), tmp_path / f"back.{kind}"
    sandbox = open_sandbox()
    assert run_cli(path, *WITH_DATE, "--failures", failures, shop=sandbox).status == 1
    lines = read(failures)
    assert [line[0] for line in lines] == ["bill_id", "3"]
    mend(failures, row=2, column=4, value="RA123456799RU")
    assert run_cli(failures, *again, shop=sandbox).status == 0
    assert sent(sandbox) == {**DONE, "3": [f"3 sent {MIDNIGHT} RA123456799RU"]}


@pytest.mark.parametrize("kind", KINDS)
def test_dates_by_status_without_a_header_come_back_as_they_were(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    rows = [
        (1, "sent", "20.11.2026", "18.11.2026", "RA123456785RU"),
        (2, "paid", None, "18.11.2026"),
    ]
    path = write(tmp_path, kind, rows)
    options = (*LETTERS[:5], "--column=rpo=E", "--column=date=C", "--column=date_paid=D")
    run = run_cli(path, *options, "--dry-run", "--output", f"out.{kind}")
    assert run.status == 0, run.err
    assert read(tmp_path / f"out.{kind}")[0][:5] == [
        *("bill_id", "status", "date_sent", "date_paid", "rpo"),
    ]
    sandbox = open_sandbox()
    assert run_cli(tmp_path / f"out.{kind}", shop=sandbox).status == 0
    assert sent(sandbox) == {**SENT_1, "2": ["2 paid 1794949200"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_and_the_config_file_know_sheets_without_a_header(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    config = tmp_path / "day.toml"
    config.write_text(
        '[sheet]\nno_header = true\n[columns]\nbill_id = "A"\nstatus = ["Zustand", "B"]\n'
        'date = "C"\nrpo = "D"\n'
    )
    path = write(tmp_path, kind, ROWS)
    sandbox = open_sandbox()
    run = run_cli(path, "--config", config, "--dry-run", shop=sandbox)
    assert run.status == 1
    assert "Dry run: nothing was sent; 3 rows would be." in run.out
    assert sent(sandbox) == {}
    assert run_cli(path, "--config", config, shop=sandbox).status == 1
    assert sent(sandbox) == DONE


def test_the_config_file_names_a_column_of_dates_for_each_status(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    config = tmp_path / "day.toml"
    config.write_text('[columns]\ndate_sent = ["Вторая", "Third"]\ndate_paid = "c"\n', "utf-8")
    header = (*ORDER, "Первая", "Вторая", "Трек")
    rows = [(1, "sent", "18.11.2026", "20.11.2026", "RA123456785RU"), (2, "paid", "18.11.2026")]
    path = write(tmp_path, "csv", [header, *rows])
    sandbox = open_sandbox()
    assert run_cli(path, "--config", config, shop=sandbox).status == 0
    assert sent(sandbox) == {**SENT_1, "2": ["2 paid 1794949200"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_row_is_neither_lost_nor_taken_for_a_header(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    """Letters alone do not say that there is no header: the row would be lost without a word."""
    rows = [(1, "отправлено", "20.11.2026", "RA123456785RU"), (2, "отменён", None, "x")]
    path = write(tmp_path, kind, rows)
    sandbox = open_sandbox()
    run = run_cli(path, *WITH_DATE[1:], shop=sandbox)
    assert run.status == 2
    assert "If the sheet has no header row, say so" in run.err
    assert sent(sandbox) == {}
    assert run_cli(path, *WITH_DATE, shop=sandbox).status == 0
    assert sent(sandbox) == {**SENT_1, "2": ["2 cancel"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [(100004, "987234234234311"), (100005, "987234234234312")],
            "--no-header --column bill_id=A --column rpo=B --status sent",
            id="order-and-number",
        ),
        pytest.param(
            [("RA123456785RU", "100004", "отменён"), ("RA123456799RU", "100005", "отменён")],
            "--no-header --column bill_id=B --column status=C --column rpo=A",
            id="other-order",
        ),
        pytest.param(
            [
                (1, "sent", "20.11.2026", "RA123456785RU"),
                (2, "sent", "21.11.2026", "RA123456799RU"),
            ],
            "--no-header --column bill_id=A --column status=B --column date=C --column rpo=D",
            id="all-four",
        ),
    ],
)
def test_the_options_for_a_sheet_without_a_header_are_said_and_can_be_typed(
    tmp_path: Path, run_cli: RunCli, kind: str, rows: Lines, expected: str
) -> None:
    path = write(tmp_path, kind, rows)
    run = run_cli(path, "--sandbox")
    assert run.status == 2
    assert expected in run.err
    run = run_cli(path, *expected.split(), "--date", "today", "--sandbox", "--dry-run")
    assert run.status == 0, run.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("--column", "bill_id=A"), "none is named for the status.", id="no-status"),
        pytest.param((), "none is named for the order number and status.", id="nothing-named"),
        pytest.param(
            ("--column", "bill_id=Order", "--column", "status=B"),
            '--column says that the order number stands under "Order", but without a header row '
            "columns are known by their letters only. Write it like --column bill_id=B.",
            id="a-header",
        ),
        pytest.param(
            ("--column", "bill_id=B", "--column", "status=A"),
            "column B holds no order number, from row 1 on.",
            id="wrong-letter",
        ),
        pytest.param(
            ("--column", "bill_id=ZZ", "--column", "status=B"),
            "column ZZ holds no order number",
            id="beyond-the-sheet",
        ),
        pytest.param(
            ("--column", "bill_id=A", "--column", "status=B", "--column", "rpo=A"),
            "column A is named for two fields: by --column bill_id as the order number, by "
            "--column rpo as the tracking number.",
            id="twice-the-same",
        ),
    ],
)
def test_what_is_wrong_with_letters_is_said(
    tmp_path: Path, run_cli: RunCli, kind: str, options: Sequence[str], words: str
) -> None:
    path = write(tmp_path, kind, [(1, "cancel", "Tver"), (2, "cancel", "Tver")])
    run = run_cli(path, "--no-header", *options, "--sandbox")
    assert run.status == 2
    assert words in run.err


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_sheet_is_called_empty_without_a_header_too(
    tmp_path: Path, run_cli: RunCli, kind: str
) -> None:
    path = write(tmp_path, kind, [(" ",)])
    run = run_cli(path, *WITH_DATE, "--sandbox")
    assert run.status == 2
    assert "is empty. Export the sheet again" in run.err


@pytest.mark.parametrize("kind", KINDS)
def test_blank_rows_totals_and_wide_rows_do_not_disturb_a_sheet_without_a_header(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    rows = [
        *ROWS[:2],
        (None,),
        (5, "return", None, None, "Tver", "a note", "more"),
        ("Итого", None),
    ]
    sandbox = open_sandbox()
    run = run_cli(write(tmp_path, kind, rows), *WITH_DATE, shop=sandbox)
    assert run.status == 0
    assert "Row 5 is a totals row and was skipped." in run.out
    assert sent(sandbox) == {**SENT_1, "2": ["2 cancel"], "5": ["5 return"]}
    lines = read(tmp_path / f"sheet.results.{kind}")
    assert lines[0][4:8] == ["column E", "column F", "column G", "result"]
    assert run_cli(tmp_path / f"sheet.results.{kind}", shop=sandbox).status == 0


def test_a_column_without_a_header_that_is_not_there_is_refused(
    tmp_path: Path, run_cli: RunCli
) -> None:
    path = write(tmp_path, "csv", [(*ORDER, "Дата"), (1, "cancel", None)])
    run = run_cli(path, "--column", "rpo=ID", "--sandbox")
    assert run.status == 2
    assert 'stands under "ID", but the header (row 1) has: Номер заказа, Статус, Дата.' in run.err


def test_one_column_for_the_order_and_its_tracking_number_is_refused(
    tmp_path: Path, run_cli: RunCli
) -> None:
    path = write(tmp_path, "csv", [(*ORDER, "Дата"), (1, "sent", "20.11.2026")])
    run = run_cli(path, "--column", "rpo=Номер заказа", "--column", "bill_id=A", "--sandbox")
    assert run.status == 2
    assert '"Номер заказа" (column A) is named for two fields: by --column rpo as' in run.err
