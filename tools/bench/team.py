"""Runs of a team: one ledger in PostgreSQL, on a server that writes to the disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from batch_update.ledger.postgresql import schema
from tests.postgres import PostgresServer
from tools.bench.claims import measure
from tools.bench.processes import COMMAND, ROOT, Pair, Shop
from tools.bench.sheets import sheet

CLAIMS_GOAL = 4600
"""What the best of the job queues promises for such a machine."""

_PATIENCE_S = 300.0


@contextmanager
def open_ledgers() -> Iterator[PostgresServer]:
    """Start a server whose new databases hold a ledger each."""
    with PostgresServer(fsync=True) as server:
        with psycopg.connect(server.new_database("ledgers"), autocommit=True) as connection:
            schema.migrate(connection, "the ledger")
        yield server


def send_together(
    shop: Shop, folder: Path, environment: dict[str, str], ledger: str, runs: int, count: int
) -> float:
    """Send a sheet each with several runs at once, of 8 workers each; their pace together."""
    shop_environment = {
        **environment,
        "JUSTCLICK_BASE_URL": shop.base_url,
        "REQUESTS_CA_BUNDLE": str(shop.authority),
        "BATCH_UPDATE_LEDGER": ledger,
    }
    processes = [
        subprocess.Popen(
            (
                *(COMMAND, sheet("csv", count, first=number * count), "--no-progress"),
                *("--workers", "8", "--output", folder / f"sent-{number}.csv"),
            ),
            cwd=ROOT,
            env=shop_environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in range(runs)
    ]
    for process in processes:
        __, said = process.communicate(timeout=_PATIENCE_S)
        if process.returncode:
            raise RuntimeError(f"a run ended with {process.returncode}: {said.decode()[-2000:]}")
    return shop.calls_per_s(8 * runs, count * runs)


def paces_together(
    shop: Shop, folder: Path, environment: dict[str, str], rounds: int, count: int
) -> tuple[Pair, Pair]:
    """Measure one run and four, in turns: one against the ideal, four against one.

    The one has twice as many rows: the first update of a run goes alone, and then all workers
    connect, which is not its pace.
    """
    ideal = 8 / 0.05
    alone, together = [], []
    with open_ledgers() as server:
        for turn in range(rounds):
            names = [server.new_database(f"{turn}_{runs}", "ledgers") for runs in (1, 4)]
            one = send_together(shop, folder, environment, names[0], 1, 2 * count)
            four = send_together(shop, folder, environment, names[1], 4, count)
            alone.append((one, ideal))
            together.append((four, one))
    return Pair.of(alone), Pair.of(together)


def claims_of(runs: int) -> float:
    """Return the claims in a second of so many runs, as operators of one shop."""
    with open_ledgers() as server:
        url = server.new_database("claims", "ledgers")
        server.execute("CREATE ROLE operator LOGIN")
        server.execute("GRANT batch_update_operator TO operator")
        server.execute("INSERT INTO batch_update.access VALUES ('operator', '*')", "claims")
        return measure(url.replace("postgres@", "operator@", 1), runs)
