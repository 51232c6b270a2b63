"""Reading of the ledger for people, beside the runs that write it."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol, Self

from batch_update.ledger import queries
from batch_update.ledger.attempts import pair_notes
from batch_update.ledger.entries import from_ms, to_ms
from batch_update.ledger.losses import Loss
from batch_update.ledger.records import (
    AttemptRecord,
    DayTotal,
    OpenUpdate,
    RefusalTotal,
    RunRecord,
    RunState,
    SheetRecord,
    StartedBy,
)
from batch_update.ledger.standing import open_updates
from batch_update.model import Outcome, Status

_EVER = (0, 2**62)


class RunSigns(NamedTuple):
    """The signs by which a run without a noted end goes on, or was cut off.

    Args:
        number: its number.
        is_last: whether it is the last one of its shop.
        host, pid: its machine and process.
        alive_at: its last sign of life; None if it gave none.
    """

    number: int
    is_last: bool
    host: str
    pid: int
    alive_at: dt.datetime | None


class Source(Protocol):
    """A ledger's database, open for reading, as it is at one moment."""

    def close(self) -> None:
        """Let go of it."""

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Turn faults of the values that are read into a line for the user."""

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Iterate over the lines that a query finds; `?` stands for each value."""

    def is_at_work(self, run: RunSigns) -> bool:
        """Return whether a run without a noted end goes on."""

    def remarks_on(self, run: int) -> tuple[str, Loss | None]:
        """Return the reason that was given for a run, and why it was taken for lost."""


class LedgerReader:
    """The ledger as it is at one moment; a context that closes it.

    Args:
        source: its database.
        shops: names of the shops that are looked at; empty for all.
    """

    def __init__(self, source: Source, shops: Sequence[str] = ()) -> None:
        self._source = source
        self._shops = tuple(shops)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self._source.close()

    def shops(self) -> list[str]:
        """List the names of all shops."""
        return [str(name) for (name,) in self._source.rows(queries.SHOPS, ())]

    def first_note(self) -> dt.datetime | None:
        """Return the time of the first note; None if there is none."""
        ((at,),) = self._source.rows(queries.FIRST_NOTE, ())
        return None if at is None else from_ms(int(at))

    def runs(
        self, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> Iterator[RunRecord]:
        """Iterate over the runs that began within a time, oldest first."""
        span = _span(since, until)
        rows = self._asked(queries.RUNS, span)
        noted: dict[int, dict[str, int]] | None = None
        for __, group in itertools.groupby(rows, key=lambda row: row[0]):
            lines = list(group)
            sheets = []
            for line in lines:
                number, *facts = line[13:]
                if number is None:
                    continue
                counts = dict(self._source.rows(queries.SHEET_COUNTS, (number,)))
                if not facts[4]:
                    noted = self._last_notes(span) if noted is None else noted
                    counts = noted.get(number, {})
                with self._source.told():
                    sheets.append(_sheet(facts, counts))
            with self._source.told():
                run = self._run(lines[0][:13], sheets)
            yield run

    def attempts(self, bill_id: int) -> list[AttemptRecord]:
        """List all attempts of an order, in the order in which they were noted."""
        rows = self._asked(queries.LINES, (bill_id,))
        with self._source.told():
            return pair_notes((row[:16], self._run(row[16:])) for row in rows)

    def open_updates(self) -> Iterator[OpenUpdate]:
        """Iterate over the updates whose outcome is not known, order by order."""
        for (bill_id,) in list(self._asked(queries.DOUBTFUL_ORDERS, ())):
            attempts = self.attempts(int(bill_id))
            for shop in dict.fromkeys(attempt.shop for attempt in attempts):
                yield from open_updates([one for one in attempts if one.shop == shop])

    def totals(
        self, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> Iterator[DayTotal]:
        """Iterate over the results within a time, summed up by quarters of an hour."""
        first, last = _span(since, until)
        values = last, first, last, first
        for span, *words, updates, attempts in self._asked(queries.TOTALS, values):
            if not updates and not attempts:
                continue
            with self._source.told():
                shop, sheet, operator, status, outcome = map(str, words)
                total = DayTotal(
                    at=from_ms(int(span) * queries.SPAN_MS),
                    shop=shop,
                    sheet=sheet,
                    operator=operator,
                    status=Status(status),
                    outcome=Outcome(outcome),
                    updates=int(updates),
                    attempts=int(attempts),
                )
            yield total

    def refusals(
        self, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> list[RefusalTotal]:
        """Sum up the shop's refusals within a time by their codes, most frequent first."""
        first, last = _span(since, until)
        values = last, first, last, first
        return [
            RefusalTotal(
                code=str(code or ""),
                text=str(text or ""),
                updates=int(updates),
                refusals=int(count),
            )
            for code, text, updates, count in self._asked(queries.REFUSALS, values)
        ]

    def _asked(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Ask of the chosen shops."""
        names = self._shops or self.shops() or [""]
        return self._source.rows(query.format(names=", ".join("?" * len(names))), (*values, *names))

    def _last_notes(self, span: tuple[int, int]) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for sheet, event, count in self._source.rows(queries.LAST_NOTES, span):
            found.setdefault(int(sheet), {})[str(event)] = int(count)
        return found

    def _run(self, line: Sequence[Any], sheets: Sequence[SheetRecord] = ()) -> RunRecord:
        number, shop, operator, os_user, kind, host, pid, version, *moments = line
        started_at, alive_at, ended_at, exit_status, last = moments
        alive = _moment(alive_at) or _moment(started_at)
        state = RunState.ENDED
        if not ended_at:
            signs = RunSigns(int(number), number == last, str(host), int(pid), alive)
            is_there = self._source.is_at_work(signs)
            state = RunState.GOING_ON if is_there else RunState.CUT_OFF
        reason, loss = self._source.remarks_on(int(number))
        return RunRecord(
            id=int(number),
            shop=str(shop),
            by=StartedBy(operator=str(operator), os_user=str(os_user), kind=str(kind)),
            host=str(host),
            pid=int(pid),
            version=str(version),
            state=state,
            started_at=_moment(started_at),
            alive_at=alive,
            ended_at=_moment(ended_at) if int(ended_at) > 1 else None,
            exit_status=None if exit_status is None else int(exit_status),
            sheets=tuple(sheets),
            reason=reason,
            loss=loss,
        )


def _sheet(facts: Sequence[Any], counts: dict[str, int]) -> SheetRecord:
    name, sha256, plan, begun_at, done_at, exit_status = facts
    return SheetRecord(
        name=str(name),
        sha256=str(sha256),
        plan=str(plan),
        begun_at=_moment(begun_at),
        ended_at=_moment(done_at),
        exit_status=None if exit_status is None else int(exit_status),
        counts=counts,
        is_whole=bool(done_at),
    )


def _moment(milliseconds: Any) -> dt.datetime | None:
    return from_ms(int(milliseconds)) if milliseconds else None


def _span(since: dt.datetime | None, until: dt.datetime | None) -> tuple[int, int]:
    first, last = _EVER
    return (
        first if since is None else to_ms(since),
        last if until is None else to_ms(until),
    )
