"""Results of updates, of rows, and of the run as a whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from batch_update.errors import FailureScope
from batch_update.i18n import N_, _
from batch_update.model.updates import OrderUpdate, Problem


class Outcome(StrEnum):
    """Outcome of a row; the words are those of the results file."""

    UPDATED = N_("updated")
    ALREADY_UPDATED = N_("already updated")
    REJECTED = N_("rejected")
    INVALID = N_("invalid")
    UNCONFIRMED = N_("unconfirmed")
    NOT_SENT = N_("not sent")
    SKIPPED = N_("skipped")


PRACTICE_OUTCOME = N_("practice: {outcome}")
"""Word for an outcome of a practice run."""


class RunKind(StrEnum):
    """Kind of a run; the words are those in the names of its files."""

    REAL = "results"
    PRACTICE = "practice"
    DRY_RUN = "dry-run"

    def word_of(self, outcome: Outcome) -> str:
        """Return the word for an outcome of such a run; practice has words of its own."""
        word = _(outcome.value)
        return _(PRACTICE_OUTCOME).format(outcome=word) if self is RunKind.PRACTICE else word


DRY_RUN = "dry_run"
"""The code of a row that a dry run would have sent."""

DRY_RUN_TWIN = "dry_run_twin"
"""The code of a row equal to one that a dry run would have sent."""

IN_ORDER = frozenset({DRY_RUN, DRY_RUN_TWIN})
"""The codes of rows that need nothing before they are sent."""

SETTLED = frozenset({Outcome.UPDATED, Outcome.ALREADY_UPDATED})

CLOSED = SETTLED | {Outcome.SKIPPED}
"""Outcomes after which a row needs nothing more."""


PASSING = frozenset({FailureScope.CONNECTION, FailureScope.ANSWER, FailureScope.OVERLOAD})
"""Failures that may pass without anybody doing something about them."""


class Approach(StrEnum):
    """Way in which an update is sent or looked up.

    POST: sent. ASK: a payment; the shop is asked first, and it is sent unless it is there. AGAIN: a
    payment that is wanted even if one is there; the shop is asked first, to know whether it can
    tell later which one it has. REPEAT: sent again, with time for an earlier try to take effect.
    LOOK: a payment that may be on its way; the shop is asked, and nothing is sent. SETTLE: a
    payment that may have been made long ago; the shop is asked, and it is sent unless it is there,
    or unless the shop cannot tell. INSIST: the same, but it is sent also if the shop cannot tell.
    """

    POST = "post"
    ASK = "ask"
    AGAIN = "again"
    REPEAT = "repeat"
    LOOK = "look"
    SETTLE = "settle"
    INSIST = "insist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment by two clocks; either may be wrong, and the machine's may be set.

    Args:
        machine: by the machine's clock, with a zone.
        shop: by the shop's, as far as known from its answers; None if unknown.
    """

    machine: dt.datetime
    shop: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A run at work.

    Args:
        pid: its process.
        host: the machine that it is on.
        since: its start.
        user: whose run it is; empty if an older program did not note that.
    """

    pid: int
    host: str
    since: dt.datetime
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUpdate:
    """An event of an update, as it was noted in the ledger.

    Args:
        outcome: the outcome; None if it was about to be sent.
        code: the API's number or a word of ours; empty if it was updated.
        text: the message about it.
        file: the sheet it was read from.
        row: its row there.
        at: the time of the note, with a zone, by the clock of then.
        seq: its place in the order of all notes.
        sha256: of the sheet's bytes; empty if that is not known.
        is_foreseen: whether it was not noted, but a dry run foresees it.
        by: whose run it was, and on which machine; empty where a shop has one run at a time.
        is_beside: whether that run was at work while this one was.
    """

    outcome: Outcome | None
    code: str
    text: str
    file: str
    row: int
    at: dt.datetime
    seq: int = 0
    sha256: str = ""
    is_foreseen: bool = False
    by: str = ""
    is_beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An update as the ledger knows it, with its account.

    Args:
        account: the shop.
        update: the update.
        past: the last note.
        confirmed: the note of the shop's last confirmation; None if it never confirmed it.
        confirmed_from: the place of the first try that may have led to that.
        unknown_since: time when the last try of unknown outcome was given up, on which the shop may
            have acted or still may, by the clocks of then; None if there is none.
        unknown_before: times when earlier such tries were given up.
        unknown_seq: the place of that try in the order of all notes.
        unknown_from: the place of the first try that may lead to the next confirmation; 0 if there
            is none of unknown outcome.
        is_open: whether the run of that try was cut off or goes on, so that its outcome was not
            reported.
    """

    account: str
    update: OrderUpdate
    past: PastUpdate
    confirmed: PastUpdate | None = None
    confirmed_from: int = 0
    unknown_since: Moment | None = None
    unknown_before: tuple[Moment, ...] = ()
    unknown_seq: int = 0
    unknown_from: int = 0
    is_open: bool = False

    @property
    def may_have_happened(self) -> bool:
        """Return whether the shop may have acted on it since its last confirmation, if any."""
        confirmed = self.confirmed.seq if self.confirmed else 0
        return self.unknown_since is not None and self.unknown_seq > confirmed


