"""Addresses where only files are understood; quick to load, since it comes before all else."""

from __future__ import annotations

import re

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _

_AROUND = r"[\s\"'`\u2018-\u201e\u00ab\u00bb<]*"
"""Quotes stay where no shell takes them off: in files of variables, and of services."""

_ADDRESS = rf"{_AROUND}[a-z][a-z0-9+.-]+(?::[a-z0-9+.-]+)*://"
"""A scheme has two letters at least; `C://` is a disk of Windows.

Compiled when it is needed, as the next one is: --help is not to wait for it.
"""

_DATABASE = (
    rf"{_AROUND}(?:postgres(?:ql)?\s*:|p\w*gres\w*\s*[:;]?//"
    r"|(?:host|hostaddr|port|dbname|user|password|service)\s*=)"
)
"""Also with a slip of the pen, and in the other form that PostgreSQL's own programs take.

As a file it would be a ledger that knows nothing of what the team has sent.
"""


def names_database(text: str) -> bool:
    """Return whether a text is meant for the address of a team's ledger, right or wrong."""
    return re.match(_DATABASE, text, re.IGNORECASE) is not None


def is_address(text: str) -> bool:
    """Return whether a text is meant for an address of any kind."""
    return names_database(text) or re.match(_ADDRESS, text, re.IGNORECASE) is not None


def refuse_address(text: str, where: str, *, takes_database: bool = False) -> None:
    """Refuse an address that stands where a path is expected, before it becomes a folder.

    Args:
        text: the text given.
        where: a name for the place where it was given, such as `--output`.
        takes_database: whether a database may stand there too; its address is left to others.

    Raises:
        SettingsError: it is an address.
    """
    is_taken = takes_database and names_database(text)
    if is_taken or not re.match(_ADDRESS, text, re.IGNORECASE):
        return
    shown = wording.quote(re.split(r"[?#]", without_key(text.strip()))[0])
    if takes_database:
        raise SettingsError(
            _(
                "{where} {shown} is an address that is not understood here. Name a file, or a "
                "database of PostgreSQL: postgresql://HOST/DATABASE."
            ).format(where=where, shown=shown)
        )
    raise SettingsError(
        _(
            "{where} {shown} is an address, and only files on this machine are understood "
            "here. Name a file; if one of just this name is meant, write ./ in front of it."
        ).format(where=where, shown=shown)
    )


def without_key(address: str) -> str:
    """Hide the part in front of an address's host, which may be a key put there by mistake."""
    return re.sub(r"//.*@", "//…@", address, flags=re.DOTALL)
