"""Ends servers, and removes their files, when the process that started them is gone.

python keeper.py FOLDER   waits for the end of its input; stands on the standard library alone
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_PATIENCE_S = 60.0
_POLL_S = 0.005


class Process(NamedTuple):
    """A process of this machine.

    Args:
        pid: its number.
        parent: the number of the process that started it.
        command: its command line.
        state: the sign for what it does: `T` stands for one that stands still.
    """

    pid: int
    parent: int
    command: str
    state: str


def processes() -> list[Process]:
    """List the processes of this machine."""
    return list(_from_proc() if Path("/proc/self/stat").exists() else _from_ps())


def _from_proc() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            # It may end while it is looked at.
            with contextlib.suppress(OSError):
                said = (folder / "stat").read_text(errors="replace").rpartition(")")[2]
                state, parent, *_ = said.split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                yield Process(int(folder.name), int(parent), os.fsdecode(command), state)


def _from_ps() -> Iterator[Process]:
    listing = subprocess.run(
        ("ps", "-Awwo", "pid=,ppid=,stat=,command="),  # noqa: S607 no Linux, where ps stands is unknown
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    for line in listing.stdout.splitlines():
        pid, parent, state, command = line.split(maxsplit=3)
        yield Process(int(pid), int(parent), command, state[0])


def children(pid: int) -> list[int]:
    """Give the processes that a process has started."""
    return [process.pid for process in processes() if process.parent == pid]


def stop_children(pid: int) -> list[int]:
    """Let a process stand still, and give those that it has started: it starts no more."""
    send(signal.SIGSTOP, pid)
    _wait(lambda: not any(one.pid == pid and one.state not in "TZ" for one in processes()))
    return children(pid)


def send(sign: signal.Signals, *pids: int) -> None:
    """Send a signal to processes, those that are gone aside."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)


def wait_for_end(*pids: int) -> None:
    """Wait until processes that were killed are gone, or are left to whoever started them."""
    # What has ended and was not yet asked for by its parent has no command.
    _wait(lambda: not any(one.pid in pids and one.command for one in processes()))


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def clear(folder: Path) -> None:
    """Kill each process that works in a folder, with its children, and remove the folder."""
    listed = processes()
    ours = {one.pid for one in listed if str(folder) in one.command} - {os.getpid()}
    theirs = {one.pid for one in listed if one.parent in ours}
    send(signal.SIGKILL, *ours, *theirs)
    wait_for_end(*ours, *theirs)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Wait for the owner's end, or for a word that it closes, then clear up."""
    sys.stdin.buffer.read()
    clear(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