class SendResult(Struct, frozen=True, kw_only=True):
    """The outcome of sending one update.

    Args:
        outcome: updated, already updated, rejected, unconfirmed or not sent.
        error_code: the API's number if it answered, else a word of ours; None if updated.
        error_text: the message and advice.
        attempts: number of times the update was posted.
        settled_at: time of the verified answer, with a zone; None if none came.
        scope: the part of the run that the failure concerns; ROW also if there is none.
        unknown_since: time when the last try was given up that the shop may still act on; None if
            there is none.
        may_be_looked_up: whether the shop may show its outcome later.
        is_for_person: whether no later run can settle it by itself.
    """

    outcome: Outcome
    error_code: int | str | None = None
    error_text: str = ""
    attempts: int = 0
    settled_at: dt.datetime | None = None
    scope: FailureScope = FailureScope.ROW
    unknown_since: Moment | None = None
    may_be_looked_up: bool = False
    is_for_person: bool = False

    @property
    def is_deferred(self) -> bool:
        """Whether a later run may well settle it by itself."""
        is_open = self.outcome in {Outcome.NOT_SENT, Outcome.UNCONFIRMED}
        may_pass = self.may_be_looked_up or self.scope in PASSING
        return is_open and may_pass and not self.is_for_person


class Before(Struct, frozen=True, kw_only=True):
    """What an earlier run said of a row.

    Args:
        outcome: its outcome then; None if another update of its order is meant.
        code: the API's number or a word of ours; empty if it was updated.
        text: in words, with the time and the place.
    """

    outcome: Outcome | None
    code: str
    text: str


class Result(Struct, frozen=True, kw_only=True):
    """Result of one input row in the results file; every row has exactly one.

    Args:
        row: the row's number in the sheet.
        outcome: the outcome.
        error_code: the API's number or a word of ours; None if all is well.
        error_text: the message and advice.
        attempts: number of times the update was posted.
        updated_at: time of the shop's confirmation.
        update: the row's update; None if it is invalid.
        problems: everything wrong with the row.
        warnings: oddities of the row.
        before: what an earlier run said of it; only in a dry run.
    """

    row: int
    outcome: Outcome
    error_code: int | str | None = None
    error_text: str = ""
    attempts: int = 0
    updated_at: dt.datetime | None = None
    update: OrderUpdate | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    before: Before | None = None

    @property
    def needs_person(self) -> bool:
        """Return whether somebody must act on the row."""
        return self.outcome not in CLOSED and self.error_code not in IN_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Facts about a run, stored with its results.

    Args:
        account: the shop's name, as the ledger has it; empty where nothing was sent.
        mode: the kind of run, in words.
        version: of the program.
        started_at: start of the run, with a zone.
        took_s: seconds that reading, checking and sending took.
        kind: the kind of run.
        shop: the shop that the run spoke to, in words.
    """

    account: str
    mode: str
    version: str
    started_at: dt.datetime
    took_s: float
    kind: RunKind = RunKind.REAL
    shop: str = ""
