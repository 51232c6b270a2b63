"""The shop's own record of what was posted to it, and what that says of who posted."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batch_update.sandbox import Shop
from tools.bench.rival.orders import Lives, Row

WINDOW_S = 10.0
WITHIN_S = 30.0
STEP_S = 0.5
NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An update that took effect.

    Args:
        at: when, in seconds of the performance counter.
        order: its number.
        status: what it became.
    """

    at: float
    order: int
    status: str


class WatchedShop(Shop):
    """A shop that writes down when which update took effect."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Posted] = []
        self.done: set[Row] = set()
        self._writing = threading.Lock()

    def update(self, fields: dict[str, str]) -> tuple[int, str]:
        with self._writing:
            code, text = super().update(fields)
            if code == 0:
                order, status = int(fields["bill_id"]), fields["status"]
                self.posted.append(Posted(at=time.perf_counter(), order=order, status=status))
                self.done.add((order, status))
        return code, text


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the record says.

    Args:
        paid_twice: payments that took effect again, each time counted.
        other_twice: other updates that did.
        inverted: orders of which an update took effect after one that the file puts later.
        never_done: rows that never took effect.
        seconds: from the start until the last row was done for the first time.
    """

    paid_twice: int
    other_twice: int
    inverted: int
    never_done: int
    seconds: float


def judge(lives: Lives, posted: Sequence[Posted], began: float) -> Verdict:
    """Hold a record against the plan.

    Raises:
        ValueError: it holds what nobody planned.
    """
    planned = {(order, status) for order, life in lives.items() for status in life}
    done = {(one.order, one.status) for one in posted}
    if strange := done - planned:
        raise ValueError(f"nobody planned {min(strange)}")
    histories: defaultdict[int, list[str]] = defaultdict(list)
    for one in posted:
        histories[one.order].append(one.status)
    again = Counter(one.status for one in posted)
    again.subtract(status for _, status in done)
    places = {
        order: [lives[order].index(status) for status in histories[order]] for order in histories
    }
    firsts = first_times(posted)
    return Verdict(
        paid_twice=again["paid"],
        other_twice=again.total() - again["paid"],
        inverted=sum(any(b < a for a, b in itertools.pairwise(line)) for line in places.values()),
        never_done=len(planned - done),
        seconds=firsts[-1] - began if firsts else 0.0,
    )


def first_times(posted: Iterable[Posted]) -> list[float]:
    """Give when each update took effect for the first time, in order."""
    times: dict[Row, float] = {}
    for one in posted:
        times.setdefault((one.order, one.status), one.at)
    return sorted(times.values())


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """How far the pace came back after faults, each as a share of the pace before it, 1 at most.

    Args:
        median: of the faults.
        worst: of the faults.
        counted: of how many; the others came when nearly all was done, or at the very start.
    """

    median: float
    worst: float
    counted: int

    def __str__(self) -> str:
        return f"{self.median:.0%} (worst {self.worst:.0%}, of {self.counted})"


def recovery(
    times: Sequence[float], rows: int, began: float, faults: Iterable[float]
) -> Recovery | None:
    """Compare the pace after each fault to the pace before it.

    Before: over the 10 s before it. After: over the best 10 s that end within 30 s of it. A fault
    counts unless 95% of all rows were done by then.

    Args:
        times: when each update took effect for the first time, in order.
        rows: how many there are to do.
        began: when the work began.
        faults: when they happened.

    Returns:
        None if no fault counts.
    """
    nearly = int(rows * NEARLY_ALL)
    end = times[nearly] if len(times) > nearly else float("inf")
    shares = []
    for fault in faults:
        before = _pace(times, max(began, fault - WINDOW_S), fault)
        if before and fault - began >= WINDOW_S and fault + WITHIN_S <= end:
            starts = (
                fault + STEP_S * step for step in range(int((WITHIN_S - WINDOW_S) / STEP_S) + 1)
            )
            after = max(_pace(times, start, start + WINDOW_S) for start in starts)
            shares.append(min(1.0, after / before))
    if not shares:
        return None
    return Recovery(median=statistics.median(shares), worst=min(shares), counted=len(shares))


def _pace(times: Sequence[float], start: float, end: float) -> float:
    return (bisect_left(times, end) - bisect_left(times, start)) / (end - start)
