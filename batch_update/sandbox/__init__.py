"""A stand-in of the shop's API on this machine: for practice, the demo and the tests."""

from __future__ import annotations

from batch_update.sandbox.faults import Fault, Script
from batch_update.sandbox.practice import PRACTICE_KEY, PRACTICE_LOGIN, open_practice_shop
from batch_update.sandbox.server import Handler, Sandbox
from batch_update.sandbox.shop import Change, Shop

__all__ = [
    "PRACTICE_KEY",
    "PRACTICE_LOGIN",
    "Change",
    "Fault",
    "Handler",
    "Sandbox",
    "Script",
    "Shop",
    "open_practice_shop",
]
