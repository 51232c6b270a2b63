"""How a run ended, in a few words: the subject of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from batch_update.cli import counted
from batch_update.cli.findings import count_fresh
from batch_update.cli.report import FileReport, total_counts, worst_status
from batch_update.errors import ExitStatus
from batch_update.i18n import _, ngettext
from batch_update.model import Outcome


def describe_end(
    reports: Sequence[FileReport],
    fresh: Mapping[str, frozenset[str]] | None,
    *,
    is_well_again: bool,
) -> str:
    """Say in a few words how a run ended.

    Args:
        reports: of its files.
        fresh: the fingerprints that are new, by sheet; None if all are to be told.
        is_well_again: whether all is well, and was not when people were told last.
    """
    status = worst_status(reports)
    if not status:
        return _describe_good(reports, is_well_again=is_well_again)
    if status is ExitStatus.INTERRUPTED:
        return _describe_interrupted(reports)
    if status is ExitStatus.STOPPED_EARLY:
        return (
            _("stopped early, the rest was not sent")
            if _has_rest(reports)
            else _("stopped early, but every row has had its turn")
        )
    if status is not ExitStatus.ROWS_NEED_A_PERSON:
        return _("not every sheet was worked through")
    return _describe_open(reports, fresh)


def _describe_good(reports: Sequence[FileReport], *, is_well_again: bool) -> str:
    if is_well_again:
        return _("all is well again")
    rows = counted.rows(total_counts(reports).total())
    return _("{rows}, nothing to do").format(rows=rows)


def _describe_interrupted(reports: Sequence[FileReport]) -> str:
    if all(one.summary is None for one in reports):
        return _("interrupted, nothing was sent")
    if _has_rest(reports):
        return _("interrupted, the rest was not sent")
    return _("interrupted, but every row has had its turn")


def _has_rest(reports: Sequence[FileReport]) -> bool:
    """Return whether a run left rows unsent, or sheets that it did not work through."""
    unread = [one for one in reports if one.summary is None and not one.gone]
    return bool(unread) or total_counts(reports)[Outcome.NOT_SENT] > 0


def _describe_open(
    reports: Sequence[FileReport], fresh: Mapping[str, frozenset[str]] | None
) -> str:
    failed = sum(one.summary.failed for one in reports if one.summary is not None)
    if not failed:
        return _("something needs a person")
    text = ngettext("{count} row needs a person", "{count} rows need a person", failed)
    text = text.format(count=failed)
    new = failed if fresh is None else count_fresh(reports, fresh)
    return text if new == failed else _("{text}, {fresh} of them new").format(text=text, fresh=new)
