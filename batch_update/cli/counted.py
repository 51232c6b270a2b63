"""Numbers of things, in words."""

from __future__ import annotations

from collections.abc import Iterable

from batch_update.i18n import _, ngettext


def rows(count: int) -> str:
    """Say how many rows."""
    return ngettext("{count} row", "{count} rows", count).format(count=count)


def updates(count: int) -> str:
    """Say how many updates."""
    return ngettext("{count} update", "{count} updates", count).format(count=count)


def outcomes(counts: Iterable[tuple[str, int]]) -> str:
    """List how many there are of each outcome; of none, nothing is said."""
    return ", ".join(
        _("{count} {outcome}").format(count=count, outcome=_(outcome))
        for outcome, count in counts
        if count
    )
