"""A story drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from batch_update.model import Status
from tools.simulation.story import (
    NOT_PAID,
    Acts,
    Deed,
    Fault,
    Kind,
    Line,
    Paper,
    Start,
    Story,
)

_LIVES = (
    (Status.SENT,),
    (Status.PAID,),
    (Status.PAID,),
    (Status.PAID, Status.SENT),
    (Status.SENT, Status.PAID),
    (Status.SENT, Status.RETURN),
    (Status.RETURN,),
    (Status.CANCEL,),
    (Status.PAID, Status.CANCEL),
    (Status.PAID, Status.SENT, Status.RETURN),
    (Status.RETURN, Status.SENT),
    (Status.CANCEL, Status.PAID),
)
_SETTLE_S = (60.0, 120.0, 600.0)
_TIMEOUT_S = (5.0, 30.0)
_PAGES = (502, 503, 504, 429, 524, 500)
_REFUSALS = (201, NOT_PAID, 777)
_KINDS = (
    *(Kind.LOST,) * 4,
    *(Kind.TIMEOUT,) * 4,
    *(Kind.PAGE,) * 4,
    *(Kind.SLOW,) * 2,
    *(Kind.NO_CONNECTION,) * 2,
    Kind.HALF,
    Kind.UNSIGNED,
    Kind.REFUSED,
    Kind.DENIED,
    Kind.OVERLOAD,
)
_CALLS = 24
_BAD_LUCK = (0.0, 0.0, 0.1, 0.3, 0.6)


class Drawing:
    """Draws one story.

    Args:
        seed: from which all chance comes.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 repeatable, not a secret
        self._settle_s = self._chance.choice(_SETTLE_S)
        self._orders = [100 + number for number in range(self._chance.choice((1, 1, 2, 3)))]
        self._papers: list[Paper] = []
        self._insists = self._chance.random() < 0.08

    def draw(self) -> Story:
        """Draw it."""
        chance = self._chance
        named = (3, 4) if chance.random() < 0.2 else (0, 1, 2)
        moves = chance.random() < 0.4
        is_skewed = chance.random() < 0.25
        machines = 2 if chance.random() < 0.15 else 1
        starts: list[Start] = []
        for _ in range(chance.randint(1, 5)):
            start = self._start()
            pause_s = start.pause_s
            if starts and starts[-1].is_killed and chance.random() < 0.4:
                pause_s = round(self._settle_s + chance.uniform(-20, 2), 2)
            starts.append(
                replace(
                    start,
                    pause_s=pause_s,
                    address=chance.choice(named) if moves else named[0],
                    skew_s=chance.choice((0.0, -7200.0, 7200.0, 90.0, -90.0)) if is_skewed else 0.0,
                    machine=chance.randrange(machines),
                )
            )
        return Story(
            seed=self._seed,
            papers=tuple(self._papers),
            starts=tuple(starts),
            deeds=tuple(self._deeds(len(starts))),
            settle_s=self._settle_s,
            books_each=chance.random() < 0.7,
            is_strict=chance.random() < 0.3,
            refunds=chance.random() < 0.3,
            shows_time=chance.random() < 0.7,
            missing=frozenset({self._orders[0]} if chance.random() < 0.08 else ()),
        )

    def _start(self) -> Start:
        chance = self._chance
        timeout_s = chance.choice(_TIMEOUT_S)
        start = Start(
            papers=tuple(self._choose_paper() for _ in range(1 if chance.random() < 0.85 else 2)),
            pause_s=self._pause_s(),
            workers=chance.choice((1, None, 2, 3)),
            retries=chance.choice((0, 1, 2, 4)),
            timeout_s=timeout_s,
            per_second=2.0 if chance.random() < 0.1 else None,
            is_forced=chance.random() < (0.7 if self._insists else 0.12),
            asks_first=chance.random() < 0.85,
            is_dry_run_first=chance.random() < 0.2,
            faults=self._faults(timeout_s),
        )
        if chance.random() < 0.1:
            begin = chance.choice((0.0, chance.uniform(0, 3)))
            start = replace(start, off_s=(round(begin, 2), round(begin + 600, 2)))
        return self._end(start)

    def _end(self, start: Start) -> Start:
        """Draw how a start is ended from outside, if it is."""
        chance = self._chance
        way = chance.random()
        moment = round(chance.choice((chance.uniform(0, 4), chance.uniform(0, 90))), 2)
        if way < 0.08:
            return replace(start, kill_at_s=moment)
        if way < (0.5 if self._insists else 0.25):
            after_s = chance.choice((0.0, 0.1, 0.3, chance.uniform(0, start.timeout_s + 1)))
            number = chance.randrange(chance.choice((2, 8)))
            return replace(start, kill_at_call=(number, round(after_s, 2)))
        if way < 0.33:
            return replace(start, kill_at_commit=(chance.randint(1, 10), chance.random() < 0.5))
        if way < 0.42:
            again = round(moment + chance.uniform(0, 3), 2) if chance.random() < 0.4 else None
            return replace(start, stop_at_s=moment, abandon_at_s=again)
        return start

    def _pause_s(self) -> float:
        chance = self._chance
        # So that the next start finds what the last one left just before, or just after, its end.
        near = self._settle_s + chance.choice((chance.uniform(-25, 15), chance.uniform(-3, 1)))
        pauses = (chance.uniform(1, 30), near, chance.uniform(30, 900), 86_400.0 + near)
        return round(chance.choice(pauses), 2)

    def _faults(self, timeout_s: float) -> dict[int, Fault]:
        bad_luck = self._chance.choice(_BAD_LUCK)
        return {
            number: self._fault(timeout_s)
            for number in range(_CALLS)
            if self._chance.random() < bad_luck
        }

    def _fault(self, timeout_s: float) -> Fault:
        chance = self._chance
        kind = chance.choice(_KINDS)
        takes_s = timeout_s
        if kind is not Kind.TIMEOUT:
            takes_s = chance.choice((0.3, 3.0, chance.uniform(0.1, timeout_s)))
        acts, acts_after_s = Acts.DURING, 0.0
        if kind in {Kind.LOST, Kind.TIMEOUT, Kind.HALF, Kind.PAGE, Kind.UNSIGNED}:
            acts = chance.choice((Acts.DURING, Acts.AFTER, Acts.AFTER, Acts.NEVER))
        if acts is Acts.AFTER:
            acts_after_s = self._late_s()
        code, retry_after_s = 0, None
        if kind is Kind.PAGE:
            code = chance.choice(_PAGES)
            if code in {429, 503} and chance.random() < 0.3:
                retry_after_s = chance.choice((0.0, 1.0, 20.0, 400.0))
        elif kind is Kind.REFUSED:
            code = chance.choice(_REFUSALS)
        elif kind is Kind.DENIED:
            code = NOT_PAID
        return Fault(
            kind=kind,
            takes_s=round(takes_s, 2),
            acts=acts,
            acts_after_s=round(acts_after_s, 2),
            code=code,
            retry_after_s=retry_after_s,
        )

    def _late_s(self) -> float:
        """Draw how late the shop acts: seldom later than is reckoned with."""
        chance = self._chance
        way = chance.random()
        if way < 0.3:
            return chance.uniform(0.1, 10)
        if way < 0.6:
            return chance.uniform(1, self._settle_s - 1)
        if way < 0.95:
            return self._settle_s - chance.uniform(0.05, 9)
        return self._settle_s + chance.uniform(1, 600)

    def _choose_paper(self) -> int:
        """Choose a sheet: a new one, one that was there, or one that says the same."""
        chance = self._chance
        way = chance.random() / (4 if self._insists else 1) + (0.5 if self._insists else 0)
        if not self._papers or way < 0.4:
            self._papers.append(self._new_paper())
            return len(self._papers) - 1
        known = chance.randrange(len(self._papers))
        if way < 0.85:
            return known
        # Saved anew, or under another name only.
        number = len(self._papers)
        sha256 = f"s{number}" if chance.random() < 0.5 else self._papers[known].sha256
        self._papers.append(replace(self._papers[known], name=f"{number}.xlsx", sha256=sha256))
        return number

    def _new_paper(self) -> Paper:
        chance = self._chance
        number = len(self._papers)
        orders = chance.sample(self._orders, chance.randint(1, len(self._orders)))
        by_order = [self._lines(order) for order in orders]
        lines: list[Line] = []
        while any(by_order):
            lines.append(chance.choice([one for one in by_order if one]).pop(0))
        return Paper(name=f"{number}.xlsx", sha256=f"s{number}", lines=tuple(lines[:8]))

    def _lines(self, order: int) -> list[Line]:
        chance = self._chance
        lines = []
        for status in chance.choice(_LIVES):
            line = Line(bill_id=order, status=status)
            if status in {Status.SENT, Status.PAID}:
                days: Sequence[int | None] = (1, 1, 2, 3, None)
                day = chance.choice(days)
                rpo = chance.choice("AAB") if status is Status.SENT else ""
                line = replace(line, day=day, rpo=rpo)
            lines += [line] * (2 if chance.random() < 0.08 else 1)
        if chance.random() < 0.04:
            place = chance.randint(0, len(lines))
            lines.insert(place, Line(bill_id=order, status=Status.SENT, is_invalid=True))
        return lines

    def _deeds(self, starts: int) -> list[Deed]:
        chance = self._chance
        if chance.random() < 0.85:
            return []
        return [
            Deed(
                start=chance.randrange(starts),
                after_s=round(chance.uniform(0, 20), 2),
                bill_id=chance.choice(self._orders),
                status=chance.choice((Status.PAID, Status.PAID, Status.CANCEL)),
            )
        ]


def draw(seed: int) -> Story:
    """Draw the story of a seed."""
    return Drawing(seed).draw()
