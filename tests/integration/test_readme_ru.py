"""The Russian README and guide are held to the Russian program, as the English pages are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from batch_update.errors import ExitStatus
from batch_update.headers import RESULT_COLUMNS
from batch_update.model import Outcome
from batch_update.settings.options import OPTIONS
from tests.conftest import LOGIN, OpenSandbox
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_readme import README as ENGLISH
from tests.integration.test_readme import ROOT, anchors_of, block, table_after
from tests.sandbox import Fault, Script
from tests.unit.test_catalogue import RUSSIAN, STIFF, WITHOUT_DOTS, pairs
from tools import messages
from tools.make_samples import SAMPLES

NAMES = tuple(f"docs/ru/{name}.md" for name in ("README", "guide", "problems", "windows"))
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
README, GUIDE, PROBLEMS, _WINDOWS = PAGES.values()
IN_RUSSIAN = {"LANG": "ru_RU.UTF-8", "PYTHONIOENCODING": "utf-8"}
ADDRESS = f"https://{LOGIN}.justclick.io"
NO_SUCH_ORDER = 100500
SAID = (ROOT / "tests" / "data" / "said.txt").read_text(encoding="utf-8")
OTHERS = {"--user", "--help", "--version"}
"""Options of other programs, and those of every program."""


def say(command: str, environment: dict[str, str]) -> str:
    """Run a command as a page shows it; give all that is on the screen then."""
    done = subprocess.run(
        [COMMAND, *command.removeprefix("$ batch-update ").split()],
        env={**environment, **IN_RUSSIAN},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout


def held(name: str, page: str, environment: dict[str, str], address: str = ADDRESS) -> None:
    """Hold a block of a page to what its first line prints."""
    command, _, shown = block(name, page).partition("\n")
    said = say(command, environment).replace(address, ADDRESS).replace(os.sep, "/")
    # As the years go by, the dates grow old, and the program rightly warns of them.
    assert said.partition("\nПредупреждения (")[0] == shown, f"{command}\n{said}"


def test_the_demo_prints_what_the_russian_readme_shows(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "samples")
    held("demo", README, dict(os.environ))
    assert (
        block("demo", README).partition("\n")[0].removeprefix("$ ") in README.partition("<!--")[0]
    )


def mend(path: Path, cells: dict[str, str]) -> None:
    """Correct cells of a workbook, as a person does."""
    book = openpyxl.load_workbook(path)
    for place, value in cells.items():
        book.worksheets[0][place].value = value
    book.save(path)


def test_the_story_of_the_guide_is_true_from_the_first_sheet_to_the_next_day(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({NO_SUCH_ORDER: [Fault.refuse(200, "nonexistent order")]}))
    environment = environment_for(sandbox)
    shown = re.search(r"<!-- sheet -->\n(.*?)<!-- /sheet -->", GUIDE, re.DOTALL)
    assert shown
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "Лист1"
    for line in shown[1].splitlines():
        if not line.startswith("| ---"):
            page.append([cell.strip() or None for cell in line.split("|")[1:-1]])
    book.save("склад.xlsx")

    assert "ТРЕНИРОВКА" in say("--sandbox склад.xlsx", environment)
    for name in "dry-run", "first":
        held(name, GUIDE, environment, sandbox.base_url)
    mend(tmp_path / "склад.results.xlsx", {"D3": "RA123456374RU", "A6": "100005"})
    held("mended", GUIDE, environment, sandbox.base_url)
    held("next-day", GUIDE, environment, sandbox.base_url)
    assert sorted(sandbox.shop.changed_orders()) == [*range(100001, 100006)]

    mend(tmp_path / "склад.results.xlsx", {"D3": "RA123457114RU"})
    assert "edited-1" in say("склад.xlsx", environment)
    named = set(re.findall(r"склад\.[\w.-]*xlsx", "".join(PAGES.values())))
    assert named == {path.name for path in tmp_path.glob("склад.*")}
    result = openpyxl.load_workbook("склад.results.xlsx")
    assert f"«{result.sheetnames[1]}»" in GUIDE
    seen = [cell.value for cell in next(iter(result.worksheets[0].iter_cols(8, 8)))]
    assert f"`{seen[1]}`" in GUIDE


def test_the_config_file_of_the_guide_makes_the_program_speak_russian(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(block("config", GUIDE), encoding="utf-8")
    path.chmod(0o600)
    in_english = {**os.environ, "LANG": "en_US.UTF-8"}
    said = say("--config config.toml --show-settings", in_english)
    assert re.search(r"^lang +ru +\(файл настроек\)", said, re.MULTILINE), said


@pytest.fixture(scope="module")
def in_russian() -> dict[str, str]:
    """Give what stands for each sentence in the catalogue."""
    translation = messages.read(RUSSIAN)
    return {str(message.id): str(message.string) for message in translation if message.id}


def test_every_outcome_and_result_column_is_called_as_the_program_calls_it(
    in_russian: dict[str, str],
) -> None:
    outcomes = [in_russian[outcome] for outcome in Outcome]
    assert [row[0] for row in table_after("Что бывает со строкой", README)] == outcomes
    assert [row[0] for row in table_after("Что значит каждый результат", GUIDE)] == outcomes
    columns = [in_russian[name] for name in RESULT_COLUMNS]
    assert [row[0] for row in table_after("Что стоит в файле результатов", GUIDE)] == columns
    for column in columns:
        assert f"«{column}»" in README


def test_every_exit_status_is_in_the_russian_readme() -> None:
    assert [int(row[0]) for row in table_after("Код возврата", README)] == [
        int(status) for status in ExitStatus
    ]


def test_options_and_codes_that_the_russian_pages_name_are_there() -> None:
    text = "".join(PAGES.values())
    flags = {option.flag for option in OPTIONS}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - OTHERS - flags == set()
    codes = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text)) - {"bill_id", "dry_run"}
    assert len(codes) > 3
    for code in codes:
        assert re.search(rf"\b{code}\b", SAID), code


def sayings() -> Iterator[str]:
    """Give a pattern for each sentence of the catalogue, also without the place in front."""
    for _, translated in pairs(RUSSIAN):
        for sentence in re.split(r"(?<=\.) ", translated):
            for said in {sentence, re.sub(r"^\{\w+\}: ", "", sentence)}:
                yield ".+".join(re.escape(part) for part in re.split(r"\{[^{}]*\}", said))


def test_what_the_russian_pages_quote_is_what_the_program_says() -> None:
    known = [re.compile(pattern) for pattern in set(sayings()) if len(pattern) > 20]
    quoted = re.findall(r"^> (.*)$", "\n".join(PAGES.values()), re.MULTILINE)
    assert len(quoted) > 4
    for quote in quoted:
        for sentence in re.split(r"(?<=\.) ", quote):
            assert any(pattern.fullmatch(sentence) for pattern in known), sentence


@pytest.mark.parametrize("name", NAMES)
def test_files_and_places_that_a_russian_page_names_are_there(name: str) -> None:
    for target, place in re.findall(r"\]\(([^):#]*)(?:#([^)]*))?\)", PAGES[name]):
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if place:
            assert place in anchors_of(path.read_text(encoding="utf-8")), place


def test_the_two_readmes_point_at_each_other_and_at_every_russian_page() -> None:
    assert "(docs/ru/README.md)" in "".join(ENGLISH.splitlines()[:4])
    assert "(../../README.md)" in "".join(README.splitlines()[:8])
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "ru").glob("*")}
    linked = {f"docs/ru/{name}" for name in re.findall(r"\]\((\w+\.md)\)", README)}
    assert linked | {NAMES[0]} == pages == set(NAMES)


def test_the_russian_readme_stays_short_and_names_the_python_of_the_project() -> None:
    assert len(README.split()) < 900
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    python = project["project"]["requires-python"].removeprefix(">=")
    for page in README, GUIDE:
        assert f"Python {python} или новее" in page


@pytest.mark.parametrize("name", NAMES)
def test_the_russian_pages_are_written_with_care(name: str) -> None:
    page = PAGES[name]
    prose = re.sub(r"```.*?```|`[^`]*`|^    .*$", "", page, flags=re.DOTALL | re.MULTILINE)
    assert not WITHOUT_DOTS.search(prose)
    assert not STIFF.search(prose)
    assert '"' not in prose
    assert not re.search(r" - |прогон|холост|трекинг", prose)
