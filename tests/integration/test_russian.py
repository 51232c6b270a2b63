"""The program in Russian, from the first sheet to the report: outcomes, codes, and no English."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import re
import socket
import subprocess
import threading
from pathlib import Path

import openpyxl
import pytest

from batch_update.model import Outcome
from batch_update.sandbox import Shop
from tests.conftest import KEY, LOGIN, CliRun, OpenSandbox, RunCli
from tests.home import variables_of
from tests.integration.test_end_to_end import (
    COMMAND,
    PATIENCE_S,
    environment_for,
    read_to_end,
)
from tests.integration.test_first_run import type_in
from tests.posix import needs_terminal, pty, termios
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import rows_of, write_book
from tests.words import in_language, latin_words, lines_of, results_in, texts_of
from tools.make_samples import SAMPLES

HEADER = ("Номер заказа", "Статус", "Дата", "Трек-номер", "Клиент")
DAY = dt.datetime(2026, 11, 20)
ROWS = (
    (1, "отправлен", DAY, "RA123456785RU", "Берёзкина"),
    (2, "отправлен", DAY, "нету", "Зорин"),
    (3, "возврат", None, None, "Окафор"),
    (4, "отправлен", DAY, "RA123457114RU", "Снегирёва"),
)
OWN = f"{LOGIN} Sheet {getpass.getuser()} {socket.gethostname()}"
UPDATED, ALREADY = Outcome.UPDATED, Outcome.ALREADY_UPDATED


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return write_book(tmp_path / "май.xlsx", rows_of(HEADER, *ROWS))


def in_russian(run_cli: RunCli, *arguments: str | Path, shop: Sandbox | None = None) -> CliRun:
    """Run the program in Russian, and hold what it says to that."""
    run = run_cli(*arguments, "--lang", "ru", shop=shop)
    assert latin_words(run.out, own=OWN) == []
    assert latin_words(run.err, own=OWN) == []
    return run


def posted(shop: Sandbox) -> list[str]:
    """List the orders of the updates so far, and forget them."""
    orders = [one.fields["bill_id"] for one in shop.requests if one.call == "UpdateOrderStatus"]
    shop.requests.clear()
    return sorted(orders)


def test_the_days_of_a_shop(
    sheet: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    """Send, mend, send again; then the next day's sheet, and what the ledger knows of it all."""
    shop = open_sandbox(
        Script({3: [Fault.refuse(200, "nonexistent order")], 4: [Fault(drop=True)]})
    )
    failures = tmp_path / "исправить.xlsx"
    first = in_russian(
        run_cli, sheet, "--failures", failures, "--retries", "0", "--settle", "0s", shop=shop
    )
    assert first.status == 1
    results = tmp_path / "май.results.xlsx"
    assert results_in(results, "ru") == [
        (UPDATED, ""),
        (Outcome.INVALID, "rpo_not_valid"),
        (Outcome.REJECTED, "200"),
        (Outcome.UNCONFIRMED, "no_answer"),
    ]
    for written in (results, failures):
        assert latin_words(texts_of(written), own=OWN) == []
    assert posted(shop) == ["1", "3", "4"]
    assert in_russian(run_cli, "--unconfirmed", shop=shop).status == 1
    book = openpyxl.load_workbook(results)
    book.worksheets[0]["D3"].value = "RA123456374RU"
    book.save(results)
    second = in_russian(run_cli, results, "--settle", "0s", shop=shop)
    assert second.status == 0, second.out
    assert "1" not in posted(shop)
    assert {outcome for outcome, _ in results_in(results, "ru")} <= {UPDATED, ALREADY}
    tomorrow = write_book(tmp_path / "июнь.xlsx", rows_of(HEADER, ROWS[0], (5, "отмена")))
    third = in_russian(run_cli, tomorrow, shop=shop)
    assert (third.status, posted(shop)) == (0, ["5"])
    assert results_in(tmp_path / "июнь.results.xlsx", "ru") == [(ALREADY, ""), (UPDATED, "")]
    for question in (["--history", "3"], ["--runs"], ["--unconfirmed"], ["--check-ledger"]):
        assert in_russian(run_cli, *question, shop=shop).status == 0
    report = tmp_path / "отчёт.xlsx"
    assert in_russian(run_cli, "--report", report, shop=shop).status == 0
    assert latin_words(texts_of(report), own=OWN) == []


