"""Wishes to stop, by signals and by the closing of the window on Windows.

What that system calls is called here by hand.
"""

from __future__ import annotations

import signal

import pytest

from batch_update.cli import closing
from batch_update.cli.interruption import watch_signals


@pytest.mark.parametrize("event", [2, 5, 6], ids=["closed", "logged-off", "shut-down"])
def test_a_closed_window_stops_the_run_and_leaves_time_for_the_results(event: int) -> None:
    steps: list[object] = []
    with watch_signals(is_quiet=False) as interruption:

        def wait(seconds: float) -> None:
            wishes = interruption.stop_requested(), interruption.abandon_requested()
            steps.append((seconds, *wishes))

        stop, abandon = interruption.stop.set, interruption.abandon
        assert closing.on_event(event, stop, abandon, wait)
    # Windows ends the program after five seconds.
    assert steps == [(2.0, True, False), (60.0, True, True)]


@pytest.mark.parametrize("event", [0, 1], ids=["ctrl-c", "ctrl-break"])
def test_keys_are_left_to_the_signals(event: int) -> None:
    with watch_signals(is_quiet=False) as interruption:
        assert not closing.on_event(event, interruption.stop.set, interruption.abandon)
    assert (interruption.stop_requested(), interruption.abandon_requested()) == (False, False)


def test_a_signal_that_is_ignored_from_the_start_stays_ignored_while_rows_are_sent() -> None:
    """As a shell has Ctrl-C ignored for what a script starts in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with watch_signals(is_quiet=False) as interruption:
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert not interruption.stop_requested()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
