"""What a run says, once, of that for which it waits when all else is done."""

from __future__ import annotations

import math

from batch_update.batch.interfaces import RunOptions
from batch_update.batch.pending import Pending

_TELL_OF_HELD_AFTER_S = 3.0
"""Other runs mostly let go of their orders at once."""


class WaitNotice:
    """Says once what is waited for.

    Args:
        options: of the run; they say it to the user.
    """

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._has_told = False
        self._held_since_s: float | None = None

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
        now_s = self._options.steady()
        if self._held_since_s is None:
            self._held_since_s = now_s
        elif now_s - self._held_since_s >= _TELL_OF_HELD_AFTER_S:
            self._held_since_s = math.inf
            self._options.on_held(len(pending), holder)
