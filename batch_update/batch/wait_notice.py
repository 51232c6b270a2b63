"""What a run waits for when all else is done: it says so once, and does not wait too long."""

from __future__ import annotations

from batch_update.batch.interfaces import RunOptions
from batch_update.batch.pending import Pending

_TELL_OF_HELD_AFTER_S = 3.0
"""Other runs mostly let go of their orders at once."""


class WaitNotice:
    """Says once what is waited for, and when it has taken too long.

    Args:
        options: of the run; they say it to the user.
    """

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._has_told = False
        self._has_told_of_held = False
        self._held_since_s: float | None = None

    def is_over(self, pending: Pending) -> bool:
        """Return whether orders that another run works on were waited for long enough.

        Args:
            pending: the work that is not finished.
        """
        if pending.holder() is None:
            return False
        now_s = self._options.steady()
        if self._held_since_s is None:
            self._held_since_s = now_s
        return now_s - self._held_since_s >= self._options.held_s

    def tell(self, pending: Pending) -> None:
        """Say it, if it is time.

        Args:
            pending: the work that is not finished.
        """
        holder = pending.holder()
        if holder is None:
            if not self._has_told:
                self._has_told = True
                self._options.on_wait(len(pending))
            return
        since_s = self._held_since_s
        is_time = since_s is not None and self._options.steady() - since_s >= _TELL_OF_HELD_AFTER_S
        if is_time and not self._has_told_of_held:
            self._has_told_of_held = True
            self._options.on_held(len(pending), holder)
