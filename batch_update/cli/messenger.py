"""Messages by all channels, and words about those that did not take them."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import channels, wording
from batch_update.cli import output
from batch_update.i18n import _
from batch_update.notify import Message, Undelivered, deliver
from batch_update.settings.account import find_channel

_PATIENCE_S = 30.0
"""For all channels together."""


def send(message: Message, addresses: Sequence[str]) -> bool:
    """Send a message, and say of which channels it did not get out.

    Returns:
        Whether one channel at least took it.
    """
    found = {one: _look_up(one) for one in addresses}
    lost = [
        Undelivered(
            channel=channels.shown(one),
            reason=_("the key store has no address of a channel under this name"),
        )
        for one, address in found.items()
        if not address
    ]
    known = [address for address in found.values() if address]
    try:
        lost += deliver(message, known, _PATIENCE_S)
    except KeyboardInterrupt:
        output.complain(_("Interrupted: the message may not have been delivered."))
        return False
    for one in lost:
        text = _(
            "The message to {channel} could not be delivered: {reason}. That changes nothing of "
            "the run; let the administrator look at the channel."
        )
        output.complain(text.format(channel=one.channel, reason=wording.printable(one.reason)))
    return len(lost) < len(found)


def _look_up(address: str) -> str:
    """Return an address, from the key store if that keeps it; empty if it has none."""
    if not address.startswith(channels.KEY_STORE):
        return address
    found = find_channel(address.removeprefix(channels.KEY_STORE)).strip()
    is_right = channels.is_address(found) and not channels.is_unchecked(found)
    return found if is_right and not found.startswith(channels.KEY_STORE) else ""
