"""Runs of a team that were taken for lost: who did so and why, as facts and in words."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from batch_update import wording
from batch_update.i18n import _


class LossKind(StrEnum):
    """Reasons for which a run was taken for lost."""

    SILENT = "silent"
    DEAD = "dead"
    UNLOCKED = "unlocked"
    CARRIED = "carried"


class Finder(NamedTuple):
    """Who takes runs for lost.

    Args:
        operator: the name that the user goes by.
        host, pid: machine and process; empty and 0 for a person.
    """

    operator: str
    host: str = ""
    pid: int = 0


class Loss(NamedTuple):
    """What is kept of a run that was taken for lost.

    It is kept as facts, since it is read in the language of whoever reads.

    Args:
        kind: a word of `LossKind`, or of a newer version; empty if nothing was said.
        operator, host, pid: of the `Finder`.
        reason: what a person gave as the reason.
    """

    kind: str
    operator: str = ""
    host: str = ""
    pid: int = 0
    reason: str = ""


def describe(loss: Loss) -> str:
    """Return in words why a run was taken for lost: without an end."""
    who = wording.show_name(loss.operator) or _("somebody")
    if loss.kind == LossKind.CARRIED:
        return _("carried over when it had ended without a word")
    if loss.kind == LossKind.UNLOCKED:
        text = _("unlocked by {who}: {reason}").format(who=who, reason=loss.reason)
        return wording.printable(text)
    run = _("the run of {operator} (process {pid} on {host})").format(
        operator=who, pid=loss.pid, host=wording.show_name(loss.host)
    )
    if loss.kind == LossKind.DEAD:
        return wording.printable(
            _("{run} found no process of it any more, on the same machine").format(run=run)
        )
    return wording.printable(_("{run} had no sign of life of it").format(run=run))
