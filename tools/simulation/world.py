"""A story happens: the real loop, sender, limiter and ledger, in virtual time."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import greenlet

from batch_update import batch
from batch_update.delivery import AdaptiveLimiter, ShopClock, concurrency_of
from batch_update.delivery.delivery import Sender
from batch_update.errors import LedgerError
from batch_update.justclick.api import JustClickApi
from batch_update.ledger import Ledger
from batch_update.ledger.entries import SENDING
from batch_update.ledger.sqlite import sql
from batch_update.model import Approach, CheckedRow, Moment, OrderUpdate, SendResult
from tests.conftest import StopSignal
from tools.simulation.hub import Hub, StuckError, virtual_threads
from tools.simulation.rules import Key, Rule, Violation, Witness
from tools.simulation.shop import Shop, Traffic, Wire
from tools.simulation.story import EPOCH, Paper, Start, Story

_DAY_S = 86_400.0
_LAST_EVENT = """
    SELECT attempts.event FROM updates JOIN attempts ON attempts.update_id = updates.id
    WHERE bill_id = ? AND status = ? AND date = ? AND rpo = ? ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story ended.

    Args:
        violation: the first rule that did not hold; None if all did.
        lines: what happened, if that was to be told.
        figures: what happened how often.
    """

    violation: Violation | None
    lines: Sequence[str]
    figures: Counter[str]


class Killed(BaseException):
    """The program is killed at this very place."""


class WatchedLedger(Ledger):
    """A ledger in memory that outlives the runs; what was not committed is lost in a kill.

    Args:
        hub: told when a run notes that it lives.
        clocks: tell the time.
    """

    _template: ClassVar[bytes] = b""
    _spare: ClassVar[list[sqlite3.Connection]] = []

    def __init__(self, hub: Hub, clocks: ShopClock) -> None:
        self._hub = hub
        self.is_dead = False
        self.on_commit: Callable[[Callable[[], None]], None] = lambda commit: commit()
        super().__init__(None, clocks=clocks)

    def use(self, clocks: ShopClock) -> None:
        """Tell the time by the clocks of another run."""
        self._clocks, self._wall = clocks, clocks.now

    def _open(self, place: Path | str) -> None:
        if not WatchedLedger._template:
            super()._open(place)
            WatchedLedger._template = self._database.serialize()
            return
        if not WatchedLedger._spare:
            WatchedLedger._spare.append(sqlite3.connect(":memory:", isolation_level=None))
        self._database = WatchedLedger._spare.pop()
        self._database.deserialize(WatchedLedger._template)

    def __exit__(self, *_: object) -> None:
        # To make a connection takes longer than to fill it.
        WatchedLedger._spare.append(self._database)

    def execute(self, statement: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        if self.is_dead:
            raise LedgerError("killed")
        return super().execute(statement, values)

    def note(self, statement: str, lines: Sequence[Sequence[object]]) -> None:
        if self.is_dead:
            raise LedgerError("killed")
        if statement in {sql.STAY_ALIVE, sql.NOTE_RUN}:
            self._hub.alive_at = self._hub.now
        super().note(statement, lines)

    def commit(self) -> None:
        if self.is_dead:
            raise LedgerError("killed")
        self.on_commit(super().commit)

    def die(self) -> None:
        """Lose what was not committed, and take no more."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        self.is_dead = True

    def holds(self, key: Key) -> bool:
        """Tell whether it is durable that an update was begun and has not ended."""
        values = key.bill_id, key.status.value, key.date, key.rpo
        found = self._database.execute(_LAST_EVENT, values).fetchone()
        return found == (SENDING,) and not self._database.in_transaction


