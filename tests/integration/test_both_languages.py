"""Files of ours that were written in one language, and are read in the other."""

from __future__ import annotations

import itertools
from pathlib import Path

import openpyxl
import pytest

from batch_update.model import Outcome
from tests.conftest import OpenSandbox, RunCli
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import rows_of, write_book
from tests.words import in_language, lines_of, our_columns, outcomes, results_in

HEADER = ("Номер заказа", "Статус", "Дата", "Трек-номер", "Клиент")
ROWS = (
    (1, "отправлен", "20.11.2026", "RA123456785RU", "Берёзкина"),
    (2, "отправлен", "20.11.2026", "нету", "Зорин"),
    (3, "возврат", "", "", "Окафор"),
)
LANGUAGES = ("en", "ru")
OTHER = {"en": "ru", "ru": "en"}
WRITTEN_IN = pytest.mark.parametrize("written_in", LANGUAGES)
KINDS = pytest.mark.parametrize("kind", ["xlsx", "csv utf-8-sig", "csv cp1251"])


def write_sheet(folder: Path, kind: str) -> Path:
    ending, _, encoding = kind.partition(" ")
    path = folder / f"день.{ending}"
    if ending == "xlsx":
        return write_book(path, rows_of(HEADER, *ROWS))
    lines = [";".join(map(str, row)) for row in (HEADER, *ROWS)]
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


def mend(path: Path, kind: str, old: str, new: str) -> None:
    """Replace a cell's text, as a person does."""
    if path.suffix == ".csv":
        encoding = kind.partition(" ")[2].removesuffix("-sig")
        path.write_bytes(path.read_bytes().replace(old.encode(encoding), new.encode(encoding)))
        return
    book = openpyxl.load_workbook(path)
    for cell in itertools.chain.from_iterable(book.worksheets[0]):
        if cell.value == old:
            cell.value = new
    book.save(path)


def refusing_shop(open_sandbox: OpenSandbox) -> Sandbox:
    """Start a shop that has not got order 3 at first."""
    return open_sandbox(Script({3: [Fault.refuse(200, "nonexistent order")]}))


def posted(shop: Sandbox) -> list[str]:
    """List the orders of the updates so far, and forget them."""
    orders = [one.fields["bill_id"] for one in shop.requests if one.call == "UpdateOrderStatus"]
    shop.requests.clear()
    return sorted(orders)


def header_of(path: Path) -> tuple[object, ...]:
    return lines_of(path)[0]


FIRST = [(Outcome.UPDATED, ""), (Outcome.INVALID, "rpo_not_valid"), (Outcome.REJECTED, "200")]


