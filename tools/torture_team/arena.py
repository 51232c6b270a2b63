"""A team at work: its machines, the shops, the database, and what befalls them."""

from __future__ import annotations

import contextlib
import json
import queue
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import trustme

from batch_update.ledger.postgresql.slots import SPACING
from tests.postgres import PostgresServer
from tests.postgres.pgbouncer import PgBouncer
from tools.torture import COMMAND
from tools.torture_team.blows import Blows, Strength, Striker
from tools.torture_team.judge import ResultRow, Verdict, judge, read_results
from tools.torture_team.machines import ROOT, Ledger, Machine
from tools.torture_team.meters import Meters
from tools.torture_team.namespaces import HERE, Network
from tools.torture_team.plan import Plan, ShopPlan
from tools.torture_team.record import Record
from tools.torture_team.ways import CableWay, LinkWay, Way

DATABASE = "team"
MOST_STARTS = 60
_SHARE_OF_PACE = 1 / SPACING
"""Slots of the common pace are so much longer than the rate asks."""
_AGAIN_S = 0.5
_PATIENCE_S = 120.0
_MOST_APART_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Form:
    """How large it is.

    Args:
        machines: how many work at once.
        shops: how many there are.
        rows: how many rows all sheets hold.
        rate: the most requests in any second at a shop.
        faults_in_1000: how many of a thousand updates go wrong at the shop.
        blows: what befalls machines and database.
        strength: how hard.
        limit_s: after how many seconds it is given up.
        is_timed: whether it is long enough to see the pace come back.
        is_pooled: whether the database is behind a pooler.
        is_networked: whether each machine is a network namespace, with a cable that can be pulled.
    """

    machines: int
    shops: int
    rows: int
    rate: int
    faults_in_1000: int
    blows: Blows
    strength: Strength
    limit_s: float
    is_timed: bool = False
    is_pooled: bool = False
    is_networked: bool = False


@dataclass
class Outcome:
    """What came of it.

    Args:
        verdict: what the judge found.
        rows: how many rows all sheets held.
        seconds: how long the work took.
        blows: what was dealt.
        ends: how often runs ended with each status.
    """

    verdict: Verdict
    rows: int
    seconds: float
    blows: str
    ends: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        ends = ", ".join(f"{status} x {count}" for status, count in sorted(self.ends.items()))
        return (
            f"{self.rows} rows in {self.seconds:.0f} s; {self.blows}; exit statuses {ends};\n"
            f"{self.verdict}"
        )


