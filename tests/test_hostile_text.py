"""Text of strangers, from wherever: no formula in a results file, no escape on a screen."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from batch_update.sandbox import Fault, Script
from tests.conftest import OpenSandbox, RunCli
from tests.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"
FORMULAS = {
    "plain": "=1+1",
    "dde": "=cmd|' /C calc'!A0",
    "link": '=HYPERLINK("http://127.0.0.1:9/","x")',
    "service": '=WEBSERVICE("http://127.0.0.1:9/")',
    "plus": "+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "line": "\n=1+1",
    "spaces": "   =1+1",
    "no-break": "\u00a0=1+1",
    "zero-width": "\u200b=1+1",
    "mark": "\ufeff=1+1",
    "full-width": "\uff1d1+1",
    "array": "{=1+1}",
    "apostrophe": "'=1+1",
    "breaks-out-comma": 'x",=1+1,"y',
    "breaks-out-semicolon": "x;=1+1;y",
    "breaks-out-tab": "x\t=1+1\ty",
    "breaks-out-line": 'x\r\n=1+1,2\r\n"',
    "number": "-5",
    "phone": "+79990001122",
}
EVIL_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
ESCAPES = {
    "csi": "\x1b[2J\x1b[31m",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://127.0.0.1:9/\x1b\\x",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "c1": "\x9b31m\x90q\x9c",
    "backspace": "safe\b\b\b\bevil",
    "return": "evil\rgood",
    "bidi": "\u202egpj.exe\u202c\u2066x\u2069\u061c",
    "zero-width": "a\u200b\u200d\u2060b\u00ad",
    "separators": "a\u2028b\u2029c\u0085d",
    "delete": "a\x7fb",
    "lines": "a\nbatch-update: order 1 was sent\nb",
}


def formulas_in(path: Path) -> list[str]:
    """List whatever a spreadsheet would compute, follow or load in a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    bad = re.compile(r"<f[ >]|<hyperlink|TargetMode=\"External\"|<ddeLink|<externalLink|<oleObject")
    return [name for name, text in parts.items() if bad.search(text)]


def with_plain_lines(text: str) -> str:
    """Give a text in which all ends of lines are alike; spreadsheets do not tell them apart."""
    return re.sub("(\r|_x000D_)?\n|\r|_x000D_", "\n", text)


def evil_cells(text: str, delimiter: str) -> list[str]:
    """List the cells of a csv that a spreadsheet would compute if it took this delimiter."""
    cells = (cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row)
    plain = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
    return [
        cell
        for cell in cells
        if cell.lstrip(" ")[:1] in EVIL_STARTS and cell.strip() and not plain.fullmatch(cell)
    ]


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_nothing_that_a_stranger_wrote_is_computed_in_the_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str, text: str
) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = re.sub(r"[\[\]:*?/\\\r\n]", " ", text)[:31]
    for row in (
        (text,),
        (*HEADER, text),
        (1, "sent", DAY, "RA1", text),
        (2, text, DAY, "RA2", text),
        (text, "sent", text, text, text),
    ):
        page.append(row)
    for line in page.iter_rows():
        for cell in line:
            cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    sheet = tmp_path / "may.xlsx"
    book.save(sheet)
    sandbox = open_sandbox(script=Script({1: [Fault.refuse(200, text)]}))
    targets = tmp_path / f"o{ending}", tmp_path / f"f{ending}"
    run = run_cli(sheet, "--output", targets[0], "--failures", targets[1], shop=sandbox)
    assert run.status == 1, run.err
    for target in targets:
        if ending == ".xlsx":
            assert formulas_in(target) == []
            page = openpyxl.load_workbook(target).worksheets[0]
            assert with_plain_lines(text) in {with_plain_lines(str(c.value)) for c in page["E"]}
        else:
            assert evil_cells(target.read_text("utf-8-sig"), ",") == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_csv_stays_harmless_whatever_delimiter_a_spreadsheet_takes(
    tmp_path: Path, run_cli: RunCli, delimiter: str, text: str
) -> None:
    sheet = tmp_path / "may.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(("order", "status", "name"))
        writer.writerow((1, "cancel", text))
    run_cli(sheet, "--dry-run")
    written = (tmp_path / "may.results.csv").read_text("utf-8")
    assert evil_cells(written, delimiter) == []
    (row,) = list(csv.reader(io.StringIO(written), delimiter=delimiter))[1:]
    assert with_plain_lines(row[2].removeprefix("'")) == with_plain_lines(text.removeprefix("'"))


def is_harmless(said: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in said)


@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES)
def test_nothing_that_a_terminal_would_obey_reaches_it(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    name = "./" + re.sub("[/\0]", "", text) + ".csv"
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order", "status", "date", "rpo", text))
        writer.writerow((1, "sent", DAY, "RA1", text))
        writer.writerow((2, text, DAY, text, text))
        writer.writerow((text, "sent", text, "RA3", text))
        writer.writerow((4, "sent", DAY, "RA4", text))
    Path("c.toml").write_text(f"[account]\n{text} = 1\n", encoding="utf-8")
    faults = {1: [Fault.refuse(777, text)] * 2, 4: [Fault.redirect(f"/{text}")] * 2}
    sandbox = open_sandbox(script=Script(faults))
    dry_run = (name, "--dry-run")
    for arguments in (
        (name, "--verbose", "--log-file", "log", "--retries", "0"),
        (name, "--json", "--force", "--retries", "0"),
        ("--history", "1"),
        (f"{name}.gone", "--dry-run"),
        (text,),
        (f"--{text}",),
        (*dry_run, "--sheet", text),
        (*dry_run, "--column", f"rpo={text}"),
        (*dry_run, "--timezone", text),
        (*dry_run, "--config", "c.toml"),
        (*dry_run, "--base-url", f"https://{text}"),
        ("--show-settings", "--column", f"rpo={text}", "--output", text),
    ):
        run = run_cli(*arguments, shop=sandbox)
        said = run.out + run.err
        assert is_harmless(said), arguments
        assert "\nbatch-update: order 1" not in said, arguments
        if "--json" in arguments:
            json.loads(run.out)
    monkeypatch.setenv("JUSTCLICK_USERNAME", text)
    assert is_harmless(run_cli(name).err)
    written = Path("log").read_text("utf-8")
    assert is_harmless(written)
    assert "\nbatch-update: order 1" not in written


def test_a_name_of_a_sheet_is_shown_harmless(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write_book(tmp_path / "may.xlsx", rows_of(HEADER, (1, "cancel")))
    with zipfile.ZipFile(sheet) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "\u202e&#9;\u009b31m\u2028=1+1"
    with zipfile.ZipFile(sheet, "w") as archive:
        for part, content in parts.items():
            changed = content.replace(b'name="Sheet"', f'name="{name}"'.encode())
            archive.writestr(part, changed)
    run = run_cli(sheet, "--dry-run")
    assert run.status == 0, run.err
    assert is_harmless(run.out + run.err)
    assert formulas_in(tmp_path / "may.results.xlsx") == []
