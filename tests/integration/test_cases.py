"""The table of cases, each as a real sheet through the real command line to a real server.

What is said of them stands in `tests/data/said.txt`; after a change of words,
`python -m tests.integration.test_cases` writes it anew: read what changed.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import tempfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from batch_update.cli import main
from batch_update.model import Outcome
from tests.cases import CASES, Case
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import results_of
from tests.sandbox import Sandbox
from tests.words import in_language, results_in

OUTCOMES = {"earlier_row": "not sent", "status_skipped": "skipped", "continuation": "skipped"}
"""What becomes of rows with these codes; all others are invalid."""
WARNINGS = in_language("ru", "Warnings (--strict refuses such rows):")
SKIPPED = in_language("ru", "Skipped (nothing was sent, and nothing is to do):")


def write_workbook(case: Case, path: Path) -> None:
    book = openpyxl.Workbook()
    if case.is_1904:
        book.epoch = CALENDAR_MAC_1904
    page = book.worksheets[0]
    for row in (case.header, *case.rows):
        page.append(row)
    for place, number_format in case.formats.items():
        page[place].number_format = number_format
    for cells in page.iter_rows(min_row=2):
        for cell in cells:
            # openpyxl would take text of a formula's look for a formula.
            if isinstance(cell.value, str) and cell.value.startswith("+"):
                cell.data_type = "s"
    book.save(path)


def sent(sandbox: Sandbox) -> dict[str, list[str]]:
    """List what was posted, by order: the fields of each body in the vendor's order."""
    found: dict[str, list[str]] = {}
    for request in sandbox.requests:
        fields = request.fields
        if request.call != "UpdateOrderStatus":
            continue
        parts = [fields[name] for name in ("bill_id", "status", "date", "rpo") if name in fields]
        found.setdefault(fields["bill_id"], []).append(" ".join(parts))
    return found


def in_english(results: list[tuple[Outcome | None, str]]) -> list[tuple[str | None, object]]:
    """Give results that were read by the words of a language as those of English are read."""
    return [
        (outcome and outcome.value, int(code) if code.isdecimal() else code or None)
        for outcome, code in results
    ]


def check(case: Case, outcomes: list[tuple[str | None, object]], sandbox: Sandbox) -> None:
    """Hold a run's results and requests against what the case expects."""
    expected: dict[str, list[str]] = {}
    for wanted, (outcome, code) in zip(case.expected, outcomes, strict=True):
        if wanted == "footer":
            assert outcome in {None, "None"}
        elif " " not in wanted:
            assert code == wanted
            assert outcome == OUTCOMES.get(wanted, "invalid")
        elif wanted == "already updated":
            assert outcome == wanted
        else:
            assert (outcome, code) == ("updated", None)
            expected.setdefault(wanted.partition(" ")[0], []).append(wanted)
    assert sent(sandbox) == expected


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_case_in_a_workbook(
    case: Case, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_workbook(case, tmp_path / "case.xlsx")
    run = run_cli("case.xlsx", *case.options, shop=sandbox)
    check(case, list(results_of(tmp_path / "case.results.xlsx").values()), sandbox)
    section = run.out.partition("\nWarnings (")[2].partition("\nSkipped (")[0]
    warned = set(re.findall(r"^  ([a-z_]+): row", section, re.MULTILINE))
    assert set(case.warned) <= warned
    # The table's dates grow old like all others, and short numbers are no fault of its rows.
    assert warned <= {*case.warned, "date_old", "rpo_short"}


# The same lines of ours as in English; to watch them twice would take minutes.
@pytest.mark.no_cover
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_case_in_russian(
    case: Case, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_workbook(case, tmp_path / "case.xlsx")
    target = tmp_path / "case.results.csv"
    run = run_cli("case.xlsx", *case.options, "--lang", "ru", "--output", target, shop=sandbox)
    check(case, in_english(results_in(target, "ru", delimiter=",")), sandbox)
    section = run.out.partition(f"\n{WARNINGS}\n")[2].partition(f"\n{SKIPPED}\n")[0]
    warned = set(re.findall(r"^  ([a-z_]+): строк", section, re.MULTILINE))
    assert set(case.warned) <= warned <= {*case.warned, "date_old", "rpo_short"}


def test_the_table_is_as_large_as_it_must_be() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


def is_text_alone(case: Case) -> bool:
    """Tell whether a csv can say the same: formats, kinds of cells and epochs are lost in it."""
    cells = [cell for row in case.rows for cell in row]
    kinds_that_matter = any(isinstance(cell, dt.time | bool | float) for cell in cells)
    is_damaged_number = any(isinstance(cell, int) and cell >= 10**15 for cell in cells)
    is_formula = any(isinstance(cell, str) and cell.startswith("=") for cell in cells)
    return not (kinds_that_matter or is_damaged_number or is_formula or case.formats)


TEXT_CASES = [case for case in CASES if is_text_alone(case) and not case.is_1904]


# The same lines of ours as in a workbook; to watch them twice would take minutes.
@pytest.mark.no_cover
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in TEXT_CASES])
def test_case_in_a_csv(
    case: Case, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    with (tmp_path / "case.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for row in (case.header, *case.rows):
            shown = [c.strftime("%d.%m.%Y %H:%M") if isinstance(c, dt.datetime) else c for c in row]
            writer.writerow(shown)
    run_cli("case.csv", *case.options, shop=sandbox)
    with (tmp_path / "case.results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    outcomes: list[tuple[str | None, object]] = [
        (row["result"], row["error_code"] or None) for row in rows
    ]
    check(case, outcomes, sandbox)


SAID = Path(__file__).parents[1] / "data" / "said.txt"


def all_said(folder: Path) -> str:
    """Give all that a dry run says of each case, row by row; what is another every day left out."""
    lines = []
    for number, case in enumerate(CASES):
        write_workbook(case, folder / f"{number}.xlsx")
        sheet, target = folder / f"{number}.xlsx", folder / f"{number}.csv"
        options = ["--dry-run", "--quiet", "--output", str(target)]
        main([str(sheet), *options, *case.options])
        with target.open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["error_code"], row["error_text"]) for row in csv.DictReader(file)]
        lines += [f"\n{case.name}", *(f"    {code}: {text}" for code, text in rows if code)]
    return "\n".join(lines).lstrip() + "\n"


def without_today(text: str) -> str:
    """Leave out what is another every day."""
    text = re.sub(r"ahead of now \([^)]*\)", "ahead of now (…)", text)
    # The table's dates grow old like all others.
    return re.sub(r" ?Warning: [^:]*: the date lies [0-9]+ days back[^.]*\.[^.]*\.", "", text)


def test_what_is_said_of_each_case_is_what_it_was(tmp_path: Path) -> None:
    assert without_today(all_said(tmp_path)) == SAID.read_text(encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        SAID.write_text(without_today(all_said(Path(scratch))), encoding="utf-8")
