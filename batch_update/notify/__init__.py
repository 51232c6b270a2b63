"""Messages to people who do not look at the screen, and what they were told before."""

from batch_update.notify.delivery import Attachment, Message, Undelivered, deliver, find_unusable
from batch_update.notify.memory import Memory, News, OpenSheet, bounded, fingerprint

__all__ = [
    "Attachment",
    "Memory",
    "Message",
    "News",
    "OpenSheet",
    "Undelivered",
    "bounded",
    "deliver",
    "find_unusable",
    "fingerprint",
]
