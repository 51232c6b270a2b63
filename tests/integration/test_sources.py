"""Where a sheet may come from: the standard input of a real process."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, results_of
from tests.posix import needs_shell, needs_signals
from tools.make_samples import SAMPLES


def pipe(
    data: bytes, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, "-", *arguments],
        input=data,
        env=environment,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_csv_on_the_standard_input_is_sent(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    done = pipe(
        "заказ;статус\n1;отменён\n2;возврат\n".encode("cp1251"),
        environment=environment_for(sandbox),
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"stdin.csv (csv in cp1251, delimiter ;): 2 rows" in done.stdout
    assert sandbox.shop.changed_orders() == [1, 2]
    lines = (tmp_path / "stdin.results.csv").read_text("cp1251").splitlines()
    assert [line.split(";")[2] for line in lines] == ["result", "updated", "updated"]


def test_a_workbook_on_the_standard_input_is_read(tmp_path: Path) -> None:
    done = pipe((SAMPLES / "shipments.xlsx").read_bytes(), "--dry-run", "--output", "out.xlsx")
    assert done.returncode == 1
    assert b'stdin.xlsx, sheet "Shipments": 41 rows' in done.stdout
    assert len(results_of(tmp_path / "out.xlsx")) == 41


@needs_shell
def test_an_empty_or_missing_standard_input_is_told() -> None:
    done = pipe(b"", "--dry-run")
    assert done.returncode == 2
    assert done.stderr.decode() == "batch-update: stdin.csv is empty. Export the sheet again.\n"
    closed = subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} --dry-run - <&-"],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert closed.returncode == 2
    assert b"there is no standard input. Name a file." in closed.stderr


def test_the_standard_input_is_read_only_once(run_cli: RunCli) -> None:
    run = run_cli("-", "-", "--dry-run")
    assert (run.status, run.out) == (2, "")
    assert "is named twice" in run.err


def test_a_standard_input_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with (tmp_path / "empty").open("wb") as only_for_writing:
        done = subprocess.run(
            [COMMAND, "-", "--dry-run"],
            stdin=only_for_writing,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == 2
    assert b"-: the standard input cannot be kept: bad file descriptor." in done.stderr


@needs_signals
def test_ctrl_c_ends_the_wait_for_input() -> None:
    with subprocess.Popen(
        [COMMAND, "-", "--dry-run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        # A pipe holds less than this, so that all of it is taken only by a program that reads.
        process.stdin.write(b"order,status\n" * 100_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (130, b"")
    assert err == b"batch-update: Interrupted.\n"
