from __future__ import annotations

import datetime as dt

import pytest

from batch_update.delivery import ShopClock
from batch_update.model import Moment

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.says = NOON

    def clock(self, ahead: dt.timedelta | None) -> ShopClock:
        """Give a clock that knows how far the shop's is ahead; None for one that does not."""
        clock = ShopClock(lambda: self.says)
        clock.observe(None if ahead is None else self.says + ahead)
        return clock


@pytest.mark.parametrize(
    ("machine", "before", "after", "passed"),
    [
        pytest.param(HOUR, None, None, HOUR, id="unknown"),
        pytest.param(HOUR, 0 * HOUR, 0 * HOUR, HOUR, id="right"),
        pytest.param(HOUR, 5 * HOUR, 5 * HOUR, HOUR, id="both-behind"),
        pytest.param(6 * HOUR, 5 * HOUR, 0 * HOUR, HOUR, id="put-right"),
        pytest.param(6 * HOUR, 5 * HOUR, None, HOUR, id="put-right-and-not-asked-yet"),
        pytest.param(HOUR, 0 * HOUR, 5 * HOUR, HOUR, id="the-shops-clock-jumps"),
        pytest.param(-4 * HOUR, -5 * HOUR, 0 * HOUR, -4 * HOUR, id="set-back"),
    ],
)
def test_no_more_time_has_passed_than_both_clocks_say(
    machine: dt.timedelta,
    before: dt.timedelta | None,
    after: dt.timedelta | None,
    passed: dt.timedelta,
) -> None:
    one = Machine()
    since = one.clock(before).read()
    one.says += machine
    assert one.clock(after).passed_s(since) == passed.total_seconds()


def test_a_second_or_two_of_difference_is_none() -> None:
    one = Machine()
    for seconds in (-4.0, 0.0, 4.0):
        clock = one.clock(dt.timedelta(seconds=seconds))
        assert clock.read() == Moment(machine=NOON, shop=NOON)
