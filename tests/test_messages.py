"""Every text that a user can meet: in one place in the code, and in one list here.

What --help says of an option stands in the option's declaration, all else in `texts`.

The list is `tests/data/messages.txt`. After a change of words, `python -m tests.test_messages`
writes it anew: read what changed.
"""

from __future__ import annotations

import ast
import importlib
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from batch_update import errors
from batch_update.settings.option import Group
from batch_update.settings.options import OPTIONS

PACKAGE = Path(__file__).parent.parent / "batch_update"
SAMPLES = Path(__file__).parent.parent / "samples"
LIST = Path(__file__).parent / "data" / "messages.txt"
NOT_SHOWN = {"sandbox", "texts", "words.py", "carriers.py"}
NO_PROSE = re.compile(
    r"SELECT|INSERT|DELETE|UPDATE [a-z]+ SET|CREATE (TABLE|INDEX)|DROP TABLE|ALTER TABLE|PRAGMA"
    r"|BEGIN IMMEDIATE|strftime|nullif|updates\.bill_id|AND id = \?|\(\?|%\(|\0"
    r"|^[a-zа-я_]+( [a-zа-я_]+)+$|^(Order|Tracking) number$|yyyy-mm"
    r"|^(batch-update:? \{\}|batch-update FILE| --profile \{\})$"
    r"|^(General|Euro|Long|Medium|Short) (Number|Date|Time|Currency)$"
    r"|^--[a-z-]+ [A-Z=]+$|^<(c|row|t) ?.*>$|^ (ht|xml:space)=.*\"$"
)
"""Queries, the log's columns, words of sheets, formats, names, commands, options, cells' XML."""

FORBIDDEN = re.compile(r"\bNone\b|Traceback|\b[A-Z]\w*(?:Error|Exception)\b|\bexception\b")
LATER = {"client", "delivery"}
HAS_TWO_PARTS = re.compile(r"^\{\w+\} \(|(?:[.:;]|[^.] \{\w+\}\.) .*(?:[.})H]|help)$")
"""The fault, and behind it the next step; texts in `LATER` get their next step later."""


def rooms() -> Iterator[tuple[str, ModuleType]]:
    """Give the name and the module of each room's texts."""
    for path in sorted((PACKAGE / "texts").glob("[a-z]*.py")):
        yield path.stem, importlib.import_module(f"batch_update.texts.{path.stem}")


def texts_of(module: ModuleType) -> dict[str, str]:
    return {name: text for name, text in vars(module).items() if name.isupper()}


def every_text() -> list[tuple[str, str, str]]:
    """List room, name and words of each text."""
    return [(room, *item) for room, module in rooms() for item in texts_of(module).items()]


def help_texts() -> dict[str, str]:
    groups = {f"GROUP_{group.name}": group.value for group in Group}
    return groups | {option.name: option.help_text for option in OPTIONS if option.help_text}


def as_list() -> str:
    lines = []
    listed = {room: texts_of(module) for room, module in rooms()} | {"options": help_texts()}
    for room, words in sorted(listed.items()):
        lines.append(f"\n{room}")
        lines += ["    " + f"{name}: {text}".replace("\n", "\\n") for name, text in words.items()]
    return "\n".join(lines).lstrip() + "\n"


def code() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not NOT_SHOWN & set(path.parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def used_texts(tree: ast.Module) -> tuple[str, set[str]]:
    """Tell whose texts a module uses, and which."""
    room = next(
        (
            node.names[0].name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "batch_update.texts"
        ),
        "",
    )
    names = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_text(node)
    }
    return room, names


def is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "texts"
    )


def template(node: ast.AST) -> str:
    """Give a text that stands in the code, `{}` where a value stands in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = node.values
        return "".join("{}" if isinstance(v, ast.FormattedValue) else template(v) for v in parts)
    return ""


def without_text_of_its_own(node: ast.AST) -> list[ast.AST]:
    """List what is part of a text, or a docstring."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    return list(ast.walk(node))[1:] if isinstance(node, ast.JoinedStr) else []


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_the_list_holds_every_message() -> None:
    assert LIST.read_text(encoding="utf-8") == as_list()


