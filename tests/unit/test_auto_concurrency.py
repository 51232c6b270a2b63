"""What a run finds out about shops that take only so many requests at once, in virtual time."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from batch_update.delivery.auto_concurrency import AutoConcurrency
from batch_update.delivery.concurrency import Answered, Concurrency, FixedConcurrency

LATENCY_S = 0.3
PAUSE_S = 0.75
"""Mean pause of a run after the shop was too busy."""
MOST = 16
ROWS = 1000


def steady(under_way: int, room: int) -> float:
    """Take everything as easily, and refuse what is too much."""
    del under_way, room
    return 1.0


def shared(under_way: int, room: int) -> float:
    """Share the pace of a few among all."""
    return min(1.0, room / under_way)


def thrashing(under_way: int, room: int) -> float:
    """Do less, the more are there."""
    return shared(under_way, room) ** 2


@dataclass
class Shop:
    """A shop that takes some requests at once well.

    Args:
        room: so many.
        speed: how fast it works on each request, of how many there are, as a share of its best.
        refuses: whether it refuses those that are too many.
        spread: standard deviation of the logarithm of what a request asks of it.
        first_work: how many times as much the first request asks of it.
    """

    room: int
    speed: Callable[[int, int], float] = steady
    refuses: bool = False
    spread: float = 0.0
    first_work: float = 1.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret

    def work(self, request: int) -> float:
        """Give the work of a request in seconds."""
        much = self.chance.lognormvariate(-(self.spread**2) / 2, self.spread)
        return LATENCY_S * much * (self.first_work if request == 1 else 1.0)


@dataclass
class Run:
    """A run through a shop, and what came of it.

    Args:
        concurrency: how many are under way at once.
        shop: the shop.
        rows: number of updates.
    """

    concurrency: Concurrency
    shop: Shop
    rows: int = ROWS
    now: float = 0.0
    refused: int = 0
    begun: int = 0
    course: list[int] = field(default_factory=list)

    def go(self) -> Run:
        """Send all, as the limiter does it."""
        left, held_until, busy_at = self.rows, 0.0, 0
        working: dict[int, tuple[float, float]] = {}
        while left or working:
            refused: list[int] = []
            while (
                left
                and self.now >= held_until
                and len(working) + len(refused) < self.concurrency.allowed
                and (self.begun == 0 or left < self.rows)
            ) or (self.begun == 0 and left):
                left -= 1
                self.begun += 1
                self.concurrency.note_begun(self.begun, len(working) + len(refused) + 1)
                if self.shop.refuses and len(working) >= self.shop.room:
                    refused.append(self.begun)
                else:
                    working[self.begun] = (self.shop.work(self.begun), self.now)
                self.course.append(self.concurrency.allowed)
            for request in refused:
                left += 1
                self.refused += 1
                held_until = self.now + PAUSE_S
                if request > busy_at:
                    self.concurrency.note_overload()
                    busy_at = self.begun
            self._work_on(working, held_until if left else math.inf)
        return self

    def _work_on(self, working: dict[int, tuple[float, float]], until: float) -> None:
        """Let time go by until a request is answered, or a pause is over."""
        if until <= self.now:
            until = math.inf
        if not working:
            self.now = until
            return
        speed = self.shop.speed(len(working), self.shop.room)
        first = min(working, key=lambda request: working[request][0])
        step_s = min(working[first][0] / speed, until - self.now)
        for request, (work, since) in working.items():
            working[request] = (work - step_s * speed, since)
        self.now += step_s
        if self.now < until:
            __, since = working.pop(first)
            self.concurrency.note_answer(
                Answered(request=first, call="update", latency_s=self.now - since)
            )


def best_s(make: Callable[[], Shop]) -> float:
    """Give the time of the best number that could have been named."""
    times = []
    for number in range(1, MOST + 1):
        run = Run(FixedConcurrency(number), make()).go()
        if not run.refused:
            times.append(run.now)
    return min(times)


@pytest.mark.parametrize("speed", [steady, shared, thrashing])
@pytest.mark.parametrize("room", [1, 2, 4, 8, 16, 32])
def test_a_run_is_nearly_as_quick_as_with_the_best_number(
    room: int, speed: Callable[[int, int], float]
) -> None:
    def make() -> Shop:
        return Shop(room=room, speed=speed, refuses=speed is steady)

    run = Run(AutoConcurrency(MOST), make()).go()
    assert best_s(make) / run.now >= 0.9
    assert run.refused <= 0.02 * ROWS
    assert max(run.course) <= MOST


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("speed", [steady, shared])
@pytest.mark.parametrize("room", [2, 4, 8, 16])
def test_answers_that_take_now_more_now_less_time_mislead_it_little(
    room: int, speed: Callable[[int, int], float], seed: int
) -> None:
    """One unlucky sample may cost a while; it must not cost the run."""

    def make() -> Shop:
        chance = random.Random(seed)  # noqa: S311 - no secret
        return Shop(room=room, speed=speed, refuses=speed is steady, spread=0.3, chance=chance)

    run = Run(AutoConcurrency(MOST), make()).go()
    assert best_s(make) / run.now >= 0.7
    assert run.refused <= 0.03 * ROWS


@pytest.mark.parametrize("times", [0.2, 5.0])
def test_a_first_answer_that_is_not_like_the_others_misleads_it_little(times: float) -> None:
    def make() -> Shop:
        return Shop(room=16, speed=shared, first_work=times)

    run = Run(AutoConcurrency(MOST), make()).go()
    assert best_s(make) / run.now >= 0.8


@pytest.mark.parametrize("speed", [shared, thrashing])
def test_a_shop_is_not_pressed_for_nothing(speed: Callable[[int, int], float]) -> None:
    """Most of the time no more wait there than it works on."""
    for room in (1, 2, 4, 8):
        run = Run(AutoConcurrency(MOST), Shop(room=room, speed=speed)).go()
        assert middle(run.course[ROWS // 2 :]) <= room + 1


def test_it_gives_way_when_the_shop_has_less_room_and_takes_it_again_when_it_has_more() -> None:
    concurrency = AutoConcurrency(MOST)
    Run(concurrency, Shop(room=16, speed=shared)).go()
    requests = itertools.count(10_000)
    narrow = go_on(concurrency, requests, 1500, lambda allowed: allowed / 4)
    assert middle(narrow[-300:]) <= 6
    wide = go_on(concurrency, requests, 6000, lambda allowed: allowed / 16)
    assert middle(wide[-300:]) >= 12


def test_a_longer_latency_that_is_not_our_doing_costs_no_room() -> None:
    """The shop has become slower for each request alike, so fewer would only be fewer."""
    concurrency = AutoConcurrency(MOST)
    Run(concurrency, Shop(room=MOST, speed=shared)).go()
    course = go_on(concurrency, itertools.count(10_000), 1600, lambda _: 3.0)
    assert middle(course) == MOST


def middle(course: list[int]) -> int:
    """Give the median."""
    return sorted(course)[len(course) // 2]


def go_on(
    concurrency: AutoConcurrency,
    requests: itertools.count[int],
    count: int,
    slowness: Callable[[int], float],
) -> list[int]:
    """Send more, all the time as many as are allowed; give the course.

    Args:
        concurrency: how many are under way at once.
        requests: the numbers of the requests.
        count: so many are answered.
        slowness: how many times as long answers take, by the number that is allowed.
    """
    now, course = 0.0, []
    working: list[tuple[float, int, float]] = []
    for _ in range(count):
        while len(working) < concurrency.allowed:
            request = next(requests)
            concurrency.note_begun(request, len(working) + 1)
            took_s = LATENCY_S * max(1.0, slowness(concurrency.allowed))
            heapq.heappush(working, (now + took_s, request, now))
        now, request, since = heapq.heappop(working)
        concurrency.note_answer(Answered(request=request, call="update", latency_s=now - since))
        course.append(concurrency.allowed)
    return course


def test_calls_of_different_kinds_are_not_compared() -> None:
    """Payments, which come with a question, follow upon cancellations: nothing has got slower."""
    concurrency = AutoConcurrency(MOST)
    requests = itertools.count(1)
    for call, latency_s in (("cancel", 0.1), ("ask", 0.9), ("cancel", 0.1), ("ask", 0.9)):
        for _ in range(30):
            batch = [next(requests) for _ in range(concurrency.allowed)]
            for under_way, request in enumerate(batch, start=1):
                concurrency.note_begun(request, under_way)
            for request in batch:
                concurrency.note_answer(Answered(request=request, call=call, latency_s=latency_s))
    assert concurrency.allowed == MOST


def test_too_little_to_do_is_no_reason_for_more() -> None:
    concurrency = AutoConcurrency(MOST)
    concurrency.note_begun(1, 1)
    concurrency.note_answer(Answered(request=1, call="update", latency_s=LATENCY_S))
    assert concurrency.allowed == 2
    for request in range(2, 200):
        concurrency.note_begun(request, 1)
        concurrency.note_answer(Answered(request=request, call="update", latency_s=LATENCY_S))
    assert concurrency.allowed == 2


def test_the_runs_of_a_team_share_what_there_may_be() -> None:
    concurrency = AutoConcurrency(MOST)
    Run(concurrency, Shop(room=16)).go()
    assert concurrency.allowed == 16
    concurrency.note_runs(3)
    assert concurrency.allowed == 5
    go_on(concurrency, itertools.count(10_000), 500, lambda _: 1.0)
    assert concurrency.allowed == 5
    concurrency.note_runs(1)
    go_on(concurrency, itertools.count(20_000), 500, lambda _: 1.0)
    assert concurrency.allowed == 16
    named = FixedConcurrency(8)
    named.note_runs(3)
    assert named.allowed == 8


def test_overloads_of_an_accepted_number_make_it_smaller_down_to_one() -> None:
    concurrency = AutoConcurrency(MOST)
    Run(concurrency, Shop(room=16)).go()
    course = []
    for _ in range(12):
        concurrency.note_overload()
        course.append(concurrency.allowed)
    assert course[:4] == [12, 9, 6, 4]
    assert course[-1] == 1
