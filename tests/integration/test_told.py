"""What counts as told without a channel: what standard error has, as cron mails it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.conftest import LOGIN, OpenSandbox
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_ledger import Held
from tests.posix import needs_no_folder, needs_signals
from tests.sandbox import Fault, Sandbox, Script

QUIET = ("--quiet", "--notify-when", "new")
ROWS = "order,status\n1,cancel\n2,lost\n"


@pytest.fixture
def sandbox(open_sandbox: OpenSandbox) -> Sandbox:
    return open_sandbox()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "day.csv").write_text(ROWS, encoding="utf-8")
    return folder


def run(sandbox: Sandbox, *words: object, **more: str) -> tuple[int, str]:
    """Run the program as cron does; give its exit status and what it prints for people."""
    done = subprocess.run(
        [COMMAND, *map(str, words)],
        env=environment_for(sandbox) | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("option", ["--json", "--json-lines"])
def test_beside_data_for_programs_people_are_told_once_too(
    sandbox: Sandbox, inbox: Path, option: str
) -> None:
    status, said = run(sandbox, inbox, *QUIET, option)
    assert status == 1
    assert said.startswith(f"{LOGIN}: 1 row needs a person\nday.csv, row 3: ")
    assert run(sandbox, inbox, *QUIET, option) == (1, "")
    assert run(sandbox, inbox, *QUIET) == (1, "")


@needs_no_folder
@pytest.mark.parametrize("option", ["--json", "--json-lines"])
def test_beside_data_for_programs_a_sheet_that_cannot_be_moved_is_told_once_too(
    sandbox: Sandbox, inbox: Path, option: str
) -> None:
    (inbox / "day.csv").write_text("order,status\n1,cancel\n")
    done, state = inbox.with_name("done"), inbox.with_name("state")
    done.mkdir()
    state.mkdir()
    moving = ("--move-done", done, "--ledger", state / "ledger.sqlite3")
    words = (inbox, *QUIET, option, *moving)
    assert run(sandbox, *words)[0] == 0
    # Where the notes of what is about to be moved should go, something else is in the way.
    (notes,) = state.glob("moving-*")
    shutil.rmtree(notes)
    notes.write_text("in the way")
    (inbox / "day.csv").write_text("order,status\n3,cancel\n")
    status, said = run(sandbox, *words)
    assert status == 1
    assert f"{inbox / 'day.csv'} could not be moved to {done}: " in said
    assert run(sandbox, *words) == (1, "")


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        pytest.param(["none.csv"], {}, id="no-sheet"),
        pytest.param(["none.csv", "--json"], {}, id="no-sheet-json"),
        pytest.param([], {"JUSTCLICK_SECRET_KEY": "", "JUSTCLICK_SECRET_KEY_FILE": "no"}, id="key"),
        pytest.param(["--workers", "0"], {}, id="value"),
        pytest.param(["--wrong"], {}, id="word"),
        pytest.param(["--ledger", "none/ledger.db"], {}, id="ledger"),
    ],
)
def test_after_a_run_that_could_not_start_the_next_one_says_that_all_is_well_again(
    sandbox: Sandbox, inbox: Path, words: list[str], variables: dict[str, str]
) -> None:
    (inbox / "day.csv").write_text("order,status\n1,cancel\n")
    assert run(sandbox, inbox, *QUIET) == (0, "")
    for _again in range(2):
        status, said = run(sandbox, inbox, *words, *QUIET, **variables)
        assert (status, bool(said)) == (2, True)
    assert run(sandbox, inbox, *QUIET) == (0, f"{LOGIN}: all is well again\n")
    assert run(sandbox, inbox, *QUIET) == (0, "")


def test_after_a_run_that_could_not_start_all_that_is_open_is_told(
    sandbox: Sandbox, inbox: Path
) -> None:
    told = run(sandbox, inbox, *QUIET)
    assert told[1].startswith(f"{LOGIN}: 1 row needs a person\n")
    assert run(sandbox, inbox, "none.csv", *QUIET)[0] == 2
    assert run(sandbox, inbox, *QUIET) == told
    assert run(sandbox, inbox, *QUIET) == (1, "")


@needs_signals
def test_after_a_run_that_another_one_kept_out_all_is_well_again(
    open_sandbox: OpenSandbox, inbox: Path
) -> None:
    (inbox / "day.csv").write_text("order,status\n1,cancel\n")
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    held = Held(inbox / "day.csv", sandbox, requests=1)
    try:
        assert run(sandbox, inbox, *QUIET)[0] == 4
    finally:
        gate.set()
        held.process.communicate(timeout=PATIENCE_S)
    assert run(sandbox, inbox, *QUIET) == (0, f"{LOGIN}: all is well again\n")


def test_who_looks_at_the_screen_is_not_told_again(sandbox: Sandbox, inbox: Path) -> None:
    (inbox / "day.csv").write_text("order,status\n1,cancel\n")
    assert run(sandbox, inbox, "none.csv", "--notify-when", "new")[0] == 2
    assert run(sandbox, inbox, *QUIET) == (0, "")
