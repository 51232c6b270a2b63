"""Text of strangers, from wherever: no formula in a results file, no escape on a screen."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from defusedxml import ElementTree

from tests.conftest import OpenSandbox, RunCli
from tests.home import variables_of
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, read_to_end
from tests.posix import named, needs_terminal, pty
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book
from tests.unit.test_writer import save_cell

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
    "breaks-out-lines": "x\n=1+1;y\n=1+1\ty\n=1+1,",
    "breaks-out-quoted": 'x;" =1+1;";"\ufeff=1+1;"\t"=1+1\t","=1+1,"',
    "breaks-out-at": "x;@SUM(1),@SUM(1)\t@SUM(1)",
    "breaks-out-minus": "x;-2+3+cmd|' /C calc'!A0, +cmd|' /C calc'!A0\t- cmd|' /C calc'!A0",
    "bar": "x|=1+1|y",
    "prefixed": '=_xlfn.WEBSERVICE("http://127.0.0.1:9/")',
    "number": "-5",
    "phone": "+79990001122",
}
EVIL = re.compile('[\\s\u200b\ufeff"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]')
DELIMITERS = [",", ";", "\t", "|"]
AS_THEY_WERE = {
    "number": "-5",
    "decimal": "-12,5",
    "phone": "+79990001122",
    "phone-in-parts": "+7 (999) 000-11-22",
    "phone-behind-a-name": "Anna (VIP), +79990001122; +7 999 000",
    "list": "fragile (glass)\n- heavy\n- wet, -5 C",
    "arrow": "a=b, c>=d; e<=f",
}
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
    # The Summary's own links lead to cells of the same workbook.
    bad = re.compile(
        r"<f[ >]|<hyperlink (?!ref=\"[A-Z0-9]+\" location=)|<hyperlink [^>]*r:id"
        r"|TargetMode=\"External\"|<ddeLink|<externalLink|<oleObject"
    )
    return [name for name, text in parts.items() if bad.search(text)]


def with_plain_lines(text: str) -> str:
    """Give a text in which all ends of lines are alike; spreadsheets do not tell them apart."""
    return re.sub("(\r|_x000D_)?\n|\r|_x000D_", "\n", text)


def evil_cells(text: str) -> list[str]:
    """List the cells of a csv that a spreadsheet would compute, whatever delimiter it takes."""
    harmless = re.compile(r"\s*[+-][0-9 ().,-]+([,;|\t].*)?", re.DOTALL)
    return [
        cell
        for delimiter in DELIMITERS
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for cell in row
        if EVIL.match(cell) and not harmless.fullmatch(cell)
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
            assert evil_cells(target.read_bytes().decode("utf-8-sig")) == []


@pytest.mark.parametrize("delimiter", DELIMITERS, ids=["comma", "semicolon", "tab", "bar"])
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
    written = (tmp_path / "may.dry-run.csv").read_bytes().decode("utf-8")
    assert evil_cells(written) == []
    (row,) = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))[1:]
    # Nothing is lost: apostrophes are all that is put in.
    assert row[2].replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", AS_THEY_WERE.values(), ids=AS_THEY_WERE)
def test_what_only_looks_like_a_formula_comes_back_as_it_was(
    tmp_path: Path, run_cli: RunCli, text: str
) -> None:
    sheet = tmp_path / "may.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((("order", "status", "name"), (1, "cancel", text)))
    run_cli(sheet, "--dry-run")
    run_cli(sheet, "--dry-run", "--output", tmp_path / "o.xlsx")
    written = (tmp_path / "may.dry-run.csv").read_bytes().decode("utf-8")
    assert list(csv.reader(io.StringIO(written, newline="")))[1][2] == text
    assert openpyxl.load_workbook(tmp_path / "o.xlsx").worksheets[0]["C2"].value == text


UNFIT = {
    "controls": "a_x0000__x0001__x001B__x001F_b",
    "surrogate": "a_xD800__xDFFF_b",
    "no-characters": "a_xFFFE__xFFFF_b",
    "escape": "a_x005F_x000D_b_x000D_",
    "markup": "]]><b>&amp;</b><![CDATA[",
    "rich": "<r>=1+1</r>",
    "long": "x" * 32_767,
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_no_text_makes_a_workbook_that_excel_would_mend(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, text: str
) -> None:
    sheet = tmp_path / "may.xlsx"
    rows = ((*HEADER, text), (1, "cancel", None, None, text), (2, text, DAY, text, text))
    write_book(sheet, rows_of(*rows))
    said = re.sub("_x(....)_", lambda found: chr(int(found[1], 16)), text) * 2
    sandbox = open_sandbox(script=Script({1: [Fault.refuse(777, said)]}))
    run = run_cli(sheet, "--output", "o.xlsx", "--failures", "f.xlsx", shop=sandbox)
    assert run.status == 1, run.err
    for name in ("o.xlsx", "f.xlsx"):
        with zipfile.ZipFile(name) as archive:
            for part in archive.namelist():
                root = ElementTree.fromstring(archive.read(part))
                for node in root.iter():
                    assert "\x00" not in (inner := node.text or "")
                    assert len(inner.encode("utf-16-le")) <= 2 * 32_767


@pytest.mark.parametrize(
    ("number_format", "written"),
    [
        pytest.param('"a\x01b"0', '"ab"0', id="control-character"),
        pytest.param('"\ud800"0', '"?"0', id="surrogate"),
        pytest.param('"\ufffe"0', '""0', id="no-character"),
        pytest.param('"<f>&"0', '"<f>&"0', id="markup"),
        pytest.param("0" * 256, "General", id="long"),
        pytest.param("", "General", id="empty"),
    ],
)
def test_a_number_format_cannot_break_the_workbook(
    tmp_path: Path, number_format: str, written: str
) -> None:
    assert save_cell(tmp_path, 5, number_format).number_format == written


@pytest.mark.parametrize(
    "name",
    [
        named("=1+1.csv", id="equals"),
        named('=HYPERLINK("x").csv', id="link"),
        named("@SUM(1).csv", id="at"),
        named("-cmd|x!A0.csv", id="dde"),
        named("it's '=1'.csv", id="apostrophes"),
    ],
)
def test_no_name_of_a_file_is_computed(tmp_path: Path, run_cli: RunCli, name: str) -> None:
    (tmp_path / name).write_text("order,status\n1,cancel\n", encoding="utf-8")
    run = run_cli(f"./{name}", "--dry-run", "--output", "o.xlsx")
    assert run.status == 0, run.err
    assert formulas_in(tmp_path / "o.xlsx") == []
    with zipfile.ZipFile("o.xlsx") as archive:
        properties = archive.read("docProps/core.xml") + archive.read("docProps/app.xml")
    assert name.removesuffix(".csv") not in properties.decode()


def is_harmless(said: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in said)


@pytest.mark.parametrize("text", [named(text, id=name) for name, text in ESCAPES.items()])
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
    assert formulas_in(tmp_path / "may.dry-run.xlsx") == []


def in_toml(text: str) -> str:
    """Write a text as TOML can hold it, escapes and all."""
    return json.dumps(text).replace("\x7f", "\\u007f")


CONFIGS = {
    "table": "[{text}]\na = 1\n",
    "key": "[account]\n{text} = 1\n",
    "profile": "[profiles.{text}.account]\nusername = 'x'\n[account]\nnot_known = 1\n",
    "wrong-in-profile": "[profiles.{text}.account]\n{text} = 1\n",
    "no-table": "{text} = 1\n",
    "login": "[account]\nusername = {text}\nsecret_key = 'k'\n",
    "address": "[account]\nusername = 'x'\nbase_url = {text}\n",
    "zone": "[dates]\ntimezone = {text}\n",
    "count": "[sending]\nworkers = {text}\n",
    "header": "[columns]\nrpo = {text}\n",
    "log": "[files]\nlog_file = {text}\noutput = {text}\nledger = {text}\n",
    "bare": "[account]\nusername = {raw}\n",
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_nothing_that_a_config_file_says_is_obeyed_by_the_terminal(
    run_cli: RunCli, config: str
) -> None:
    Path("may.csv").write_text("order,status\n1,cancel\n", encoding="utf-8")
    for text in ESCAPES.values():
        said = config.format(text=in_toml(text), raw=text)
        Path("c.toml").write_text(said, encoding="utf-8", newline="")
        Path("c.toml").chmod(0o600)
        for arguments in (
            ("may.csv", "--dry-run"),
            ("may.csv", "--dry-run", "--profile", text),
            ("may.csv", "--dry-run", "--profile", "another"),
            ("--show-settings",),
        ):
            run = run_cli(*arguments, "--config", "c.toml")
            assert is_harmless(run.out + run.err), (text, arguments)
            assert "\nbatch-update: order 1" not in run.out + run.err, (text, arguments)


OPTIONS = [
    "--output",
    "--failures",
    "--ledger",
    "--log-file",
    "--template",
    "--plan",
    "--date",
    "--status",
    "--history",
    "--profile",
    "--config",
    "--workers",
    "--rate",
    "--retries",
    "--timeout",
    "--date-format",
    "--base-url",
    "--sheet",
    "--column",
    "--timezone",
    "--dry-run",
    "--no-such-option",
]


@pytest.mark.parametrize("option", OPTIONS)
def test_nothing_that_an_option_says_is_obeyed_by_the_terminal(
    run_cli: RunCli, option: str
) -> None:
    Path("may.csv").write_text("order,status\n1,cancel\n", encoding="utf-8")
    for text in ESCAPES.values():
        for arguments in ((f"{option}={text}", "may.csv", "--dry-run"), (f"{option}={text}",)):
            run = run_cli(*arguments)
            assert is_harmless(run.out + run.err), (text, arguments)
            assert "\nbatch-update: order 1" not in run.out + run.err, (text, arguments)


@pytest.mark.parametrize("text", [named(text, id=name) for name, text in ESCAPES.items()])
def test_a_name_of_a_folder_is_shown_harmless(run_cli: RunCli, text: str) -> None:
    folder = Path(text.replace("/", ""))
    folder.mkdir()
    runs = [run_cli(f"./{folder}")]
    (folder / "may.csv").write_text("order,status\n1,cancel\n2,x\n", encoding="utf-8")
    (folder / "june.csv").write_text("nothing", encoding="utf-8")
    log = folder / "log"
    runs += [
        run_cli(f"./{folder}", "--dry-run", "--log-file", log, *more)
        for more in (
            ("--failures", f"./{folder}"),
            ("--json",),
            ("--output", f"{folder}/x/o.csv"),
        )
    ]
    for run in runs:
        assert run.status == 2
        assert is_harmless(run.out + run.err)
        assert "\nbatch-update: order 1" not in run.out + run.err
    assert is_harmless(log.read_text("utf-8"))


@pytest.mark.parametrize("text", [*ESCAPES.values(), "100%d%(x)s%"], ids=[*ESCAPES, "percent"])
def test_the_help_names_places_harmless(tmp_path: Path, text: str) -> None:
    places = variables_of(tmp_path / text.replace("/", ""))
    # What lies in the home is shown without its name; on Windows it would be this one.
    places.pop("USERPROFILE", None)
    run = subprocess.run(
        [COMMAND, "--help"],
        env={**os.environ, **places, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert is_harmless(run.stdout)
    assert "\nbatch-update: order 1" not in run.stdout
    assert ("100%d%(x)s%" in run.stdout) is ("%" in text)


def tamper_with_ledger(run_cli: RunCli, sandbox: Sandbox, place: str, value: object) -> None:
    """Send an update, and write something into what the ledger knows of it."""
    table, _, column = place.partition(".")
    Path("may.csv").write_text("order,status\n1,cancel\n", encoding="utf-8")
    assert run_cli("may.csv", "--ledger", "l", shop=sandbox).status == 0
    with contextlib.closing(sqlite3.connect("l")) as database, database:
        database.execute("DROP TRIGGER attempts_stay_as_they_are")
        database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608 ours alone


EVIL_ENTRY = "\x1b[31m\u202e\nbatch-update: order 1 was sent\x9b\u2028"


@pytest.mark.parametrize(
    "place",
    [
        *("shops.name", "updates.rpo", "attempts.code", "attempts.text", "sheets.name"),
        *("updates.state", "updates.status", "attempts.event", "runs.host", "sheets.sha256"),
        *("runs.operator", "runs.os_user", "runs.kind", "sheet_counts.outcome"),
    ],
)
def test_nothing_that_stands_in_the_ledger_is_obeyed(
    run_cli: RunCli, open_sandbox: OpenSandbox, place: str
) -> None:
    sandbox = open_sandbox()
    tamper_with_ledger(run_cli, sandbox, place, EVIL_ENTRY)
    for arguments in (
        ("--history", "1"),
        ("--runs",),
        ("--unconfirmed",),
        ("--report", "r.xlsx"),
        ("may.csv", "--dry-run"),
        ("may.csv", "--output", "o.csv"),
        ("--check-ledger",),
    ):
        run = run_cli(*arguments, "--ledger", "l", shop=sandbox)
        assert is_harmless(run.out + run.err), arguments
        assert "\nbatch-update: order 1" not in run.out + run.err, arguments


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param("attempts.event", "sunk", id="event"),
        pytest.param("updates.status", "sunk", id="status"),
        pytest.param("updates.date", 10**17, id="late"),
        pytest.param("updates.date", "soon", id="date"),
        pytest.param("attempts.row", "first", id="row"),
        pytest.param("attempts.at", "then", id="moment"),
        pytest.param("attempts.unknown_at", "then", id="unknown-moment"),
        pytest.param("attempts.text", b"\xff\x1b", id="bytes"),
    ],
)
def test_a_ledger_that_says_what_we_do_not_write_is_called_damaged(
    run_cli: RunCli, open_sandbox: OpenSandbox, place: str, value: object
) -> None:
    sandbox = open_sandbox()
    tamper_with_ledger(run_cli, sandbox, place, value)
    run = run_cli("--history", "1", "--ledger", "l")
    if place == "attempts.text":
        assert run.status == 0
    else:
        assert run.status == 2
        assert "is damaged" in run.err
    run_cli("may.csv", "--ledger", "l", shop=sandbox)
    assert len(sandbox.requests) == 1


@needs_terminal
def test_nothing_but_the_bar_moves_on_a_terminal(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    text = "".join(ESCAPES.values())
    sheet = tmp_path / f"{text.replace('/', '')}.csv"
    rows = ("order", "status", text), *((number, "cancel", text) for number in range(1, 9))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    refusals = {number: [Fault.refuse(777, text)] for number in range(1, 5)}
    sandbox = open_sandbox(script=Script(refusals))
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [COMMAND, sheet, "--verbose"],
        env={**environment_for(sandbox), "PYTHONUTF8": "1"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    screen = read_to_end(ours).decode()
    os.close(ours)
    assert run.wait(PATIENCE_S) == 1
    assert "8/8" in screen
    # The bar is drawn over itself, which takes a return; and a terminal's lines end in one.
    assert is_harmless(screen.replace("\r", ""))
    assert not any("order 1 was sent" in line[:40] for line in re.split("[\r\n]+", screen))
