"""Judges what the shops saw: doubled, lost, out of order, too quick, or too long in recovering."""

from __future__ import annotations

import csv
import itertools
import math
import statistics
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tools.torture_team.plan import Lives, Plan
from tools.torture_team.record import Record, Seen, ShopRecord

PAYMENT = "paid"
SETTLED = frozenset({"updated", "already updated"})
RECOVERY_S = 30.0
RECOVERED = 0.95
WINDOW_S = 5.0
"""Over how long a pace is measured."""
_STEP_S = 0.5


class Blow(NamedTuple):
    """A fault from outside the shops, such as a kill or a restart of the database.

    Args:
        begun: when it came, in seconds of the machine's steady clock.
        ended: when it was over; the same for what does not last.
        kind: what it was.
        shops: whose work it disturbed.
    """

    begun: float
    ended: float
    kind: str
    shops: frozenset[str]


class ResultRow(NamedTuple):
    """A row of a results file.

    Args:
        order: the order's number.
        status: what the row asked for.
        result: what came of it.
    """

    order: int
    status: str
    result: str


def read_results(path: Path) -> list[ResultRow]:
    """Read a results file."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [
            ResultRow(int(line["order"]), line["status"], line["result"])
            for line in csv.DictReader(file)
        ]


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long a shop's pace took to be back after a blow.

    Args:
        shop: whose.
        kind: of which blow.
        seconds: how long; None if it was not back while there was work.
    """

    shop: str
    kind: str
    seconds: float | None

    @property
    def is_in_time(self) -> bool:
        """Whether the pace was back soon enough."""
        return self.seconds is not None and self.seconds <= RECOVERY_S


@dataclass(kw_only=True)
class Verdict:
    """What was found; each list is to be empty.

    Args:
        paid_twice: orders whose payment was booked more than once.
        lost: updates that the shop never made, or a results file does not call settled.
        missing: rows that are not in a results file, or once too often.
        inversions: changes or requests of an order that came after a later row's.
        unasked: changes that no sheet asked for.
        over_rate: one-second windows with more requests than allowed.
        recoveries: how long the pace took to be back after each blow that could be measured.
        untold: how many blows could not be: the next one came, or the work ended, before the pace
            was back or late.
    """

    paid_twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    inversions: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    over_rate: list[str] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    untold: int = 0

    @property
    def late_recoveries(self) -> list[Recovery]:
        """Those that took too long."""
        return [recovery for recovery in self.recoveries if not recovery.is_in_time]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        lists: tuple[Sequence[object], ...] = (
            *(self.paid_twice, self.lost, self.missing, self.inversions, self.unasked),
            *(self.over_rate, self.late_recoveries),
        )
        return not any(lists)

    def __str__(self) -> str:
        times = [one.seconds for one in self.recoveries if one.seconds is not None]
        longest = f", the longest {max(times):.1f} s" if times else ""
        return (
            f"paid twice {len(self.paid_twice)}, lost {len(self.lost)}, "
            f"rows missing {len(self.missing)}, order inversions {len(self.inversions)}, "
            f"unasked {len(self.unasked)}, windows over the rate {len(self.over_rate)}, "
            f"recoveries {len(self.recoveries)}{longest}, late {len(self.late_recoveries)}, "
            f"not to be told {self.untold}"
        )


def judge(
    plan: Plan,
    record: Record,
    results: Mapping[tuple[str, int], Sequence[Sequence[ResultRow]]],
    blows: Iterable[Blow] = (),
    pace: float = 0.0,
) -> Verdict:
    """Hold what was to be done against what was.

    Args:
        plan: what was to be done.
        record: what the shops saw.
        results: for each sheet, by its shop's name and its number, the results files of all runs
            that came to their end.
        blows: the faults from outside.
        pace: how many requests a second a shop gets at most; 0 does not look at recoveries. A
            recovery is measured by what the shops got before anything befell their runs.
    """
    verdict = Verdict()
    by_time = sorted(blows)
    arrivals = {name: _arrivals(seen) for name, seen in record.shops.items()}
    usual = _usual_pace(arrivals, by_time, pace)
    for shop in plan.shops:
        seen = record.shops.get(shop.name, ShopRecord())
        _judge_changes(verdict, shop.name, shop.lives, seen)
        for number, lives in enumerate(shop.sheets):
            files = results.get((shop.name, number), ())
            _judge_results(verdict, f"{shop.name}, sheet {number}", lives, files)
        moments = arrivals.get(shop.name, [])
        verdict.over_rate += _too_quick(shop.name, moments, shop.rate)
        if pace:
            theirs = [blow for blow in by_time if shop.name in blow.shops]
            _judge_recoveries(verdict, shop.name, moments, theirs, usual)
    return verdict


