"""The judge of the comparison with a job queue finds in the shop's record what was done wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tools.bench.rival.orders import DAY, Plan, Row, cells, plan
from tools.bench.rival.record import Recovery, Verdict, WatchedShop, first_times, judge, recovery

WORK = plan(200, seed=7)


def post(shop: WatchedShop, rows: Iterable[Row]) -> None:
    for row in rows:
        order, status, date, rpo = cells(row, DAY)
        fields = {"bill_id": order, "status": status, "date": date, "rpo": rpo}
        assert shop.update(fields)[0] == 0


def verdict(rows: Iterable[Row], work: Plan = WORK) -> Verdict:
    shop = WatchedShop()
    post(shop, rows)
    return judge(work.lives, shop.posted, shop.posted[0].at)


def counts(found: Verdict) -> tuple[int, int, int, int]:
    return found.paid_twice, found.other_twice, found.inverted, found.never_done


def order_that_lives(*life: str) -> int:
    return next(order for order, statuses in WORK.lives.items() if statuses == life)


def test_the_plan_is_as_long_as_asked_and_the_same_again() -> None:
    assert 200 <= len(WORK.rows) <= 202
    assert plan(200, seed=7) == WORK
    assert plan(200, seed=8) != WORK
    for order, life in WORK.lives.items():
        assert tuple(status for number, status in WORK.rows if number == order) == life


def test_rows_of_one_order_lie_apart() -> None:
    order = order_that_lives("paid", "sent", "return")
    places = [place for place, row in enumerate(WORK.rows) if row[0] == order]
    assert places[2] - places[0] > 2


def test_nothing_is_found_where_all_went_well() -> None:
    found = verdict(WORK.rows)
    assert counts(found) == (0, 0, 0, 0)
    assert found.seconds > 0


def test_other_orders_may_go_first() -> None:
    assert counts(verdict(sorted(WORK.rows, key=lambda row: -row[0]))) == (0, 0, 0, 0)


def test_payments_that_took_effect_twice_are_counted_apart() -> None:
    paid, sent = (order_that_lives(status) for status in ("paid", "sent"))
    again = [(paid, "paid"), (paid, "paid"), (sent, "sent")]
    assert counts(verdict([*WORK.rows, *again])) == (2, 1, 0, 0)


def test_an_order_in_disorder_is_found() -> None:
    order = order_that_lives("paid", "cancel")
    others = [row for row in WORK.rows if row[0] != order]
    assert counts(verdict([*others, (order, "cancel"), (order, "paid")])) == (0, 0, 1, 0)


def test_what_comes_again_after_a_later_update_is_disorder_too() -> None:
    order = order_that_lives("paid", "sent", "return")
    assert counts(verdict([*WORK.rows, (order, "sent")])) == (0, 1, 1, 0)


def test_rows_that_were_never_done_are_counted() -> None:
    assert counts(verdict(WORK.rows[:-3])) == (0, 0, 0, 3)


def test_what_nobody_planned_is_no_matter_of_counting() -> None:
    order = order_that_lives("sent")
    with pytest.raises(ValueError, match=rf"nobody planned \({order}, 'cancel'\)"):
        verdict([*WORK.rows, (order, "cancel")])


def test_a_repetition_is_no_progress() -> None:
    shop = WatchedShop()
    post(shop, [*WORK.rows, *WORK.rows])
    assert len(shop.done) == len(first_times(shop.posted)) == len(WORK.rows)


def steady(*spans: tuple[int, int, int]) -> list[float]:
    """Give times of updates: from a second, to a second, so many in each."""
    return [
        second + number / pace
        for start, end, pace in spans
        for second in range(start, end)
        for number in range(pace)
    ]


@pytest.mark.parametrize(
    ("times", "share"),
    [
        (steady((0, 200, 20)), 1.0),
        (steady((0, 100, 20), (120, 300, 20)), 1.0),
        (steady((0, 100, 20), (125, 400, 20)), 0.5),
        (steady((0, 100, 20), (100, 300, 5)), 0.25),
        (steady((0, 100, 20)), 0.0),
    ],
    ids=["goes on", "back in time", "half back", "slow for good", "stands still"],
)
def test_how_far_the_pace_came_back(times: list[float], share: float) -> None:
    rows = 10_000
    assert recovery(times, rows, 0.0, [100.0]) == Recovery(median=share, worst=share, counted=1)


def test_faults_at_the_start_and_near_the_end_do_not_count() -> None:
    times = steady((0, 100, 20))
    assert recovery(times, len(times), 0.0, [5.0, 80.0]) is None
    found = recovery(times, len(times), 0.0, [5.0, 40.0, 60.0, 80.0])
    assert found == Recovery(median=1.0, worst=1.0, counted=2)
    assert str(found) == "100% (worst 100%, of 2)"
