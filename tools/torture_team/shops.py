"""The stand-in of all shops: one process, a port for each, and a record of what they saw.

python -m tools.torture_team.shops PLAN RECORD FAULTS_IN_1000

It prints the shops' addresses as JSON. For each line of input it prints how many changes the shops
have made; when the input ends, it writes the record and ends.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import threading
import time
from pathlib import Path

from batch_update.sandbox import Fault, Script, Shop
from tests.sandbox import ReceivedRequest, Sandbox
from tools.torture import any_fault
from tools.torture_team.plan import Plan, ShopPlan
from tools.torture_team.record import Record, Seen, ShopRecord

_UPDATE = "UpdateOrderStatus"


class RecordingShop(Shop):
    """Orders whose changes are noted in the order in which they are made.

    Args:
        record: where they are noted.
    """

    def __init__(self, record: ShopRecord) -> None:
        super().__init__()
        self._record = record
        self._noting = threading.Lock()

    def update(self, fields: dict[str, str]) -> tuple[int, str]:
        with self._noting:
            code, text = super().update(fields)
            if code == 0:
                self._record.changes.append(
                    Seen(time.monotonic(), int(fields["bill_id"]), fields["status"])
                )
        return code, text


class RecordingSandbox(Sandbox):
    """A shop's address that notes requests.

    Args:
        plan: whose shop it is.
        record: where they are noted.
        faults_in_1000: how many of a thousand calls go wrong.
    """

    def __init__(self, plan: ShopPlan, record: ShopRecord, *, faults_in_1000: int = 0) -> None:
        self._record = record
        super().__init__(
            username=plan.login,
            secret_key=plan.secret_key,
            shop=RecordingShop(record),
            script=_RandomScript(plan.seed, faults_in_1000),
        )

    def record(self, request: ReceivedRequest) -> None:
        fields = request.fields
        status = fields.get("status", "") if request.call == _UPDATE else ""
        self._record.requests.append(Seen(request.at, int(fields.get("bill_id", 0)), status))


class _RandomScript(Script):
    def __init__(self, seed: int, in_1000: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
        self._in_1000 = in_1000
        self._drawing = threading.Lock()

    def next_fault(self, call: str, bill_id: str) -> Fault | None:
        with self._drawing:
            if call != _UPDATE or self._chance.randrange(1000) >= self._in_1000:
                return super().next_fault(call, bill_id)
            return any_fault(self._chance)


def main() -> None:
    """Serve until the input ends."""
    plan = Plan.load(Path(sys.argv[1]))
    record = Record({shop.name: ShopRecord() for shop in plan.shops})
    with contextlib.ExitStack() as stack:
        addresses = {
            shop.name: stack.enter_context(
                RecordingSandbox(shop, record.shops[shop.name], faults_in_1000=int(sys.argv[3]))
            ).base_url
            for shop in plan.shops
        }
        print(json.dumps(addresses), flush=True)
        for _ in sys.stdin:
            print(sum(len(shop.changes) for shop in record.shops.values()), flush=True)
    record.save(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
