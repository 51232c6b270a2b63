"""Runs of the same machine whose process is gone: nobody need wait for the end of their lease.

A number of a process means the same only on one machine since its last start, and there only within
one namespace: containers have numbers of their own. Where any of that cannot be told, or is
another's, nothing is said of a process, and its lease counts.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from batch_update.ledger.losses import Finder
from batch_update.ledger.postgresql import sql
from batch_update.ledger.postgresql.connection import Run

_PROC = Path("/proc")
_OF_MACHINE = Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")
_BOOT = _PROC / "sys/kernel/random/boot_id"
_STATUS = _PROC / "self/status"
_NUMBERS = re.compile(r"^NSpid:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_PROCESSES, _TIME = _PROC / "self/ns/pid", _PROC / "self/ns/time"

_STATE, _THREADS, _START = 0, 17, 19
"""Places in a process's line behind its name. Source: proc_pid_stat(5)."""
_DEAD = frozenset("ZX")


def machine() -> str:
    """Return a fingerprint of where numbers of processes mean the same; empty if unknown.

    Of two virtual machines that go on from one memory, only the name tells which is which.
    """
    if not sys.platform.startswith("linux"):
        return ""
    try:
        # In a list of processes that is another namespace's, this one has two numbers or more.
        numbers = _NUMBERS.findall(_STATUS.read_text(encoding="utf-8", errors="replace"))
        boot, processes = _BOOT.read_text().strip(), str(_PROCESSES.readlink())
        # A process began at another moment for those with a clock of their own.
        clock = str(_TIME.readlink()) if _TIME.is_symlink() else ""
    except (OSError, UnicodeError):
        return ""
    if not boot or numbers != [str(os.getpid())]:
        return ""
    facts = "\n".join(("batch-update", platform.node(), _machine_id(), boot, processes, clock))
    return hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()


def start_of(pid: int) -> int:
    """Return when a process of this machine began, in its own measure; 0 if unknown."""
    found = _stat(pid)
    return int(found[_START]) if found else 0


def is_gone(pid: int, start: int) -> bool:
    """Return whether a process of this machine has surely ended.

    Args:
        pid: its number.
        start: what `start_of` said of it when it lived.
    """
    if pid <= 0 or start <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return False
    found = _stat(pid)
    if not found:
        return False
    # One of several threads may have ended alone.
    if found[_STATE] in _DEAD and int(found[_THREADS]) <= 1:
        return True
    return int(found[_START]) != start


def mark_dead(execute: Run, shops: Sequence[int], run: int, finder: Finder) -> None:
    """Take the runs of some shops for lost whose process has ended on this machine.

    What they had under way is given up now: nothing can leave any more.

    Args:
        execute: runs a statement.
        shops: their numbers.
        run: the number of the run that does so.
        finder: whose that is.
    """
    if not (here := machine()):
        return
    found = execute(sql.NEIGHBOURS, (shops, here, run))
    if dead := [number for number, pid, start in found if is_gone(pid, start)]:
        execute(sql.MARK_DEAD, (*finder, dead))


def _stat(pid: int) -> list[str]:
    try:
        line = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    fields = line.rpartition(")")[2].split()
    return fields if len(fields) > _START else []


def _machine_id() -> str:
    for path in _OF_MACHINE:
        try:
            return path.read_text().strip()
        except (OSError, UnicodeError):
            continue
    return ""
