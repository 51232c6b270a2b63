"""What a run has noted last, by which it sees whether its database is still the one that it knows.

A standby that lagged behind when it was promoted lacks the last commits, and so does a backup. What
is there of them is always a beginning: if the last one is there, so are all before. The numbers
that sequences gave out may come again then, so each look names the run's token too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString, NamedTuple

from batch_update.errors import LeaseLostError
from batch_update.i18n import _
from batch_update.ledger.entries import Key

_RUN: LiteralString = (
    "SELECT lost_at + ended_at FROM batch_update.runs WHERE id = %s AND token = %s"
)
_CLAIM: LiteralString = """
    SELECT 1 FROM batch_update.claims
    WHERE run = %s AND token = %s AND shop = %s AND bill_id = %s
"""
_ATTEMPT: LiteralString = """
    SELECT 1 FROM batch_update.updates
    JOIN batch_update.attempts ON attempts.update_id = updates.id AND attempts.seq = %s
    WHERE attempts.token = %s AND updates.shop = %s AND updates.bill_id = %s
    AND updates.status = %s AND updates.date = %s AND updates.rpo = %s
"""

Ask = Callable[[LiteralString, tuple[object, ...]], list[tuple[Any, ...]]]


class Attempt(NamedTuple):
    """An attempt that was noted.

    Args:
        shop: the number of its shop.
        bill_id: its order.
        key: what else its update says.
        seq: its number.
    """

    shop: int
    bill_id: int
    key: Key
    seq: int


class _Last(NamedTuple):
    attempt: Attempt | None = None
    claim: tuple[int, int] | None = None


class Trail:
    """The last that a run has committed; one thread notes it, any may look.

    Args:
        run: the run's number.
        token: the number that its notes carry.
    """

    def __init__(self, run: int, token: int) -> None:
        self._whose = run, token
        self._last = _Last()

    def attempted(self, attempt: Attempt) -> None:
        """Remember an attempt, when it is committed."""
        self._last = self._last._replace(attempt=attempt)

    def claimed(self, shop: int, bill_id: int) -> None:
        """Remember a claim, when it is committed."""
        self._last = self._last._replace(claim=(shop, bill_id))

    def releases(self, *claims: tuple[int, int]) -> None:
        """Forget claims, each of a shop and an order, before that is committed."""
        if self._last.claim in claims:
            self._last = self._last._replace(claim=None)

    def check(self, ask: Ask) -> None:
        """Make sure that the database has what this run noted last.

        Raises:
            LeaseLostError: it has not.
        """
        found = ask(_RUN, self._whose)
        if not found:
            raise _forgotten()
        # What others have taken over from a run that counts as lost is not forgotten.
        if found[0][0]:
            return
        last = self._last
        while not all(ask(*look) for look in self._looks(last)):
            # The run may have let go of the claim meanwhile.
            if last is self._last:
                raise _forgotten()
            last = self._last

    def _looks(self, last: _Last) -> list[tuple[LiteralString, tuple[object, ...]]]:
        looks: list[tuple[LiteralString, tuple[object, ...]]] = []
        if last.claim is not None:
            looks.append((_CLAIM, (*self._whose, *last.claim)))
        if last.attempt is not None:
            shop, bill_id, key, seq = last.attempt
            looks.append((_ATTEMPT, (seq, self._whose[1], shop, bill_id, *key)))
        return looks


def _forgotten() -> LeaseLostError:
    return LeaseLostError(
        _(
            "The team's ledger no longer has what this run noted there: its database is now one "
            "that knows less, such as a standby that lagged behind, or a backup. Nothing more is "
            "noted or sent. Tell the administrator of the database that notes were lost, then "
            "start again: the shop is asked about each payment before it is sent, so do not use "
            "--no-read-back or --force; other updates may be sent once more."
        )
    )
