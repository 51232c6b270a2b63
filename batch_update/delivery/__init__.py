"""Delivery of one update: retry policy, adaptive limiter, read-back."""

from __future__ import annotations

from batch_update.delivery.auto_concurrency import concurrency_of
from batch_update.delivery.clock import ShopClock
from batch_update.delivery.concurrency import FixedConcurrency
from batch_update.delivery.delivery import Sender
from batch_update.delivery.inquiry import Inquirer, rehearse
from batch_update.delivery.limiter import AdaptiveLimiter, SharedPace
from batch_update.delivery.shop_api import ShopApi

__all__ = [
    "AdaptiveLimiter",
    "FixedConcurrency",
    "Inquirer",
    "Sender",
    "SharedPace",
    "ShopApi",
    "ShopClock",
    "concurrency_of",
    "rehearse",
]