class ShopsProcess:
    """The stand-in of all shops, in a process of its own.

    Args:
        plan: the shops.
        folder: for its files.
        faults_in_1000: how many of a thousand updates go wrong.
    """

    def __init__(self, plan: Plan, folder: Path, faults_in_1000: int) -> None:
        self._record = folder / "record"
        plan.save(folder / "plan.json")
        self._process = subprocess.Popen(
            (
                *(sys.executable, "-m", "tools.torture_team.shops"),
                *(folder / "plan.json", self._record, str(faults_in_1000)),
            ),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addresses: dict[str, str] = json.loads(self._read())

    def changes(self) -> int:
        """Give how many changes the shops have made."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._read())

    def close(self) -> Record:
        """End it; give what the shops saw."""
        self._process.communicate(timeout=_PATIENCE_S)
        return Record.load(self._record)

    def kill(self) -> None:
        """End it at once, whatever it saw."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Arena:
    """Where a team works.

    Args:
        form: how large.
        folder: for all files.
        chance: decides all that is left to chance.
    """

    def __init__(self, form: Form, folder: Path, chance: random.Random) -> None:
        self._form = form
        self._folder = folder
        self._chance = chance
        self._plan = Plan.draw(
            chance,
            shops=form.shops,
            rows=form.rows,
            rate=form.rate,
        )
        self._tasks: queue.SimpleQueue[tuple[ShopPlan, int]] = queue.SimpleQueue()
        self._results: dict[tuple[str, int], list[list[ResultRow]]] = {}
        self._ends: Counter[int] = Counter()
        self._failures: list[str] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self._shops = ShopsProcess(self._plan, self._folder, self._form.faults_in_1000)
            opening.callback(self._shops.kill)
            self._meters = Meters(opening)
            ways = list(self._ways(opening))
            self._machines = [self._machine(*numbered) for numbered in enumerate(ways)]
            self._prepare()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._open.close()

    def _ways(self, opening: contextlib.ExitStack) -> Iterator[Way]:
        count, fsync = self._form.machines, self._form.is_timed
        if self._form.is_networked:
            network = opening.enter_context(Network(count))
            self._server = opening.enter_context(PostgresServer(fsync=fsync, listen=HERE))
            authority = trustme.CA()
            self._server.use_tls(authority.issue_cert(HERE))
            path = self._folder / "ca.pem"
            authority.cert_pem.write_to_path(path)
            for one in network.machines:
                yield CableWay(one, self._server, path, self._meters)
            return
        self._server = opening.enter_context(PostgresServer(fsync=fsync))
        target = self._server.socket
        if self._form.is_pooled:
            target = opening.enter_context(PgBouncer(self._server)).socket
        for _ in range(count):
            yield LinkWay(target, opening, self._meters)

    def _machine(self, number: int, way: Way) -> Machine:
        # From five minutes behind to five minutes ahead.
        place = number / max(1, self._form.machines - 1) - 0.5
        folder = self._folder / f"machine{number}"
        ledger = Ledger(DATABASE, self._server.passfile)
        return Machine(folder, number, place * _MOST_APART_S, way, ledger)

    def _prepare(self) -> None:
        url = self._server.new_database(DATABASE)
        subprocess.run(
            (COMMAND, "--ledger", url, "--ledger-migrate"),
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=self._folder,
            timeout=_PATIENCE_S,
        )

    def run(self) -> Outcome:
        """Let the team work through all sheets, and judge what came of it.

        Raises:
            AssertionError: a run ended as none may, or a sheet was never done.
        """
        for task in self._assignments():
            self._tasks.put(task)
        workers = [
            threading.Thread(target=self._work, args=(machine,), daemon=True)
            for machine in self._machines
        ]
        begun = time.monotonic()
        for worker in workers:
            worker.start()
        striker = Striker(self._machines, self._server, self._chance, self._form.strength)
        striking = threading.Thread(
            target=striker.deal, args=(self._form.blows, self._progress, self._over), daemon=True
        )
        striking.start()
        for worker in workers:
            worker.join(max(0.0, begun + self._form.limit_s - time.monotonic()))
        if any(worker.is_alive() for worker in workers):
            self._failures.append(f"it was not done in {self._form.limit_s:.0f} s")
        self._over.set()
        striking.join()
        striker.close()
        for machine in self._machines:
            machine.kill()
        seconds = time.monotonic() - begun
        assert not self._failures, "\n".join(self._failures)
        pace = self._form.rate * _SHARE_OF_PACE if self._form.is_timed else 0.0
        record = self._shops.close()
        for shop, address in self._shops.addresses.items():
            record.shops[shop].arrivals = self._meters.moments(address)
        verdict = judge(self._plan, record, self._results, striker.dealt, pace)
        return Outcome(verdict, self._plan.rows, seconds, str(striker), self._ends)

    def _progress(self) -> float:
        return self._shops.changes() / self._plan.rows

    def _assignments(self) -> Iterator[tuple[ShopPlan, int]]:
        for shop in self._plan.shops:
            sheets = range(len(shop.sheets))
            # Two machines for each shop: on two sheets of its, or on one and the same.
            for number in (*sheets, *sheets) if len(sheets) == 1 else sheets:
                yield shop, number

    def _work(self, machine: Machine) -> None:
        try:
            while not self._over.is_set():
                self._work_on(machine, *self._tasks.get_nowait())
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001 told by the thread that waits for this one
            self._failures.append(f"machine {machine.number}: {error!r}")
            self._over.set()

    def _work_on(self, machine: Machine, shop: ShopPlan, number: int) -> None:
        sheet = machine.folder / f"{shop.name}-{number}.csv"
        shop.write_sheet(number, sheet)
        said = ""
        for _ in range(MOST_STARTS):
            status, said = machine.work(shop, self._shops.addresses[shop.name], sheet)
            with self._lock:
                self._ends[status] += 1
            if status == 0:
                rows = read_results(machine.results(sheet))
                with self._lock:
                    self._results.setdefault((shop.name, number), []).append(rows)
                return
            assert "Traceback" not in said, said
            assert status != 2, said
            if self._over.wait(_AGAIN_S):
                return
        raise AssertionError(f"{shop.name}, sheet {number} was never done: {said}")
