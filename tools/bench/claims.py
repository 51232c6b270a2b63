"""How many orders several runs claim in a second from a team's database, written safely.

As an operator does it, whose rights are looked at by shop, on a server that writes to the disk.

python -m tools.bench.claims             says it for one run, and for two and four on one shop
python -m tools.bench.claims DATABASE FIRST COUNT   claims and releases so many orders
"""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg

from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.address import read_address
from batch_update.ledger.postgresql.ledger import TeamLedger
from tests.postgres import PostgresServer

COUNT = 20_000
PATIENCE_S = 120.0
_OPERATOR = (
    "CREATE ROLE operator LOGIN",
    "GRANT batch_update_operator TO operator",
    "INSERT INTO batch_update.access VALUES ('operator', '*')",
)


def work(url: str, first: int, count: int) -> float:
    """Claim orders and let go of them as a run does; return the time that it takes."""
    with TeamLedger(read_address(url, "", {})) as ledger, ledger.hold("bench"):
        assert ledger.lease is not None
        assert ledger.most_ahead is not None
        shop, end = ledger.lease.run.shop, first + count
        print("ready", flush=True)
        sys.stdin.readline()
        begun = time.monotonic()
        for start in range(first, end, ledger.most_ahead):
            orders = range(start, min(end, start + ledger.most_ahead))
            assert not ledger.claim(shop, orders)
            # As with the notes of their last rows: released with the next batch's claims.
            ledger.release(shop, orders)
        ledger.commit()
        return time.monotonic() - begun


def measure(url: str, runs: int) -> float:
    """Return the claims in a second of so many runs together."""
    each = COUNT // runs
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tools.bench.claims", url, str(number * each), str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(runs)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    took = [float(process.communicate("go\n", PATIENCE_S)[0]) for process in processes]
    return sum(each / seconds for seconds in took)


def main() -> None:
    with PostgresServer(fsync=True) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            schema.migrate(connection, "the ledger")
        for statement in _OPERATOR:
            server.execute(statement)
        for runs in (1, 2, 4):
            speed = measure(server.url(user="operator"), runs)
            print(f"{runs} runs: {speed:,.0f} claims a second")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
