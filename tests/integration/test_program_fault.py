"""A fault of the program, or of a library, does not pass for rows that need a person."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from batch_update.errors import ExitStatus
from tests.integration.test_end_to_end import PATIENCE_S
from tests.receivers import Mailbox, closed_port, text_of

# Of the library for messages.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SHEET = Path(__file__).parents[2] / "samples" / "shipments.xlsx"


@pytest.fixture
def broken_library(tmp_path: Path) -> Path:
    """A folder with a library that fails when it is loaded."""
    tmp_path.joinpath("xlsxwriter.py").write_text("raise RuntimeError('the library is broken')\n")
    return tmp_path


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "batch-update: batch-update itself failed, so there may be no results."),
        ("ru", "batch-update: Сбой самой программы batch-update"),
    ],
)
def test_it_has_an_exit_status_of_its_own_and_says_what_to_do(
    broken_library: Path, language: str, words: str
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "batch_update", SHEET, "--dry-run", "--lang", language),
        env={
            **os.environ,
            "PYTHONPATH": str(broken_library),
            "PYTHONIOENCODING": "utf-8",
            "JUSTCLICK_USERNAME": "myshop",
            "JUSTCLICK_SECRET_KEY": "not-a-real-key",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == ExitStatus.PROGRAM_FAULT
    assert done.stderr.startswith(words)
    assert done.stderr.rstrip().endswith("RuntimeError: the library is broken")
    assert "not-a-real-key" not in done.stderr


# The real command line, with a fault in the middle of a run.
_FAULTY = """if True:
    import sys
    from batch_update.cli import main, program
    def fail(*_):
        raise RuntimeError("the program is broken")
    program._run_sources = fail
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("port_is_open", [True, False])
def test_it_is_told_by_the_channels_in_one_short_message(*, port_is_open: bool) -> None:
    with Mailbox() as box:
        address = (
            box.address
            if port_is_open
            else f"mailto://127.0.0.1:{closed_port()}?from=a@b.ru&to=a@b.ru"
        )
        done = subprocess.run(
            (sys.executable, "-c", _FAULTY, SHEET, "--notify", address, "--lang", "en"),
            env={
                **os.environ,
                "JUSTCLICK_USERNAME": "myshop",
                "JUSTCLICK_SECRET_KEY": "not-a-real-key",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == ExitStatus.PROGRAM_FAULT
        assert "RuntimeError: the program is broken" in done.stderr
        assert len(box.letters) == port_is_open
        for letter in box.letters:
            assert letter["subject"] == "batch-update: myshop: the program itself failed"
            said = " ".join(text_of(letter).split())
            assert said.startswith("batch-update itself failed, so there may be no results.")
            assert "RuntimeError" not in said
            assert "Traceback" not in said


@pytest.mark.skipif(os.name == "nt", reason="a stream is closed by the shell there")
def test_a_run_without_stderr_is_no_fault(tmp_path: Path) -> None:
    sheet = tmp_path / "day.csv"
    sheet.write_text("order,status\n1,cancel\n")
    done = subprocess.run(
        ("/bin/sh", "-c", 'exec "$0" -m batch_update "$1" --dry-run 2>&-', sys.executable, sheet),
        env={
            **os.environ,
            "PYTHONPATH": str(SHEET.parents[1]),
            "JUSTCLICK_USERNAME": "myshop",
            "JUSTCLICK_SECRET_KEY": "not-a-real-key",
        },
        stdout=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == ExitStatus.DONE
