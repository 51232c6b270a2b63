"""Delivery of one message by several channels, which know nothing of each other.

Whatever a channel does, the run that the message is about has ended: nothing is raised here, and
nobody waits longer than was said.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from batch_update import channels, signals
from batch_update.i18n import _

_LIBRARY = "apprise"
_PIP = 'pip install "batch-update[notify]"'
_LONGEST_REASON = 400
_CAUSE = re.compile(r"\w* ?Exception: ")
"""Begins what the library says of the cause, which it takes for a detail."""
_REFUSED = re.compile(r"\((?:523|552|554), ")
"""A mail server's answer to a message that is too long, or carries what it does not like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along where the channel can.

    Args:
        name: its name.
        kind: its MIME type.
        content: its bytes.
    """

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message.

    Args:
        title: one line.
        body: plain text.
        is_problem: whether something needs a person.
        attachments: files that go along.
    """

    title: str
    body: str
    is_problem: bool
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A channel that did not take a message.

    Args:
        channel: its address, without what is secret.
        reason: why, as far as known; without what is secret.
    """

    channel: str
    reason: str


def deliver(message: Message, addresses: Sequence[str], timeout_s: float) -> list[Undelivered]:
    """Send a message by all channels at once.

    Args:
        message: the message.
        addresses: of the channels.
        timeout_s: seconds after which none is waited for any more.

    Returns:
        The channels that did not take it, or not in time.
    """
    if importlib.util.find_spec(_LIBRARY) is None:
        reason = _("the library for it is not installed: {command}").format(command=_PIP)
        return [Undelivered(channel=channels.shown(one), reason=reason) for one in addresses]
    attempts = [_Attempt(message, address) for address in addresses]
    end = time.monotonic() + timeout_s
    with _overheard(attempts):
        for attempt in attempts:
            attempt.start()
        for attempt in attempts:
            attempt.join(max(0.0, end - time.monotonic()))
        return [attempt.failure(timeout_s) for attempt in attempts if not attempt.is_delivered]


def find_unusable(addresses: Sequence[str]) -> list[str]:
    """Return the addresses that the library does not understand; none if it is not installed."""
    doubtful = [address for address in addresses if not channels.is_plain_hook(address)]
    if not doubtful or importlib.util.find_spec(_LIBRARY) is None:
        return []
    with signals.Held():
        import apprise
    with _overheard(()):
        return [address for address in doubtful if not apprise.Apprise().add(address)]


class _Attempt(threading.Thread):
    """One channel's delivery; what never ends does not keep the program from ending.

    Args:
        message: the message.
        address: of the channel.
    """

    def __init__(self, message: Message, address: str) -> None:
        super().__init__(daemon=True)
        self._message = message
        self._address = address
        self._said: list[str] = []
        self.is_delivered = False

    def run(self) -> None:
        """Send the message; if it is refused with its attachments, without them."""
        try:
            self.is_delivered = self._send(self._message.attachments)
            if not self.is_delivered and self._message.attachments and self._has_answered():
                self.is_delivered = self._send(())
        except Exception as error:  # noqa: BLE001 whatever a library of hundreds of channels raises
            self.hear(f"{type(error).__name__}: {error}")

    def hear(self, text: str) -> None:
        """Keep what the library says of this channel."""
        self._said.append(text)

    def failure(self, timeout_s: float) -> Undelivered:
        """Return why the message was not delivered."""
        if self.is_alive():
            reason = _("no answer within {seconds:.0f} s").format(seconds=timeout_s)
        else:
            said = "; ".join(dict.fromkeys(self._said))
            reason = channels.without_secrets(said, self._address)[:_LONGEST_REASON]
        return Undelivered(
            channel=channels.shown(self._address), reason=reason or _("no reason is known")
        )

    def _has_answered(self) -> bool:
        """Return whether somebody was there, who may have refused the attachments."""
        causes = [text for text in self._said if _CAUSE.match(text)]
        return all(map(_REFUSED.search, causes))

    def _send(self, attachments: Sequence[Attachment]) -> bool:
        import apprise
        from apprise.attachment.memory import AttachMemory

        # Without a limit of its own the library sends in this very thread, which ends with us.
        asset = apprise.AppriseAsset(
            app_id="batch-update",
            app_desc="batch-update",
            app_url="",
            async_mode=False,
            service_timeout=0,
        )
        sender = apprise.Apprise(asset=asset)
        if not sender.add(self._address):
            self.hear(_("the address is not understood"))
            return False
        message = self._message
        problem, success = apprise.NotifyType.WARNING, apprise.NotifyType.SUCCESS
        files = apprise.AppriseAttachment(asset=asset)
        for one in attachments:
            content = AttachMemory(  # type: ignore[no-untyped-call]
                content=one.content, name=one.name, mimetype=one.kind
            )
            files.add(content)
        return bool(
            sender.notify(
                body=message.body,
                title=message.title,
                body_format=apprise.NotifyFormat.TEXT,
                notify_type=problem if message.is_problem else success,
                attach=files if attachments else None,
            )
        )


class _Ear(logging.Handler):
    """Hands what the library says to the attempt in whose thread it says it."""

    def __init__(self, attempts: Sequence[_Attempt]) -> None:
        super().__init__()
        self._attempts = attempts

    def emit(self, record: logging.LogRecord) -> None:
        """Keep warnings, and causes; all other details are left out."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING or _CAUSE.match(text):
            for attempt in self._attempts:
                if attempt.ident == record.thread:
                    attempt.hear(text)


@contextmanager
def _overheard(attempts: Sequence[_Attempt]) -> Iterator[None]:
    """Keep to us what the library says, which may hold passwords: it is printed nowhere."""
    logger = logging.getLogger(_LIBRARY)
    logger.propagate = False
    # Left there: an attempt that was given up may still speak.
    logger.addHandler(logging.NullHandler())
    level, ear = logger.level, _Ear(attempts)
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)
