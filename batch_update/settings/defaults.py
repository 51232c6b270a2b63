"""What is taken if nobody says otherwise, and where it may be said; quick to load, for --help."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "batch-update"

USERNAME_VARIABLE = "JUSTCLICK_USERNAME"
SECRET_KEY_VARIABLE = "JUSTCLICK_SECRET_KEY"  # noqa: S105 the variable's name, not its value
BASE_URL_VARIABLE = "JUSTCLICK_BASE_URL"
SHOP_VARIABLE = "JUSTCLICK_SHOP"

DEFAULT_TIMEZONE = "Europe/Moscow"
"""The zone of the vendor's own example: 2013-03-03 is 1362254400."""

DEFAULT_WORKERS = 4
DEFAULT_RETRIES = 4
DEFAULT_TIMEOUT_S = 30.0
DEFAULT_SETTLE = "10m"


def default_path() -> Path:
    """Give the place of the config file unless the user names another."""
    return platformdirs.user_config_path(_NAME, appauthor=False) / "config.toml"


def default_ledger() -> Path:
    """Give the place where the ledger is kept unless the user names another."""
    return platformdirs.user_state_path(_NAME, appauthor=False) / "ledger.sqlite3"
