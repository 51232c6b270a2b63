"""The memory of what people were told of a shop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.notify import Memory
from batch_update.settings.defaults import default_ledger
from batch_update.settings.users import os_user


def memory_of(ledger: Path | DatabaseAddress | None, shop: str) -> Memory:
    """Return the memory of what people were told of a shop."""
    return Memory(state_folder(ledger), shop, os_user(), dt.datetime.now(dt.UTC).date())


def state_folder(ledger: Path | DatabaseAddress | None) -> Path:
    """Return the folder of the ledger's file; for a team's, the user's own."""
    place = ledger if isinstance(ledger, Path) else default_ledger()
    return place.absolute().parent
