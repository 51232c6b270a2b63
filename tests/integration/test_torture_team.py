"""The torture of teams, in its short form."""

from __future__ import annotations

from tools.torture_team.__main__ import SHORT, torture

SEED = 1


def test_a_team_loses_and_doubles_nothing_whatever_befalls_it() -> None:
    outcome = torture(SHORT, SEED)
    assert outcome.verdict.is_clean, outcome
    assert outcome.blows == "kill 3, partition 1, pause 2, restart 2"
    # Each of four shops is worked on by two machines.
    assert outcome.ends[0] == 8