@KINDS
@WRITTEN_IN
def test_mended_results_of_one_language_are_run_in_the_other(
    written_in: str, kind: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop, read_in = refusing_shop(open_sandbox), OTHER[written_in]
    sheet = write_sheet(tmp_path, kind)
    assert run_cli(sheet, "--lang", written_in, shop=shop).status == 1
    results = tmp_path / f"день.results{sheet.suffix}"
    assert results_in(results, written_in) == FIRST
    assert posted(shop) == ["1", "2", "3"][::2]
    mend(results, kind, "нету", "RA123456374RU")
    run = run_cli(results, "--lang", read_in, shop=shop)
    assert (run.status, run.err) == (0, "")
    assert posted(shop) == ["2", "3"]
    settled = [Outcome.ALREADY_UPDATED, Outcome.UPDATED, Outcome.UPDATED]
    assert results_in(results, read_in) == [(outcome, "") for outcome in settled]
    header = header_of(results)
    assert header[: len(HEADER)] == HEADER
    # Our columns are there once, and in the language of this run only.
    assert our_columns(read_in).issuperset(map(str, header[len(HEADER) :]))
    assert len(header) == len(HEADER) + 6
    # The sheet itself, and the results once more, send nothing again.
    assert run_cli(results, "--lang", written_in, shop=shop).status == 0
    assert header_of(results)[: len(HEADER)] == HEADER
    assert len(header_of(results)) == len(HEADER) + 6
    assert posted(shop) == []


@KINDS
@WRITTEN_IN
def test_failures_and_dry_runs_of_one_language_are_run_in_the_other(
    written_in: str, kind: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop, read_in = refusing_shop(open_sandbox), OTHER[written_in]
    sheet = write_sheet(tmp_path, kind)
    failures = tmp_path / f"mend{sheet.suffix}"
    run = run_cli(sheet, "--dry-run", "--lang", written_in, "--failures", failures, shop=shop)
    assert (run.status, posted(shop)) == (1, [])
    dry = tmp_path / f"день.dry-run{sheet.suffix}"
    not_sent, invalid = (Outcome.NOT_SENT, "dry_run"), (Outcome.INVALID, "rpo_not_valid")
    assert results_in(dry, written_in) == [not_sent, invalid, not_sent]
    assert [line[0] for line in lines_of(failures)[1:]] in ([2], ["2"])
    failures.unlink()
    run = run_cli(dry, "--lang", read_in, "--failures", failures, shop=shop)
    assert (run.status, posted(shop)) == (1, ["1", "3"])
    results = tmp_path / f"день.results{sheet.suffix}"
    assert results_in(results, read_in) == FIRST
    assert header_of(results)[: len(HEADER)] == HEADER
    assert len(header_of(results)) == len(HEADER) + 6
    assert our_columns(read_in).issuperset(map(str, header_of(failures)[len(HEADER) :]))
    mend(failures, kind, "нету", "RA123456374RU")
    run = run_cli(failures, "--lang", written_in, shop=shop)
    assert (run.status, posted(shop)) == (0, ["2", "3"])
    header = header_of(tmp_path / f"mend.results{sheet.suffix}")
    assert len(header) == len(HEADER) + 6
    assert our_columns(written_in).issuperset(map(str, header[len(HEADER) :]))


@KINDS
@WRITTEN_IN
def test_practice_of_one_language_is_refused_in_the_other_and_left_out_of_folders(
    written_in: str, kind: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop, read_in = open_sandbox(), OTHER[written_in]
    sheet = write_sheet(tmp_path, kind)
    run_cli(sheet, "--sandbox", "--lang", written_in)
    practice = tmp_path / f"день.practice{sheet.suffix}"
    assert len(results_in(practice, written_in, is_practice=True)) == 3
    run = run_cli(practice, "--lang", read_in, shop=shop)
    assert (run.status, posted(shop)) == (2, [])
    run_cli(sheet, "--dry-run", "--lang", written_in)
    run_cli(sheet, "--lang", written_in, shop=shop)
    posted(shop)
    # Saved by a person, or copied with another time, they are still files of ours.
    for name in ("practice", "dry-run", "results"):
        mend(tmp_path / f"день.{name}{sheet.suffix}", kind, "Берёзкина", "Березкина")
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    run = run_cli(tmp_path, "--lang", read_in, shop=shop)
    assert (run.status, posted(shop)) == (1, [])
    made = {path.name for path in tmp_path.iterdir() if path.is_file()} - files
    # What a person changed is set aside, and nothing else was taken for a sheet.
    assert made <= {"день.results.edited-1.xlsx"}


@WRITTEN_IN
def test_a_template_of_one_language_is_filled_in_and_run_in_the_other(
    written_in: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop, sheet = open_sandbox(), tmp_path / "новый.xlsx"
    assert run_cli("--template", sheet, "--lang", written_in).status == 0
    book = openpyxl.load_workbook(sheet)
    page = book.worksheets[0]
    choices = page.data_validations.dataValidation[0].formula1.strip('"').split(",")
    for number, word in enumerate(choices, start=1):
        page.append([number, word, "20.11.2026", f"RA00{number}"])
    book.save(sheet)
    run = run_cli(sheet, "--lang", OTHER[written_in], shop=shop)
    assert (run.status, run.err) == (0, "")
    calls = [one.fields for one in shop.requests if one.call == "UpdateOrderStatus"]
    sent = {one["bill_id"]: one["status"] for one in calls}
    assert sent == {"1": "sent", "2": "paid", "3": "return", "4": "cancel"}


@KINDS
@WRITTEN_IN
def test_what_was_mended_in_one_language_is_not_lost_by_a_run_in_the_other(
    written_in: str, kind: str, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop, read_in = refusing_shop(open_sandbox), OTHER[written_in]
    sheet = write_sheet(tmp_path, kind)
    run_cli(sheet, "--lang", written_in, shop=shop)
    mend(tmp_path / f"день.results{sheet.suffix}", kind, "нету", "RA123456374RU")
    run_cli(sheet, "--lang", read_in, shop=shop)
    kept = [
        path.name
        for path in tmp_path.iterdir()
        if path.is_file() and any("RA123456374RU" in line for line in lines_of(path))
    ]
    assert kept != []
    posted(shop)
    # In a folder, the mended results are run in the place of their sheet.
    (tmp_path / kept[0]).replace(tmp_path / f"день.results{sheet.suffix}")
    run = run_cli(tmp_path, "--lang", read_in, shop=shop)
    assert posted(shop) == ["2"]
    assert run.status == 0


def test_each_outcome_has_a_word_of_its_own_in_each_language() -> None:
    for is_practice in (False, True):
        words = [outcomes(language, is_practice=is_practice) for language in LANGUAGES]
        assert all(len(one) == len(Outcome) for one in words)
        assert words[0].keys().isdisjoint(words[1])
    assert in_language("en", "result") == "result"
