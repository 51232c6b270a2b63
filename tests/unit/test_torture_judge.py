"""The judge of tortured teams finds each kind of violation, and nothing where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tools.torture_team.judge import Blow, ResultRow, Verdict, judge
from tools.torture_team.plan import Plan, ShopPlan
from tools.torture_team.record import Record, Seen, ShopRecord

RATE = 4
LIFE = ("paid", "sent", "return")
PLAN = Plan(shops=(ShopPlan(name="one", seed=1, rate=RATE, sheets=({1: LIFE, 2: ("paid",)},)),))
ONE = frozenset({"one"})
GOOD = ((1, "paid"), (2, "paid"), (1, "sent"), (1, "return"))


def seen(changes: Sequence[tuple[int, str]], gap_s: float = 0.3) -> list[Seen]:
    return [Seen(10 + number * gap_s, *change) for number, change in enumerate(changes)]


def verdict(
    changes: Sequence[tuple[int, str]] = GOOD,
    *,
    requests: Sequence[Seen] | None = None,
    results: Sequence[Sequence[ResultRow]] | None = None,
    blows: Sequence[Blow] = (),
    pace: float = 0.0,
) -> Verdict:
    made = seen(changes)
    record = ShopRecord(requests=list(made if requests is None else requests), changes=made)
    if results is None:
        results = [[ResultRow(*change, "updated") for change in GOOD]]
    return judge(PLAN, Record({"one": record}), {("one", 0): results}, blows, pace)


def found(said: Verdict) -> set[str]:
    lists = vars(said) | {"late_recoveries": said.late_recoveries}
    return {name for name, what in lists.items() if what and name not in ("recoveries", "untold")}


def test_a_clean_record_is_clean() -> None:
    again = ((1, "paid"), (2, "paid"), (1, "sent"), (1, "sent"), (1, "return"), (1, "return"))
    for changes in (GOOD, again):
        assert verdict(changes).is_clean
    assert str(verdict()).startswith("paid twice 0, lost 0, rows missing 0, order inversions 0")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ((*GOOD[:2], *GOOD[1:]), "paid_twice"),
        (GOOD[:-1], "lost"),
        (GOOD[1:], "lost"),
        ((*GOOD, (1, "sent")), "inversions"),
        (((1, "sent"), (1, "paid"), (2, "paid"), (1, "return")), "inversions"),
        ((*GOOD, (2, "cancel")), "unasked"),
        ((*GOOD, (3, "sent")), "unasked"),
    ],
)
def test_a_wrong_change_is_found(changes: Sequence[tuple[int, str]], name: str) -> None:
    said = verdict(changes)
    assert found(said) == {name}
    assert not said.is_clean


def test_a_request_out_of_order_is_found_though_it_changed_nothing() -> None:
    assert found(verdict(requests=seen((*GOOD, (1, "paid"))))) == {"inversions"}


@pytest.mark.parametrize(
    ("results", "name"),
    [
        ([], "missing"),
        ([[ResultRow(*change, "updated") for change in GOOD[:-1]]], "missing"),
        ([[ResultRow(*change, "updated") for change in (*GOOD, GOOD[0])]], "missing"),
        ([[ResultRow(*change, "unconfirmed") for change in GOOD]], "lost"),
        ([[ResultRow(*change, "not sent") for change in GOOD]], "lost"),
    ],
)
def test_a_wrong_results_file_is_found(results: list[list[ResultRow]], name: str) -> None:
    assert found(verdict(results=results)) == {name}


def test_each_of_several_results_files_is_looked_at() -> None:
    whole = [ResultRow(*change, "already updated") for change in GOOD]
    assert verdict(results=[whole, whole]).is_clean
    assert found(verdict(results=[whole, whole[1:]])) == {"missing"}


@pytest.mark.parametrize(
    ("moments", "over"),
    [
        ((0.0, 0.3, 0.6, 0.9, 1.0), 0),
        ((0.0, 0.3, 0.6, 0.9, 0.999), 1),
        ((0.0, 0.5, 0.9, 0.95, 1.1, 1.2, 1.3), 2),
    ],
)
def test_a_second_with_too_many_requests_is_found(moments: Sequence[float], over: int) -> None:
    requests = [Seen(moment, 1, "") for moment in moments]
    assert len(verdict(requests=requests).over_rate) == over


def paced(*spans: tuple[float, float], pace: float = 2.0) -> list[Seen]:
    return [
        Seen(begin + number / pace, 1, "")
        for begin, end in spans
        for number in range(round((end - begin) * pace))
    ]


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        (((0, 100),), [0.0]),
        (((0, 20), (40, 100)), [20.0]),
        (((0, 20), (60, 100)), [40.0]),
        (((0, 20), (40, 60)), [20.0]),
        # The work ended before it could be told.
        (((0, 20), (40, 48)), []),
        (((0, 20),), []),
    ],
)
def test_the_time_until_the_pace_is_back_is_told(
    spans: Sequence[tuple[float, float]], seconds: list[float]
) -> None:
    blow = Blow(20.0, 20.0, "kill", ONE)
    said = verdict(requests=paced(*spans), blows=[blow], pace=2.0)
    assert [one.seconds for one in said.recoveries] == pytest.approx(seconds, abs=0.5)
    assert bool(said.late_recoveries) == any(one > 30 for one in seconds)
    assert said.untold == 1 - len(seconds)


def test_a_pace_that_never_comes_back_is_late() -> None:
    requests = sorted(paced((0, 20)) + paced((20, 100), pace=1.5))
    said = verdict(requests=requests, blows=[Blow(20.0, 20.0, "restart", ONE)], pace=2.0)
    assert [one.seconds for one in said.recoveries] == [None]
    assert found(said) == {"late_recoveries"}


def test_a_blow_is_timed_until_the_next_one_of_the_same_shop_begins() -> None:
    blows = [
        Blow(20.0, 20.0, "kill", ONE),
        Blow(10.0, 30.0, "pause", ONE),
        Blow(31.0, 31.0, "kill", frozenset()),
        Blow(60.0, 60.0, "restart", ONE),
        Blow(70.0, 90.0, "partition", ONE),
    ]
    said = verdict(requests=paced((0, 20), (45, 70), (100, 200)), blows=blows, pace=2.0)
    told = [(one.kind, one.seconds) for one in said.recoveries]
    assert told == [("pause", 15.0), ("restart", 0.0), ("partition", 10.0)]
    assert said.untold == 1


def test_what_a_lasting_blow_hides_is_not_told() -> None:
    blows = [Blow(20.0, 20.0, "kill", ONE), Blow(30.0, math.inf, "partition", ONE)]
    said = verdict(requests=paced((0, 20), (80, 200)), blows=blows, pace=2.0)
    assert not said.recoveries
    assert said.untold == 2


def test_the_pace_that_is_to_come_back_is_the_one_before_the_first_blow() -> None:
    blows = [Blow(20.0, 20.0, "kill", ONE)]
    requests = sorted(paced((0, 20), pace=2.0) + paced((30, 100), pace=2.0))
    said = verdict(requests=requests, blows=blows, pace=8.0)
    assert [one.seconds for one in said.recoveries] == [10.0]


def test_the_rate_is_judged_by_when_requests_came_and_not_by_when_they_were_taken_up() -> None:
    made = seen(GOOD, gap_s=0.0)
    steady = ShopRecord(requests=made, changes=made, arrivals=[10.0, 10.4, 10.8, 11.2])
    results = [[ResultRow(*change, "updated") for change in GOOD]]
    plan = Plan(shops=(replace(PLAN.shops[0], rate=3),))
    assert judge(plan, Record({"one": steady}), {("one", 0): results}).is_clean
    steady.arrivals.clear()
    assert found(judge(plan, Record({"one": steady}), {("one", 0): results})) == {"over_rate"}
