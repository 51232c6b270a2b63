"""The memory of what people were told of a shop."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.notify import Memory
from batch_update.paths import real_path
from batch_update.settings.defaults import default_ledger
from batch_update.settings.users import os_user


def memory_of(ledger: Path | DatabaseAddress | None, shop: str) -> Memory:
    """Return the memory of what people were told of a shop."""
    return Memory(state_folder(ledger), shop, os_user(), dt.datetime.now(dt.UTC).date())


def mark_of_user() -> str:
    """Return a short name for the user, for files that others keep beside the same ledger too."""
    return hashlib.sha256(os_user().encode("utf-8", "surrogatepass")).hexdigest()[:12]


def state_folder(ledger: Path | DatabaseAddress | None) -> Path:
    """Return the folder of the ledger's file; for a team's, the user's own.

    It is the user's own too if the ledger's is not there: made for this, it would pass for the
    place of a new ledger.
    """
    usual = default_ledger().absolute().parent
    if not isinstance(ledger, Path):
        return usual
    folder = real_path(ledger).parent
    # The function of a path raises where it may not be looked at.
    return ledger.absolute().parent if os.path.isdir(folder) else usual  # noqa: PTH112
