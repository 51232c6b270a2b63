"""Readers of what a run prints that stand still, or come late: no run waits for them for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_update.cli import pipes
from tests.conftest import OpenSandbox
from tests.integration.test_end_to_end import environment_for
from tests.integration.test_events import PATIENCE_S, events_of, named
from tests.sandbox import Fault, Sandbox, Script
from tests.scheduled import wait_until
from tests.unit.test_reader import HEADER, rows_of, write_book

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes are filled in another way there")

ROWS = 400
"""Their events are more than a pipe holds."""
PIPE_BYTES = 1 << 16
# The real command line, with less patience and less room.
_IMPATIENT = """if True:
    import sys
    from batch_update.cli import main, pipes
    pipes.PATIENCE_S, pipes._MOST_BYTES = float(sys.argv[1]), int(sys.argv[2])
    sys.exit(main(sys.argv[3:]))
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    rows = [(number, "cancel") for number in range(1, ROWS + 1)]
    return write_book(tmp_path / "day.xlsx", rows_of(HEADER, *rows))


@pytest.fixture
def still() -> Iterator[tuple[int, int]]:
    """Give both ends of a pipe that nobody reads, full but for a few events."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    os.write(writer, b"\n" * (PIPE_BYTES - 8192))
    os.set_blocking(writer, True)
    yield reader, writer
    for end in (reader, writer):
        os.close(end)


def start(
    sheet: Path,
    *options: str,
    shop: Sandbox,
    out: int = subprocess.PIPE,
    err: int = subprocess.PIPE,
    limits: tuple[float, int] = (pipes.PATIENCE_S, 1 << 24),
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _IMPATIENT, *map(str, limits), sheet, *options],
        env=environment_for(shop),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
    )


def read_all(reader: int) -> str:
    os.set_blocking(reader, False)
    parts = []
    while True:
        try:
            parts.append(os.read(reader, PIPE_BYTES))
        except BlockingIOError:
            return b"".join(parts).decode()


def test_a_reader_of_events_that_stands_still_is_given_up_and_the_sheet_is_sent(
    open_sandbox: OpenSandbox, sheet: Path, still: tuple[int, int], tmp_path: Path
) -> None:
    sandbox = open_sandbox()
    log = tmp_path / "run.log"
    words = ("--json-lines", "--log-file", str(log))
    with start(sheet, *words, shop=sandbox, out=still[1], limits=(1.0, 1 << 24)) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert len(sandbox.requests) == ROWS
    assert sheet.with_name("day.results.xlsx").exists()
    said = "What the run has to say could not be printed: whoever reads it has stood still for 1 s"
    assert err.decode().count(said) == 1
    assert err.decode().count("\n") == 1
    assert log.read_text(encoding="utf-8").count(said) == 1
    # What it was given are whole lines.
    assert all(json.loads(line) for line in read_all(still[0]).split("\n") if line)


def test_it_does_not_hold_up_the_sending_either(
    open_sandbox: OpenSandbox, sheet: Path, still: tuple[int, int], tmp_path: Path
) -> None:
    sandbox = open_sandbox()
    log = tmp_path / "run.log"
    words = ("--json-lines", "--verbose", "--log-file", str(log))
    limits = (0.5, 4096)
    with start(sheet, *words, shop=sandbox, out=still[1], limits=limits) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert len(sandbox.requests) == ROWS
    said = "What the run has to say is not printed any more: whoever reads it has stood still"
    assert err.decode().count(said) == 1
    logged = log.read_text(encoding="utf-8")
    assert logged.count(said) == 1
    # It was given up in mid-run.
    assert logged.index(said) < logged.rindex("UpdateOrderStatus")


def test_a_collector_that_starts_anew_loses_nothing(open_sandbox: OpenSandbox, sheet: Path) -> None:
    sandbox = open_sandbox()
    with start(sheet, "--json-lines", shop=sandbox) as process:
        # All is sent and written before anything is read.
        wait_until(sheet.with_name("day.results.xlsx").exists, "no results")
        assert process.poll() is None
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, b"")
    assert len(out) > PIPE_BYTES
    assert len(named(events_of(out.decode()), "row")) == ROWS


def test_a_reader_of_words_and_errors_does_not_hold_up_the_run(
    open_sandbox: OpenSandbox, sheet: Path, still: tuple[int, int]
) -> None:
    os.write(still[1], b"\n" * 8192)
    sandbox = open_sandbox()
    pipe = still[1]
    options = ("--verbose", "--json")
    with start(sheet, *options, shop=sandbox, out=pipe, err=pipe, limits=(0.5, 1 << 24)) as process:
        assert process.wait(PATIENCE_S) == 1
    assert len(sandbox.requests) == ROWS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_run_whose_reader_stands_still(
    open_sandbox: OpenSandbox, sheet: Path, still: tuple[int, int], number: signal.Signals
) -> None:
    os.write(still[1], b"\n" * 8192)
    sandbox = open_sandbox(Script(always=Fault.slow(0.05)))
    pipe = still[1]
    log = sheet.with_name("run.log")
    options = ("--json-lines", "--workers", "1", "--log-file", str(log))
    limits = (600.0, 4096)
    with start(sheet, *options, shop=sandbox, out=pipe, err=pipe, limits=limits) as process:
        assert sandbox.wait_for_requests(2, PATIENCE_S)
        process.send_signal(number)
        wait_until(lambda: "Stopping: " in log.read_text(encoding="utf-8"), "not stopping")
        process.send_signal(number)
        assert process.wait(PATIENCE_S / 2) == 130
    assert sheet.with_name("day.results.xlsx").exists()


def test_a_reader_that_has_said_not_to_wait_gets_all(
    open_sandbox: OpenSandbox, sheet: Path
) -> None:
    sandbox = open_sandbox()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with start(sheet, "--json-lines", shop=sandbox, out=writer) as process:
        os.close(writer)
        wait_until(sheet.with_name("day.results.xlsx").exists, "no results")
        with os.fdopen(reader, encoding="utf-8") as file:
            out = file.read()
        assert process.wait(PATIENCE_S) == 0
    assert len(named(events_of(out), "row")) == ROWS


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_what_stderr_did_not_take_counts_as_not_told(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "empty.csv").touch()
    write_book(folder / "day.xlsx", rows_of(HEADER, (1, "lost")))
    sandbox = open_sandbox()
    words = [sys.executable, "-m", "batch_update", str(folder), "--quiet", "--notify-when", "new"]

    def run(err: int) -> tuple[int, str]:
        done = subprocess.run(
            words,
            env=environment_for(sandbox),
            stdout=subprocess.DEVNULL,
            stderr=err,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, (done.stderr or b"").decode()

    reader, closed = os.pipe()
    os.close(reader)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 a device, not a path
        for lost in (full.fileno(), closed):
            assert run(lost)[0] == 2
    os.close(closed)
    status, said = run(subprocess.PIPE)
    assert status == 2
    assert "empty.csv is empty." in said
    assert "status_unknown" in said
    assert run(subprocess.PIPE) == (1, "")


@pytest.mark.parametrize("options", [("--json-lines",), ()])
def test_a_run_without_stderr_keeps_stdout_clean(sheet: Path, options: tuple[str, ...]) -> None:
    done = subprocess.run(
        (
            *("/bin/sh", "-c", 'exec "$0" -m batch_update "$@" 2>&-', sys.executable),
            *(str(sheet), "--dry-run", "--verbose", "--workers", "0", *options),
        ),
        stdout=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert not options or events_of(done.stdout.decode())
    assert options or done.stdout == b""
