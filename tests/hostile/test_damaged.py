"""Whatever a file holds, it ends in rows or in one clear line, soon and in bounded memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forks import Forks, Used
from tests.integration.test_end_to_end import COMMAND
from tools.make_damaged import DAMAGED, Damaged

MOST_SECONDS = 10.0
MOST_MEMORY_MB = 500
USUAL_S = 0.1
"""What `slowness` takes the processor on a machine that is as quick as the bound is meant for."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks | None]:
    """Give what runs the program quickly, where the system can do that."""
    if os.name != "posix":
        yield None
        return
    with Forks() as forks:
        yield forks


def run(arguments: list[str], folder: Path, forks: Forks | None) -> tuple[int, Used | None]:
    """Run the program in a folder; Windows keeps no account of a process that has ended."""
    if forks is not None:
        used = forks.run(arguments, folder)
        return used.status, used
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        done = subprocess.run(
            [str(COMMAND), *arguments], cwd=folder, stdout=out, stderr=err, check=False
        )
    return done.returncode, None


def slowness() -> float:
    """Tell how many times as long as usual the same work takes the processor just now."""
    taken = []
    for _ in range(5):
        start = time.process_time()
        sum(number * number for number in range(2_000_000))
        taken.append(time.process_time() - start)
    return max(1.0, statistics.median(taken) / USUAL_S)


@pytest.mark.parametrize("damaged", [pytest.param(file, id=file.name) for file in DAMAGED])
def test_a_damaged_file_ends_in_rows_or_one_line(
    damaged: Damaged, tmp_path: Path, forks: Forks | None
) -> None:
    (tmp_path / damaged.name).write_bytes(damaged.data())
    arguments = [damaged.name, "--dry-run", "--output", "results.csv"]
    status, used = run(arguments, tmp_path, forks)
    out, err = tmp_path / "out", tmp_path / "err"
    said, complaint = out.read_text("utf-8"), err.read_text("utf-8")
    assert "Traceback" not in complaint
    if isinstance(damaged.expected, int):
        assert status in {0, 1}
        rows = re.search(r": ([0-9]+) rows?\n", said)
        assert rows
        assert int(rows[1]) == damaged.expected
    else:
        assert (status, said) == (2, "")
        assert complaint.startswith(f"batch-update: {damaged.name}")
        assert complaint.count("\n") == 1
        assert len(complaint) < 500
        assert re.search(damaged.expected, complaint)
    if used is None:
        return
    # Time of the processor, by how quick it is just now: neighbours make shared ones slower.
    assert used.seconds < MOST_SECONDS or used.seconds < MOST_SECONDS * slowness()
    assert used.memory_kb / 1024 < MOST_MEMORY_MB


def test_there_are_as_many_as_there_must_be() -> None:
    assert len(DAMAGED) >= 30
    assert len({file.name for file in DAMAGED}) == len(DAMAGED)
