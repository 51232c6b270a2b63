"""Every sentence that a user can meet: said where it stands, and known to the catalogues.

After a change of words, `make messages` writes the template again: read what changed.
"""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from batch_update import errors
from tests.conftest import OpenSandbox, RunCli
from tests.pseudo import sentences, untranslated
from tools.messages import TEMPLATE, as_template, extract

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "batch_update"
SAMPLES = ROOT / "samples"
NOT_SHOWN = {"sandbox", "words.py", "carriers.py", "figures.py"}
"""Words of sheets, and of figures: those are for Prometheus, whose words are English."""
SAYS = {"_", "N_", "ngettext"}
NO_PROSE = re.compile(
    r"SELECT|INSERT|DELETE|UPDATE [a-z]+ SET|CREATE (TABLE|INDEX)|DROP TABLE|ALTER TABLE|PRAGMA"
    r"|SET LOCAL|GRANT |REVOKE |LOCK TABLE|CREATE |ALTER |ANALYZE|COPY |set_config|batch_update\."
    r"|ISOLATION|SET TRANSACTION|ON COMMIT|clock_timestamp|unnest|DROP TRIGGER|^JOIN "
    r"|^(, ?[a-z_.]+)+$|^('[a-z ]+'(, )?)+$|^pipx inject |server running|^SSL error"
    r"|(does not |connections|read-only).*$"
    r"|BEGIN|ON CONFLICT|WHERE |DISTINCT ON|^ *(EXISTS|ARRAY|unnest)|pg_catalog|RAISE"
    r"|strftime|nullif|updates\.bill_id|AND id = \?|\(\?|%\(|\0"
    r"|^[a-zа-я_]+( [a-zа-я_]+)+$|^(Order|Tracking) number$|yyyy-mm|^pip install "
    r"|^(batch-update:? \{\}|batch-update FILE| --profile \{\})$"
    r"|^(General|Euro|Long|Medium|Short) (Number|Date|Time|Currency)$"
    r"|^--[a-z-]+ [A-Z]+(=[A-Z]+)?$|^<(c|row|t) ?.*>$|^ (ht|xml:space)=.*\"$| t=\"inlineStr\">"
    r"|^[mdyhs:/]+ (AM/PM|h:mm)$|^re\.Match|^icacls "
)
"""Queries, the words of PostgreSQL's driver, the log's columns, words of sheets, formats, names,
commands, the XML of cells."""

FORBIDDEN = re.compile(r"\bNone\b|Traceback|\b[A-Z]\w*(?:Error|Exception)\b|\bexception\b")
LATER = {"client.py", "delivery.py", "outcomes.py", "connection.py"}
HAS_TWO_PARTS = re.compile(r"^\{\w+\} \(|(?:[.:;]|[^.] \{\w+\}\.) .*(?:[.})H]|help)$")
"""The fault, and behind it the next step; sentences of `LATER` get their next step later."""


def code() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not NOT_SHOWN & set(path.parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def template(node: ast.AST) -> str:
    """Give a text that stands in the code, `{}` where a value stands in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = node.values
        return "".join("{}" if isinstance(v, ast.FormattedValue) else template(v) for v in parts)
    return ""


def is_said(node: ast.AST) -> bool:
    """Tell whether a sentence is said here, in the language in force or to the log."""
    return isinstance(node, ast.Call) and (
        (isinstance(node.func, ast.Name) and node.func.id in SAYS)
        or ast.unparse(node.func).startswith(("_logger.", "output.write_down"))
    )


def no_sentence_of_its_own(node: ast.AST) -> list[ast.AST]:
    """List what is part of a text, said already, looked for in others' words, or a docstring."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.Call) and (is_said(node) or ast.unparse(node.func) == "_any"):
        return [inner for argument in node.args for inner in ast.walk(argument)]
    return list(ast.walk(node))[1:] if isinstance(node, ast.JoinedStr) else []


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_the_template_holds_every_sentence() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == as_template(extract())


def test_the_template_has_what_the_code_says() -> None:
    """Extraction passes over what stands in brackets of its own."""
    said = {
        template(argument)
        for _, tree in code()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS
        for argument in node.args
    }
    assert {one for one in said if one} - sentences() == set()


def test_no_sentence_for_the_user_is_kept_from_the_catalogues() -> None:
    found = []
    for path, tree in code():
        nodes = list(ast.walk(tree))
        unwanted = {id(inner) for node in nodes for inner in no_sentence_of_its_own(node)}
        found += [
            (path.name, text)
            for node in nodes
            if id(node) not in unwanted
            and len(re.findall(r"[A-Za-z]{2,}", (text := template(node)))) > 1
            and " " in text
            and not NO_PROSE.search(text)
        ]
    assert found == []


def test_every_sentence_is_filled_in_with_what_it_names() -> None:
    wrong = []
    for path, tree in code():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "format"
                and is_said(node.func.value)
                and isinstance(node.func.value, ast.Call)
                and not any(keyword.arg is None for keyword in node.keywords)
            ):
                said = [template(argument) for argument in node.func.value.args]
                given = {keyword.arg for keyword in node.keywords}
                named = {name for one in said for name in fields(one)}
                if any(said) and given != named:
                    wrong.append(f"{path.name}: {said} is given {given}")
    assert wrong == []


