"""Whole processes, timed: seconds and peak memory, in turns with what they are compared to."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PYTHON = sys.executable
COMMAND = str(Path(sys.executable).with_name("batch-update"))
ROOT = Path(__file__).parent.parent.parent

Command = Sequence[str | Path]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process took.

    Args:
        seconds: from its start to its end.
        peak_mb: the most memory that it had, in MiB.
    """

    seconds: float
    peak_mb: float


def run(command: Command, environment: Mapping[str, str], *, status: int = 0) -> Cost:
    """Run a process to its end.

    Raises:
        RuntimeError: it ended with another status, so its time says nothing.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr
    said = process.stderr.read()
    _, ended, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(ended)
    if process.returncode != status:
        raise RuntimeError(f"{command} ended with {process.returncode}: {said.decode()[-2000:]}")
    return Cost(seconds=seconds, peak_mb=usage.ru_maxrss / 1024)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two figures that were measured in turns.

    Args:
        ours: the median of ours.
        theirs: the median of what it is compared to.
        ratio: the median of the ratios, each of two neighbours.
        rounds: how many there were.
    """

    ours: float
    theirs: float
    ratio: float
    rounds: int

    @classmethod
    def of(cls, figures: Sequence[tuple[float, float]]) -> Self:
        """Sum up."""
        return cls(
            ours=statistics.median(ours for ours, _ in figures),
            theirs=statistics.median(theirs for _, theirs in figures),
            ratio=statistics.median(ours / theirs for ours, theirs in figures),
            rounds=len(figures),
        )


class Shop:
    """The server of `tools.bench.server`, in a process of its own.

    Args:
        folder: where its certificate goes; each needs its own.
        latency_ms: how long it takes to answer.
        kind: kind and room of a shop that takes only so many requests at once.
    """

    def __init__(self, folder: Path, latency_ms: int, *kind: str) -> None:
        command = [PYTHON, "-m", "tools.bench.server", str(folder), str(latency_ms), *kind]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii"
        )
        self.base_url = f"https://localhost:{self._read().strip()}"
        self.url = f"{self.base_url}/api/UpdateOrderStatus"
        self.authority = folder / "ca.pem"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def calls_per_s(self, workers: int, expected: int) -> float:
        """Tell at what pace the requests came since the last time, as the server saw it.

        The first of each worker come at once, whatever the pace, and so do not count.

        Raises:
            RuntimeError: they were not as many as they should be.
        """
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        count, seconds = self._read().split()
        if int(count) != expected:
            raise RuntimeError(f"{count} requests came, not {expected}")
        return (expected - workers) / float(seconds)

    def seen(self, path: Path) -> list[tuple[float, int, float, bool]]:
        """List the requests since the last time, as the server saw them.

        Returns:
            Of each: when it came, in seconds; how many were there then; the seconds until its
            answer; whether it was refused.
        """
        assert self._process.stdin
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        self._read()
        lines = (line.split(",") for line in path.read_text(encoding="ascii").splitlines())
        return [(float(a), int(b), float(c), d == "1") for a, b, c, d in lines]

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()
