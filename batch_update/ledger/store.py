"""The interface between a shop's part of the ledger and the database that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from batch_update.ledger.entries import Key
from batch_update.model import Entry, Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetName:
    """A sheet as it is known again.

    Args:
        name: of its file; empty for none.
        sha256: of its bytes; empty if that is not known.
        origins: possible names of the sheet whose results or failures it is; none for a sheet that
            is neither.
    """

    name: str
    sha256: str = ""
    origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEnd:
    """The end of a sheet.

    Args:
        at_ms: when its results were written, in milliseconds since 1970.
        counts: number of rows by outcome.
        exit_status: the one that it alone would give.
        plan: the fingerprint of its plan.
    """

    at_ms: int
    counts: Mapping[str, int]
    exit_status: int
    plan: str


class Note:
    """The beginning or the end of an attempt. Not a dataclass: one is made twice for each row.

    Args:
        bill_id: the order.
        key: the update within it.
        row: the row that it is made for.
        event: `SENDING`, or the outcome.
        at_ms: when, in milliseconds since 1970.

    Attributes:
        posts: how often the update was sent; None if it is not known.
        code, text: of what came of it, if anything is to be said.
        unknown_ms: when the last request was given up that the shop may still act on.
        is_for_new: whether it counts only if nothing is known of the update yet.
    """

    __slots__ = (
        *("at_ms", "bill_id", "code", "event", "is_for_new", "key", "posts", "row", "text"),
        "unknown_ms",
    )

    def __init__(self, bill_id: int, key: Key, row: int, event: str, at_ms: int) -> None:
        self.bill_id = bill_id
        self.key = key
        self.row = row
        self.event = event
        self.at_ms = at_ms
        self.posts: int | None = None
        self.code: str | None = None
        self.text: str | None = None
        self.unknown_ms: int | None = None
        self.is_for_new = False


class Store(Protocol):
    """The database of a ledger; each method may raise a `LedgerError`.

    After an error, nothing counts that was written since the last `commit`. Shops, runs and sheets
    go by their numbers. The first of several numbers of a shop is the one that is written; the
    others are those of its former names.
    """

    @property
    def most_ahead(self) -> int | None:
        """Most orders that a run claims ahead of its needs; None where it holds the shop alone."""

    def entries(self, shops: Sequence[int], bill_ids: Sequence[int]) -> list[Entry]:
        """Return the known entry of each update of some orders."""

    def first_seen(self, sheet: SheetName, shops: Sequence[int], run: int | None) -> int | None:
        """Return the number at which another run began a sheet; `AccountLedger` says which."""

    def begin_sheet(self, run: int, sheet: SheetName, at_ms: int) -> int:
        """Note that a sheet's turn has come; return its number."""

    def write(self, notes: Sequence[Note], shop: int, sheet: int) -> None:
        """Write notes in their order; they are durable after the next `commit`."""

    def end_sheet(self, sheet: int, end: SheetEnd) -> None:
        """Note that a sheet has its results."""

    def stay_alive(self, run: int, at_ms: int, ahead_ms: int | None) -> None:
        """Note that a run lives, and the lead of the shop's clock if it is known."""

    def claim(self, shop: int, bill_ids: Sequence[int]) -> Mapping[int, Holder]:
        """Claim orders for this run alone; return those that another run works on, and which."""

    def release(self, shop: int, bill_ids: Sequence[int]) -> None:
        """Let go of orders, with the next `commit`."""

    def commit(self) -> None:
        """Make all that was written durable, or none of it."""
