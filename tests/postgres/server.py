"""Servers of PostgreSQL in a temporary folder, that can be stopped, killed, paused and followed."""

from __future__ import annotations

import contextlib
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, cast

import psycopg
import trustme

from tests.postgres import keeper
from tests.postgres.home import Home

SUPERUSER = "postgres"
_PATIENCE_S = 60.0
_POLL_S = 0.005
_LONGEST_SOCKET = 100
_SOCKETS_PORT = 5432
_SETTINGS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "timezone": "UTC",
    "log_checkpoints": "off",
}
_QUICK: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
"""Enough against the death of processes; only that of the machine would lose what is written."""
_STOPS = {"smart": "SIGTERM", "fast": "SIGINT", "immediate": "SIGQUIT"}
StopMode = Literal["smart", "fast", "immediate"]


class Server:
    """One server with its data.

    Args:
        home: where it lives.
        folder: its own place there; the data are made by whoever calls.
        listen: addresses at which it takes connections over TCP, with commas; "" for none.
        name: how it calls itself when it follows another.
    """

    def __init__(self, home: Home, folder: Path, *, listen: str = "", name: str = "") -> None:
        self.home = home
        self.folder = folder
        self.data = folder / "data"
        self.listen = listen
        self.port = _free_port() if listen else _SOCKETS_PORT
        self.log = folder / "log"
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / f".s.PGSQL.{self.port}"
        is_short = len(str(self.socket)) < _LONGEST_SOCKET
        assert is_short, f"set TMPDIR to a shorter path: {self.socket}"

    def start(self) -> None:
        """Start it, after a recovery if it was killed, and wait until it takes connections.

        Raises:
            RuntimeError: it did not start; with its log.
        """
        assert self._process is None, "it runs"
        with self.log.open("ab") as log:
            self._process = self.home.spawn_server(
                *("-D", self.data, "-p", str(self.port), "-k", self.folder, "-h", self.listen),
                *("-c", f"cluster_name={self._name}"),
                log=log,
            )
        deadline = time.monotonic() + _PATIENCE_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()}")
            time.sleep(_POLL_S)

    def _is_ready(self) -> bool:
        # Line 8 of its file says so; the file may be that of a server that was killed.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        assert self._process is not None
        return lines[:1] == [str(self._process.pid)] and lines[7:8] == ["ready   "]

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop it: `smart` waits for clients, `fast` ends them, `immediate` asks for a recovery."""
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(signal.Signals[_STOPS[mode]])
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._process = None

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """Kill all of its processes, as a power cut does."""
        if self._process is None:
            return
        # Stopped first: the postmaster would start others for those that were killed.
        family = keeper.stop_children(self._process.pid)
        self._process.kill()
        keeper.send(signal.SIGKILL, *family)
        self._process.wait(_PATIENCE_S)
        self._process = None
        # The next start refuses while one of them still holds the shared memory.
        keeper.wait_for_end(*family)

    def pause(self) -> None:
        """Let it hang: all of its processes stand still, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal(signal.SIGCONT)

    def _signal(self, sign: signal.Signals) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(sign)
        keeper.send(sign, *keeper.children(self._process.pid))

    def url(self, database: str = SUPERUSER, user: str = SUPERUSER, *, tcp: bool = False) -> str:
        """Give the address of a database, by the socket or over TCP."""
        if tcp:
            return f"postgresql://{user}@{self.listen.split(',')[0]}:{self.port}/{database}"
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def execute(self, sql: str, database: str = SUPERUSER) -> list[tuple[Any, ...]]:
        """Run a statement as superuser, outside a transaction; give its rows, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, name: str, template: str = "template1") -> str:
        """Make a database as another one is, to which nobody is connected; give its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Standby(Server):
    """A server that follows another, until it is promoted."""

    def promote(self) -> None:
        """Make it a server of its own; what has not come from the other is lost."""
        assert self.execute("SELECT pg_promote()") == [(True,)]

    def cut_off(self) -> None:
        """Let nothing more come from the other server, whose commits go on."""
        self.execute("ALTER SYSTEM SET primary_conninfo = ''")
        self.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + _PATIENCE_S
        while self.execute("SELECT pid FROM pg_stat_wal_receiver"):
            assert time.monotonic() < deadline, "it still follows"
            time.sleep(_POLL_S)