def test_what_scripts_read_is_the_same_in_both_languages(
    sheet: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    found = []
    for language in ("en", "ru"):
        run = run_cli(sheet, "--dry-run", "--json", "--lang", language, shop=open_sandbox())
        told = json.loads(run.out)
        found.append((run.status, told["counts"], told["files"][0]["plan"], told.keys()))
        assert all(key.isascii() for key in told["counts"])
    assert found[0] == found[1]


def test_a_plan_practice_and_a_folder(
    sheet: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    planned = in_russian(run_cli, sheet, "--dry-run", "--check-orders", shop=shop)
    found = re.search("--plan ([0-9a-f]+)", planned.out)
    assert found
    assert posted(shop) == []
    dry = tmp_path / "май.dry-run.xlsx"
    codes = [code for _, code in results_in(dry, "ru")]
    assert codes == ["dry_run", "rpo_not_valid", "dry_run", "dry_run"]
    assert in_russian(run_cli, sheet, "--sandbox").status == 1
    practice = tmp_path / "май.practice.xlsx"
    assert [outcome for outcome, _ in results_in(practice, "ru", is_practice=True)][:2] == [
        UPDATED,
        Outcome.INVALID,
    ]
    for written in (dry, practice):
        assert latin_words(texts_of(written), own=OWN) == []
    assert in_russian(run_cli, sheet, "--plan", "0123456789ab", shop=shop).status == 2
    run = in_russian(run_cli, tmp_path, "--plan", found[1], shop=shop)
    assert (run.status, posted(shop)) == (1, ["1", "3", "4"])
    (tmp_path / "пусто").mkdir()
    assert in_russian(run_cli, tmp_path / "пусто", shop=shop).status == 2


@needs_terminal
def test_a_killed_run_is_taken_up_where_it_was(sheet: Path, open_sandbox: OpenSandbox) -> None:
    gate = threading.Event()
    shop = open_sandbox(Script({3: [Fault.held(gate)]}))
    environment = {**environment_for(shop), "LANG": "ru_RU.UTF-8"}
    with subprocess.Popen(
        [COMMAND, sheet, "--workers", "1", "--no-read-back"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert shop.wait_for_requests(2, PATIENCE_S)
        process.kill()
    gate.set()
    shop.requests.clear()
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        again = subprocess.Popen(
            [COMMAND, sheet, "--workers", "1", "--no-read-back"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        screen = read_to_end(terminal.fileno()).decode()
        out = again.communicate(timeout=PATIENCE_S)[0].decode()
    assert again.returncode == 1
    assert "1" not in posted(shop)
    outcomes = [outcome for outcome, _ in results_in(sheet.with_name("май.results.xlsx"), "ru")]
    assert outcomes[0] is ALREADY
    assert outcomes[1] is Outcome.INVALID
    assert latin_words(out, own=OWN) == []
    # The bar, too, with its speed; no line is wider than the screen.
    assert "4/4" in screen
    assert "строк/с" in screen
    assert latin_words(re.sub(r"\x1b\[\w+", "", screen)) == []
    assert max(len(line.rstrip()) for line in re.split("[\r\n]", screen)) <= 80


@needs_terminal
def test_the_first_questions_are_asked_in_russian(open_sandbox: OpenSandbox) -> None:
    shop = open_sandbox(shop=Shop(missing={1}))
    status, screen = type_in(
        ["a b", LOGIN, shop.base_url, KEY, ""],
        LC_ALL="ru_RU.UTF-8",
    )
    assert status == 0, screen
    assert latin_words(screen, own=f"a b {LOGIN}") == []
    assert in_language("ru", "The shop accepts them (it has no order {bill_id}).").format(
        bill_id=1
    ) in re.sub(r"\s+", " ", screen)


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_help_is_russian_and_as_wide_as_the_terminal(columns: int) -> None:
    short = {**variables_of(Path("/h").absolute()), "PYTHONIOENCODING": "utf-8"}
    shown = subprocess.run(
        [COMMAND, "--lang", "ru", "--help"],
        env={**os.environ, **short, "COLUMNS": str(columns)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=True,
    ).stdout
    typed = "shipments mend second apprise problems always new postgresql d m y"
    assert latin_words(shown, own=typed) == []
    assert max(map(len, shown.splitlines())) <= columns


def test_the_template_is_russian(tmp_path: Path, run_cli: RunCli) -> None:
    target = tmp_path / "новая.xlsx"
    assert in_russian(run_cli, "--template", target).status == 0
    assert latin_words(texts_of(target)) == []
    assert lines_of(target)[0][:3] == ("номер заказа", "статус", "дата")


WRONG_ARGUMENTS = [
    ["--bogus"],
    ["--workers"],
    ["--workers", "x", "май.xlsx"],
    ["--dry-run=1", "май.xlsx"],
    ["--retries", "1", "--retries", "2", "май.xlsx"],
    ["--timezone", "Foo", "май.xlsx"],
    ["--since", "3", "--runs"],
    ["--date-format", "q", "май.xlsx", "--dry-run"],
    ["--config", "/nonexistent", "май.xlsx", "--dry-run"],
    ["--base-url", "ftp://x", "май.xlsx"],
    ["--column", "x", "май.xlsx"],
    ["--sheet", "Июль", "--dry-run", "май.xlsx"],
    ["--plan", "x", "май.xlsx"],
    ["--output", "май.xlsx", "--dry-run", "май.xlsx"],
    ["нет.xlsx"],
    [],
]


@pytest.mark.usefixtures("sheet")
@pytest.mark.parametrize("arguments", WRONG_ARGUMENTS, ids=str)
def test_what_is_wrong_is_said_in_russian(arguments: list[str], run_cli: RunCli) -> None:
    run = in_russian(run_cli, *arguments)
    assert (run.status, run.out) == (2, "")
    assert re.search("[а-яё]{3}", run.err)


def test_the_samples_leave_no_english(tmp_path: Path, run_cli: RunCli) -> None:
    for name, options in (("problems", ["--dry-run"]), ("shipments", ["--sandbox"])):
        source = SAMPLES / f"{name}.xlsx"
        own = f"{texts_of(source)} True REF NAME VALUE TODAY HYPERLINK"
        target = tmp_path / f"{name}.xlsx"
        run = run_cli(source, *options, "--retries", "1", "--output", target, "--lang", "ru")
        assert run.status == 1
        assert latin_words(run.out, own) == []
        assert latin_words(texts_of(target), own) == []
        # Words and numbers stand in columns.
        counted = re.findall(r"^  [а-яё: ]+ +[0-9]+$", run.out, re.MULTILINE)
        assert len(counted) > 3
        assert len({len(line) for line in counted}) == 1


def test_the_sheets_of_a_workbook_have_russian_names(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "день.csv").write_text("заказ;статус\n1;отмена\n", encoding="utf-8")
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "сводка"
    page.append(("заказ", "статус"))
    page.append((1, "отмена"))
    book.save(tmp_path / "день.xlsx")
    found = []
    for name in ("день.csv", "день.xlsx"):
        target = tmp_path / "итог.xlsx"
        in_russian(run_cli, name, "--dry-run", "--output", target)
        found.append(openpyxl.load_workbook(target).sheetnames)
        target.unlink()
    assert found == [["Результаты", "Сводка"], ["сводка", "Сводка результатов"]]
