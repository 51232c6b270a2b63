"""The rules of statuses: how they stand to each other, and that a further one is one entry."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

import batch_update
from batch_update.model import HIDDEN_BY, SUPERSEDED_BY, WOULD_UNDO, Status
from batch_update.sandbox import Fault, Script
from batch_update.sandbox import shop as sandbox_shop
from tests.conftest import KEY, LOGIN, OpenSandbox

PACKAGE = Path(batch_update.__file__).parent
RULES = "model/status_rules.py"
SENT, PAID, RETURN, CANCEL = Status

WORDS_ELSEWHERE = {
    RULES: "where they are known",
    "sandbox/shop.py": "the stand-in of the shop has answers of its own",
    "justclick/protocol.py": "the vendor's words for the state of an order",
    "model/answers.py": "the state of an order as far as payments go",
    "validator/glued.py": "words that stand beside tracking numbers",
}
"""Where a status's word may stand, and why."""


def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def test_no_other_module_names_a_status() -> None:
    named = {
        (name, node.attr)
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in Status.__members__
        and ast.unparse(node.value).rpartition(".")[2] == "Status"
    }
    assert {name for name, _ in named} == {RULES}


def test_no_other_module_writes_a_status_out() -> None:
    written = {
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in set(Status)
    }
    assert written == set(WORDS_ELSEWHERE)


def test_what_takes_the_place_of_what() -> None:
    assert {
        SENT: {SENT, RETURN, CANCEL},
        PAID: {RETURN, CANCEL},
        RETURN: {SENT, CANCEL},
        CANCEL: {SENT, PAID, RETURN},
    } == SUPERSEDED_BY


def test_what_an_older_row_would_undo() -> None:
    assert {
        SENT: {SENT, RETURN, CANCEL},
        PAID: {RETURN, CANCEL},
        RETURN: {SENT, RETURN, CANCEL},
        CANCEL: {SENT, RETURN, CANCEL},
    } == WOULD_UNDO


def test_what_the_shop_shows_in_place_of_what() -> None:
    assert {SENT: set(), PAID: {CANCEL}, RETURN: set(), CANCEL: {PAID}} == HIDDEN_BY


@pytest.mark.parametrize("status", Status)
def test_a_rule_is_whole(status: Status) -> None:
    rule = status.rule
    above = set(list(Status)[: list(Status).index(status)])
    assert rule.supersedes | rule.undone_by <= above
    assert rule.superseded_by | rule.would_undo <= above | {status}
    assert status.value in rule.words
    assert rule.state
    assert rule.needs_date == bool(rule.done) == bool(rule.event)
    assert rule.is_repeatable or rule.proved_by


def test_no_word_means_two_statuses() -> None:
    words = [word for status in Status for word in status.rule.words]
    assert len(words) == len(set(words))


MEMBER = '    REFUND = "refund"\n'
RULE = """
    Status.REFUND: StatusRule(
        subject=Subject.MONEY,
        date_field=Field.DATE,
        supersedes=frozenset({Status.PAID}),
        superseded_by=frozenset({Status.PAID}),
        label=N_("refund"),
        words=("refund", "refunded", "возврат денег"),
        state=N_("refunded"),
        done=N_("refunded"),
        event=N_("the money given back"),
    ),
"""
ANSWER = sandbox_shop._Answer(needs=frozenset({"date"}))


@pytest.fixture
def with_refund(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a copy of the program that knows a fifth status."""
    copy = tmp_path / "program"
    shutil.copytree(PACKAGE, copy / "batch_update", ignore=shutil.ignore_patterns("__pycache__"))
    rules = copy / "batch_update" / RULES
    text = rules.read_text(encoding="utf-8")
    last_member, end = '\n    CANCEL = "cancel"\n', "\n}\n\nfor _status in Status:"
    assert (text.count(last_member), text.count(end)) == (1, 1)
    text = text.replace(last_member, last_member + MEMBER)
    rules.write_text(text.replace(end, RULE.rstrip("\n") + end), encoding="utf-8")
    monkeypatch.setitem(sandbox_shop._ANSWERS, "refund", ANSWER)
    return copy


def run(program: Path, *arguments: str | Path, base_url: str = "") -> str:
    """Run a copy of the program and give what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "batch_update", *arguments],
        cwd=program,
        env={
            **os.environ,
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
            "JUSTCLICK_BASE_URL": base_url,
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def rows_of(path: Path) -> list[tuple[str, str, str]]:
    """List outcome, code and words of each row of the results."""
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    places = [header.index(name) for name in ("result", "error_code", "error_text")]
    return [(str(row[places[0]]), str(row[places[1]]), str(row[places[2]])) for row in rows]


def test_a_fifth_status_is_one_entry_one_answer_and_its_words(
    with_refund: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.lost_answer()]}))
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        "bill_id,status,date,rpo\n"
        "1,refund,2026-11-20,\n"
        "2,Возврат денег,2026-11-20,\n"
        "3,refund,,\n"
        "4,paid,2026-11-19,\n"
        "5,sent,2026-11-19,RA123456785RU\n"
        "6,lost,,\n",
        encoding="utf-8",
    )
    results = tmp_path / "results.xlsx"
    shop = ("--no-read-back",)
    run(with_refund, sheet, "--output", results, *shop, base_url=sandbox.base_url)
    rows = rows_of(results)
    assert [row[:2] for row in rows] == [
        ("updated", "None"),
        ("updated", "None"),
        ("invalid", "date_missing"),
        ("updated", "None"),
        ("updated", "None"),
        ("invalid", "status_unknown"),
    ]
    assert "Write the day it was refunded" in rows[2][2]
    assert '"lost" is none of sent, paid, return, cancel, refund, nor a common word' in rows[5][2]
    # It may be repeated, so it was, when its answer was lost.
    changes = [[change.status for change in sandbox.shop.history(order)] for order in (1, 2)]
    assert changes == [["refund", "refund"], ["refund"]]
    assert sandbox.shop.history(2)[0].date == "1795122000"

    later = tmp_path / "june.csv"
    later.write_text("bill_id,status,date\n4,refund,2026-11-20\n", encoding="utf-8")
    run(with_refund, later, "--output", tmp_path / "june.xlsx", *shop, base_url=sandbox.base_url)
    again = tmp_path / "again.xlsx"
    run(with_refund, sheet, "--output", again, *shop, base_url=sandbox.base_url)
    # What it takes the place of is left behind, and what was confirmed is not sent again.
    assert [row[:2] for row in rows_of(again)][:4] == [
        ("already updated", "None"),
        ("already updated", "None"),
        ("invalid", "date_missing"),
        ("not sent", "superseded"),
    ]


def test_the_template_knows_a_fifth_status(with_refund: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.xlsx"
    run(with_refund, "--template", template)
    page = openpyxl.load_workbook(template).worksheets[0]
    notes = [cell.comment.text for cell in page[1] if cell.comment]
    assert notes[1:3] == [
        "Choose one: sent, paid, return, cancel or refund. Needed in every row.",
        "When the parcel was posted, the order paid or the money given back. Needed for sent, paid "
        "and refund.",
    ]
    assert page.data_validations.dataValidation[0].formula1 == '"sent,paid,return,cancel,refund"'
