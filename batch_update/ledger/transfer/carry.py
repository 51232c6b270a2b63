"""One ledger carried over into another: what is new is added, and all else stays as it is.

Everything is one transaction, so that an import which is cut off leaves nothing behind. Attempts go
through temporary tables of the target's database, which keeps on its disk what has no room.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.ledger.losses import LossKind
from batch_update.ledger.transfer import sql
from batch_update.ledger.transfer.carried import (
    BLOCK,
    SLOTS_PER_MS,
    TEAM_FROM,
    Count,
    Database,
    Event,
    Run,
    Sheet,
    Source,
    Staged,
    Tally,
    Target,
)
from batch_update.ledger.transfer.conflicts import Line, contradict

_MOST_SHIFTS = 10_000
_LISTED_ORDERS = 10
_PROGRESS_EVERY = 1000

_FIND_RUNS = """
    SELECT runs.id, shops.name, runs.host, runs.pid, runs.started_at, runs.kind
    FROM {s}runs AS runs JOIN {s}shops AS shops ON shops.id = runs.shop ORDER BY runs.id
"""
_FIND_SHEETS = """
    SELECT id, run, name, sha256, begun_at, seq FROM {s}sheets AS sheets ORDER BY id
"""
_ADD_RUN = """
    INSERT INTO {s}runs (id, shop, pid, host, version, started_at, alive_at, ahead, ended_at,
    operator, os_user, kind, exit_status{columns})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?{data})
"""
_ADD_SHEET = """
    INSERT INTO {s}sheets
    (id, run, name, sha256, seq, begun_at, done_at, exit_status, plan{columns})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?{data})
"""
_ADD_COUNT = """
    INSERT INTO {s}sheet_counts (sheet, outcome, number{columns}) VALUES (?, ?, ?{data})
"""
_OWN_PAYMENTS = """
    CREATE TEMP TABLE carried_payments {lasting} AS
    SELECT updates.id AS id, lead(coalesce(states.last_seq, updates.last_seq)) OVER (
        PARTITION BY updates.shop, updates.bill_id
        ORDER BY coalesce(states.last_seq, updates.last_seq), updates.id
    ) AS replaced_by
    FROM {s}updates AS updates LEFT JOIN carried_states AS states ON states.id = updates.id
    WHERE updates.status = 'paid' AND updates.replaced_by IS NULL
    AND coalesce(states.state, updates.state)
    IN ('sending', 'unconfirmed', 'updated', 'already updated')
    AND (updates.bill_id, updates.shop) IN (SELECT bill_id, shop FROM carried_new)
"""
_REPLACE_PAYMENTS = """
    UPDATE {s}updates SET replaced_by = (
        SELECT replaced_by FROM carried_payments AS one WHERE one.id = {s}updates.id
    )
    WHERE id IN (SELECT id FROM carried_payments WHERE replaced_by IS NOT NULL)
"""
_SET_TEAM_STATES = """
    UPDATE {s}updates AS updates SET state = known.state, confirmed = known.confirmed,
    last_seq = known.last_seq, owner_run = runs.id, token = runs.token
    FROM carried_states AS known
    JOIN {s}sheets AS sheets ON sheets.id = known.sheet
    JOIN {s}runs AS runs ON runs.id = sheets.run
    WHERE known.id = updates.id
