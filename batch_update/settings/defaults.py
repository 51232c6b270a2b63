"""Default paths of the user's files; quick to load, for --help."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

_NAME = "batch-update"
_LOCAL = "LOCALAPPDATA"


def default_path(system: type[platformdirs.PlatformDirsABC] = platformdirs.PlatformDirs) -> Path:
    """Return the path of the config file unless the user names another.

    Args:
        system: the rules of a system for such folders; by default, of this one.
    """
    return (_of_windows() or system(_NAME, appauthor=False).user_config_path) / "config.toml"


def default_ledger(system: type[platformdirs.PlatformDirsABC] = platformdirs.PlatformDirs) -> Path:
    """Return the path of the ledger unless the user names another.

    Args:
        system: the rules of a system for such folders; by default, of this one.
    """
    return (_of_windows() or system(_NAME, appauthor=False).user_state_path) / "ledger.sqlite3"


def _of_windows() -> Path | None:
    """Return the folder for both on Windows, which its users know by the name of a variable.

    The library asks the shell, which reads no variable; where none is set, it is asked.
    """
    local = os.environ.get(_LOCAL, "") if sys.platform == "win32" else ""
    return Path(local, _NAME) if Path(local).is_absolute() else None
