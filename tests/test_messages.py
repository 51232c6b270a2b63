"""Every text that a user can meet, in one list: `tests/data/messages.txt`.

After a change of words, `python -m tests.test_messages` writes the list anew: read what changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "batch_update"
LIST = Path(__file__).parent / "data" / "messages.txt"
NOT_SHOWN = {"sandbox", "words.py"}
NO_PROSE = re.compile(r"SELECT|INSERT|UPDATE updates|CREATE TABLE|PRAGMA|\(\?|^ *\w+( \w+)+ *$")
FORBIDDEN = re.compile(r"\bNone\b|Traceback|\b[A-Z]\w*(?:Error|Exception)\b|\bexception\b")
HAS_TWO_PARTS = re.compile(r"^\{\} \(|(?:[.:;]|[^.] \{\}\.) .*(?:[.})H]|help)$")
"""What is wrong, and behind it the next step; a text of the sender gets its next step later."""

FEWEST_WORDS = 3


def templates(path: Path) -> Iterator[tuple[str, bool]]:
    """Give each text of a module, `{}` where a value stands, and whether it ends a run or a row."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    unwanted = {id(inner) for node in nodes for inner in without_text_of_its_own(node)}
    final = {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and is_error(node)}
    for node in nodes:
        text = "" if id(node) in unwanted else template(node)
        if len(text.split()) >= FEWEST_WORDS and not NO_PROSE.search(text):
            yield text, id(node) in final


def without_text_of_its_own(node: ast.AST) -> list[ast.AST]:
    """List what is part of a text, or a docstring."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    return list(ast.walk(node))[1:] if isinstance(node, ast.JoinedStr) else []


def is_error(call: ast.Call) -> bool:
    """Tell whether an error is made whose text the user sees as it is."""
    name = ast.unparse(call.func)
    return bool(call.args) and name.endswith("Error") and name not in {"DamagedError", "OSError"}


def template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = node.values
        return "".join("{}" if isinstance(v, ast.FormattedValue) else template(v) for v in parts)
    return ""


def all_texts() -> list[tuple[str, str, bool]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), text, is_final)
        for path in sorted(PACKAGE.rglob("*.py"))
        if not NOT_SHOWN & set(path.parts)
        for text, is_final in templates(path)
    ]


def as_list() -> str:
    lines = []
    last = ""
    for module, text, _ in all_texts():
        if module != last:
            lines.append(f"\n{module}")
            last = module
        lines.append("    " + text.replace("\n", "\\n"))
    return "\n".join(lines).lstrip() + "\n"


def test_the_list_holds_every_message() -> None:
    assert LIST.read_text(encoding="utf-8") == as_list()


def test_no_message_speaks_of_the_inside_of_the_program() -> None:
    assert [text for _, text, _ in all_texts() if FORBIDDEN.search(text)] == []


def test_what_stops_a_run_or_a_row_says_what_and_then_what_to_do() -> None:
    poor = [
        text
        for module, text, is_final in all_texts()
        if is_final and not module.startswith("sender/") and not HAS_TWO_PARTS.search(text)
    ]
    assert poor == []


if __name__ == "__main__":
    LIST.write_text(as_list(), encoding="utf-8")
