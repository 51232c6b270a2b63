"""The README, and the pages it points to, are held to the program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from batch_update.cli import main
from batch_update.errors import ExitStatus
from batch_update.headers import RESULT_COLUMNS
from batch_update.model import Outcome
from batch_update.settings.options import OPTIONS
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tools.bench.__main__ import REPORT
from tools.make_samples import SAMPLES

ROOT = SAMPLES.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
REFERENCE = PAGES["docs/reference.md"]
OPERATING = PAGES["docs/operating.md"]
ADMINISTRATION = PAGES["docs/administration.md"]
ARCHITECTURE = PAGES["docs/architecture.md"]
SPEED = PAGES["docs/speed.md"]


def block(name: str, page: str = README) -> str:
    """Give the text of a marked block of a page."""
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```\n<!-- /{name} -->", page, re.DOTALL)
    assert found, name
    return found[1]


def anchors_of(page: str) -> set[str]:
    """List the places of a page that a link can point at, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def table_after(heading: str, page: str = README) -> list[list[str]]:
    """Give the cells of the first table below a heading, without its first two lines."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "samples")
    (tmp_path / "build").mkdir()
    shown = block("demo")
    command = shown.partition("\n")[0].removeprefix("$ batch-update ").split()
    done = subprocess.run(
        [COMMAND, *command],
        cwd=tmp_path,
        # Said in full, since readline puts a width into the environment behind Python's back.
        env=dict(os.environ),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    # As the years go by, the sample's dates grow old, and the program rightly warns of them.
    said = done.stdout.replace(os.sep, "/")
    assert said.partition("\nWarnings (")[0] == shown.partition("\n")[2]
    assert f"$(BIN)/batch-update {' '.join(command)} " in (ROOT / "Makefile").read_text(
        encoding="utf-8"
    )


def test_the_dry_run_prints_the_plan_that_the_page_on_daily_work_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = shutil.copy(SAMPLES / "shipments.xlsx", tmp_path)
    assert main([str(sheet), "--dry-run", "--sandbox"]) == 1
    shown = block("plan", OPERATING)
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert first.startswith("PRACTICE, dry run: ")
    assert rest.startswith(shown)
    fingerprint = shown.partition("\n")[0].rpartition(" ")[2]
    assert OPERATING.count(fingerprint) == 3


def test_the_config_file_of_the_page_on_administration_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = block("config", ADMINISTRATION)
    path = tmp_path / "readme.toml"
    path.write_text(shown, encoding="utf-8")
    for profile, username in ((), "myshop"), (("--profile", "second"), "othershop"):
        assert main(["--config", str(path), *profile, "--show-settings"]) == 0
        assert re.search(rf"^username +{username} ", capsys.readouterr().out, re.MULTILINE)
    likewise = REFERENCE.partition("\n## Config file\n")[2]
    documented = set(re.findall(r"\b[a-z_]+\b", shown + likewise))
    assert {
        option.key for option in OPTIONS if option.table and not option.is_repeated
    } <= documented


@pytest.mark.parametrize(
    ("page", "heading"), [(README, "Exit status"), (ADMINISTRATION, "For scripts")]
)
def test_every_exit_status_is_in_the_readme_and_the_page_on_administration(
    page: str, heading: str
) -> None:
    assert [int(row[0]) for row in table_after(heading, page)] == [int(s) for s in ExitStatus]


def test_every_outcome_and_result_column_is_in_the_readme_and_the_page_on_daily_work() -> None:
    assert [row[0].strip("`") for row in table_after("What can become of a row")] == list(Outcome)
    assert [row[0].strip("`") for row in table_after("Each result", OPERATING)] == list(Outcome)
    columns = [row[0].strip("`") for row in table_after("Reading the results", OPERATING)]
    assert columns == list(RESULT_COLUMNS)
    for name in RESULT_COLUMNS:
        assert f"`{name}`" in README


@pytest.mark.parametrize("name", PAGES)
def test_files_and_places_that_a_page_names_are_there(name: str) -> None:
    for target, place in re.findall(r"\]\(([^):#]*)(?:#([^)]*))?\)", PAGES[name]):
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if place:
            assert place in anchors_of(path.read_text(encoding="utf-8")), place
    for module in re.findall(r"`([a-z_]+(?:/[a-z_]+)?\.py)`", PAGES[name]):
        assert (ROOT / "batch_update" / module).exists(), module


def test_every_page_is_named_by_the_readme() -> None:
    assert {*re.findall(r"\]\((docs/\w+\.md)\)", README), "README.md"} == set(PAGES)


def test_every_package_is_in_the_table_of_layers() -> None:
    named = {row[1].strip("`") for row in table_after("Packages and layers", ARCHITECTURE)}
    package = ROOT / "batch_update"
    found = {path.parent.name for path in package.glob("*/__init__.py")}
    found |= {path.stem for path in package.glob("*.py") if not path.stem.startswith("__")}
    assert named == found
    modules = {row[0].strip("`") for row in table_after("Inside the loop", ARCHITECTURE)}
    assert modules == {f"batch/{path.name}" for path in package.glob("batch/[a-z]*.py")}


def test_every_target_of_make_is_in_the_page_on_architecture() -> None:
    targets = re.search(r"targets: `([a-z -]+)`", ARCHITECTURE)
    assert targets
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in targets[1].split():
        assert f"\n{target}:" in makefile
    for target in re.findall(r"`make ([a-z-]+)`", "".join(PAGES.values())):
        assert f"\n{target}:" in makefile


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 200
    assert len(README.split()) < 900


def test_versions_and_floors_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    python = project["project"]["requires-python"].removeprefix(">=")
    for page in README, ADMINISTRATION:
        assert f"with Python {python} or newer" in page
    floor = project["tool"]["coverage"]["report"]["fail_under"]
    assert f"coverage, whose floor is {floor}%" in ARCHITECTURE


def test_pages_are_in_plain_words() -> None:
    for name, page in PAGES.items():
        found = re.findall(r"\b(?:whoever|nobody|anew|of its own)\b", page, re.IGNORECASE)
        assert found == [], name


def test_the_page_on_speed_is_the_report_of_the_benchmark() -> None:
    head, _, tail = REPORT.partition("{table}")
    assert SPEED.endswith(tail)
    assert re.match(re.sub(r"\\{\w+\\}", ".+", re.escape(head)), SPEED)


def test_the_figures_of_speed_are_those_that_were_measured() -> None:
    section = ADMINISTRATION.partition("\n## Time and memory\n")[2].partition("\n## ")[0]
    said = re.findall(r"\*\*([0-9][0-9.,]*)\*\*", section)
    lines = [line for line in SPEED.splitlines() if line.startswith("| ")]
    measured = {number for line in lines for number in re.findall(r"[0-9][0-9.,]*", line)}
    assert len(said) > 10
    assert set(said) <= measured
    assert (ROOT / "docs" / "speed.png").stat().st_size > 1000