def _arrivals(seen: ShopRecord) -> list[float]:
    return seen.arrivals or sorted(request.at for request in seen.requests)


def _judge_changes(verdict: Verdict, shop: str, lives: Lives, seen: ShopRecord) -> None:
    changes = _by_order(seen.changes)
    requests = _by_order(seen.requests)
    for order in sorted(lives.keys() | changes.keys()):
        life = lives.get(order, ())
        done = changes.get(order, [])
        if done.count(PAYMENT) > 1:
            verdict.paid_twice.append(f"{shop}: order {order}: {done}")
        verdict.lost += [f"{shop}: order {order}: {one}" for one in life if one not in done]
        verdict.unasked += [f"{shop}: order {order}: {one}" for one in done if one not in life]
        for what, statuses in (("changes", done), ("requests", requests.get(order, []))):
            if not _is_in_order(life, statuses):
                verdict.inversions.append(f"{shop}: order {order}: {what}: {statuses}")


def _by_order(seen: Iterable[Seen]) -> dict[int, list[str]]:
    orders: dict[int, list[str]] = {}
    for one in seen:
        if one.status:
            orders.setdefault(one.order, []).append(one.status)
    return orders


def _is_in_order(life: Sequence[str], statuses: Iterable[str]) -> bool:
    places = [life.index(status) for status in statuses if status in life]
    return all(earlier <= later for earlier, later in itertools.pairwise(places))


def _judge_results(
    verdict: Verdict, sheet: str, lives: Lives, files: Sequence[Sequence[ResultRow]]
) -> None:
    if not files:
        verdict.missing.append(f"{sheet}: no results")
    wanted = sorted((order, status) for order, life in lives.items() for status in life)
    for rows in files:
        if sorted((row.order, row.status) for row in rows) != wanted:
            verdict.missing.append(f"{sheet}: {len(rows)} results for {len(wanted)} rows")
        verdict.lost += [
            f"{sheet}: order {row.order}: {row.status}: {row.result}"
            for row in rows
            if row.result not in SETTLED
        ]


def _too_quick(shop: str, moments: Sequence[float], rate: int) -> Iterator[str]:
    # A window is the fullest when it begins with a request.
    for first, moment in enumerate(moments):
        count = bisect_left(moments, moment + 1.0) - first
        if count > rate:
            yield f"{shop}: {count} requests in the second after {moment:.3f}"


def _judge_recoveries(
    verdict: Verdict, shop: str, moments: Sequence[float], blows: Sequence[Blow], pace: float
) -> None:
    end = _last_of_work(moments, pace)
    for blow in blows:
        others = [one for one in blows if one is not blow and one.ended >= blow.ended]
        until = min([end, *(one.begun for one in others)])
        seconds = _recovery_s(moments, blow.ended, until, pace)
        if seconds is None and until < blow.ended + RECOVERY_S + WINDOW_S:
            verdict.untold += 1
        else:
            verdict.recoveries.append(Recovery(shop, blow.kind, seconds))


def _usual_pace(
    arrivals: Mapping[str, Sequence[float]], blows: Sequence[Blow], most: float
) -> float:
    """Give the pace of the shops before anything befell their runs: on a busy machine it is low."""
    counts = []
    for shop, moments in arrivals.items():
        end = min([_last_of_work(moments, most), *(b.begun for b in blows if shop in b.shops)])
        # Not while the runs begin.
        first = moments[0] + WINDOW_S if moments else math.inf
        while first + WINDOW_S <= end:
            counts.append(_count(moments, first))
            first += WINDOW_S
    return min(most, statistics.median(counts) / WINDOW_S) if counts else most


def _count(moments: Sequence[float], begin: float) -> int:
    return bisect_left(moments, begin + WINDOW_S) - bisect_left(moments, begin)


def _last_of_work(moments: Sequence[float], pace: float) -> float:
    """Give the moment from which on there is not work enough for the pace."""
    left = math.ceil(pace * WINDOW_S)
    return moments[-left] if len(moments) >= left else -math.inf


def _recovery_s(moments: Sequence[float], ended: float, end: float, pace: float) -> float | None:
    for step in itertools.count():
        begin = ended + step * _STEP_S
        if begin + WINDOW_S > end:
            return None
        if _count(moments, begin) >= RECOVERED * pace * WINDOW_S:
            return begin - ended
    return None
