from __future__ import annotations

import threading

import pytest

from batch_update.sender import Pace


class Time:
    """A clock that goes by in the pauses only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stop = threading.Event()

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, most: int = 8, per_second: float | None = None) -> Pace:
        return Pace(
            most=most,
            per_second=per_second,
            stop=self.stop,
            pause=self.pause,
            clock=lambda: self.now,
        )


@pytest.fixture
def time() -> Time:
    return Time()


def begin(pace: Pace) -> int:
    """Make a request, and give its number."""
    with pace.turn() as number:
        return number


def test_requests_leave_no_faster_than_the_rate(time: Time) -> None:
    pace = time.pace(per_second=4)
    left_at = []
    for _ in range(5):
        begin(pace)
        left_at.append(time.now)
    assert left_at == [0.0, 0.25, 0.5, 0.75, 1.0]
    time.now += 60
    begin(pace)
    begin(pace)
    assert time.now == 61.25


def test_a_pause_holds_everyone_back_and_the_longest_counts(time: Time) -> None:
    pace = time.pace()
    pace.hold(5)
    pace.hold(2)
    begin(pace)
    assert time.now == 5.0
    begin(pace)
    assert time.now == 5.0


def test_repeated_overload_halves_what_may_be_under_way_once_per_wave(time: Time) -> None:
    pace = time.pace()
    allowed = []
    for size in (8, 8, 4, 2, 1, 1):
        for number in [begin(pace) for _ in range(size)]:
            pace.ease(number)
        allowed.append(pace.allowed)
    assert allowed == [8, 4, 2, 1, 1, 1]


def test_overload_now_and_then_changes_nothing(time: Time) -> None:
    pace = time.pace()
    for _ in range(5):
        pace.ease(begin(pace))
        for _ in range(20):
            pace.quicken()
    assert pace.allowed == 8


def test_it_recovers_slowly_and_only_by_good_answers(time: Time) -> None:
    pace = time.pace(most=4)
    for _ in range(3):
        pace.ease(begin(pace))
    grown = []
    for _ in range(20):
        pace.quicken()
        grown.append(pace.allowed)
    assert grown == [1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4]


def test_more_requests_than_allowed_wait_for_one_to_end(time: Time) -> None:
    pace = time.pace(most=1)
    second_has_begun = threading.Event()

    def second() -> None:
        with pace.turn():
            second_has_begun.set()

    with pace.turn():
        thread = threading.Thread(target=second)
        thread.start()
        assert not second_has_begun.wait(0.2)
    thread.join(10)
    assert second_has_begun.is_set()


def test_who_has_tried_most_often_goes_first(time: Time) -> None:
    pace = time.pace(most=1)
    order: list[int] = []

    def wait_and_go(tries: int) -> None:
        with pace.turn(tries):
            order.append(tries)

    threads = []
    with pace.turn():
        for tries in (0, 2, 1):
            threads.append(threading.Thread(target=wait_and_go, args=(tries,)))
            threads[-1].start()
        while pace.waiting < 3:
            pass
    for thread in threads:
        thread.join(10)
    assert order == [2, 1, 0]


def test_a_wish_to_stop_ends_every_wait(time: Time) -> None:
    pace = Pace(most=1, stop=time.stop)
    pace.hold(3600)
    time.stop.set()
    assert begin(pace) == 1
    with pace.turn():
        assert begin(pace) == 3
