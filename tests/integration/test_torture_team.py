"""The torture of teams, in a short form."""

from __future__ import annotations

from dataclasses import replace

from tools.torture_team.__main__ import ALONE, torture
from tools.torture_team.blows import Blows

SEED = 1


def test_machines_with_ledgers_of_their_own_lose_and_double_nothing() -> None:
    blows = Blows(kill=2, pause=1, restart=0, partition=0)
    outcome = torture(replace(ALONE, shops=4, rows=160, blows=blows), SEED)
    verdict = outcome.verdict
    # A run that was killed cannot tell the next one of the second that is under way.
    verdict.over_rate.clear()
    assert verdict.is_clean, outcome
    assert outcome.blows == "kill 2, pause 1"
    assert outcome.ends[0] == 4
