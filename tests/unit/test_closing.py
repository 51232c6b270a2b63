"""The closing of the window on Windows; what the system calls is called here by hand."""

from __future__ import annotations

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
