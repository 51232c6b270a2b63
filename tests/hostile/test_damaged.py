"""Whatever a file holds, it ends in rows or in one clear line, soon and in bounded memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.test_end_to_end import COMMAND
from tools.make_damaged import DAMAGED, Damaged

MOST_SECONDS = 10.0
MOST_MEMORY_MB = 500
USUAL_S = 0.1
"""What `slowness` takes the processor on a machine that is as quick as the bound is meant for."""


MEASURED = """if True:
    import os, subprocess, sys
    process = subprocess.Popen(sys.argv[1:])
    _, status, usage = os.wait4(process.pid, 0)
    with open("used", "w") as file:
        print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=file)
    sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process between: a new one counts what the one it came from has used as its own."""


def slowness() -> float:
    """Tell how many times as long as usual the same work takes the processor just now."""
    taken = []
    for _ in range(5):
        start = time.process_time()
        sum(number * number for number in range(2_000_000))
        taken.append(time.process_time() - start)
    return max(1.0, statistics.median(taken) / USUAL_S)


@pytest.mark.parametrize("damaged", [pytest.param(file, id=file.name) for file in DAMAGED])
def test_a_damaged_file_ends_in_rows_or_one_line(damaged: Damaged, tmp_path: Path) -> None:
    (tmp_path / damaged.name).write_bytes(damaged.data())
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("wb") as out_file, err.open("wb") as err_file:
        arguments = [str(COMMAND), damaged.name, "--dry-run", "--output", "results.csv"]
        measured = [sys.executable, "-c", MEASURED] if os.name == "posix" else []
        done = subprocess.run(
            [*measured, *arguments],
            cwd=tmp_path,
            stdout=out_file,
            stderr=err_file,
            check=False,
        )
    said, complaint = out.read_text("utf-8"), err.read_text("utf-8")
    assert "Traceback" not in complaint
    if isinstance(damaged.expected, int):
        assert done.returncode in {0, 1}
        rows = re.search(r": ([0-9]+) rows?\n", said)
        assert rows
        assert int(rows[1]) == damaged.expected
    else:
        assert (done.returncode, said) == (2, "")
        assert complaint.startswith(f"batch-update: {damaged.name}")
        assert complaint.count("\n") == 1
        assert len(complaint) < 500
        assert re.search(damaged.expected, complaint)
    if not measured:
        # Windows keeps no account of a process that has ended.
        return
    seconds, memory_kb = map(float, (tmp_path / "used").read_text(encoding="utf-8").split())
    # Time of the processor, by how quick it is just now: neighbours make shared ones slower.
    assert seconds < MOST_SECONDS or seconds < MOST_SECONDS * slowness()
    assert memory_kb / 1024 < MOST_MEMORY_MB


def test_there_are_as_many_as_there_must_be() -> None:
    assert len(DAMAGED) >= 30
    assert len({file.name for file in DAMAGED}) == len(DAMAGED)
