"""A job queue on PostgreSQL in the place of the team's ledger: what is lost, doubled, in disorder?

make rival   20,000 rows; five to ten minutes for each side

The same rows go into the same shop, with the same faults, once through a job of procrastinate (see
job.py) and once through this program; processes are killed and PostgreSQL is restarted at the same
points of progress. What came of it is read from the shop's own record.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import psycopg

from tests.postgres import PostgresServer
from tests.sandbox import Sandbox
from tools.bench.processes import ROOT
from tools.bench.rival.crews import CREWS, Crew
from tools.bench.rival.orders import KEY, LOGIN, Plan, plan
from tools.bench.rival.record import (
    Recovery,
    Verdict,
    WatchedShop,
    first_times,
    judge,
    recovery,
)

FOLDER = ROOT / "build" / "rival"
STUCK_S = 120.0
"""Longer than any job waits for its next try, or for the heartbeat of a dead worker."""
LOOK_S = 0.05
ASK_S = 1.0
SPAN = (0.05, 0.9)
"""The progress within which things happen."""

PRODUCTS = {"rival": "procrastinate", "ours": "batch-update"}
KILL, RESTART, HOLD = "kill", "restart of PostgreSQL", "standstill of a process"
Actions = Mapping[str, Callable[[], None]]

Trouble = Mapping[str, Sequence[float]]
"""For each kind the points of progress at which it happens: 0.5 when half of the rows are done."""


def draw_lots(times: Mapping[str, int], seed: int) -> Trouble:
    """Choose when each kind of trouble happens, so many times."""
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    return {
        kind: sorted(chance.uniform(*SPAN) for _ in range(number)) for kind, number in times.items()
    }


@dataclass(kw_only=True)
class Course:
    """How it went.

    Args:
        began: when, in seconds of the performance counter.
        troubles: when which kind of trouble happened.
        is_stuck: whether it was given up, since nothing happened any more.
    """

    began: float
    troubles: Mapping[str, list[float]]
    is_stuck: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one side.

    Args:
        verdict: what the shop's record says.
        unsettled: how many rows its own books do not call done at the end.
        recoveries: for each kind of trouble, how the pace came back.
        course: how it went.
        starts: how often a process was started.
    """

    verdict: Verdict
    unsettled: int
    recoveries: Mapping[str, Recovery | None]
    course: Course
    starts: int

    def lines(self) -> Mapping[str, str]:
        """Give a column of the table, each line with its label."""
        verdict = self.verdict
        return {
            "payments that took effect twice": str(verdict.paid_twice),
            "other updates that did": str(verdict.other_twice),
            "orders with updates out of order": str(verdict.inverted),
            "rows never done": str(verdict.never_done),
            "rows that its own books do not call done": str(self.unsettled),
            **{
                f"pace within 30 s after a {kind}": str(found)
                for kind, found in self.recoveries.items()
                if found
            },
            "seconds until the last row was done": f"{verdict.seconds:.0f}",
            "given up, since nothing happened any more": "yes" if self.course.is_stuck else "no",
            **{f"times: {kind}": str(len(at)) for kind, at in self.course.troubles.items()},
            "times: start of a process": str(self.starts),
        }


def run(crew: Crew, shop: WatchedShop, rows: int, trouble: Trouble, actions: Actions) -> Course:
    """Have the work done, amid trouble, until it is done or nothing happens any more."""
    course = Course(began=time.perf_counter(), troubles={kind: [] for kind in trouble})
    done, last = 0, course.began
    while not (done == rows and _is_done(crew)):
        crew.tend()
        time.sleep(LOOK_S)
        now = time.perf_counter()
        if len(shop.done) > done:
            done, last = len(shop.done), now
        elif now - last > STUCK_S:
            course.is_stuck = True
            return course
        for kind, points in trouble.items():
            past = course.troubles[kind]
            if len(past) < len(points) and done / rows > points[len(past)]:
                past.append(now)
                actions[kind]()
    return course


def _is_done(crew: Crew) -> bool:
    time.sleep(ASK_S)
    with contextlib.suppress(psycopg.OperationalError):
        return crew.is_done()
    return False


def compare(side: type[Crew], work: Plan, trouble: Trouble, seed: int) -> Result:
    """Have one side do the work."""
    shop = WatchedShop()
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    with (
        PostgresServer(settings={"max_connections": "200"}) as server,
        Sandbox(username=LOGIN, secret_key=KEY, shop=shop, script=work.script()) as sandbox,
    ):
        crew = side(server, sandbox.base_url, FOLDER / side.name)
        crew.prepare(work)
        actions = {
            KILL: lambda: crew.kill_one(chance),
            RESTART: lambda: server.restart("immediate"),
            HOLD: lambda: crew.hold_one(chance),
        }
        with crew:
            course = run(crew, shop, len(work.rows), trouble, actions)
        settled = crew.settled()
    times = first_times(shop.posted)
    return Result(
        verdict=judge(work.lives, shop.posted, course.began),
        unsettled=len(work.rows) - settled,
        recoveries={
            kind: recovery(times, len(work.rows), course.began, at)
            for kind, at in course.troubles.items()
        },
        course=course,
        starts=crew.starts,
    )


def table(results: Mapping[str, Result]) -> str:
    """Set the sides beside each other."""
    columns = [result.lines() for result in results.values()]
    labels = dict.fromkeys(label for column in columns for label in column)
    names = (f"{PRODUCTS[name]} {version(PRODUCTS[name])}" for name in results)
    lines = [("", *names), ("---",) * (len(results) + 1)]
    lines += [(label, *(column.get(label, "-") for column in columns)) for label in labels]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--holds", type=int, default=0, help="processes that stand still for 45 s")
    parser.add_argument("--only", choices=sorted(CREWS), help="one side alone")
    options = parser.parse_args()
    work = plan(options.rows, options.seed)
    times = {KILL: options.kills, RESTART: options.restarts, HOLD: options.holds}
    trouble = draw_lots({kind: number for kind, number in times.items() if number}, options.seed)
    sides = [options.only] if options.only else list(CREWS)
    results = {name: compare(CREWS[name], work, trouble, options.seed) for name in sides}
    print(f"{len(work.rows)} rows, seed {options.seed}\n\n{table(results)}")


if __name__ == "__main__":
    main()
