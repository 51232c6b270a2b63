"""Updates over HTTP: sign, post, verify, wait, try again, read back."""

from __future__ import annotations

from batch_update.sender.client import Client
from batch_update.sender.clock import ShopClock
from batch_update.sender.delivery import Sender
from batch_update.sender.pace import Pace
from batch_update.sender.wire import Trust

__all__ = ["Client", "Pace", "Sender", "ShopClock", "Trust"]
