"""Those who carry the rows into the shop: processes that are started again when they end."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import psycopg

from tests.home import variables_of
from tests.postgres import PostgresServer
from tools.bench.processes import COMMAND, PYTHON, ROOT, Command
from tools.bench.rival.orders import (
    KEY,
    LOGIN,
    SETTLE_S,
    TIMEOUT_S,
    Plan,
    write_csv,
    write_xlsx,
)

PROCESSES = 4
WORKERS = 8
"""How many updates each process may have under way at once."""
PAUSE_S = 1.0
"""As `RestartSec=1` of systemd has it."""
HOLD_S = 45.0
"""Longer than either side waits for the heartbeat of one of its own."""
PATIENCE_S = 300


class Process:
    """A process that is started again a second after its end, as systemd does it.

    Args:
        command: what is run.
        environment: its variables, besides our own.
        log: where its words go.
        is_service: whether it is started again also when it says that it is done.
    """

    def __init__(
        self, command: Command, environment: Mapping[str, str], log: Path, *, is_service: bool
    ) -> None:
        self._command = command
        self._environment = {**os.environ, **environment}
        self._log = log
        self._is_service = is_service
        self._start_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._held_until = 0.0
        self.is_done = False
        self.starts = 0

    @property
    def is_running(self) -> bool:
        """Whether it runs at the moment, and does not stand still."""
        is_alive = self._process is not None and self._process.poll() is None
        return is_alive and not self._held_until

    def tend(self) -> None:
        """Start it, if it is time."""
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                self._let_go()
                return
            self._process = None
            self._start_at = time.monotonic() + PAUSE_S
            self.is_done = status == 0 and not self._is_service
        if not self.is_done and time.monotonic() >= self._start_at:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
                )
            self.starts += 1

    def _let_go(self) -> None:
        if self._process is not None and 0.0 < self._held_until <= time.monotonic():
            self._process.send_signal(signal.SIGCONT)
            self._held_until = 0.0

    def hold(self) -> None:
        """Let it stand still for a while, as a machine does that sleeps or moves."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            self._held_until = time.monotonic() + HOLD_S

    def kill(self) -> None:
        """Kill it, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Crew(ABC):
    """Processes that do the same work.

    Args:
        server: where their database is made.
        shop: the shop's address.
        folder: for sheets, results and what they say; what is in it is removed.
    """

    name: ClassVar[str]

    def __init__(self, server: PostgresServer, shop: str, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        self.shop = shop
        self.url = server.new_database(self.name)
        self._processes: list[Process] = []

    @abstractmethod
    def prepare(self, plan: Plan) -> None:
        """Make sheets and tables; the time for it does not count."""

    @abstractmethod
    def process(self, number: int) -> Process:
        """Make one of the processes."""

    @abstractmethod
    def is_done(self) -> bool:
        """Tell whether nothing is left to do, as they see it."""

    @abstractmethod
    def settled(self) -> int:
        """Count the updates that their own books call done."""

    def __enter__(self) -> Self:
        self._processes = [self.process(number) for number in range(PROCESSES)]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()

    def tend(self) -> None:
        """Start again what has ended."""
        for process in self._processes:
            process.tend()

    def kill_one(self, chance: random.Random) -> None:
        """Kill one of those that run."""
        for process in self._pick(chance):
            process.kill()

    def hold_one(self, chance: random.Random) -> None:
        """Let one of those that run stand still."""
        for process in self._pick(chance):
            process.hold()

    def _pick(self, chance: random.Random) -> list[Process]:
        running = [process for process in self._processes if process.is_running]
        return chance.sample(running, min(1, len(running)))

    @property
    def all_done(self) -> bool:
        """Whether each has said that it is done."""
        return all(process.is_done for process in self._processes)

    @property
    def starts(self) -> int:
        """How often one was started."""
        return sum(process.starts for process in self._processes)

    def count(self, query: str) -> int:
        """Ask the database for a number; it may be away only for a moment."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


class Rival(Crew):
    """Workers of procrastinate on one queue."""

    name = "rival"

    def prepare(self, plan: Plan) -> None:
        sheet = self.folder / "sheet.csv"
        write_csv(sheet, plan.rows)
        subprocess.run(
            (PYTHON, "-m", "tools.bench.rival.job", sheet),
            cwd=ROOT,
            env={**os.environ, **self._environment},
            check=True,
            timeout=PATIENCE_S,
        )

    def process(self, number: int) -> Process:
        command = (
            *(PYTHON, "-m", "procrastinate", "--app", "tools.bench.rival.job.app"),
            *("worker", "--name", f"worker-{number}", "--concurrency", str(WORKERS)),
        )
        log = self.folder / f"worker-{number}.log"
        return Process(command, self._environment, log, is_service=True)

    @property
    def _environment(self) -> dict[str, str]:
        return {"RIVAL_DATABASE": self.url, "RIVAL_SHOP": self.shop}

    def is_done(self) -> bool:
        return not self.count(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE task_name = 'post_update' AND status IN ('todo', 'doing')"
        )

    def settled(self) -> int:
        return self.count(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE task_name = 'post_update' AND status = 'succeeded'"
        )


class Ours(Crew):
    """Runs of this program, each with its sheet, on one ledger; each as on a machine of its own."""

    name = "ours"

    def prepare(self, plan: Plan) -> None:
        for number in range(PROCESSES):
            rows = (row for row in plan.rows if row[0] % PROCESSES == number)
            write_xlsx(self.folder / f"sheet-{number}.xlsx", rows)
        subprocess.run(
            (COMMAND, "--ledger", self.url, "--ledger-migrate"),
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=PATIENCE_S,
        )

    def process(self, number: int) -> Process:
        command = (
            *(COMMAND, self.folder / f"sheet-{number}.xlsx", "--ledger", self.url, "--quiet"),
            *("--workers", str(WORKERS), "--timeout", str(TIMEOUT_S), "--settle", str(SETTLE_S)),
        )
        environment = {
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
            "JUSTCLICK_BASE_URL": self.shop,
            **variables_of(self.folder / f"home-{number}"),
        }
        return Process(command, environment, self.folder / f"run-{number}.log", is_service=False)

    def is_done(self) -> bool:
        return self.all_done

    def settled(self) -> int:
        return self.count(
            "SELECT count(*) FROM batch_update.updates"
            " WHERE state IN ('updated', 'already updated')"
        )


CREWS: Mapping[str, type[Crew]] = {crew.name: crew for crew in (Rival, Ours)}
