"""A team on one ledger, tortured: what was lost, doubled, out of order or too quick?

make torture-team                     at full size, in network namespaces where one may make them
python -m tools.torture_team short    40 seconds at most
python -m tools.torture_team pooled   through pgbouncer
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tools.torture_team.arena import Arena, Form, Outcome
from tools.torture_team.blows import Blows, Strength
from tools.torture_team.namespaces import can_make_namespaces

FULL = Form(
    machines=8,
    shops=50,
    rows=100_000,
    rate=40,
    faults_in_1000=2,
    blows=Blows(kill=150, pause=50, restart=20, partition=5),
    strength=Strength(pause_s=(0.5, 40.0), partition_s=(5.0, 45.0)),
    limit_s=2_400.0,
    is_timed=True,
)
SHORT = Form(
    machines=4,
    shops=4,
    rows=240,
    rate=40,
    faults_in_1000=10,
    blows=Blows(kill=3, pause=2, restart=2, partition=1),
    strength=Strength(pause_s=(0.5, 2.0), partition_s=(1.0, 2.0)),
    limit_s=120.0,
)
POOLED = replace(
    FULL,
    shops=10,
    rows=20_000,
    blows=Blows(kill=30, pause=10, restart=4, partition=1),
    is_pooled=True,
)
FORMS = {"full": FULL, "short": SHORT, "pooled": POOLED}


def torture(form: Form, seed: int) -> Outcome:
    """Let a team work under all of it.

    Raises:
        AssertionError: a run ended as none may, or a sheet was never done.
    """
    chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
    with tempfile.TemporaryDirectory() as folder, Arena(form, Path(folder), chance) as arena:
        return arena.run()


def main() -> int:
    """Torture in the forms that the argument says; tell by the exit status what was found."""
    seed = random.SystemRandom().randrange(10**6)
    is_clean = True
    print(f"seed {seed}", flush=True)
    for name in sys.argv[1:] or ("full", "pooled"):
        form = FORMS[name]
        if name == "full":
            form = replace(form, is_networked=can_make_namespaces())
        outcome = torture(form, seed)
        print(f"{name}: {outcome}", flush=True)
        is_clean = is_clean and outcome.verdict.is_clean
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