def test_no_sentence_speaks_of_the_inside_of_the_program() -> None:
    assert [text for text in sentences() if FORBIDDEN.search(text)] == []


def test_what_stops_a_run_or_a_row_says_what_and_then_what_to_do() -> None:
    poor = set()
    for path, tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and is_final(node):
                said = next((one for one in ast.walk(node.args[0]) if is_said(one)), None)
                text = template(said.args[0]) if isinstance(said, ast.Call) else ""
                if text and path.name not in LATER and not HAS_TWO_PARTS.search(text):
                    poor.add((path.name, text))
    assert poor == set()


def is_final(call: ast.Call) -> bool:
    """Tell whether an error is made whose text the user sees as it is."""
    name = ast.unparse(call.func)
    return name in vars(errors) or name == "CellRefusedError"


REST = re.compile(
    r": |\[statuses\]| *[a-z ]+ +[0-9]+| +[a-z ]+, [a-z_0-9]+: *| +[a-z_]+: *| +[A-Z][a-z ]+: *"
)
"""Counts of outcomes and statuses, codes, the sheet's own headers, and TOML."""


HEADERS = re.compile(r"(?:[A-Z][a-z ]+: ?| )*")


def check_said(text: str) -> None:
    lines = untranslated(text).splitlines()
    assert [line for line in lines if line.strip() and not REST.fullmatch(line)] == []


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("options", [["--dry-run"], ["--strict", "--dry-run"], []])
def test_a_run_says_nothing_that_the_catalogues_lack(
    options: list[str], tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    target = tmp_path / "results.xlsx"
    sheet = SAMPLES / "problems.xlsx"
    run = run_cli(sheet, *options, "--output", target, shop=open_sandbox())
    assert run.status == 1
    assert "«" in run.out
    check_said(run.out)
    check_said(run.err)
    book = openpyxl.load_workbook(target)
    texts = column(book.worksheets[0], "«error_text»")
    assert len(texts) > 20
    # A column's own header stands in front of what is said of its cell.
    assert [text for text in texts if not HEADERS.fullmatch(untranslated(text))] == []


@pytest.mark.usefixtures("pseudo")
def test_a_config_file_is_read_as_in_english(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = tmp_path / "day.csv"
    sheet.write_text("Bestellung,Order status\n1,weg\n", encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(
        '[dates]\nday_first = true\n[columns]\nbill_id = "Bestellung"\n'
        '[statuses]\nweg = "cancel"\n',
        encoding="utf-8",
    )
    shop = open_sandbox()
    run = run_cli(sheet, "--config", config, "--month-first", shop=shop)
    assert (run.status, run.err) == (0, "")
    assert len(shop.requests) == 1
    shown = run_cli(sheet, "--config", config, "--show-settings", shop=shop)
    assert shown.status == 0
    assert "«" in shown.out


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.xlsx"],
        ["--no-such-option"],
        ["--workers", "many", "missing.xlsx"],
        ["--config", "missing.toml", "missing.xlsx"],
        ["--history", "7"],
        ["--check-ledger"],
    ],
    ids=str,
)
def test_an_error_is_said_in_the_language_in_force(
    arguments: list[str], tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_cli(*arguments)
    said = run.err or run.out
    assert untranslated(said).strip().removeprefix("batch-update:").strip(" .") == ""


def test_the_language_is_looked_up_when_a_sentence_is_said(tmp_path: Path) -> None:
    program = (
        "import sys; from batch_update import i18n, languages; "
        "from batch_update.cli import main, program; from tests.pseudo import Pseudo; "
        "i18n.use(Pseudo()); languages.begin = lambda _: ''; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "missing.xlsx")],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("batch-update: «")


def column(page: Worksheet, header: str) -> list[str]:
    """List what stands in one column, without blank cells."""
    place = next(cell.column for cell in page[1] if cell.value == header)
    rows = page.iter_rows(min_row=2, min_col=place, max_col=place, values_only=True)
    return [str(value) for (value,) in rows if value]
