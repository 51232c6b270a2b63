"""What befalls machines and database while they work: when, what, and to whom."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.postgres import PostgresServer
from tools.torture_team.judge import Blow
from tools.torture_team.machines import Machine

_POLL_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Blows:
    """How much of what.

    Args:
        kill: runs killed.
        pause: runs that stand still for a while.
        restart: restarts of the database, some of them after a kill.
        partition: ways to the database that are cut for a while, some for answers only.
    """

    kill: int
    pause: int
    restart: int
    partition: int


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How hard it comes.

    Args:
        pause_s: the shortest and the longest time that a run stands still.
        partition_s: the same of a cut way.
    """

    pause_s: tuple[float, float]
    partition_s: tuple[float, float]


class Striker:
    """Deals blows as the work goes on, evenly over all of it.

    Args:
        machines: which may be struck.
        server: the database.
        chance: decides what and whom.
        strength: how hard.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        server: PostgresServer,
        chance: random.Random,
        strength: Strength,
    ) -> None:
        self._machines = machines
        self._server = server
        self._chance = chance
        self._strength = strength
        self._timers: list[threading.Timer] = []
        self._lasting: list[Blow] = []
        self._lock = threading.Lock()
        self.dealt: list[Blow] = []

    def deal(self, blows: Blows, progress: Callable[[], float], stop: threading.Event) -> None:
        """Deal all of them.

        Args:
            blows: how many.
            progress: how much of the work is done, from 0 to 1.
            stop: set when it is over, whatever is left.
        """
        for due, kind in self._schedule(blows):
            while progress() < due:
                if stop.wait(_POLL_S):
                    return
            while not self._strike(kind):
                if stop.wait(_POLL_S):
                    return

    def close(self) -> None:
        """Take back what lasts still."""
        for timer in self._timers:
            timer.cancel()
        with self._lock:
            self.dealt += self._lasting
            self._lasting.clear()
        for machine in self._machines:
            machine.resume()
            machine.way.heal()

    def __str__(self) -> str:
        counts = Counter(blow.kind for blow in self.dealt)
        return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))

    def _schedule(self, blows: Blows) -> Iterator[tuple[float, str]]:
        kinds = [kind for kind, count in asdict(blows).items() for _ in range(count)]
        self._chance.shuffle(kinds)
        for place, kind in enumerate(kinds):
            yield (place + 0.5) / (len(kinds) + 1), kind

    def _strike(self, kind: str) -> bool:
        if kind == "restart":
            self._restart()
            return True
        free = [one for one in self._machines if one.shop and not one.is_disturbed]
        if not free:
            return False
        machine = self._chance.choice(free)
        shops = frozenset({machine.shop})
        if kind == "kill":
            machine.kill()
            self._note(kind, shops)
        elif kind == "pause":
            machine.pause()
            self._later(self._strength.pause_s, machine.resume, kind, shops)
        else:
            machine.way.cut(requests=self._chance.random() < 0.5)
            self._later(self._strength.partition_s, machine.way.heal, kind, shops)
        return True

    def _restart(self) -> None:
        if self._chance.random() < 0.5:
            self._server.kill()
            self._server.start()
        else:
            self._server.restart(self._chance.choice(("fast", "immediate")))
        self._note("restart", frozenset(one.shop for one in self._machines if one.shop))

    def _later(
        self,
        span_s: tuple[float, float],
        end: Callable[[], None],
        kind: str,
        shops: frozenset[str],
    ) -> None:
        blow = Blow(time.monotonic(), math.inf, kind, shops)
        with self._lock:
            self._lasting.append(blow)

        def finish() -> None:
            end()
            with self._lock:
                self._lasting.remove(blow)
                self.dealt.append(blow._replace(ended=time.monotonic()))

        timer = threading.Timer(self._chance.uniform(*span_s), finish)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _note(self, kind: str, shops: frozenset[str]) -> None:
        now = time.monotonic()
        with self._lock:
            self.dealt.append(Blow(now, now, kind, shops))
