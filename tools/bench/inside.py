"""The sending alone, with the ledger or without: what the ledger costs.

python -m tools.bench.inside LEDGER BASE_URL COUNT WORKERS   LEDGER: a path, or - for none
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from batch_update import batch
from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender, ShopClock
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.justclick.signing import Credentials
from batch_update.justclick.trust import TlsContexts
from batch_update.ledger import Ledger
from batch_update.model import CheckedRow, Entry, Holder, OrderUpdate, Result, SendResult, Status
from tools.bench.server import KEY, LOGIN


class NoMemory:
    """Knows nothing and keeps nothing."""

    def first_seen(self) -> int | None:
        return None

    most_ahead: int | None = None

    def holder(self, bill_id: int) -> Holder | None:
        return None

    def release(self, bill_id: int) -> None:
        return None

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        return None

    def order(self, bill_id: int) -> Sequence[Entry]:
        return ()

    def begin(self, update: OrderUpdate, row: int) -> None:
        return None

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        return None

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        return None

    def commit(self) -> None:
        return None


class NeverStops:
    """Lets the batch go to its end."""

    def stop_requested(self) -> bool:
        return False

    def abandon_requested(self) -> bool:
        return False


def main(place: str, base_url: str, count: str, workers: str) -> None:
    """Send so many updates."""
    credentials = Credentials(username=LOGIN, secret_key=KEY)
    day = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    rows = [
        CheckedRow(
            row=number,
            bill_id=number,
            update=OrderUpdate(bill_id=number, status=Status.SENT, date=day, rpo=f"RA{number}"),
        )
        for number in range(1, int(count) + 1)
    ]
    with contextlib.ExitStack() as stack:
        memory: batch.LedgerPort = NoMemory()
        if place != "-":
            memory = stack.enter_context(stack.enter_context(Ledger(Path(place))).hold("bench"))
        limiter = AdaptiveLimiter(
            concurrency=FixedConcurrency(int(workers)), per_second=None, stop=threading.Event()
        )
        tls_contexts = TlsContexts()
        clock = ShopClock(lambda: dt.datetime.now(dt.UTC))
        clients = [
            stack.enter_context(
                Client(
                    base_url=base_url,
                    credentials=credentials,
                    timeout_s=30,
                    tls_contexts=tls_contexts,
                )
            )
            for _ in range(int(workers))
        ]
        summary = batch.send_updates(
            rows,
            deliverers=[
                Sender(JustClickApi(client), retries=0, limiter=limiter).deliver
                for client in clients
            ],
            ledger=memory,
            stop_signal=NeverStops(),
            on_result=lambda _: None,
            options=batch.RunOptions(
                wall=clock.now, passed_s=clock.passed_s, steady=time.monotonic
            ),
        )
    if any(result.needs_person for result in summary.results):
        raise RuntimeError(next(r.error_text for r in summary.results if r.needs_person))


if __name__ == "__main__":
    main(*sys.argv[1:])
