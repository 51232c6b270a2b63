"""What earlier runs said of a row, from the ledger, for a dry run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from batch_update import wording
from batch_update.i18n import _
from batch_update.model import Before, Entry, OrderUpdate, Outcome, PastUpdate


def recall(update: OrderUpdate, entries: Sequence[Entry], zone: dt.tzinfo | None) -> Before | None:
    """Return what was last noted of an update, or of its order if nothing was.

    Args:
        update: of the row.
        entries: the order's entries from earlier runs.
        zone: the zone in which times are shown.
    """
    if not entries:
        return None
    own = [entry for entry in entries if _is_same(update, entry.update)]
    last = max(own or entries, key=lambda entry: entry.past.seq)
    past = last.past
    if own:
        return Before(outcome=_outcome(past), code=past.code, text=_in_words(last, zone))
    text = _("of this order, {update}: {text}").format(
        update=last.update.describe(zone), text=_in_words(last, zone)
    )
    return Before(outcome=None, code=past.code, text=text)


def _is_same(update: OrderUpdate, other: OrderUpdate) -> bool:
    """Return whether updates are the same; dates that make no difference are ignored."""
    if update == other:
        return True
    is_dated = update.status.rule.is_repeatable and not update.is_date_assumed
    return not is_dated and (update.status, update.parcel) == (other.status, other.parcel)


def _outcome(past: PastUpdate) -> Outcome:
    return Outcome.UNCONFIRMED if past.outcome is None else past.outcome


def _in_words(entry: Entry, zone: dt.tzinfo | None) -> str:
    past = entry.past
    templates = {
        Outcome.UPDATED: _("updated before ({when}, row {row} of {file})"),
        Outcome.ALREADY_UPDATED: _("updated before ({when}, row {row} of {file})"),
        Outcome.REJECTED: _("refused before: {code} ({when}, row {row} of {file}). {text}"),
        Outcome.UNCONFIRMED: _("unconfirmed before: {code} ({when}, row {row} of {file}). {text}"),
    }
    template = templates.get(
        _outcome(past), _("not sent before: {code} ({when}, row {row} of {file}). {text}")
    )
    if past.outcome is None:
        template = _(
            "unconfirmed before: the run was cut off before the answer came ({when}, row {row} "
            "of {file})"
        )
    return template.format(
        code=past.code,
        when=wording.stamp(past.at.astimezone(zone)),
        row=past.row,
        file=past.file,
        text=past.text,
    ).strip()
