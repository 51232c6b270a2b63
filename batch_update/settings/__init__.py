"""Arguments, environment and config file to one `Settings`, or a word about what makes no sense."""

from __future__ import annotations

from batch_update.settings.arguments import (
    BASE_URL_VARIABLE,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT_S,
    DEFAULT_TIMEZONE,
    DEFAULT_WORKERS,
    SECRET_KEY_VARIABLE,
    USERNAME_VARIABLE,
    read_settings,
)
from batch_update.settings.config import default_ledger, default_path
from batch_update.settings.model import Account, Settings

__all__ = [
    "BASE_URL_VARIABLE",
    "DEFAULT_RETRIES",
    "DEFAULT_TIMEOUT_S",
    "DEFAULT_TIMEZONE",
    "DEFAULT_WORKERS",
    "SECRET_KEY_VARIABLE",
    "USERNAME_VARIABLE",
    "Account",
    "Settings",
    "default_ledger",
    "default_path",
    "read_settings",
]
