"""The time, as the shop has it: what this machine's clock says, put right by the shop's answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

_MAY_DIFFER = dt.timedelta(seconds=5)
"""An answer is under way for a while, and names its time to the second."""


class ShopClock:
    """Tells the time alike in all runs, though the machine's clock is hours off in some of them.

    The shop's answers say when they were made (`Date`). That is not signed, and not relied on for
    more than how long ago something was.

    Args:
        wall: tells the time of this machine, with a zone.
    """

    def __init__(self, wall: Callable[[], dt.datetime]) -> None:
        self._wall = wall
        self._ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        """Give this moment, in the zone of the machine's clock."""
        return self._wall() + self._ahead

    def observe(self, shop_time: dt.datetime | None) -> None:
        """Take into account when the shop says that it has answered just now."""
        if shop_time is None:
            return
        ahead = shop_time - self._wall()
        if abs(ahead - self._ahead) > _MAY_DIFFER:
            self._ahead = ahead
