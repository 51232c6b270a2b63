"""Orders of which two ledgers tell different stories: nobody can say what came last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from batch_update.ledger.transfer.carried import TEAM_FROM, TIMED_FROM
from batch_update.model import SUPERSEDED_BY, Status

CLOCKS_MAY_DIFFER_MS = 15 * 60_000
"""Within this time, two clocks do not tell which of two events came first."""


class Line(NamedTuple):
    """An event of an order, in the target.

    Args:
        status: of its update.
        seq: its number there.
        at: its moment, in milliseconds.
        place: its place in the source; 0 if the source does not have it.
        is_new: whether the target did not have it before.
    """

    status: str
    seq: int
    at: int
    place: int
    is_new: int


def contradict(lines: Sequence[Line]) -> bool:
    """Return whether an order's events would stand in the target in an order that is not theirs.

    Only those of updates count that may take each other's place.
    """
    new = [line for line in lines if line.is_new]
    known = [line for line in lines if not line.is_new]
    return any(
        _is_misplaced(one, other)
        for other in known
        for one in new
        if _are_related(one.status, other.status)
    )


def _are_related(status: str, other: str) -> bool:
    if status == other:
        return True
    return (
        Status(other) in SUPERSEDED_BY[Status(status)]
        or Status(status) in SUPERSEDED_BY[Status(other)]
    )


def _is_misplaced(new: Line, known: Line) -> bool:
    is_before = new.seq < known.seq
    if known.place:
        return is_before != (new.place < known.place)
    if _is_timed(new) and _is_timed(known):
        # They stand in the order of their moments, which is all that is known of them.
        return False
    if abs(new.at - known.at) < CLOCKS_MAY_DIFFER_MS:
        return True
    return is_before != (new.at < known.at)


def _is_timed(line: Line) -> bool:
    return TIMED_FROM <= line.seq < TEAM_FROM
