"""A pipe whose reader stands still, and the wish to stop, with signals at the worst of moments."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType, SimpleNamespace

import pytest

from batch_update.cli import pipes, stopping
from batch_update.cli.pipes import Pipe, open_pipe
from batch_update.cli.stopping import StopRequest

pytestmark = pytest.mark.posix("it has no SIGALRM and no setitimer()")

PATIENCE_S = 60.0
SOON_S = 20.0
"""Far more than a machine takes, and far less than the patience."""


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    """Give a pipe whose reader takes nothing, and which has room for nothing."""
    monkeypatch.setattr(pipes, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(pipes, "_MOST_BYTES", 0)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"\n" * 4096)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        pipe = open_pipe(stream)
        assert pipe is not None
        yield pipe
        os.close(reader)


@contextlib.contextmanager
def on_alarm(act: Callable[[], object]) -> Iterator[None]:
    """Do something, in this thread, whenever the system sends an alarm."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        act()

    before = signal.signal(signal.SIGALRM, on_signal)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def test_a_signal_between_a_look_and_the_wait_ends_the_wait_for_room(
    still: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = still._waits_no_more
    begun = time.monotonic()

    def look_and_be_interrupted() -> bool:
        is_over = looks()
        if not still._is_hurried:
            signal.raise_signal(signal.SIGALRM)
        return is_over

    monkeypatch.setattr(still, "_waits_no_more", look_and_be_interrupted)
    with on_alarm(still.hurry):
        still.put("a line\n")
    assert time.monotonic() - begun < SOON_S


def test_a_signal_between_a_look_and_the_wait_ends_the_wait_at_the_end(
    still: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "_MOST_BYTES", 1 << 20)
    still.put("a line\n")
    begun = time.monotonic()

    def look_and_be_interrupted() -> float:
        now_s = time.monotonic()
        if not still._is_hurried:
            signal.raise_signal(signal.SIGALRM)
        return now_s

    monkeypatch.setattr(pipes, "time", SimpleNamespace(monotonic=look_and_be_interrupted))
    with on_alarm(still.hurry):
        still.drain(is_patient=False)
    assert time.monotonic() - begun < SOON_S


def test_a_wish_to_stop_ends_a_wait_whenever_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stopping, "_LOOK_UP_S", 0.001)
    for microseconds in range(1, 400, 2):
        stop = StopRequest()
        with on_alarm(stop.set):
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
            begun = time.monotonic()
            assert stop.wait(PATIENCE_S)
        assert time.monotonic() - begun < SOON_S


def test_without_a_wish_to_stop_a_wait_is_as_long_as_asked_for() -> None:
    begun = time.monotonic()
    assert not StopRequest().wait(0.12)
    assert time.monotonic() - begun >= 0.12


def test_only_pipes_and_sockets_are_waited_for() -> None:
    assert open_pipe(io.StringIO()) is None
