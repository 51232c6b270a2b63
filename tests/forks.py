"""Runs of the program in processes forked from one that has loaded it: as quick as a call.

For tests of what a run does, not of how it starts. Each run is a process of its own, with its own
folder, environment, memory and account of what it used.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

from batch_update.cli import main

_ROOT = Path(__file__).parents[1]
_LATE = ("batch_update.cli.program", "batch_update.reader", "batch_update.writer", "lxml.etree")


class Used(NamedTuple):
    """One run's end.

    Args:
        status: its exit status.
        seconds: time of the processor.
        memory_kb: the most memory it had at once.
    """

    status: int
    seconds: float
    memory_kb: float


class Forks:
    """The process that runs are forked from, as long as the block."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str], folder: Path) -> Used:
        """Run the program in a folder, and wait for it; what it prints is in `out` and `err` there.

        Raises:
            RuntimeError: the process that runs are forked from is gone.
        """
        said = {"arguments": arguments, "folder": str(folder), "environment": dict(os.environ)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(said), file=self._process.stdin, flush=True)
        if answer := self._process.stdout.readline():
            return Used(*json.loads(answer))
        raise RuntimeError(f"the process has ended with {self._process.wait()}")


def _serve() -> None:
    for name in _LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        said = json.loads(line)
        process = os.fork()
        if not process:
            _become(said)
        _, status, usage = os.wait4(process, 0)
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]), flush=True)


def _become(said: dict[str, Any]) -> NoReturn:
    """Run the program as this process, and end with it."""
    status: object = 1
    try:
        os.chdir(said["folder"])
        os.environ.clear()
        os.environ.update(said["environment"])
        for descriptor, name in ((0, os.devnull), (1, "out"), (2, "err")):
            opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        sys.argv = ["batch-update", *said["arguments"]]
        status = main()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001 Python itself prints whatever ends a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    _serve()