class _VirtualUser:
    """What the user wants of the run under way."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._is_abandoned = False

    def stop_requested(self) -> bool:
        return self._hub.stop.is_set()

    def abandon_requested(self) -> bool:
        return self._is_abandoned

    def abandon(self) -> None:
        self._is_abandoned = True
        self._hub.request_stop()


class World:
    """All that there is in a story.

    Args:
        story: what happens.
        tells: whether it is told.
    """

    def __init__(self, story: Story, *, tells: bool) -> None:
        self._story = story
        self._hub = Hub()
        self.witness = Witness(story, self._hub, tells=tells)
        self._shop = Shop(story, self._hub, self.witness)
        self._ledgers: dict[int, WatchedLedger] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._skew_s = 0.0
        self._clock = ShopClock(self._wall)
        self._commits = 0

    def happen(self) -> Ending:
        """Let the story happen."""
        with virtual_threads(self._hub):
            for number, start in enumerate(self._story.starts):
                self._hub.pass_time(self._hub.now + start.pause_s)
                self._let_colleagues_work(number)
                self._start(number, start)
                if self.witness.violation is not None:
                    break
            self._hub.settle()
        for ledger in self._ledgers.values():
            ledger.__exit__()
        return Ending(self.witness.violation, self.witness.lines, self.witness.figures)

    def _let_colleagues_work(self, number: int) -> None:
        for deed in self._story.deeds:
            if deed.start == number:
                key = Key(deed.bill_id, deed.status)
                self._hub.at(self._hub.now + deed.after_s, partial(self._shop.do_by_hand, key))

    def _start(self, number: int, start: Start) -> None:
        traffic = Traffic(number=number, start=start, began_at=self._hub.now)
        self._skew_s, self._commits = start.skew_s, 0
        self._clock = ShopClock(self._wall)
        ledger = self._ledger_of(start)
        self.witness.figures["starts"] += 1
        self.witness.on_start(number, start)
        stop_signal = _VirtualUser(self._hub)
        is_current = [True]
        self._hub.has_pulse = start.is_killed
        self._plan(start, stop_signal, is_current)
        try:
            self._hub.run(lambda: self._program(start, traffic, ledger, stop_signal))
        except StuckError:
            self.witness.fail(Rule.ENDS, f"start {number} does not end")
        except Killed:
            self._hub.kill()
        except Exception as error:  # noqa: BLE001 whatever it is, it must not happen
            self.witness.fail(Rule.ENDS, f"start {number}: {type(error).__name__}: {error}")
        is_current[0] = False
        if self._hub.is_killed:
            ledger.die()
            self.witness.on_killed(traffic.under_way)
        self._hub.end()
        ledger.is_dead = False

    def _plan(self, start: Start, stop_signal: _VirtualUser, is_current: list[bool]) -> None:
        """Let happen what comes from outside, as long as the run goes on."""

        def later(after_s: float | None, action: Callable[[], object]) -> None:
            if after_s is not None:
                self._hub.at(self._hub.now + after_s, lambda: is_current[0] and action())

        later(start.kill_at_s, self._hub.kill)
        later(start.stop_at_s, self._interrupt)
        later(start.abandon_at_s, stop_signal.abandon)

    def _interrupt(self) -> None:
        self.witness.figures["interruptions"] += 1
        self.witness.tell("Ctrl-C")
        self._hub.request_stop()

    def _ledger_of(self, start: Start) -> WatchedLedger:
        ledger = self._ledgers.get(start.machine)
        if ledger is None:
            ledger = self._ledgers[start.machine] = WatchedLedger(self._hub, self._clock)
        ledger.use(self._clock)
        ledger.on_commit = lambda commit: self._commit(start, commit)
        self.witness.is_durable = ledger.holds
        return ledger

    def _names_of(self, start: Start) -> tuple[str, str]:
        if start.address not in self._names:
            self._names[start.address] = start.names
        return self._names[start.address]

    def _wall(self) -> dt.datetime:
        return EPOCH + dt.timedelta(seconds=self._hub.now + self._skew_s)

    def _commit(self, start: Start, commit: Callable[[], None]) -> None:
        self._commits += 1
        if start.kill_at_commit == (self._commits, True):
            self._die(start)
        commit()
        self.witness.on_commit()
        if start.kill_at_commit == (self._commits, False):
            self._die(start)

    def _die(self, start: Start) -> None:
        """Be killed at once: nothing is noted on the way out."""
        self._ledgers[start.machine].die()
        raise Killed

    def _program(
        self, start: Start, traffic: Traffic, ledger: WatchedLedger, stop_signal: _VirtualUser
    ) -> None:
        """Do what the command line does with the sheets."""
        name, former = self._names_of(start)
        with ledger.hold(name, former) as book:
            deliverers = self._hire(start, traffic)
            for place, number in enumerate(start.papers):
                paper = self._story.papers[number]
                later = [self._story.papers[one].sha256 for one in start.papers[place + 1 :]]
                options = self._options(start, paper, later)
                today = int((self._hub.now + self._skew_s) // _DAY_S)
                rows = paper.rows(today)
                self.witness.on_sheet(rows, paper.sha256)
                if start.is_dry_run_first:
                    looking = ledger.look_at(name, former)
                    self._dry_run(rows, options, looking.for_file(paper.name, paper.sha256))
                summary = batch.send_updates(
                    rows,
                    deliverers,
                    ledger=book.for_file(paper.name, paper.sha256),
                    stop_signal=stop_signal,
                    on_result=self.witness.on_result,
                    options=options,
                )
                self.witness.on_sheet_done(summary)
                if summary.stop_reason or summary.is_interrupted:
                    break
        for post in traffic.under_way:
            post.given_up_at = self._hub.now
        self.witness.on_done()

    def _dry_run(
        self, rows: Sequence[CheckedRow], options: batch.RunOptions, memory: batch.LedgerPort
    ) -> None:
        self.witness.figures["dry runs"] += 1
        summary = batch.run_dry(
            rows,
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=options,
        )
        self.witness.on_dry_run(tuple(summary.results))

    def _options(self, start: Start, paper: Paper, later: Sequence[str]) -> batch.RunOptions:
        return batch.RunOptions(
            wall=self._clock.now,
            passed_s=self._clock.passed_s,
            steady=lambda: self._hub.now,
            is_forced=start.is_forced,
            asks_first=start.asks_first,
            settle_s=self._story.settle_s,
            patience_s=start.timeout_s + 60.0,
            most_posts=start.retries + 1,
            poll_s=_DAY_S,
            sha256=paper.sha256,
            later_sheets=lambda: frozenset(later),
            at_once=self._at_once,
        )

    def _hire(self, start: Start, traffic: Traffic) -> list[batch.Deliver]:
        concurrency = concurrency_of(start.workers)
        self._at_once = lambda: concurrency.allowed
        limiter = AdaptiveLimiter(
            concurrency=concurrency,
            stop=self._hub.stop,
            per_second=start.per_second,
            pause=self._hub.pause,
            clock=lambda: self._hub.now,
        )
        senders = [
            Sender(
                JustClickApi(Wire(self._shop, traffic)),
                retries=start.retries,
                limiter=limiter,
                clock=self._clock,
                settle_s=self._story.settle_s,
            )
            for _ in range(concurrency.most)
        ]
        return [self._watched(sender) for sender in senders]

    def _watched(self, sender: Sender) -> batch.Deliver:
        def deliver(
            update: OrderUpdate, approach: Approach, unknown_since: Moment | None
        ) -> SendResult:
            try:
                return sender.deliver(update, approach, unknown_since)
            except greenlet.GreenletExit:
                raise
            except Exception as error:
                self.witness.fail(Rule.ENDS, f"a worker: {type(error).__name__}: {error}")
                raise

        return deliver


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Write no log, and leave chance as it was."""
    before, state = logging.root.manager.disable, random.getstate()
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
        random.setstate(state)


def play(story: Story, *, tells: bool = False) -> Ending:
    """Let a story happen; always in the same way."""
    with _quiet():
        # The sender spreads its waits by it.
        random.seed(story.seed)
        return World(story, tells=tells).happen()
