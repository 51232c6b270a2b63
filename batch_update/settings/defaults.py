"""Default paths of the user's files; quick to load, for --help."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "batch-update"


def default_path() -> Path:
    """Return the path of the config file unless the user names another."""
    return platformdirs.user_config_path(_NAME, appauthor=False) / "config.toml"


def default_ledger() -> Path:
    """Return the path of the ledger unless the user names another."""
    return platformdirs.user_state_path(_NAME, appauthor=False) / "ledger.sqlite3"
