"""Words about rows, through the real command line: each says all that is wrong, and no more."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from tests.conftest import OpenSandbox, RunCli

HEADER = ("Номер заказа", "Статус", "Дата", "Трек-номер")


def write(path: Path, *lines: Sequence[object]) -> Path:
    """Write a sheet as a csv or a workbook."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(lines)
        return path
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(list(line))
    book.save(path)
    return path


def results(path: Path) -> list[dict[str, str]]:
    """Read the results of a csv."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def plain(text: str) -> str:
    """Join the lines that the screen has wrapped."""
    return " ".join(text.split())


def test_a_status_that_cannot_be_read_hides_nothing_else(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write(
        tmp_path / "day.csv",
        HEADER,
        (1, "Вручен", "вчера", "см. заказ 5"),
        (2, "В пути", "", "б/н"),
        (3, "Вручен", "20.11.2025", "RA123456785RU"),
        (4, "", "30.02.2025", ""),
        ("пять", "Вручен", "20.11.2025", "1.01E+13"),
    )
    run = run_cli("--dry-run", sheet, "--output", tmp_path / "out.csv")
    assert run.status == 1
    said = [(row["error_code"], row["error_text"]) for row in results(tmp_path / "out.csv")]
    codes = [code for code, _ in said]
    assert codes == [*["status_unknown"] * 3, "status_missing", "bill_id_not_a_number"]
    texts = [text for _, text in said]
    assert 'Дата: "вчера" is not a date. Write it like' in texts[0]
    assert "It matters only if the status is sent or paid. Трек-номер:" in texts[0]
    assert texts[0].endswith("It matters only if the status is sent.")
    # Whether the status needs what is not there, nobody can know.
    assert all("Дата" not in text and "Трек" not in text for text in texts[1:3])
    assert 'Дата: there is no such date as "30.02.2025"' in texts[3]
    assert "Трек-номер" not in texts[3]
    assert '"1.01E+13" is a number that a spreadsheet has shortened' in texts[4]
    # On the screen each reason has its rows, and the count is that of rows.
    screen = plain(run.out)
    assert "What to do about 5 rows:" in screen
    assert "invalid, status_unknown: rows 2, 3, 4, 6; the first:" in screen
    assert "invalid, bill_id_not_a_number: row 6 Номер заказа:" in screen
    assert "invalid, date_impossible: row 5 Дата: there is no" in screen


def test_two_dates_of_a_row_without_a_status_are_each_looked_at(
    tmp_path: Path, run_cli: RunCli
) -> None:
    header = ("Номер заказа", "Статус", "Дата отгрузки", "Дата оплаты")
    sheet = write(tmp_path / "day.csv", header, (1, "?", "30.02.2025", "31.02.2025"))
    run_cli("--dry-run", sheet, "--output", tmp_path / "out.csv")
    (row,) = results(tmp_path / "out.csv")
    assert (
        'Дата отгрузки: there is no such date as "30.02.2025". Correct it. It matters only if '
        'the status is sent. Дата оплаты: there is no such date as "31.02.2025". Correct it. It '
        "matters only if the status is paid."
    ) in row["error_text"]


def test_unknown_status_words_are_listed_with_their_counts_most_frequent_first(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    words = ["Ожидает", *["В пути"] * 2, *["Вручен"] * 3]
    sheet = write(tmp_path / "day.xlsx", HEADER, *((n, word) for n, word in enumerate(words, 1)))
    sandbox = open_sandbox()
    run = run_cli(sheet, shop=sandbox)
    listed = run.out[run.out.index("[statuses]") :].splitlines()
    assert listed[1:4] == [
        '"Вручен" = "…"  # 3 rows',
        '"В пути" = "…"  # 2 rows',
        '"Ожидает" = "…"  # 1 row',
    ]
    said = json.loads(run_cli("--dry-run", "--json", sheet).out)["files"][0]
    assert said["unknown_statuses"] == [
        {"word": "Вручен", "count": 3},
        {"word": "В пути", "count": 2},
        {"word": "Ожидает", "count": 1},
    ]
    assert sandbox.requests == []


def test_an_unknown_status_word_is_shown_with_what_to_type_and_where(
    tmp_path: Path, run_cli: RunCli
) -> None:
    odd = '"так" \\ называемый'
    sheet = write(
        tmp_path / "day.csv", HEADER, (1, "Вручен"), (2, "Отменeн"), (3, odd), (4, "Вручен")
    )
    config = tmp_path / "shop.toml"
    config.write_text("", encoding="utf-8")
    run = run_cli("--dry-run", sheet, "--output", tmp_path / "out.csv", "--config", config)
    texts = [row["error_text"] for row in results(tmp_path / "out.csv")]
    assert (
        'say once what the word means: --status-word "Вручен=STATUS", where STATUS is' in texts[0]
    )
    assert texts[1].endswith("Type it anew.")
    assert '--status-word "WORD=STATUS", where STATUS is' in texts[2]
    # What is mistyped is not to be defined.
    head, _, table = run.out.partition("[statuses]\n")
    assert table.splitlines()[0] == '"Вручен" = "…"  # 2 rows'
    assert "Отмен" not in table
    assert "Correct in the sheet those that are mistyped." in plain(head)
    assert f"put these lines into the config file {config} (make it if it is not" in plain(head)
    config.write_text("[statuses]\n" + table.replace("…", "skip"), encoding="utf-8")
    assert run_cli("--dry-run", sheet, "--config", config).out.count("status_unknown") == 1
    options = ["--status-word", "Вручен=cancel"]
    screen = plain(run_cli("--dry-run", sheet, *options).out)
    assert "cancel 2" in screen


def test_a_dry_run_shows_the_order_number_that_it_would_use(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write(
        tmp_path / "day.csv",
        ("№", "Заказ", "Статус", "Дата", "Трек"),
        (1, "№ 100 070", "sent", "20.11.2025", "RA 123 456 785 RU"),
        (2, "ORD-100071", "cancel"),
        (3, "", "cancel"),
    )
    run_cli("--dry-run", sheet, "--order-prefix=ORD-", "--output", tmp_path / "out.csv")
    assert [row["as_shop_sees_it"] for row in results(tmp_path / "out.csv")] == [
        "order 100070 · sent · 20.11.2025 00:00 MSK · RA123456785RU",
        "order 100071 · cancel",
        "",
    ]


def test_without_a_header_texts_name_columns_by_their_letters(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write(
        tmp_path / "day.csv",
        ("x1", "sent", "20.11.2025", "RA123456785RU"),
        (2, "sent", "вчера", "б/н"),
        (3, "sennt", "", ""),
        (4, "sent", "20.11.2025", "RA1"),
        (4, "sent", "20.11.2025", "RA2"),
    )
    letters = ("bill_id=A", "status=B", "date=C", "rpo=D")
    options = [f"--column={letter}" for letter in letters]
    run = run_cli("--dry-run", sheet, "--no-header", *options, "--output", tmp_path / "out.csv")
    assert run.status == 1
    said = [row["error_text"] for row in results(tmp_path / "out.csv")]
    assert said[0].startswith('Column A (order number): "x1" is not an order number')
    assert said[1].startswith('Column C (date): "вчера" is not a date.')
    assert 'Column D (tracking number): "б/н" says that there is no tracking number.' in said[1]
    assert said[2].startswith('Column B (status): "sennt" is none of')
    assert said[3].startswith("Column D (tracking number): order 4 is sent here and, with another")
    bare = write(tmp_path / "bare.csv", (1, "RA1", "x"), (2, "RA2", "x"))
    run = run_cli("--dry-run", bare, "--no-header", "--column=bill_id=A", "--status=sent")
    assert "Rpo" not in run.out
    assert "Tracking number: the sheet has no column for it." in plain(run.out)


DATES = [
    ("25.11.25", "%d.%m.%y"),
    ("11/25/25", "%m/%d/%y"),
    ("25/11/25", "%d/%m/%y"),
    ("25.11.25 г.", "%d.%m.%y г."),
    ("25.11.25 10:15", "%d.%m.%y %H:%M"),
    ("Nov-25-25", "%b-%d-%y"),
    ("25 11 2025", "%d %m %Y"),
    ("25,11,2025", "%d,%m,%Y"),
    ("25112025", "%d%m%Y"),
    ("11252025", "%m%d%Y"),
    ("251125", "%d%m%y"),
    ("2025-25-11", "%Y-%d-%m"),
    ("2025.25.11", "%Y.%d.%m"),
    ("11.25.2025", "%m.%d.%Y"),
    ("25.11.2025 10.15", "%d.%m.%Y %H.%M"),
    ("25.11.2025 10-15-30", "%d.%m.%Y %H-%M-%S"),
]


def test_a_date_that_is_not_read_names_the_format_that_reads_it(
    tmp_path: Path, run_cli: RunCli
) -> None:
    lines = [(number, "paid", date) for number, (date, _) in enumerate(DATES, 1)]
    sheet, out = write(tmp_path / "day.csv", HEADER[:3], *lines), tmp_path / "out.csv"
    run_cli("--dry-run", sheet, "--output", out)
    for (date, date_format), row in zip(DATES, results(out), strict=True):
        assert row["result"] == "invalid"
        assert (
            "If all dates of the sheet are written like this, use --date-format "
            f'"{date_format}" (reads it as 2025-11-25)'
        ) in row["error_text"]
        one = write(tmp_path / "one.csv", HEADER[:3], (1, "paid", date))
        assert run_cli("--dry-run", one, "--date-format", date_format).status == 0
    plain_ones = [(1, "paid", date) for date in ("2025.11.25", "2025/11/25", "25.11.2025 г.")]
    sheet = write(tmp_path / "plain.csv", HEADER[:3], *plain_ones)
    assert run_cli("--dry-run", sheet).status == 0


def test_with_a_date_format_the_advice_is_written_in_it(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write(tmp_path / "day.csv", HEADER[:3], (1, "paid", "20/11/2025"))
    screen = plain(run_cli("--dry-run", sheet, "--date-format", "%d.%m.%y").out)
    assert '"20/11/2025" is not a date nor like %d.%m.%y. Write it like 20.11.26 or' in screen
    days = ("20.11.25", "2025-11-20", "20.11.2025")
    mended = write(tmp_path / "b.csv", HEADER[:3], *((1, "paid", day) for day in days))
    assert run_cli("--dry-run", mended, "--date-format", "%d.%m.%y").status == 0
    # Without signs between the parts, a longer year may have two readings.
    glued = write(tmp_path / "c.csv", HEADER[:3], (1, "paid", "1112025"))
    assert run_cli("--dry-run", glued, "--date-format", "%d%m%y").status == 1
    assert run_cli("--dry-run", glued, "--date-format", "%d%m%Y").status == 1
