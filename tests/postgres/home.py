"""A folder where servers live, and how programs of PostgreSQL are started there."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tests.postgres import binaries, keeper

_PATIENCE_S = 60.0


class Home:
    """A folder with servers, owned by the user as whom they run, that ends with this process."""

    def __init__(self) -> None:
        programs = binaries.find()
        self._account = binaries.account()
        self._runs_as = binaries.runs_as(self._account)
        self.folder = Path(tempfile.mkdtemp(prefix="bu-pg-"))
        self._own(self.folder)
        # It holds the other end of a pipe, which the system closes when this process is gone. In a
        # session of its own, since Ctrl-C is meant for the tests.
        self._keeper = subprocess.Popen(
            (sys.executable, "-I", "-S", keeper.__file__, self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        self._binaries = binaries.readable(programs, self._runs_as, self.folder / "programs")
        self._numbers = itertools.count()

    def close(self) -> None:
        """Kill what is left, and remove the folder."""
        self._keeper.communicate(timeout=_PATIENCE_S)

    def place(self) -> Path:
        """Make a folder for one more server."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir(mode=0o700)
        self._own(folder)
        return folder

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of PostgreSQL to its end.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(
            (self._binaries / program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self._environment(),
            **self._runs_as,
            check=False,
            timeout=_PATIENCE_S,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')}")

    def spawn(
        self,
        program: Path,
        *arguments: str | Path,
        log: IO[bytes],
        libraries: Sequence[Path] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program that stays; it finds libraries in more folders if these are named."""
        paths = {"LD_LIBRARY_PATH": ":".join(map(str, libraries))} if libraries else {}
        return subprocess.Popen(
            (program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env={**self._environment(), **paths},
            **self._runs_as,
            start_new_session=True,
        )

    def spawn_server(self, *arguments: str | Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server."""
        return self.spawn(self._binaries / "postgres", *arguments, log=log)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only the servers' user can read."""
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self._own(path)

    def _own(self, path: Path) -> None:
        if self._account:
            shutil.chown(path, self._account)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "LC_ALL": "C"}
