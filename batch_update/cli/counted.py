"""Numbers of things, in words."""

from __future__ import annotations

from batch_update.i18n import ngettext


def rows(count: int) -> str:
    """Say how many rows."""
    return ngettext("{count} row", "{count} rows", count).format(count=count)


def updates(count: int) -> str:
    """Say how many updates."""
    return ngettext("{count} update", "{count} updates", count).format(count=count)
