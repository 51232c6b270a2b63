"""How long whole runs take, beside plain scripts that do less: `make bench`.

Each pair runs in turns, so that a busy machine slows both; the ratio of the medians counts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openpyxl

from batch_update.sandbox import Sandbox
from tests.make_samples import HEADER, s10

ROUNDS = 5
PYTHON = sys.executable
COMMAND = Path(sys.executable).with_name("batch-update")

BARE_LOOP = """
import sys, requests
session = requests.Session()
for number in range(int(sys.argv[2])):
    session.post(sys.argv[1], data={"bill_id": number}, timeout=30).json()
"""


def write_sheet(path: Path, rows: int) -> Path:
    """Write a sheet of orders that were all sent."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Shipments")
    page.append(HEADER)
    for number in range(rows):
        page.append((100_000 + number, "sent", "2026-11-20", s10(number), "A. B.", "Tver"))
    book.save(path)
    return path


def seconds(command: list[str | Path], environment: dict[str, str]) -> float:
    """Time one whole process."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def compare(
    name: str, ours: list[str | Path], theirs: list[str | Path], environment: dict[str, str]
) -> str:
    """Time two commands in turns and give a line with the ratio of their medians."""
    pairs = [(seconds(ours, environment), seconds(theirs, environment)) for _ in range(ROUNDS)]
    our_s, their_s = (statistics.median(side) for side in zip(*pairs, strict=True))
    return f"{name:<58}{our_s / their_s:>7.2f}{our_s:>9.2f} s{their_s:>9.2f} s"


def main() -> None:
    """Measure, and print a table."""
    imports: list[str | Path] = [PYTHON, "-c", "import pandas, openpyxl"]
    lines = [f"{'ours against theirs, medians of ' + str(ROUNDS):<58}{'ratio':>7}{'ours':>11}"]
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(username="myshop", secret_key="0123456789abcdef") as sandbox,
    ):
        environment = {
            **os.environ,
            "JUSTCLICK_USERNAME": "myshop",
            "JUSTCLICK_SECRET_KEY": "0123456789abcdef",
            "JUSTCLICK_BASE_URL": sandbox.base_url,
        }
        sheet = write_sheet(Path(folder) / "thousand.xlsx", 1000)
        url = f"{sandbox.base_url}/api/UpdateOrderStatus"
        for name, ours, theirs in (
            ("--version, against python -c pass", [COMMAND, "--version"], [PYTHON, "-c", "pass"]),
            (
                "1000 rows, --dry-run, against importing pandas, openpyxl",
                [COMMAND, sheet, "--dry-run"],
                imports,
            ),
            (
                "1000 rows, sent, against a bare loop of requests",
                [COMMAND, sheet],
                [PYTHON, "-c", BARE_LOOP, url, "1000"],
            ),
        ):
            lines.append(compare(name, [*ours], [*theirs], environment))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