"""


def carry_over(
    source: Source,
    target: Target,
    *,
    is_pair_fresh: bool = False,
    on_progress: Callable[[int], object] = lambda __: None,
    on_warning: Callable[[int], None] = lambda __: None,
) -> Tally:
    """Carry all of a ledger over into another one.

    Args:
        source: the ledger that is read.
        target: the one that is added to.
        is_pair_fresh: whether a new file would do as well as the target, if they contradict.
        on_progress: called with the number of events read since the last call.
        on_warning: called with the number of new events that are later than the first one which
            the team's ledger has of its own, though they are put before it.

    Raises:
        LedgerError: the two contradict each other, or one cannot be used; nothing is changed.
    """
    with target.begin(source.shops()) as database:
        merge = _Merge(source, database, on_progress)
        merge.stage()
        merge.number()
        merge.refuse_contradictions(is_pair_fresh=is_pair_fresh)
        if late := merge.count_late():
            on_warning(late)
        merge.write()
        return merge.tally


class _Merge:
    """The state of an import, within its transaction."""

    def __init__(
        self, source: Source, database: Database, on_progress: Callable[[int], object]
    ) -> None:
        self._source = source
        self._database = database
        self._on_progress = on_progress
        self._shops: dict[str, int] = {}
        self._sheets: dict[int, int] = {}
        self._new_sheets: set[int] = set()
        self._shop_of_sheet: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self.tally = Tally()

    def stage(self) -> None:
        """Bring over shops, runs and sheets, and put all events where they can be compared."""
        self._carry_shops()
        runs = self._carry_runs()
        sheets = self._carry_sheets(runs)
        self._carry_counts()
        self._run(sql.STAGE)
        self._database.stage(self._staged(sheets, self._database.now_ms()))

    def number(self) -> None:
        """Find out what is known already, and give the others their numbers."""
        for statement in (sql.KNOWN, sql.NUMBERED, *sql.INDEXES):
            self._run(statement)
        self._analyse("carried", "carried_known", "carried_new", schema="")
        for _shift in range(_MOST_SHIFTS):
            if not self._count(sql.COUNT_TAKEN):
                break
            # Another ledger had an event of the same update at the same moment.
            self._run(sql.MAKE_WAY)
        ((events, new),) = self._run(sql.COUNTS)
        self.tally.events = Count(new=new, known=events - new)

    def refuse_contradictions(self, *, is_pair_fresh: bool) -> None:
        """Refuse events that would stand where they do not belong."""
        self._run(sql.SHARED_ORDERS)
        lines = self._database.lines(self._named(sql.SHARED_LINES))
        found = []
        for (bill_id, __), group in itertools.groupby(lines, key=lambda line: line[:2]):
            told = [
                Line(str(line[2]), int(line[3]), int(line[4]), int(line[5]), bool(line[6]))
                for line in group
            ]
            if contradict(told):
                found.append(int(bill_id))
        if found:
            raise _contradiction(found, is_pair_fresh=is_pair_fresh)

    def count_late(self) -> int:
        """Count new events later than the first that the team's ledger has of its own."""
        if not self._database.is_team:
            return 0
        return self._count(sql.LATER_THAN_TEAM, (TEAM_FROM, TEAM_FROM))

    def write(self) -> None:
        """Add what is new, and sum up the updates that it belongs to."""
        self._run(sql.NEW_UPDATES)
        new = self._count("SELECT count(*) FROM carried_updates")
        self.tally.updates = Count(new=new, known=self._count(sql.UPDATES) - new)
        if self.tally.events.new:
            self._write_events(new)
        if self._count("SELECT count(*) FROM carried_new"):
            self._run(sql.NUMBER_SHEETS)
            ((last, __),) = self._run(sql.LAST_NUMBER)
            self._database.number_from(int(last))

    def _write_events(self, updates: int) -> None:
        self._run(sql.BLOCKS)
        blocks = self._database.take_blocks(-(-updates // BLOCK))
        self._database.many("INSERT INTO carried_blocks VALUES (?, ?)", enumerate(blocks))
        is_team = self._database.is_team
        self._run(
            sql.ADD_UPDATES,
            columns=", last_seq, owner_run, token" if is_team else "",
            data=", 0, 0, 0" if is_team else "",
        )
        self._analyse("updates", "sheets", "runs")
        joins = (
            "JOIN {s}sheets AS sheets ON sheets.id = carried_new.sheet "
            "JOIN {s}runs AS runs ON runs.id = sheets.run"
        )
        self._run(
            sql.ADD_ATTEMPTS,
            columns=", shop, token" if is_team else "",
            data=", carried_new.shop, runs.token" if is_team else "",
            joins=joins.format(s=self._database.schema) if is_team else "",
        )
        self._analyse("attempts")
        self._run(sql.STATES)
        self._run(sql.STATES_INDEX)
        self._analyse("carried_states", schema="")
        if not is_team:
            self._run(sql.SET_STATES)
            return
        # Of several payments of an order, the last one counts; the index wants to see only it.
        for statement in (_OWN_PAYMENTS, _REPLACE_PAYMENTS, _SET_TEAM_STATES):
            self._run(statement)

    def _carry_shops(self) -> None:
        query = "SELECT name, id FROM {s}shops AS shops"
        known = {str(name): int(number) for name, number in self._run(query)}
        names = self._source.shops()
        new = [name for name in names if name not in known]
        ids = self._database.take_ids("shops", len(new))
        made = list(zip(ids, new, strict=True))
        self._many("INSERT INTO {s}shops (id, name) VALUES (?, ?)", made)
        self._shops = known | {name: number for number, name in made}
        self.tally.shops = Count(new=len(new), known=len(names) - len(new))

    def _carry_runs(self) -> dict[int, int]:
        known: dict[object, list[int]] = defaultdict(list)
        for number, *identity in self._database.lines(self._named(_FIND_RUNS)):
            known[tuple(identity)].append(number)
        for numbers in known.values():
            numbers.reverse()  # The first of those that are alike is taken first.
        found: dict[int, int] = {}
        new: list[Run] = []
        for run in self._source.runs():
            if known[run.identity]:
                found[run.id] = known[run.identity].pop()
            else:
                new.append(run)
        ids = self._database.take_ids("runs", len(new))
        found |= {run.id: number for run, number in zip(new, ids, strict=True)}
        is_team = self._database.is_team
        self._many(
            _ADD_RUN,
            [
                (found[run.id], self._shops[run.shop], *run[2:], *_lease(run, is_team))
                for run in new
            ],
            columns=", lease_until, lost_at, lost_kind" if is_team else "",
            data=", ?, ?, ?" if is_team else "",
        )
        self.tally.runs = Count(new=len(new), known=len(found) - len(new))
        return found

    def _carry_sheets(self, runs: dict[int, int]) -> list[Sheet]:
        """Add new sheets, whose numbers are yet to be made, and return all those of the source."""
        known: dict[object, list[tuple[int, int]]] = defaultdict(list)
        for number, *identity, seq in self._database.lines(self._named(_FIND_SHEETS)):
            known[tuple(identity)].append((number, seq))
        for alike in known.values():
            alike.reverse()
        sheets = [sheet._replace(run=runs[sheet.run]) for sheet in self._source.sheets()]
        new = []
        for sheet in sheets:
            if known[sheet.identity]:
                self._sheets[sheet.id], self._numbers[sheet.id] = known[sheet.identity].pop()
            else:
                new.append(sheet)
        ids = self._database.take_ids("sheets", len(new))
        self._sheets |= {sheet.id: number for sheet, number in zip(new, ids, strict=True)}
        self._new_sheets = {sheet.id for sheet in new}
        is_team = self._database.is_team
        shops = dict(self._run("SELECT id, shop FROM {s}runs AS runs"))
        self._many(
            _ADD_SHEET,
            [
                (
                    *(self._sheets[sheet.id], sheet.run, sheet.name, sheet.sha256, 0),
                    *sheet[5:],
                    *((shops[sheet.run],) if is_team else ()),
                )
                for sheet in new
            ],
            columns=", shop" if is_team else "",
            data=", ?" if is_team else "",
        )
        self._shop_of_sheet = {sheet.id: shops[sheet.run] for sheet in new}
        self.tally.sheets = Count(new=len(new), known=len(sheets) - len(new))
        return sheets

    def _carry_counts(self) -> None:
        is_team = self._database.is_team
        self._many(
            _ADD_COUNT,
            [
                (
                    *(self._sheets[sheet], outcome, number),
                    *((self._shop_of_sheet[sheet],) if is_team else ()),
                )
                for sheet, outcome, number in self._source.counts()
                if sheet in self._new_sheets
            ],
            columns=", shop" if is_team else "",
            data=", ?" if is_team else "",
        )

    def _staged(self, sheets: Sequence[Sheet], now_ms: int) -> Iterator[Staged]:
        """Iterate over the events and the begins of sheets, in the source's order."""
        begins = sorted((sheet for sheet in sheets if sheet.seq), key=lambda sheet: sheet.seq)
        both: Iterator[Sheet | Event] = heapq.merge(
            begins, self._source.events(), key=lambda one: one.seq
        )
        for place, one in enumerate(both, start=1):
            if place % _PROGRESS_EVERY == 0:
                self._on_progress(_PROGRESS_EVERY)
            if isinstance(one, Sheet):
                yield self._begin_of(one, place, now_ms)
            else:
                yield self._event_of(one, place, now_ms)

    def _event_of(self, one: Event, place: int, now_ms: int) -> Staged:
        if one.sheet not in self._sheets:
            raise LedgerError(
                _(
                    "The ledger that is to be carried over is damaged: it has lines that belong to "
                    "no sheet. Nothing was changed. Carry over a copy from a backup."
                )
            )
        return Staged(
            place=place,
            shop=self._shops[one.shop],
            bill_id=one.bill_id,
            status=one.status,
            date=one.date,
            rpo=one.rpo,
            event=one.event,
            at=one.at,
            sheet=self._sheets[one.sheet],
            line=one.row,
            posts=one.posts,
            code=one.code,
            text=one.text,
            unknown_at=one.unknown_at,
            base=self._base(one.seq, one.at, now_ms),
            is_new=int(one.sheet in self._new_sheets),
        )

    def _begin_of(self, sheet: Sheet, place: int, now_ms: int) -> Staged:
        known = self._numbers.get(sheet.id)
        base = self._base(sheet.seq, sheet.begun_at, now_ms) if known is None else known
        return Staged(
            place=place,
            shop=0,
            bill_id=0,
            status="",
            date=0,
            rpo="",
            event="",
            at=sheet.begun_at,
            sheet=self._sheets[sheet.id],
            line=0,
            posts=None,
            code=None,
            text=None,
            unknown_at=None,
            base=base,
            is_new=int(known is None),
        )

    def _base(self, seq: int, at_ms: int, now_ms: int) -> int:
        if self._source.is_numbered_by_team:
            return seq
        # A moment that is yet to come is a clock's mistake.
        return max(1, min(at_ms, now_ms) * SLOTS_PER_MS)

    def _analyse(self, *tables: str, schema: str = "{s}") -> None:
        """Let the database know what is in its tables, if it does not find that out by itself."""
        for table in tables if self._database.is_team else ():
            self._run(f"ANALYZE {schema}{table}")

    def _named(self, statement: str, **parts: str) -> str:
        return statement.format(s=self._database.schema, lasting=self._database.lasting, **parts)

    def _run(
        self, statement: str, values: Sequence[object] = (), **parts: str
    ) -> list[tuple[Any, ...]]:
        return self._database.run(self._named(statement, **parts), values)

    def _many(self, statement: str, lines: Sequence[Sequence[object]], **parts: str) -> None:
        if lines:
            parts = {"columns": "", "data": "", **parts}
            self._database.many(self._named(statement, **parts), lines)

    def _count(self, query: str, values: Sequence[object] = ()) -> int:
        ((count,),) = self._run(query, values)
        return int(count)


def _lease(run: Run, is_team: bool) -> tuple[object, ...]:
    """Return what a team's ledger notes of a run's end, beside what files have."""
    if not is_team:
        return ()
    # It was cut off; what it had under way is given up at its last sign of life.
    lost_at = 0 if run.ended_at else max(1, run.alive_at, run.started_at)
    return (
        run.alive_at,
        lost_at,
        "" if run.ended_at else LossKind.CARRIED.value,
    )


def _contradiction(orders: Sequence[int], *, is_pair_fresh: bool) -> LedgerError:
    listed = ", ".join(map(str, sorted(orders)[:_LISTED_ORDERS]))
    if len(orders) > _LISTED_ORDERS:
        listed += "…"
    if is_pair_fresh:
        return LedgerError(
            _(
                "The ledgers do not tell in which order these orders were updated: {orders}. "
                "Nothing was carried over. Carry it into a new file: --ledger NEW_FILE."
            ).format(orders=listed)
        )
    return LedgerError(
        _(
            "Both ledgers have updates of these orders from the same time: {orders}. Nobody can "
            "tell which came last, so nothing was carried over. Look at these orders in the shop "
            "and in both ledgers (--history ORDER), and ask the administrator; from now on, use "
            "the team's ledger alone."
        ).format(orders=listed)
    )
