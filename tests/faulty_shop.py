"""A shop in a process of its own, with a fault in one call of twenty, and what must come of it.

python -m tests.faulty_shop ROWS SEED   prints its address; after a line of input, what it has done
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from batch_update.model import Outcome, Status
from tests.conftest import KEY, LOGIN
from tests.sandbox import Fault, Sandbox, Script

TIMEOUT_S = 3.0
_ONE_IN = 20
_LIVES = (
    (Status.SENT,),
    (Status.PAID,),
    (Status.PAID, Status.SENT),
    (Status.PAID, Status.SENT, Status.RETURN),
    (Status.PAID, Status.SENT, Status.RETURN, Status.CANCEL),
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault, and how an update must end that meets it.

    Args:
        fault: what goes wrong.
        outcome: how the update must end all the same.
        repeats: whether it is sent again, a payment only if the shop did not act.
    """

    fault: Fault
    outcome: Outcome = Outcome.UPDATED
    repeats: bool = True


KINDS = (
    Kind(fault=Fault.lost_answer()),
    Kind(fault=Fault.dropped()),
    Kind(fault=Fault.half_answer()),
    Kind(fault=Fault.slow(TIMEOUT_S + 1)),
    Kind(fault=Fault.busy(503)),
    Kind(fault=Fault.busy(429, "0")),
    Kind(fault=Fault.page(502)),
    Kind(fault=Fault.page(200)),
    Kind(fault=Fault.wrong_hash(), outcome=Outcome.UNCONFIRMED, repeats=False),
    Kind(fault=Fault.redirect("/login"), outcome=Outcome.UNCONFIRMED, repeats=False),
    Kind(fault=Fault.refuse(200, "no such order"), outcome=Outcome.REJECTED, repeats=False),
    Kind(fault=Fault.refuse(202, "not paid"), outcome=Outcome.REJECTED, repeats=False),
    Kind(fault=Fault.refuse(777, "?"), outcome=Outcome.REJECTED, repeats=False),
)
"""The faults that may come often."""

RARE_KINDS = (
    Kind(fault=Fault.busy(503, "1")),
    Kind(fault=Fault.refuse(8, "request limit used up")),
)
"""Those for which all workers pause; each comes twice."""


@dataclass
class Life:
    """An order's rows, and what must come of them.

    Args:
        statuses: what the rows say, in their order.
        outcomes: how they must end.
        changes: what the shop must have done, in order.
        faults: what its calls meet.
    """

    statuses: tuple[Status, ...]
    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)

    def go_through(self, status: Status, kind: Kind | None) -> None:
        """Add what comes of a row that meets a fault of a kind, or none."""
        if self.outcomes and self.outcomes[-1] is not Outcome.UPDATED:
            self.outcomes.append(Outcome.NOT_SENT)
            return
        fault = kind.fault if kind else None
        self.faults.append(fault)
        is_applied = fault is None or fault.applies
        self.changes += [status.value] * is_applied
        self.outcomes.append(kind.outcome if kind else Outcome.UPDATED)
        if kind and kind.repeats and not (status is Status.PAID and is_applied):
            self.faults.append(None)
            self.changes.append(status.value)


def plan(rows: int, seed: int) -> dict[int, Life]:
    """Make up orders of so many rows or a few more; the first order meets no fault."""
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    lives: dict[int, Life] = {}
    kinds = _kinds(chance, rows)
    left = rows
    while left > 0:
        life = Life(statuses=chance.choice(_LIVES))
        for status in life.statuses:
            life.go_through(status, next(kinds) if lives else None)
        lives[len(lives) + 1] = life
        left -= len(life.statuses)
    return lives


def _kinds(chance: random.Random, rows: int) -> Iterator[Kind | None]:
    places = set(range(rows // 10, rows // 2, rows // 10))
    rare = iter(RARE_KINDS * 2)
    place = 0
    while True:
        if place in places:
            yield next(rare, None)
        else:
            yield chance.choice(KINDS) if chance.randrange(_ONE_IN) == 0 else None
        place += 1


def main() -> None:
    """Serve the plan until a line comes, then report."""
    rows, seed = map(int, sys.argv[1:])
    lives = plan(rows, seed)
    script = Script({order: life.faults for order, life in lives.items()})
    with Sandbox(username=LOGIN, secret_key=KEY, script=script) as sandbox:
        print(sandbox.base_url, flush=True)
        sys.stdin.readline()
        changes = {
            order: [change.status for change in sandbox.shop.history(order)]
            for order in sandbox.shop.changed_orders()
        }
        most = max(one.under_way for one in sandbox.requests)
        print(json.dumps({"changes": changes, "most": most, "requests": len(sandbox.requests)}))


if __name__ == "__main__":
    main()
