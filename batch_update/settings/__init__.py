"""Arguments, environment, config file and key store to one `Settings`, or what is wrong."""

from __future__ import annotations

from batch_update.settings.account import check_account
from batch_update.settings.arguments import ShownSetting, read_settings, show_settings
from batch_update.settings.config import default_ledger, default_path
from batch_update.settings.model import Account, Settings
from batch_update.settings.options import (
    BASE_URL_VARIABLE,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT_S,
    DEFAULT_TIMEZONE,
    DEFAULT_WORKERS,
    OPTIONS,
    SECRET_KEY_VARIABLE,
    USERNAME_VARIABLE,
    Said,
)

__all__ = [
    "BASE_URL_VARIABLE",
    "DEFAULT_RETRIES",
    "DEFAULT_TIMEOUT_S",
    "DEFAULT_TIMEZONE",
    "DEFAULT_WORKERS",
    "OPTIONS",
    "SECRET_KEY_VARIABLE",
    "USERNAME_VARIABLE",
    "Account",
    "Said",
    "Settings",
    "ShownSetting",
    "check_account",
    "default_ledger",
    "default_path",
    "read_settings",
    "show_settings",
]
