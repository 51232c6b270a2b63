"""Runs of a team, as lines of its ledger, and one that sends from a process of its own.

python -m tests.team DATABASE SHOP RUN TOKEN RATE   sends until its input ends; "0" is no rate
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.justclick.signing import Credentials
from batch_update.ledger.losses import Finder
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.absence import WhileAway
from batch_update.ledger.postgresql.lease import Lease, LeaseTimes, RunKey
from batch_update.ledger.postgresql.pace import Pace
from batch_update.model import OrderUpdate, Status

# As in tests/conftest.py, which takes a second to import; of that, processes are to have none.
CREDENTIALS = Credentials(username="myshop", secret_key="0123456789abcdef0123456789abcdef")
SHOP = 1
FINDER = Finder("anna", "desk-2", 4711)
WORKERS = 4
QUICK = LeaseTimes(
    renew_s=0.2, lasts_s=1.6, margin_s=0.4, retry_s=0.05, poll_s=0.1, hang_s=0.5, tell_s=0.3
)
"""A lease that is as it is in earnest, in a twentieth of the time."""

_ADD_RUN = """
    INSERT INTO batch_update.runs
        (shop, pid, host, version, started_at, alive_at, lease_until, operator, rate)
    SELECT 1, 4711, 'desk-2', '0', batch_update.now_ms(), batch_update.now_ms(),
        batch_update.now_ms() + 30000, 'anna', %s
    RETURNING id, token
"""


def make_tables(url: str) -> None:
    """Make the tables of a team's ledger."""
    with psycopg.connect(url, autocommit=True) as connection:
        schema.migrate(connection, "the ledger")


def add_run(url: str, rate: float | None = None) -> RunKey:
    """Note one more run of the shop."""
    with psycopg.connect(url, autocommit=True) as connection:
        ((number, token),) = connection.execute(_ADD_RUN, (rate,)).fetchall()
    return RunKey(id=number, token=token, shop=SHOP, who=FINDER)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A run of the team in this process."""

    run: RunKey
    lease: Lease
    pace: Pace
    limiter: AdaptiveLimiter


@contextmanager
def open_member(
    connect: Callable[[], psycopg.Connection],
    run: RunKey,
    *,
    rate: float | None = None,
    times: LeaseTimes = QUICK,
    stop: threading.Event | None = None,
    while_away: WhileAway | None = None,
) -> Iterator[Member]:
    """Let a run hold its lease as long as the block."""
    lease = Lease(connect, run, times=times, while_away=while_away)
    pace = Pace(lease, rate=rate)
    limiter = AdaptiveLimiter(
        concurrency=FixedConcurrency(WORKERS), stop=stop or threading.Event(), shared=pace
    )
    lease.start(pace.tend)
    try:
        yield Member(run=run, lease=lease, pace=pace, limiter=limiter)
    finally:
        lease.close()


def _main(database: str, shop: str, number: str, token: str, rate: str) -> None:
    run = RunKey(id=int(number), token=int(token), shop=SHOP, who=FINDER)
    stop = threading.Event()

    def connect() -> psycopg.Connection:
        return psycopg.connect(database, connect_timeout=5)

    with open_member(connect, run, rate=float(rate) or None, times=LeaseTimes(), stop=stop) as one:
        orders = itertools.count(run.id * 1_000_000)

        def work() -> None:
            with Client(
                base_url=shop,
                credentials=CREDENTIALS,
                timeout_s=20.0,
                before_sending=one.limiter.before_sending,
            ) as client:
                sender = Sender(JustClickApi(client), retries=3, limiter=one.limiter)
                while not one.limiter.is_stopped:
                    sender.deliver(OrderUpdate(bill_id=next(orders), status=Status.CANCEL))

        workers = [threading.Thread(target=work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        sys.stdin.read()
        stop.set()
        for worker in workers:
            worker.join()
        sys.stdout.write(one.limiter.stop_reason)


if __name__ == "__main__":
    _main(*sys.argv[1:])
