"""The simulation itself: its short form, that it is the same each time, and that it sees mistakes.

`make simulate` tells a hundred thousand stories.
"""

from __future__ import annotations

import pytest

from tools.simulation.drawing import draw
from tools.simulation.planted import PLANTED, stories_until_seen
from tools.simulation.rules import Rule
from tools.simulation.shrinking import shrink
from tools.simulation.world import play

# Its workers are greenlets: to watch these would make all tests slower by a third.
pytestmark = pytest.mark.no_cover

_STORIES = 400
_PARTS = 4
_MOST_UNTIL_SEEN = 300


@pytest.mark.parametrize("part", range(_PARTS))
def test_no_story_breaks_a_rule(part: int) -> None:
    for seed in range(part, _STORIES, _PARTS):
        violation = play(draw(seed)).violation
        assert violation is None, f"python -m tools.simulation --seed {seed}: {violation}"


def test_a_seed_tells_the_same_story_each_time() -> None:
    for seed in range(20):
        first, second = (play(draw(seed), tells=True) for _ in range(2))
        assert first.lines == second.lines
        assert first.lines


@pytest.mark.parametrize(
    "name",
    [
        "a payment is repeated at once",
        "a gateway's 503 means not done",
        "nothing takes time to settle",
        "killed attempts are forgotten",
        "each address is a shop",
        "unconfirmed is called not sent",
        "a result is lost",
    ],
)
def test_mistakes_are_seen(name: str) -> None:
    assert stories_until_seen(name, _MOST_UNTIL_SEEN)[2]


def test_a_story_that_breaks_a_rule_is_shortened() -> None:
    with PLANTED["waiting is taken for paid"]():
        story = next(
            story
            for story in map(draw, range(100))
            if (violation := play(story).violation) and violation.rule is Rule.TRUE
        )
        short = shrink(story, Rule.TRUE)
        ending = play(short, tells=True)
    assert ending.violation is not None
    assert ending.violation.rule is Rule.TRUE
    assert len(short.starts) == 1
    assert [line.status for number in short.starts[0].papers for line in short.papers[number].lines]
    assert "the shop never did it" in "\n".join(ending.lines)
