"""Statuses of an order, and the rules of each.

A further status is a member of `Status` and one rule here, its answer in the sandbox, and its words
in `texts.statuses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.model.answers import PaymentState
from batch_update.model.fields import Field


class Status(StrEnum):
    """Status of an order; the words are the API's.

    Attributes:
        rule: the rules of the status.
    """

    rule: StatusRule

    @property
    def label(self) -> str:
        """Its word for people."""
        return _(self.rule.label)

    SENT = "sent"
    PAID = "paid"
    RETURN = "return"
    CANCEL = "cancel"


class Subject(Enum):
    """The thing that moves when an order gets a status."""

    PARCEL = auto()
    MONEY = auto()
    ORDER = auto()
    """Neither of the two alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """Rules of one status.

    A relation between two statuses is stated by the one that comes later in `Status`, so that a
    further one changes none of those above it.

    Args:
        subject: the thing that moves.
        is_end: whether in most shops nothing is to come of an order after it.
        date_field: the field that its date is in; a date for whatever status serves too. None if it
            needs no date.
        needs_tracking: whether it needs a tracking number.
        is_repeatable: whether setting it again is harmless. A status that is not repeatable, such
            as a payment, is sent again only if the shop did not act, and it is the same update
            whatever its date.
        proved_by: the state of an order, read back, that shows it; None if the shop does not show
            it. A status that is not repeatable needs one.
        supersedes: statuses above it that the shop no longer shows once it has confirmed this one.
        superseded_by: statuses, itself and above, that take its place once they are confirmed.
        would_undo: statuses, itself and above, that an older row of it would undo.
        undone_by: statuses above it of which an older row would undo it.
        label: its word for people; as it stands here, the API's.
        words: its words in a sheet, in the form of `wording.normalise`.
        state: phrase for an order that has it.
        done: phrase for the event on the day of its date; empty if it has none.
        event: the same in a clause.
    """

    subject: Subject
    is_end: bool = False
    date_field: Field | None = None
    needs_tracking: bool = False
    is_repeatable: bool = True
    proved_by: PaymentState | None = None
    supersedes: frozenset[Status] = frozenset()
    superseded_by: frozenset[Status] = frozenset()
    would_undo: frozenset[Status] = frozenset()
    undone_by: frozenset[Status] = frozenset()
    label: str
    words: tuple[str, ...]
    state: str
    done: str = ""
    event: str = ""

    @property
    def needs_date(self) -> bool:
        """Return whether it needs a date."""
        return self.date_field is not None


_RULES = {
    Status.SENT: StatusRule(
        subject=Subject.PARCEL,
        date_field=Field.DATE_SENT,
        needs_tracking=True,
        # Another parcel takes the place of the first.
        superseded_by=frozenset({Status.SENT}),
        would_undo=frozenset({Status.SENT}),
        label=N_("sent"),
        words=(
            *("sent", "shipped", "dispatched", "despatched", "fulfilled"),
            *("отправлен", "отправлено", "отправлена", "отправлены"),
            *("отгружен", "отгружено", "отгружена", "отгружены"),
            *("выслан", "выслано", "выслана", "высланы"),
        ),
        state=N_("sent"),
        done=N_("posted"),
        event=N_("the parcel was posted"),
    ),
    # A payment stands beside parcels and beside other payments.
    Status.PAID: StatusRule(
        subject=Subject.MONEY,
        date_field=Field.DATE_PAID,
        is_repeatable=False,
        proved_by=PaymentState.PAID,
        label=N_("paid"),
        words=(
            *("paid", "payment_received", "payment received"),
            *("оплачен", "оплачено", "оплачена", "оплачены", "оплата получена"),
        ),
        state=N_("paid"),
        done=N_("paid"),
        event=N_("the order paid"),
    ),
    Status.RETURN: StatusRule(
        subject=Subject.PARCEL,
        is_end=True,
        supersedes=frozenset({Status.SENT, Status.PAID}),
        superseded_by=frozenset({Status.SENT}),
        would_undo=frozenset({Status.SENT, Status.RETURN}),
        undone_by=frozenset({Status.SENT, Status.PAID}),
        label=N_("return"),
        words=(
            *("return", "returned", "возврат"),
            *("возвращен", "возвращено", "возвращена", "возвращены"),
        ),
        state=N_("returned"),
    ),
    Status.CANCEL: StatusRule(
        subject=Subject.ORDER,
        is_end=True,
        proved_by=PaymentState.CANCELLED,
        supersedes=frozenset({Status.SENT, Status.PAID, Status.RETURN}),
        superseded_by=frozenset({Status.SENT, Status.PAID, Status.RETURN}),
        would_undo=frozenset({Status.SENT, Status.RETURN, Status.CANCEL}),
        undone_by=frozenset({Status.SENT, Status.PAID, Status.RETURN}),
        label=N_("cancel"),
        words=(
            *("cancel", "canceled", "cancelled"),
            *("отмена", "отменен", "отменено", "отменена", "отменены"),
            *("аннулирован", "аннулировано", "аннулирована"),
        ),
        state=N_("cancelled"),
    ),
}

for _status in Status:
    _status.rule = _RULES[_status]


def _related(are_related: Callable[[Status, Status], bool]) -> Mapping[Status, frozenset[Status]]:
    """For each status, list those to which it stands in a relation."""
    return {
        status: frozenset(other for other in Status if are_related(status, other))
        for status in Status
    }


SUPERSEDED_BY = _related(
    lambda status, other: other in status.rule.superseded_by or status in other.rule.supersedes
)
"""For each status: those that take its place once the shop has confirmed them."""

WOULD_UNDO = _related(
    lambda status, other: other in status.rule.would_undo or status in other.rule.undone_by
)
"""For each status: those that an older row of it would undo."""

HIDDEN_BY = _related(
    lambda status, other: (
        status.rule.proved_by is not None
        and other.rule.proved_by not in {None, status.rule.proved_by}
    )
)
"""For each status: those that the shop shows in its place once it has confirmed them."""

WITH_DATE = tuple(status for status in Status if status.rule.needs_date)
WITH_TRACKING = tuple(status for status in Status if status.rule.needs_tracking)


def listed() -> str:
    """List all statuses by the API's words, as they are typed into commands and config files."""
    return ", ".join(Status)


def labels() -> str:
    """List all statuses by their words for people, as they are written into sheets."""
    return ", ".join(status.label for status in Status)


def choices() -> str:
    """List all statuses, of which one is to be chosen for a sheet."""
    return wording.either(status.label for status in Status)