def test_no_words_for_the_user_stand_elsewhere_in_the_code() -> None:
    found = []
    declared = set(help_texts().values())
    for path, tree in code():
        nodes = list(ast.walk(tree))
        unwanted = {id(inner) for node in nodes for inner in without_text_of_its_own(node)}
        found += [
            (path.name, text)
            for node in nodes
            if id(node) not in unwanted
            and (text := template(node)) not in declared
            and len(re.findall(r"[A-Za-z]{2,}", text)) > 1
            and " " in text
            and not NO_PROSE.search(text)
        ]
    assert found == []


def test_every_text_is_used_and_filled_in_with_what_it_names() -> None:
    words = {(room, name): text for room, name, text in every_text()}
    unused = set(words)
    wrong = []
    for path, tree in code():
        room, names = used_texts(tree)
        unused -= {(room, name) for name in names}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "format"
                and is_text(node.func.value)
            ):
                name = ast.unparse(node.func.value).removeprefix("texts.")
                given = {keyword.arg for keyword in node.keywords}
                if given != fields(words[room, name]):
                    wrong.append(f"{path.name}: {name} is given {given}")
    assert (wrong, unused) == ([], set())


def test_no_message_speaks_of_the_inside_of_the_program() -> None:
    said = [text for _, _, text in every_text()] + list(help_texts().values())
    assert [text for text in said if FORBIDDEN.search(text)] == []


def test_what_stops_a_run_or_a_row_says_what_and_then_what_to_do() -> None:
    words = {(room, name): text for room, name, text in every_text()}
    poor = set()
    for _, tree in code():
        room, _ = used_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and is_final(node) and room not in LATER:
                text = ast.unparse(node.args[0])
                name = re.match(r"texts\.([A-Z_0-9]+)", text)
                if name and not HAS_TWO_PARTS.search(words[room, name[1]]):
                    poor.add((room, name[1]))
    assert poor == set()


def is_final(call: ast.Call) -> bool:
    """Tell whether an error is made whose text the user sees as it is."""
    name = ast.unparse(call.func)
    return name in vars(errors) or name == "CellRefusedError"


IN_ANOTHER_LANGUAGE = """
import importlib, pathlib, sys
import batch_update.texts

for path in pathlib.Path(batch_update.texts.__path__[0]).glob("[a-z]*.py"):
    room = importlib.import_module("batch_update.texts." + path.stem)
    for name, text in list(vars(room).items()):
        if name.isupper():
            setattr(room, name, "\\u00ab" + text + "\\u00bb")
        elif callable(text):
            setattr(room, name, lambda count, text=text: "\\u00ab" + text(count) + "\\u00bb")

from batch_update.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_second_language_takes_the_place_of_the_first_everywhere(tmp_path: Path) -> None:
    target = tmp_path / "results.xlsx"
    sheet = str(SAMPLES / "problems.xlsx")
    command = [
        sys.executable,
        "-c",
        IN_ANOTHER_LANGUAGE,
        sheet,
        "--dry-run",
        "--output",
        str(target),
    ]
    run = subprocess.run(
        command, capture_output=True, encoding="utf-8", env={"PYTHONUTF8": "1"}, check=False
    )
    assert run.returncode == 1, run.stderr
    untranslated = run.stdout
    while (inner := re.sub("«[^«»]*»", "", untranslated)) != untranslated:
        untranslated = inner
    # What is left are counts of outcomes and statuses, codes, the sheet's own headers, and TOML.
    rest = re.compile(r": |\[statuses\]| *[a-z ]+ +[0-9]+| +[a-z ]+, [a-z_]+: *| +[A-Z][a-z ]+: *")
    assert [
        line for line in untranslated.splitlines() if line.strip() and not rest.fullmatch(line)
    ] == []
    book = openpyxl.load_workbook(target)
    texts = column(book.worksheets[0], "error_text")
    assert len(texts) > 20
    assert [text for text in texts if "«" not in text] == []


def column(page: Worksheet, header: str) -> list[str]:
    """List what stands in one column, without blank cells."""
    place = next(cell.column for cell in page[1] if cell.value == header)
    rows = page.iter_rows(min_row=2, min_col=place, max_col=place, values_only=True)
    return [str(value) for (value,) in rows if value]


if __name__ == "__main__":
    LIST.write_text(as_list(), encoding="utf-8")
