"""Hold the program against itself at another revision, on random sheets: `make same AS=REVISION`.

    python -m tools.sameness REVISION [--sheets N] [--first N]

Each sheet is run dry and sent to a stand-in of the shop; of every second one the results are run
again. What is printed, what goes over the wire and what the files show must be the same. Exits 1 if
something is not; sheets and results that differ are kept under build/sameness.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from tools.sameness import looks, sheets

ROOT = sheets.ROOT
KEPT = ROOT / "build" / "sameness"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 a folder of its own is made there
LONGEST = 1000
STEP = 100
PARTS = ("status", "printed", "asked")


class Program:
    """The program of one tree, as a process that runs one command line after another.

    Args:
        tree: the folder with its package.
        folder: where its files lie; nobody else's do.
    """

    def __init__(self, tree: Path, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("BATCH_")
        }
        environment |= {"PYTHONPATH": str(tree), "HOME": str(folder / "home"), "LANG": "C"}
        worker = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [sys.executable, str(worker), str(folder)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def begin(self, arguments: Sequence[str]) -> None:
        """Let it run a command line."""
        assert self._process.stdin  # noqa: S101 it is a pipe
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Wait for its end, and return what came of it."""
        assert self._process.stdout  # noqa: S101 it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the program ended with {self._process.wait()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        """Let it go."""
        self._process.communicate()


def unpack(revision: str, folder: Path) -> Path:
    """Lay out the program of a revision in a folder."""
    command = ["git", "-C", str(ROOT), "archive", revision, "batch_update"]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def compare(made: sheets.Made, programs: Sequence[Program]) -> Iterator[str]:
    """Run a sheet with both; yield what differs."""
    name = made.path.name
    for program in programs:
        shutil.copyfile(made.path, program.folder / name)
    usual = [name, *made.options, "--no-progress", "--ledger", "ledger.sqlite3", "--workers", "1"]
    results = f"{made.path.stem}.results.xlsx"
    runs = [[*usual, "--dry-run"], usual, [results, *usual[1:], "--again"]]
    seen = _written(programs[0].folder)
    # The results of every second sheet are run again.
    for arguments in runs[: 2 + sum(map(ord, made.path.stem)) % 2]:
        if not all((program.folder / arguments[0]).exists() for program in programs):
            break
        for program in programs:
            program.begin(arguments)
        before, now = (program.end() for program in programs)
        for part in PARTS:
            one, other = (
                looks.without_moments(json.dumps(x[part]).encode()) for x in (before, now)
            )
            if one != other:
                yield f"{' '.join(arguments)}: {part}: {one.decode()} is now {other.decode()}"
        yield from _compare_files(arguments, programs, seen)


def _compare_files(
    arguments: Sequence[str], programs: Sequence[Program], seen: dict[str, int]
) -> Iterator[str]:
    """Compare the files that a run has written; `seen` has the time of the others, and gets theirs.

    The sheet itself is always the same.
    """
    first, second = (_written(program.folder) for program in programs)
    if first.keys() != second.keys():
        yield f"{' '.join(arguments)}: files: {first.keys() ^ second.keys()}"
    for name in sorted(first.keys() & second.keys()):
        if seen.get(name) != first[name]:
            found = looks.difference(*(program.folder / name for program in programs))
            if found:
                yield f"{' '.join(arguments)}: {name}: {found}"
    seen.update(first)


def _written(folder: Path) -> dict[str, int]:
    paths = (path for path in folder.iterdir() if path.suffix in {".xlsx", ".csv"})
    return {path.name: path.stat().st_mtime_ns for path in paths}


def _clear(program: Program) -> None:
    for path in program.folder.iterdir():
        if path.is_file():
            path.unlink()


def run(revision: str, numbers: range, scratch: Path) -> tuple[int, Counter[str]]:
    """Compare on the sheets of some numbers, and print what differs as soon as it is found.

    Returns:
        How many things differ, and the counts of the kinds of sheets.
    """
    (scratch / "sheets").mkdir()
    before = unpack(revision, scratch / "tree")
    programs = [Program(before, scratch / "1"), Program(ROOT, scratch / "2")]
    found = 0
    kinds: Counter[str] = Counter()
    try:
        for number in numbers:
            made = sheets.make(scratch / "sheets", number)
            kinds[made.path.suffix] += 1
            differences = list(compare(made, programs))
            for one in differences:
                print(f"sheet {number}: {one}"[:LONGEST], flush=True)
            found += len(differences)
            if differences:
                for program in programs:
                    kept = KEPT / str(number) / program.folder.name
                    shutil.copytree(program.folder, kept, dirs_exist_ok=True)
            made.path.unlink()
            for program in programs:
                _clear(program)
            if not (number + 1) % STEP:
                print(f"up to sheet {number}: {found} differ", file=sys.stderr)
    finally:
        for program in programs:
            program.close()
    return found, kinds


def main() -> int:
    """Compare, and say what came of it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("revision", help="of git: what the program was")
    arguments.add_argument("--sheets", type=int, default=300)
    arguments.add_argument("--first", type=int, default=0, help="number of the first sheet")
    said = arguments.parse_args()
    shutil.rmtree(KEPT, ignore_errors=True)
    began = time.monotonic()
    # Ledgers wait for the disk half of their time; nothing here needs to survive a power cut.
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        numbers = range(said.first, said.first + said.sheets)
        found, kinds = run(said.revision, numbers, Path(scratch))
    counts = ", ".join(f"{count} {ending}" for ending, count in kinds.most_common())
    print(f"{said.sheets} sheets ({counts}) in {time.monotonic() - began:.0f} s: {found} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
