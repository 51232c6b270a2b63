"""Reading of the ledger for people: of any version, beside a run, without a change to its file."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from batch_update.ledger import queries
from batch_update.ledger.attempts import pair_notes
from batch_update.ledger.entries import from_ms, to_ms, utc_now
from batch_update.ledger.processes import is_running
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
from batch_update.ledger.sqlite import migration, sql
from batch_update.ledger.sqlite.guard import Guard
from batch_update.ledger.standing import open_updates
from batch_update.model import Outcome, Status

_WAIT_S = 2.0
_CANNOT_OPEN = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_SILENT_FOR = dt.timedelta(minutes=15)
"""After so long without a sign, a run of another machine counts as cut off."""

_SILENT_HERE = dt.timedelta(days=1)
"""After so long, a process of the run's number is another one; no run waits longer."""

_EVER = (0, 2**62)
_ROWS_AT_A_TIME = 500


class LedgerReader:
    """The ledger as it is at one moment; a context that closes it.

    Args:
        path: its file, which must be there.
        shops: names of the shops that are looked at; empty for all.

    Raises:
        LedgerInUseError: another program keeps it to itself.
        LedgerError: it cannot be read, is damaged, or of a newer version.
    """

    def __init__(self, path: Path, shops: Sequence[str] = ()) -> None:
        path = Path(os.path.realpath(path))
        self._guard = Guard(path)
        self._shops = tuple(shops)
        self._host, self._now = platform.node(), utc_now()
        with self._guard.told_when_read():
            self._database = self._open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self._database.close()

    def shops(self) -> list[str]:
        """List the names of all shops."""
        return [str(name) for (name,) in self._read(queries.SHOPS, ())]

    def first_note(self) -> dt.datetime | None:
        """Return the time of the first note; None if there is none."""
        ((at,),) = self._read(queries.FIRST_NOTE, ())
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
                counts = dict(self._read(queries.SHEET_COUNTS, (number,)))
                if not facts[4]:
                    noted = self._last_notes(span) if noted is None else noted
                    counts = noted.get(number, {})
                with self._guard.told_when_read():
                    sheets.append(_sheet(facts, counts))
            with self._guard.told_when_read():
                run = self._run(lines[0][:13], sheets)
            yield run

    def attempts(self, bill_id: int) -> list[AttemptRecord]:
        """List all attempts of an order, in the order in which they were noted."""
        rows = self._asked(queries.LINES, (bill_id,))
        with self._guard.told_when_read():
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
        for span, *words, updates, attempts in self._asked(queries.TOTALS, (last, first)):
            if not updates and not attempts:
                continue
            with self._guard.told_when_read():
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
        return [
            RefusalTotal(
                code=str(code or ""),
                text=str(text or ""),
                updates=int(updates),
                refusals=int(count),
            )
            for code, text, updates, count in self._asked(queries.REFUSALS, (last, first))
        ]

    def _open(self, path: Path) -> sqlite3.Connection:
        db = _connect(path)
        try:
            version = self._guard.version_of(db)
            if version in {0, 1}:
                db = _copy_up_to_date(db, version)
            elif version == 2:
                for statement in sql.AS_IF_OF_VERSION_3:
                    db.execute(statement)
            db.execute("PRAGMA query_only = ON")
            # All that is read is of one moment, whatever a run notes meanwhile.
            db.execute("BEGIN")
        except BaseException:
            db.close()
            raise
        return db

    def _asked(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Ask of the chosen shops."""
        names = self._shops or self.shops() or [""]
        return self._read(query.format(names=", ".join("?" * len(names))), (*values, *names))

    def _read(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        with self._guard.told_when_read():
            cursor = self._database.execute(query, values)
        while True:
            with self._guard.told_when_read():
                rows = cursor.fetchmany(_ROWS_AT_A_TIME)
            if not rows:
                return
            yield from rows

    def _last_notes(self, span: tuple[int, int]) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for sheet, event, count in self._read(queries.LAST_NOTES, span):
            found.setdefault(int(sheet), {})[str(event)] = int(count)
        return found

    def _run(self, line: Sequence[Any], sheets: Sequence[SheetRecord] = ()) -> RunRecord:
        number, shop, operator, os_user, kind, host, pid, version, *moments = line
        started_at, alive_at, ended_at, exit_status, last = moments
        alive = _moment(alive_at) or _moment(started_at)
        state = RunState.ENDED
        if not ended_at:
            is_there = number == last and self._may_live(str(host), int(pid), alive)
            state = RunState.GOING_ON if is_there else RunState.CUT_OFF
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
        )

    def _may_live(self, host: str, pid: int, alive_at: dt.datetime | None) -> bool:
        """Return whether the last run of its shop, of which no end is noted, may go on."""
        silent_for = dt.timedelta.max if alive_at is None else self._now - alive_at
        if host != self._host:
            return silent_for < _SILENT_FOR
        return silent_for < _SILENT_HERE and is_running(pid)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a ledger so that the files beside it are afterwards as they were before."""
    write_ahead_log = path.with_name(f"{path.name}-wal")
    # Who may write takes away the files that were made for reading; those of a run are left alone.
    mode = "ro" if write_ahead_log.exists() else "rw"
    place = path.absolute().as_uri()
    db = sqlite3.connect(f"{place}?mode={mode}", uri=True, timeout=_WAIT_S, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        db.close()
        is_shut = getattr(error, "sqlite_errorcode", 0) & 0xFF in _CANNOT_OPEN
        if not is_shut or write_ahead_log.exists():
            raise
        # A folder without the right to write, in which nobody is at work.
        return sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except BaseException:
        db.close()
        raise
    return db


def _copy_up_to_date(db: sqlite3.Connection, version: int) -> sqlite3.Connection:
    """Return a copy that goes with the program, made as one of the present version."""
    copy = sqlite3.connect("", isolation_level=None)
    with contextlib.closing(db):
        if version:
            db.backup(copy)
    copy.execute("BEGIN")
    migration.bring_up_to_date(copy, version, lambda __: None)
    copy.execute("COMMIT")
    return copy


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
