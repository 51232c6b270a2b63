"""A pooler before a server, in the mode that a team would use: a connection per transaction."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.postgres.server import SUPERUSER, PostgresServer

UNPACKED = Path(__file__).parents[2] / "build" / "pgbouncer"
"""Where `make setup` puts it if the machine has none."""
_PORT = 6432
_PATIENCE_S = 20.0
_POLL_S = 0.005


def find() -> Path | None:
    """Give the program; None if there is none."""
    unpacked = UNPACKED / "usr" / "sbin" / "pgbouncer"
    # Debian's stands where only root's PATH leads.
    installed = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    return Path(installed) if installed else unpacked if unpacked.is_file() else None


class PgBouncer:
    """A pooler on a socket, as long as the block.

    Args:
        server: whose databases it gives.
        connections: how many it opens to the server for each database and user.
    """

    def __init__(self, server: PostgresServer, *, connections: int = 20) -> None:
        self._server = server
        self._connections = connections
        self.folder = server.home.place()
        self.socket = self.folder / f".s.PGSQL.{_PORT}"
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = SUPERUSER, user: str = SUPERUSER) -> str:
        """Give the address of a database, through the pooler."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={_PORT}"

    def __enter__(self) -> Self:
        self._write_settings()
        program = find()
        assert program is not None, "no pgbouncer: run make setup"
        libraries: list[Path] = []
        if program.is_relative_to(UNPACKED):
            # The checkout may be where the server's user cannot read.
            copy = Path(shutil.copytree(UNPACKED, self.folder / "programs"))
            program = copy / program.relative_to(UNPACKED)
            libraries = sorted((copy / "usr" / "lib").glob("*-linux-*"))
        with self.log.open("ab") as log:
            self._process = self._server.home.spawn(
                program, self.folder / "pgbouncer.ini", log=log, libraries=libraries
            )
        deadline = time.monotonic() + _PATIENCE_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"pgbouncer did not start:\n{self.log.read_text()}")
            time.sleep(_POLL_S)
        return self

    def _write_settings(self) -> None:
        users = self.folder / "users"
        self._server.home.write(users, f'"{SUPERUSER}" ""\n')
        settings = {
            "unix_socket_dir": self.folder,
            "listen_port": _PORT,
            "pool_mode": "transaction",
            "auth_type": "trust",
            # Roles that are not in the file are looked up in the server.
            "auth_file": users,
            "auth_user": SUPERUSER,
            "max_client_conn": 500,
            "default_pool_size": self._connections,
        }
        lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
        self._server.home.write(
            self.folder / "pgbouncer.ini",
            f"[databases]\n* = host={self._server.folder} port={self._server.port}\n"
            f"[pgbouncer]\n{lines}\n",
        )

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.socket))
            return True
        return False

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(_PATIENCE_S)
            self._process = None
