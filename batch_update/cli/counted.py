"""Numbers of things, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batch_update.i18n import _, ngettext

_SHOWN_NUMBERS = 6


def numbers(found: Sequence[int]) -> str:
    """List the first of some numbers."""
    shown = ", ".join(map(str, found[:_SHOWN_NUMBERS]))
    return f"{shown}…" if len(found) > _SHOWN_NUMBERS else shown


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
