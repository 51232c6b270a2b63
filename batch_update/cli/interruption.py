"""Ctrl-C: once to finish the request under way and stop, twice to stop waiting for it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from batch_update.batch import Deliver
from batch_update.cli import output
from batch_update.orders import Delivery, OrderUpdate, Outcome

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """What the user's Ctrl-C means while updates are being sent."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._is_delivering = False

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the user wants to stop."""
        self.stop.wait(seconds)

    def guard(self, deliver: Deliver) -> Deliver:
        """Let a second Ctrl-C end a delivery; its row is then unconfirmed."""

        def guarded(update: OrderUpdate, *, may_have_happened: bool) -> Delivery:
            try:
                self._is_delivering = True
                return deliver(update, may_have_happened=may_have_happened)
            except KeyboardInterrupt:
                return Delivery(
                    outcome=Outcome.UNCONFIRMED,
                    error_code="interrupted",
                    error_text="The run was interrupted while the shop's answer was awaited. Look "
                    f"at order {update.bill_id} in the shop before you run this row again.",
                    attempts=1,
                )
            finally:
                self._is_delivering = False

        return guarded

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Note the wish to stop; end the delivery under way if it is the second time."""
        if not self.stop.is_set():
            self.stop.set()
            output.note(
                "\nStopping: the request under way is finished first, then the results are "
                "written. Press Ctrl-C again not to wait for it."
            )
        elif self._is_delivering:
            raise KeyboardInterrupt


@contextlib.contextmanager
def watch_signals() -> Iterator[Interruption]:
    """Take Ctrl-C and SIGTERM as the wish to stop while the block runs."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.on_signal) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