class PostgresServer(Server):
    """A new server that lives as long as the block, or this process if that ends earlier.

    Args:
        fsync: write safely, as a real server does, also against the death of the machine.
        listen: addresses at which it takes connections over TCP, with commas; "" for none. There a
            password is asked for: that of each role which is made with `password`.
        settings: more settings of postgresql.conf, such as `ssl`.
    """

    def __init__(
        self, *, fsync: bool = False, listen: str = "", settings: Mapping[str, str] | None = None
    ) -> None:
        self.password = secrets.token_hex(16)
        home = Home()
        try:
            super().__init__(home, home.place(), listen=listen)
            self._init(fsync, {**_SETTINGS, **({} if fsync else _QUICK), **(settings or {})})
        except BaseException:
            home.close()
            raise
        self.passfile = self.folder / "passfile"
        self.passfile.touch(mode=0o600)
        self.passfile.write_text(f"*:*:*:*:{self.password}\n", encoding="utf-8")
        self._standbys: list[Standby] = []

    def _init(self, fsync: bool, settings: Mapping[str, str]) -> None:
        password = self.folder / "password"
        self.home.write(password, self.password)
        self.home.run(
            "initdb",
            *("-D", self.data, "-U", SUPERUSER, f"--pwfile={password}"),
            *("-E", "UTF8", "--locale=C"),
            *(() if fsync else ("--no-sync",)),
            *("--auth-local=trust", "--auth-host=scram-sha-256"),
        )
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write("host all all all scram-sha-256\n")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.home.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self.home.close)
            for server in (self, *self._standbys):
                stack.callback(server.kill)

    def use_tls(self, certificate: trustme.LeafCert) -> None:
        """Take connections over TLS too, with a certificate for where it listens."""
        chain = "".join(blob.bytes().decode() for blob in certificate.cert_chain_pems)
        self.home.write(self.data / "server.crt", chain)
        self.home.write(self.data / "server.key", certificate.private_key_pem.bytes().decode())
        self.execute("ALTER SYSTEM SET ssl = on")
        self.restart()

    def standby(self, *, synchronous: bool = False) -> Standby:
        """Start a server that follows this one; if synchronous, each commit waits for it."""
        folder = self.home.place()
        name = f"standby{folder.name}"
        data = folder / "data"
        self.home.run(
            "pg_basebackup",
            *("-D", data, "-h", self.folder, "-p", str(self.port), "-U", SUPERUSER),
            *("-R", "-C", "-S", name, "-X", "stream", "-c", "fast", "--no-sync"),
        )
        standby = Standby(self.home, folder, listen=self.listen, name=name)
        self._standbys.append(standby)
        standby.start()
        if synchronous:
            self.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
            self.execute("SELECT pg_reload_conf()")
        self._wait_for(name, "sync" if synchronous else "async")
        return standby

    def wait_until_followed(self) -> None:
        """Wait until each standby has what is committed now."""
        query = "SELECT pid FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_lsn()"
        deadline = time.monotonic() + _PATIENCE_S
        while self.execute(query):
            assert time.monotonic() < deadline, "a standby does not follow"
            time.sleep(_POLL_S)

    def _wait_for(self, standby: str, state: str) -> None:
        query = "SELECT application_name, sync_state, state FROM pg_stat_replication"
        deadline = time.monotonic() + _PATIENCE_S
        while (standby, state, "streaming") not in self.execute(query):
            assert time.monotonic() < deadline, f"{standby} does not follow"
            time.sleep(_POLL_S)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return cast("int", one.getsockname()[1])
