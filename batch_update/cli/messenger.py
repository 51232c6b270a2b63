"""Messages by all channels, and words about those that did not take them."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import channels, wording
from batch_update.cli import output
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.model import RunKind
from batch_update.notify import Message, Undelivered, deliver, find_unusable
from batch_update.settings.account import find_channel
from batch_update.settings.model import Settings
from batch_update.settings.options import Options

_PATIENCE_S = 30.0
"""For all channels together."""


class UnusableAddressError(SettingsError):
    """An address for messages is not understood.

    Args:
        text: the message.
        channel: the address, or its name in the key store, as the settings have it.
    """

    def __init__(self, text: str, channel: str) -> None:
        super().__init__(text)
        self.channel = channel


def refuse_unusable(settings: Settings) -> None:
    """Refuse a run whose messages could reach nobody by a channel, before anything is sent.

    Raises:
        UnusableAddressError: an address is not understood.
    """
    if settings.kind is not RunKind.REAL:
        return
    # What the key store does not have may be locked for now.
    found = {_look_up(one): one for one in settings.notify}
    for address in find_unusable([address for address in found if address]):
        raise UnusableAddressError(
            _(
                "{where}: {channel} is no address for messages: its kind is not known, or a part "
                "is missing or wrong. Correct it; nothing was sent."
            ).format(
                where=settings.place_of(Options.notify), channel=channels.shown(found[address])
            ),
            found[address],
        )


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
