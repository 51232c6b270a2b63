"""A language is one folder: what is not translated yet, or cannot be read, is said in English."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from batch_update import languages
from batch_update.model import Status
from tests.conftest import OpenSandbox
from tests.integration.test_end_to_end import PATIENCE_S, environment_for
from tools import messages

ROOT = messages.PACKAGE.parent
NEXT = "de"
HALF_FINISHED = """
msgid "updated"
msgstr "aktualisiert"

msgid "result"
msgstr "Ergebnis"

msgid "{count} row"
msgid_plural "{count} rows"
msgstr[0] "{count} Zeile"
msgstr[1] "{count} Zeilen"

msgid "the cell is empty. {advice}"
msgstr "die Zelle ist leer. {advice}"

#, fuzzy
msgid "Write the parcel's tracking number."
msgstr "Nur geraten."

msgid "already updated"
msgstr ""
"""
SHEET = "order,status,date,rpo\n1,cancel,,\n2,return,,\n3,sent,2026-11-20,\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a copy of the project with one folder more; compile it as `make messages` does."""
    folder = tmp_path_factory.mktemp("project")
    for name in "batch_update", "tools":
        # Some tools have sheets of their own; no more than the modules is needed.
        wanted = shutil.ignore_patterns("__pycache__", "bench", "simulation")
        shutil.copytree(ROOT / name, folder / name, ignore=wanted)
    catalogue = catalogue_of(folder)
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(HALF_FINISHED, encoding="utf-8")
    done = run_module(folder, folder, "tools.messages")
    assert f"{NEXT}: " in done.stdout
    assert "  Write the parcel's tracking number.\n" in done.stdout
    assert 'msgstr "aktualisiert"' in catalogue.read_text(encoding="utf-8")
    return folder


def catalogue_of(project: Path) -> Path:
    return project / "batch_update" / "locales" / NEXT / "LC_MESSAGES" / "batch-update.po"


def run_module(
    project: Path,
    folder: Path,
    module: str,
    *arguments: str,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**(environment or os.environ), "PYTHONPATH": str(project)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_half_finished_language_falls_back_to_english_sentence_by_sentence(
    copy: Path, tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    environment = environment_for(sandbox)
    (tmp_path / "day.csv").write_text(SHEET, encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_module(
            copy, tmp_path, "batch_update", *arguments, "day.csv", environment=environment
        )

    done = run("--lang", NEXT)
    assert (done.returncode, done.stderr) == (1, "")
    assert "day.csv (csv in utf-8, delimiter ,): 3 Zeilen\n" in done.stdout
    assert "  aktualisiert         2\n  invalid              1\n" in done.stdout
    assert "die Zelle ist leer. Write the parcel's tracking number.\n" in done.stdout
    assert "What to do about 1 Zeile:" in done.stdout
    head = (tmp_path / "day.results.csv").read_text("utf-8-sig").partition("\n")[0]
    assert head.strip().split(",")[4:7] == ["Ergebnis", "error_code", "error_text"]

    # The system's language is enough, and every language reads what another has written.
    environment["LANG"] = f"{NEXT}_DE.UTF-8"
    shutil.move(tmp_path / "day.results.csv", tmp_path / "day.csv")
    done = run()
    assert (done.returncode, done.stderr) == (1, "")
    assert ": 3 Zeilen\n  already updated      2\n" in done.stdout
    assert f"en, {NEXT}, ru" in run("--lang", "xx").stderr


@pytest.mark.parametrize("language", languages.available())
def test_the_template_of_each_language_asks_with_words_that_the_program_knows(
    language: str, tmp_path: Path
) -> None:
    """If this fails for a new language, add its words to `headers` and `model/status_rules.py`."""

    def run(*arguments: str) -> int:
        return run_module(ROOT, tmp_path, "batch_update", "--lang", language, *arguments).returncode

    assert run("--template", "blank.xlsx") == 0
    book = openpyxl.load_workbook(tmp_path / "blank.xlsx")
    page = book.worksheets[0]
    choice = page.data_validations.dataValidation[0].formula1.strip('"').split(",")
    assert len(choice) == len(Status)
    for number, word in enumerate(choice, start=1):
        page.append([number, word, "20.11.2026", f"RA{number:09}RU"])
    book.save(tmp_path / "blank.xlsx")
    assert run("--dry-run", "--sandbox", "blank.xlsx") == 0


def break_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def fill_with_noise(path: Path) -> None:
    path.write_bytes(b"no catalogue" * 100)


@pytest.mark.parametrize("damage", [Path.unlink, break_off, fill_with_noise])
def test_a_catalogue_that_cannot_be_read_is_said_once_and_english_goes_on(
    copy: Path, tmp_path: Path, damage: object
) -> None:
    assert callable(damage)
    project = tmp_path / "project"
    shutil.copytree(copy / "batch_update", project / "batch_update")
    damage(catalogue_of(project).with_suffix(".mo"))
    for name in "day.csv", "other.csv":
        (tmp_path / name).write_text(SHEET, encoding="utf-8")
    done = run_module(
        project, tmp_path, "batch_update", "--lang", NEXT, "--sandbox", "day.csv", "other.csv"
    )
    assert done.returncode == 1
    said = f"The messages are in English: the catalogue of {NEXT} cannot be read: "
    assert done.stderr.startswith(said)
    assert (done.stdout + done.stderr).count(said) == 1
    assert "All 2 files: 6 rows: 2 practice: updated, " in done.stdout
    assert "the cell is empty. Write the parcel's tracking number." in done.stdout
