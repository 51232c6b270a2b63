"""Default paths of the user's files; quick to load, for --help."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "batch-update"


def default_path(system: type[platformdirs.PlatformDirsABC] = platformdirs.PlatformDirs) -> Path:
    """Return the path of the config file unless the user names another.

    Args:
        system: the rules of a system for such folders; by default, of this one.
    """
    return system(_NAME, appauthor=False).user_config_path / "config.toml"


def default_ledger(system: type[platformdirs.PlatformDirsABC] = platformdirs.PlatformDirs) -> Path:
    """Return the path of the ledger unless the user names another.

    Args:
        system: the rules of a system for such folders; by default, of this one.
    """
    return system(_NAME, appauthor=False).user_state_path / "ledger.sqlite3"
