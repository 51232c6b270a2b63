from __future__ import annotations

import threading

import pytest

from batch_update.delivery import AdaptiveLimiter, FixedConcurrency


class Time:
    """A clock that goes by in the pauses only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stop = threading.Event()

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def limiter(self, most: int = 8, per_second: float | None = None) -> AdaptiveLimiter:
        return AdaptiveLimiter(
            concurrency=FixedConcurrency(most),
            per_second=per_second,
            stop=self.stop,
            pause=self.pause,
            clock=lambda: self.now,
        )


@pytest.fixture
def time() -> Time:
    return Time()


def begin(limiter: AdaptiveLimiter) -> int:
    """Make a request, and give its number."""
    with limiter.slot() as number:
        return number


def test_requests_leave_no_faster_than_the_rate(time: Time) -> None:
    limiter = time.limiter(per_second=4)
    left_at = []
    for _ in range(5):
        begin(limiter)
        left_at.append(time.now)
    assert left_at == [0.0, 0.25, 0.5, 0.75, 1.0]
    time.now += 60
    begin(limiter)
    begin(limiter)
    assert time.now == 61.25


def test_a_pause_holds_everyone_back_and_the_longest_counts(time: Time) -> None:
    limiter = time.limiter()
    limiter.pause_all(5)
    limiter.pause_all(2)
    begin(limiter)
    assert time.now == 5.0
    begin(limiter)
    assert time.now == 5.0


def test_repeated_overload_halves_what_may_be_under_way_once_per_wave(time: Time) -> None:
    limiter = time.limiter()
    allowed = []
    for size in (8, 8, 4, 2, 1, 1):
        for number in [begin(limiter) for _ in range(size)]:
            limiter.on_overload(number)
        allowed.append(limiter.allowed)
    assert allowed == [8, 4, 2, 1, 1, 1]


def test_overload_now_and_then_changes_nothing(time: Time) -> None:
    limiter = time.limiter()
    for _ in range(5):
        limiter.on_overload(begin(limiter))
        for _ in range(20):
            limiter.on_success(begin(limiter))
    assert limiter.allowed == 8


def test_it_recovers_slowly_and_only_by_good_answers(time: Time) -> None:
    limiter = time.limiter(most=4)
    for _ in range(3):
        limiter.on_overload(begin(limiter))
    grown = []
    for _ in range(20):
        limiter.on_success(begin(limiter))
        grown.append(limiter.allowed)
    assert grown == [1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4]


def test_more_requests_than_allowed_wait_for_one_to_end(time: Time) -> None:
    limiter = time.limiter(most=1)
    second_has_begun = threading.Event()

    def second() -> None:
        with limiter.slot():
            second_has_begun.set()

    with limiter.slot():
        thread = threading.Thread(target=second)
        thread.start()
        assert not second_has_begun.wait(0.2)
    thread.join(10)
    assert second_has_begun.is_set()


def test_who_has_tried_most_often_goes_first(time: Time) -> None:
    limiter = time.limiter(most=1)
    order: list[int] = []

    def wait_and_go(tries: int) -> None:
        with limiter.slot(tries):
            order.append(tries)

    threads = []
    with limiter.slot():
        for tries in (0, 2, 1):
            threads.append(threading.Thread(target=wait_and_go, args=(tries,)))
            threads[-1].start()
        while limiter.waiting < 3:
            pass
    for thread in threads:
        thread.join(10)
    assert order == [2, 1, 0]


def test_a_wish_to_stop_ends_every_wait(time: Time) -> None:
    limiter = AdaptiveLimiter(concurrency=FixedConcurrency(1), stop=time.stop)
    limiter.pause_all(3600)
    time.stop.set()
    assert begin(limiter) == 1
    with limiter.slot():
        assert begin(limiter) == 3
