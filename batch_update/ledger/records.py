"""What the ledger tells of runs, sheets and attempts, as values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from batch_update.i18n import N_
from batch_update.ledger.losses import Loss
from batch_update.model import OrderUpdate, Outcome, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedBy:
    """Whose run it is.

    Args:
        operator: the name that the user goes by.
        os_user: the user of the operating system.
        kind: of run; a word of `RunKind`.
    """

    operator: str = ""
    os_user: str = ""
    kind: str = ""


NOBODY = StartedBy()
"""Of a run of which nothing is known."""


class RunKind(StrEnum):
    """Kinds of runs that note what they do."""

    SEND = "send"
    FORCE = "force"


class RunState(StrEnum):
    """State of a run, as far as its notes and its process tell."""

    ENDED = N_("ended")
    GOING_ON = N_("going on")
    CUT_OFF = N_("cut off")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRecord:
    """A sheet of a run.

    Args:
        name: of its file.
        sha256: of its bytes; empty if that is not known.
        plan: the fingerprint of its plan; empty if that is not known.
        begun_at: when its turn came; None if that is not known.
        ended_at: when its results were written; None if they were not, or it is not known.
        exit_status: the one that it alone would give; None if it has none.
        counts: number of rows by outcome; for a sheet without a noted end, number of updates by
            what was noted of them last, `sending` for those without an outcome.
        is_whole: whether the counts are those of all rows.
    """

    name: str
    sha256: str
    plan: str
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    exit_status: int | None
    counts: Mapping[str, int]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run that sent updates to a shop, or could have.

    Args:
        id: its number.
        shop: the name of the shop.
        by: whose run it is.
        host: the machine.
        pid: of its process.
        version: of the program.
        state: whether it has ended.
        started_at: None if that is not known.
        alive_at: the last sign of life; None if there is none.
        ended_at: None if it has not ended.
        exit_status: None if it has not ended, or an older version wrote it.
        sheets: those that it began.
        reason: the reason that was given for it, where one must be; else empty.
        loss: why a team took it for lost; None if none did.
    """

    id: int
    shop: str
    by: StartedBy
    host: str
    pid: int
    version: str
    state: RunState
    started_at: dt.datetime | None
    alive_at: dt.datetime | None
    ended_at: dt.datetime | None
    exit_status: int | None
    sheets: Sequence[SheetRecord] = ()
    reason: str = ""
    loss: Loss | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """A try of an update, or a note that it was not tried.

    Args:
        shop: the name of the shop.
        update: the update.
        seq: the number of its last note.
        begun_at: when it was begun; None if it was not.
        ended_at: when its outcome was noted; None if none was.
        outcome: None if none was noted.
        code: the API's number or a word of ours; empty for none.
        text: what was said of it.
        posts: how often it was sent; None if that was not noted.
        unknown_at: when the last request was given up that the shop may still act on; None if there
            is none.
        row: its row in the sheet.
        sheet: the sheet; without counts.
        run: the run; without its sheets.
    """

    shop: str
    update: OrderUpdate
    seq: int
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    outcome: Outcome | None
    code: str
    text: str
    posts: int | None
    unknown_at: dt.datetime | None
    row: int
    sheet: str
    sha256: str
    run: RunRecord

    @property
    def is_under_way(self) -> bool:
        """Return whether its outcome may still be noted."""
        return self.outcome is None and self.run.state is RunState.GOING_ON


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpdate:
    """An update whose outcome is not known.

    Args:
        since: when the first try was begun or given up of which nothing is known.
        last: the last such try.
        tries: number of such tries.
    """

    since: dt.datetime
    last: AttemptRecord
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """Results of one quarter of an hour, day or longer, alike in all else; docs/reference.md.

    Args:
        at: begin of the span.
        shop: the name of the shop.
        sheet: name of the file.
        operator: whose run it was.
        status: the order status.
        outcome: the outcome.
        updates: number of updates that count here; each counts once.
        attempts: how often they were sent.
    """

    at: dt.datetime
    shop: str
    sheet: str
    operator: str
    status: Status
    outcome: Outcome
    updates: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalTotal:
    """The shop's refusals with one code.

    Args:
        code: the code.
        text: the words of one of them.
        updates: number of updates of which it is the last word; each counts once.
        refusals: number of refusals.
    """

    code: str
    text: str
    updates: int
    refusals: int
