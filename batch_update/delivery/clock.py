"""The clocks of machine and shop; in one of two runs, either may be hours off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from batch_update.model import Moment

_MAY_DIFFER = dt.timedelta(seconds=5)
"""An answer is under way for a while, and names its time to the second."""


class ShopClock:
    """The machine's clock and, as far as its answers tell it, the shop's.

    The shop's answers carry their time (`Date`). That is not signed, and used only to measure how
    long ago something was.

    Args:
        wall: returns the time of this machine, with a zone.
    """

    def __init__(self, wall: Callable[[], dt.datetime]) -> None:
        self.now = wall
        self._ahead: dt.timedelta | None = None

    @property
    def ahead(self) -> dt.timedelta | None:
        """The lead of the shop's clock over the machine's; None if it is not known."""
        return self._ahead

    def follow(self, wall: Callable[[], dt.datetime]) -> None:
        """Take the time from elsewhere than this machine, as all runs of a team do.

        Args:
            wall: returns it, with a zone.
        """
        self.now = wall

    def observe(self, shop_time: dt.datetime | None) -> None:
        """Take into account the time of an answer that has just come."""
        if shop_time is None:
            return
        ahead = shop_time - self.now()
        if abs(ahead) <= _MAY_DIFFER:
            ahead = dt.timedelta()
        if self._ahead is None or abs(ahead - self._ahead) > _MAY_DIFFER:
            self._ahead = ahead

    def read(self) -> Moment:
        """Return this moment by both clocks."""
        now = self.now()
        return Moment(machine=now, shop=None if self._ahead is None else now + self._ahead)

    def passed_s(self, since: Moment) -> float:
        """Return the least number of seconds passed, since either clock may have been set.

        Where the shop's clock is known for one of two moments only, it stands beside the machine's.
        """
        now = self.read()
        passed = now.machine - since.machine
        if now.shop is not None or since.shop is not None:
            shop = (now.shop or now.machine) - (since.shop or since.machine)
            passed = min(passed, shop)
        return passed.total_seconds()
