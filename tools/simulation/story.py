"""What a story is: sheets, starts of the program, and what goes wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from batch_update import shops
from batch_update.model import CheckedRow, OrderUpdate, Problem, Status

ZONE = dt.timezone(dt.timedelta(hours=3))
EPOCH = dt.datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
"""The moment at which every story begins."""

LOGIN = "myshop"
ADDRESSES = (
    ("https://myshop.justclick.io", ""),
    ("https://MyShop.justclick.ru:443/", ""),
    ("https://myshop.influencersoft.com./api/", ""),
    ("https://orders.example.com", "main"),
    ("https://orders.example.com:443", " Main "),
)
"""Ways to write the address of the shop, and what the user calls it."""

NOT_PAID = 202
"""The code of a payment that could not be recorded."""

_ONE_SHOP = 3
"""So many of the first addresses are one shop by themselves."""


class Kind(StrEnum):
    """How a call goes."""

    SLOW = "answers slowly"
    LOST = "connection lost"
    TIMEOUT = "no answer in time"
    HALF = "half an answer"
    PAGE = "page of a gateway"
    UNSIGNED = "answer not signed"
    REFUSED = "refused"
    DENIED = "payment denied"
    OVERLOAD = "overload"
    NO_CONNECTION = "no connection"


class Acts(StrEnum):
    """When the shop acts on a call."""

    DURING = "during the call"
    AFTER = "after it was given up"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one call goes that does not go well.

    Args:
        kind: what the client sees.
        takes_s: how long the call takes.
        acts: when the shop acts, if it is not refused.
        acts_after_s: how long after it was given up.
        code: of the page or the refusal.
        retry_after_s: how long a gateway asks to be left alone.
    """

    kind: Kind
    takes_s: float = 0.3
    acts: Acts = Acts.DURING
    acts_after_s: float = 0.0
    code: int = 0
    retry_after_s: float | None = None

    def __str__(self) -> str:
        said = [self.kind.value]
        if self.code:
            said.append(str(self.code))
        if self.retry_after_s is not None:
            said.append(f"retry after {self.retry_after_s:g} s")
        said.append(f"{self.takes_s:g} s")
        late = f" {self.acts_after_s:g} s" if self.acts is Acts.AFTER else ""
        return f"{', '.join(said)}; acts{late} {self.acts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a sheet.

    Args:
        bill_id: the order.
        status: what it says.
        day: of the parcel or the payment; None for the day of the run.
        rpo: the tracking number.
        is_invalid: whether the checks refuse it.
    """

    bill_id: int
    status: Status
    day: int | None = None
    rpo: str = ""
    is_invalid: bool = False

    def update(self, today: int) -> OrderUpdate:
        """Give what it says on a day."""
        date = None
        if self.status in {Status.SENT, Status.PAID}:
            date = EPOCH.replace(hour=0) + dt.timedelta(
                days=today if self.day is None else self.day - 10
            )
        return OrderUpdate(
            bill_id=self.bill_id,
            status=self.status,
            date=date,
            rpo=self.rpo or None if self.status is Status.SENT else None,
            is_date_assumed=date is not None and self.day is None,
        )

    def __str__(self) -> str:
        if self.is_invalid:
            return f"{self.bill_id} ?"
        day = "" if self.status not in {Status.SENT, Status.PAID} else f" day {self.day}"
        rpo = f" {self.rpo}" if self.status is Status.SENT else ""
        return f"{self.bill_id} {self.status}{day}{rpo}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A sheet.

    Args:
        name: of the file.
        sha256: of its bytes.
        lines: its rows.
    """

    name: str
    sha256: str
    lines: tuple[Line, ...]

    def rows(self, today: int) -> list[CheckedRow]:
        """Give what the checks make of it on a day."""
        rows: list[CheckedRow] = []
        first: dict[OrderUpdate, int] = {}
        for number, line in enumerate(self.lines, start=2):
            if line.is_invalid:
                problem = Problem(row=number, column=2, code="date_missing", text="empty")
                rows.append(
                    CheckedRow(row=number, bill_id=line.bill_id, update=None, problems=(problem,))
                )
                continue
            update = line.update(today)
            twin = first.setdefault(update, number)
            rows.append(
                CheckedRow(
                    row=number,
                    bill_id=line.bill_id,
                    update=update,
                    same_as=twin if twin != number else None,
                )
            )
        return rows

    def __str__(self) -> str:
        lines = "; ".join(str(line) for line in self.lines)
        return f"{self.name} (bytes {self.sha256}): {lines}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start of the program.

    Args:
        papers: which sheets, by number.
        pause_s: how long after the end of the one before.
        machine: whose ledger.
        address: how the shop's address is written, by number.
        skew_s: how much the wall clock is fast.
        workers: as the setting; None for as many as the shop takes well.
        retries: as the setting.
        timeout_s: as the setting.
        per_second: as the setting `rate`.
        is_forced: whether --force is given.
        asks_first: whether payments are asked for before they are sent.
        kill_at_s: when it is killed, since its start.
        kill_at_call: the call that kills it, and how long after that call began.
        kill_at_commit: the commit that kills it, and whether before it is durable.
        stop_at_s: when the user presses Ctrl-C.
        abandon_at_s: when they do so again.
        off_s: from when to when the account is switched off, since its start.
        is_dry_run_first: whether a dry run comes before.
        faults: what goes wrong, by the number of the call.
    """

    papers: tuple[int, ...]
    pause_s: float = 60.0
    machine: int = 0
    address: int = 0
    skew_s: float = 0.0
    workers: int | None = 1
    retries: int = 2
    timeout_s: float = 30.0
    per_second: float | None = None
    is_forced: bool = False
    asks_first: bool = True
    kill_at_s: float | None = None
    kill_at_call: tuple[int, float] | None = None
    kill_at_commit: tuple[int, bool] | None = None
    stop_at_s: float | None = None
    abandon_at_s: float | None = None
    off_s: tuple[float, float] | None = None
    is_dry_run_first: bool = False
    faults: Mapping[int, Fault] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, str]:
        """What the ledger calls the shop, and called it before it had a name."""
        url, name = ADDRESSES[self.address]
        return shops.identify(LOGIN, url, name), shops.identify(LOGIN, url)

    @property
    def is_killed(self) -> bool:
        """Whether it is to be killed."""
        ends = (self.kill_at_s, self.kill_at_call, self.kill_at_commit)
        return any(end is not None for end in ends)

    @property
    def is_left_alone(self) -> bool:
        """Whether nothing happens to it from outside."""
        is_ended = self.is_killed or self.stop_at_s is not None
        return not (is_ended or self.off_s or self.faults)

    def __str__(self) -> str:
        said = [f"{self.pause_s:g} s later"]
        said += [
            f"{name} {value}"
            for name in self.__slots__
            if name not in {"papers", "pause_s", "faults"}
            if (value := getattr(self, name)) != _USUAL[name]
        ]
        faults = [f"    call {number}: {fault}" for number, fault in sorted(self.faults.items())]
        return "\n".join((f"sheets {self.papers}; {', '.join(said)}", *faults))


_USUAL = {name: getattr(Start(papers=()), name) for name in Start.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a colleague does in the shop by hand.

    Args:
        start: before or during which start of the program.
        after_s: how long after that start.
        bill_id: with which order.
        status: what.
    """

    start: int
    after_s: float
    bill_id: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that happens.

    Args:
        seed: from which it was drawn.
        papers: the sheets.
        starts: the starts of the program, one after another.
        deeds: what colleagues do.
        settle_s: as the setting.
        books_each: whether the shop books each payment, or refuses a second one.
        is_strict: whether the shop refuses to cancel, or take back, what is so already.
        refunds: whether a returned order counts as not paid.
        shows_time: whether its answers say when they were made.
        missing: orders that the shop does not have.
    """

    seed: int
    papers: tuple[Paper, ...]
    starts: tuple[Start, ...]
    deeds: tuple[Deed, ...] = ()
    settle_s: float = 600.0
    books_each: bool = True
    is_strict: bool = False
    refunds: bool = False
    shows_time: bool = True
    missing: frozenset[int] = frozenset()

    def __str__(self) -> str:
        lines = [
            f"settle {self.settle_s:g} s; the shop "
            f"{'books each payment' if self.books_each else 'refuses a second payment'}"
            f"{', is strict' if self.is_strict else ''}"
            f"{', refunds returns' if self.refunds else ''}"
            f"{'' if self.shows_time else ', does not say what time it is'}"
            f"{f', does not have {sorted(self.missing)}' if self.missing else ''}"
        ]
        lines += [f"sheet {number} {paper}" for number, paper in enumerate(self.papers)]
        lines += [f"start {number}: {start}" for number, start in enumerate(self.starts)]
        lines += [
            f"a colleague, {deed.after_s:g} s after start {deed.start} begins: "
            f"{deed.bill_id} {deed.status}"
            for deed in self.deeds
        ]
        return "\n".join(lines)
