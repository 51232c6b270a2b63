"""Ctrl-C: once to finish the requests under way and stop, twice not to wait for them."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from batch_update import signals
from batch_update.cli import closing, output, streams
from batch_update.cli.stopping import StopRequest
from batch_update.i18n import _


class Interruption:
    """The effect of Ctrl-C while updates are being sent.

    Args:
        is_quiet: whether the screen is only for what needs a person.

    Attributes:
        stop: set when the user wants to stop.
    """

    def __init__(self, *, is_quiet: bool = False) -> None:
        self.stop = StopRequest()
        self._is_quiet = is_quiet
        self._is_abandoned = False
        self._is_idle = False

    def stop_requested(self) -> bool:
        """Return whether nothing new is to be started."""
        return self.stop.is_set()

    def abandon_requested(self) -> bool:
        """Return whether the user does not even want to wait for the requests under way."""
        return self._is_abandoned

    def abandon(self) -> None:
        """Note the wish not to wait for the requests under way."""
        self._is_abandoned = True

    @contextlib.contextmanager
    def idle(self) -> Iterator[None]:
        """Note the wish to stop without a word while nothing is under way.

        Raises:
            KeyboardInterrupt: the user wants to stop.
        """
        self._is_idle = True
        try:
            yield
        finally:
            self._is_idle = False
        if self.stop.is_set():
            raise KeyboardInterrupt

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Note the wish to stop, and the second time the wish not to wait."""
        if self.stop.is_set():
            self._is_abandoned = self._is_abandoned or number != signals.HANG_UP
            if self._is_abandoned:
                streams.hurry()
            return
        self.stop.set()
        if self._is_idle:
            return
        if number == signal.SIGINT:
            output.note(
                _(
                    "\nStopping: what is under way is finished first, then the results are "
                    "written. Press Ctrl-C again not to wait for it."
                )
            )
            return
        # A service's manager, or the system, which read nothing.
        (output.write_down if self._is_quiet else output.note)(
            _(
                "\nStopping: what is under way is finished first, then the results are "
                "written. A second signal does not wait for it."
            )
        )


@contextlib.contextmanager
def watch_signals(*, is_quiet: bool) -> Iterator[Interruption]:
    """Treat Ctrl-C, and other signals that end programs, as the wish to stop during the block.

    Args:
        is_quiet: whether the screen is only for what needs a person.
    """
    interruption = Interruption(is_quiet=is_quiet)
    before = {number: signal.signal(number, interruption.on_signal) for number in _signals()}
    try:
        with closing.watch_window(interruption.stop.set, interruption.abandon):
            yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _signals() -> list[signal.Signals]:
    """List the signals that end programs on this system, except those that are ignored.

    `nohup` has one ignored, and a shell has Ctrl-C ignored for what a script starts with `&`.
    """
    return [one for one in signals.ending() if signal.getsignal(one) is not signal.SIG_IGN]
