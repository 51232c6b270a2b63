"""The run that holds a shop, in words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from batch_update import wording
from batch_update.errors import ShopHeldError
from batch_update.i18n import _
from batch_update.ledger import machine
from batch_update.model import Holder


def refuse(holder: Holder | None, zone: dt.tzinfo | None) -> ShopHeldError:
    """Return the error for a shop that another run holds.

    Args:
        holder: that run; None if it has not noted itself yet.
        zone: the user's.
    """
    if holder is None:
        who = _("another run")
    else:
        user = holder.user or _user_of(holder)
        text = (
            _("another run (process {pid} on {host}, by {user}, since {since})")
            if user
            else _("another run (process {pid} on {host}, since {since})")
        )
        since = wording.stamp(holder.since.astimezone(zone))
        who = wording.printable(
            text.format(
                pid=holder.pid,
                host=wording.show_name(holder.host),
                user=wording.show_name(user),
                since=since,
            )
        )
    return ShopHeldError(
        _(
            "{who} is sending updates to this shop. Wait until it has ended, then start "
            "again, or add --wait; what it has sent is not sent twice."
        ).format(who=who),
        who=who,
    )


def _user_of(holder: Holder) -> str:
    """Return whose process it is, where the system tells that of its own processes."""
    if holder.host != machine.host_name():
        return ""
    try:
        import pwd

        owner = Path(f"/proc/{holder.pid}").stat().st_uid
        return pwd.getpwuid(owner).pw_name
    except (ImportError, OSError, KeyError):
        return ""
