"""What is carried from one ledger to another, and the two sides of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

TEAM_FROM = 2**52
"""First number of an event that a team's database has numbered itself."""

TIMED_FROM = 2**40
"""First number that stands for a moment: a file counts its own events from 1 on."""

SLOTS_PER_MS = 1024
"""Numbers that a millisecond has, where events are numbered by their moments."""


class Run(NamedTuple):
    """A run, as both kinds of ledger know it; moments are in milliseconds since 1970."""

    id: int
    shop: str
    pid: int
    host: str
    version: str
    started_at: int
    alive_at: int
    ahead: int | None
    ended_at: int
    operator: str
    os_user: str
    kind: str
    exit_status: int | None

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two notes of different ledgers the same run."""
        return self.shop, self.host, self.pid, self.started_at, self.kind


class Sheet(NamedTuple):
    """A sheet of a run."""

    id: int
    run: int
    name: str
    sha256: str
    seq: int
    begun_at: int
    done_at: int
    exit_status: int | None
    plan: str

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two notes of the same run the same sheet."""
        return self.run, self.name, self.sha256, self.begun_at


class Event(NamedTuple):
    """A line of an attempt, with its update."""

    seq: int
    shop: str
    bill_id: int
    status: str
    date: int
    rpo: str
    event: str
    at: int
    sheet: int
    row: int
    posts: int | None
    code: str | None
    text: str | None
    unknown_at: int | None


class Staged(NamedTuple):
    """An event, or the begin of a sheet, on its way; shop and sheet go by the target's numbers.

    Args:
        place: its place among all that is carried, from 1 on.
        base: the least number that it may have in the target, or has there.
        is_new: whether it belongs to a sheet that the target did not have; 0 or 1.
    """

    place: int
    shop: int
    bill_id: int
    status: str
    date: int
    rpo: str
    event: str
    at: int
    sheet: int
    line: int
    posts: int | None
    code: str | None
    text: str | None
    unknown_at: int | None
    base: int
    is_new: int


class Source(Protocol):
    """A ledger that is read as it is at one moment, at which nobody works with it.

    Attributes:
        is_numbered_by_team: whether its numbers are valid in other ledgers too.
    """

    is_numbered_by_team: bool

    def count(self) -> int:
        """Return the number of events."""

    def shops(self) -> list[str]:
        """List the names of all shops."""

    def runs(self) -> Iterator[Run]:
        """Iterate over all runs, in their order."""

    def sheets(self) -> Iterator[Sheet]:
        """Iterate over all sheets, in their order."""

    def counts(self) -> Iterator[tuple[int, str, int]]:
        """Iterate over sheets' numbers of rows by outcome."""

    def events(self) -> Iterator[Event]:
        """Iterate over all events, in their order."""


class Database(Protocol):
    """The target's database, within the one transaction in which everything is written.

    Attributes:
        schema: what stands in front of each name of a table.
        lasting: how long a temporary table lasts.
        is_team: whether it is a team's.
    """

    schema: str
    lasting: str
    is_team: bool

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; `?` stands for each value."""

    def many(self, statement: str, lines: Iterable[Sequence[object]]) -> None:
        """Run a statement for each line."""

    def lines(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over what a query finds, without holding all of it."""

    def stage(self, events: Iterable[Staged]) -> None:
        """Fill the table `carried`."""

    def now_ms(self) -> int:
        """Return this moment by the ledger's clock."""

    def take_ids(self, kind: str, count: int) -> list[int]:
        """Return new numbers of `shops`, `runs` or `sheets`, ascending."""

    def take_blocks(self, count: int) -> list[int]:
        """Return the first ids of so many blocks of `BLOCK` ids for updates."""

    def number_from(self, last: int) -> None:
        """Let the ledger number its own next event after a number."""


BLOCK = 2**20
"""Size of a block of ids."""


class Target(Protocol):
    """A ledger into which another one is carried."""

    def begin(self, shops: Sequence[str]) -> contextlib.AbstractContextManager[Database]:
        """Begin the transaction, while no run works with these shops; commit it at the end.

        Raises:
            LedgerInUseError: a run does.
            LedgerError: the ledger cannot be used.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many were new to the target, and how many it knew."""

    new: int = 0
    known: int = 0

    def plus(self, *, is_new: bool) -> Count:
        """Return the count with one more."""
        if is_new:
            return replace(self, new=self.new + 1)
        return replace(self, known=self.known + 1)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was carried over, in numbers."""

    shops: Count = field(default_factory=Count)
    runs: Count = field(default_factory=Count)
    sheets: Count = field(default_factory=Count)
    updates: Count = field(default_factory=Count)
    events: Count = field(default_factory=Count)
