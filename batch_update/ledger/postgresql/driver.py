"""The driver of PostgreSQL, which is not installed unless a team's ledger is wanted."""

from __future__ import annotations

from batch_update.errors import LedgerError
from batch_update.i18n import _

_PIP = 'pip install "batch-update[team]"'
_PIPX = 'pipx inject batch-update "psycopg[binary]"'


def require(shown: str) -> None:
    """Load the driver.

    Args:
        shown: the database's address, for the message.

    Raises:
        LedgerError: it is not installed, or does not work here.
    """
    try:
        import psycopg  # noqa: F401 what loads it uses it
    except ImportError as error:
        raise LedgerError(
            _(
                "The ledger {path} is in a database of PostgreSQL, and the driver for it is not "
                "installed; nothing was sent. Install it: {pip}, or {pipx}"
            ).format(path=shown, pip=_PIP, pipx=_PIPX)
        ) from error
