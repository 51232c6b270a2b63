"""Runs killed at any moment, and started again until they are done: what was lost, what doubled?

make torture                      200 sheets of 300 orders; takes an hour
python -m tools.torture 20 100    20 sheets of 100 orders
"""

from __future__ import annotations

import csv
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.home import ledger_in, program, variables_of
from tests.sandbox import Fault, Sandbox, Script

COMMAND = program("batch-update")
LOGIN, KEY = "torture", "torture-key"
PATIENCE_S = 120
MOST_STARTS = 30
Lives = dict[int, tuple[str, ...]]
LIVES: tuple[tuple[str, ...], ...] = (
    ("sent",),
    ("paid",),
    ("paid", "sent"),
    ("paid", "sent", "return"),
    ("paid", "cancel"),
    ("sent", "paid"),
)
FAULTS_A_SHEET = 4
TIMEOUT_S = 2.0
SETTLE_S = 4.0
"""Longer than any fault lets the shop act after its request was given up."""
OPTIONS = ("--timeout", str(TIMEOUT_S), "--settle", str(SETTLE_S))
SHARE_OF_CTRL_C = 0.2


@dataclass
class Figures:
    """What came of all sheets.

    Args:
        sheets: how many there were.
        kills: how many runs were killed.
        interruptions: how many were stopped with Ctrl-C.
        updates: how many updates the sheets held.
        resends: per status, how many updates the shop got more than once.
    """

    sheets: int = 0
    kills: int = 0
    interruptions: int = 0
    updates: int = 0
    resends: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        resent = ", ".join(
            f"{status} {self.resends[status]}" for status in ("sent", "return", "cancel")
        )
        return (
            f"{self.sheets} sheets, {self.updates} updates, {self.kills} kills, "
            f"{self.interruptions} times Ctrl-C; sent twice: "
            f"{resent}; paid twice: {self.resends['paid']}"
        )


def torture(sheets: int, orders: int, seed: int) -> Figures:
    """Send sheets of random orders through killed runs, and check each when it is done.

    Raises:
        AssertionError: something was lost, doubled or out of order.
    """
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    figures = Figures()
    for _ in range(sheets):
        with tempfile.TemporaryDirectory() as folder:
            _torture_sheet(Path(folder), orders, chance, figures)
    return figures


def _torture_sheet(folder: Path, orders: int, chance: random.Random, figures: Figures) -> None:
    lives: Lives = {order: chance.choice(LIVES) for order in range(1, orders + 1)}
    rows = [(order, status) for order, life in lives.items() for status in life]
    with (folder / "day.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order", "status", "date", "rpo"))
        writer.writerows((order, status, "2026-11-20", f"RA{order}") for order, status in rows)
    difficult = chance.sample(sorted(lives), FAULTS_A_SHEET)
    script = Script({order: [any_fault(chance)] for order in difficult})
    with Sandbox(username=LOGIN, secret_key=KEY, script=script) as sandbox:
        _run_until_done(folder, sandbox, len(rows), chance, figures)
        _check(folder, sandbox, lives, figures)
    figures.sheets += 1
    figures.updates += len(rows)


def any_fault(chance: random.Random) -> Fault:
    """Give a fault of a call, of any kind that settles itself."""
    return chance.choice(
        (
            Fault.lost_answer(),
            Fault.late(1.0),
            Fault.late(2.5),
            Fault.dropped(),
            Fault.half_answer(),
            Fault.busy(),
            Fault.page(502),
            Fault.gateway(503),
            Fault.gateway(429, retry_after="1"),
            Fault.gateway(504, late_s=2.0),
            Fault.silent(TIMEOUT_S + 0.5, late_s=TIMEOUT_S + 1.5),
        )
    )


def _run_until_done(
    folder: Path, sandbox: Sandbox, updates: int, chance: random.Random, figures: Figures
) -> None:
    environment = {
        **os.environ,
        "JUSTCLICK_USERNAME": LOGIN,
        "JUSTCLICK_SECRET_KEY": KEY,
        "JUSTCLICK_BASE_URL": sandbox.base_url,
        **variables_of(folder),
    }
    for start in range(MOST_STARTS):
        run = subprocess.Popen(
            [COMMAND, "day.csv", "--quiet", *OPTIONS],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
        )
        # The first run is always stopped, later ones as chance has it, the last ones never; most by
        # SIGKILL, some by Ctrl-C.
        if start == 0 or (start < MOST_STARTS // 2 and chance.random() < 0.5):
            moment = len(sandbox.requests) + chance.randint(1, max(1, updates // 2))
            while run.poll() is None and not sandbox.wait_for_requests(moment, 0.05):
                pass
            try:
                run.wait(chance.choice((0.0, 0.0, 0.001, 0.003, 0.3)))
            except subprocess.TimeoutExpired:
                if chance.random() < SHARE_OF_CTRL_C:
                    run.send_signal(signal.SIGINT)
                    figures.interruptions += 1
                else:
                    run.kill()
                    figures.kills += 1
        _, complaint = run.communicate(timeout=PATIENCE_S)
        if run.returncode == 0:
            return
        assert run.returncode in {-signal.SIGKILL, 130}, complaint.decode()
    raise AssertionError("it was never done")


def _check(folder: Path, sandbox: Sandbox, lives: Lives, figures: Figures) -> None:
    with (folder / "day.results.csv").open(newline="") as file:
        results = [line["result"] for line in csv.DictReader(file)]
    updates = sum(map(len, lives.values()))
    assert len(results) == updates
    assert set(results) <= {"updated", "already updated"}
    for order, life in lives.items():
        history = [change.status for change in sandbox.shop.history(order)]
        assert tuple(status for status, _ in itertools.groupby(history)) == life, (order, history)
        assert history.count("paid") <= 1, order
        figures.resends.update(Counter(history) - Counter(life))
    with closing(sqlite3.connect(ledger_in(folder))) as database:
        states = database.execute("SELECT state, count(*) FROM updates GROUP BY state").fetchall()
    assert states == [("updated", updates)]


def main() -> None:
    """Torture as many sheets as the arguments say."""
    sheets, orders = (int(argument) for argument in (*sys.argv[1:], "200", "300")[:2])
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", flush=True)
    print(torture(sheets, orders, seed))


if __name__ == "__main__":
    main()
