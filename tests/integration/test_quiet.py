"""Nothing but ours reaches stdout and stderr, whatever a library prints or throws."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from batch_update import quiet
from batch_update.cli import output
from batch_update.errors import InputFileError
from batch_update.model import Sheet
from batch_update.reader import SheetQuery, delimited
from batch_update.reader.damage import unreadable
from batch_update.reader.encodings import TextFile
from tests.conftest import RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tools.make_damaged import LINES


def noise() -> None:
    sys.stdout.write("out\n")
    sys.stderr.write("err\n")
    os.write(1, b"below out\n")
    os.write(2, b"below err\n")
    warnings.warn("a warning", stacklevel=1)
    logging.getLogger("a library").warning("a record")


def test_whatever_is_printed_is_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stdout.write("before")
    with quiet.hushed(), quiet.hushed():
        noise()
    sys.stdout.write(" after\n")
    assert capfd.readouterr() == ("before after\n", "")


def test_what_a_stream_still_holds_is_not_heard_either() -> None:
    program = """if True:
        import sys
        from batch_update import quiet
        stream = sys.stdout
        stream.write("ours;")
        with quiet.hushed():
            stream.write("kept from before, as a default of some function")
        stream.write("ours")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert (done.stdout, done.stderr) == (b"ours;ours", b"")


def test_what_is_ours_is_heard_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet.hushed():
        noise()
        output.say("to the user")
        output.note("a note")
        noise()
    output.complain("at last")
    assert capfd.readouterr() == ("to the user\n", "a note\nbatch-update: at last\n")


def test_what_is_thrown_ends_the_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), quiet.hushed():
        raise KeyboardInterrupt
    output.say("heard")
    assert capfd.readouterr() == ("heard\n", "")


@pytest.mark.skipif(os.name == "nt", reason="a shell that closes descriptors")
def test_a_stream_that_is_closed_keeps_nothing_from_being_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(LINES)
    line = f'"{COMMAND}" --dry-run a.csv >&-'
    done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0
    assert (tmp_path / "a.dry-run.csv").is_file()


class PanicError(BaseException):
    """What libraries written in Rust throw: no `Exception`."""


def test_a_panic_of_a_library_is_one_line_and_the_other_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli
) -> None:
    read = delimited.read_sheet

    def panic_over_some(text: TextFile, lookup: SheetQuery) -> Sheet:
        if text.path.name.startswith("bad"):
            raise PanicError
        return read(text, lookup)

    # No library that is used now is known to panic; two that were did.
    monkeypatch.setattr(delimited, "read_sheet", panic_over_some)
    for name in "bad-1.csv", "bad-2.csv", "good.csv":
        (tmp_path / name).write_bytes(LINES)
    run = run_cli("--dry-run", "--json", tmp_path)
    assert run.status == 2
    assert [file["rows"] for file in json.loads(run.out)["files"]] == [0, 0, 2]
    lines = run.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("batch-update: ") for line in lines)
    assert all("not all of its parts can be read" in line for line in lines)


def test_a_lack_of_memory_is_told_as_such() -> None:
    error = unreadable(Path("a.xlsx"), MemoryError())
    assert isinstance(error, InputFileError)
    assert "too large for this machine's memory" in str(error)
