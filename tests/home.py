"""A home of their own for the programs that tests start: where these look for the user's folders.

Each system has its own variables for that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath

import pytest

from batch_update.settings.defaults import default_ledger, default_path


def variables_of(home: PurePath, platform: str = sys.platform) -> dict[str, str]:
    """Give the variables with which all that the program keeps for a user lies in a folder.

    Nothing lies in a key store: there is none that could be asked.

    Args:
        home: the folder.
        platform: the system, as `sys.platform` names it.
    """
    folders = {"HOME": home}
    if platform == "win32":
        local, roaming = home / "AppData" / "Local", home / "AppData" / "Roaming"
        folders = {
            "USERPROFILE": home,
            "APPDATA": roaming,
            "LOCALAPPDATA": local,
        }
    elif platform != "darwin":
        # The home itself is left: other programs that the tests start have files of theirs there.
        folders = {"XDG_CONFIG_HOME": home / "config-home", "XDG_STATE_HOME": home / "state-home"}
    variables = {name: str(folder) for name, folder in folders.items()}
    # No test touches the key store of whoever runs it.
    return {**variables, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def program(name: str) -> Path:
    """Give the path of a program that was installed with a package."""
    return Path(sys.executable).with_name(f"{name}.exe" if os.name == "nt" else name)


def config_in(home: Path) -> Path:
    """Give the path of the config file of a program with these variables."""
    with pytest.MonkeyPatch.context() as patch:
        _set(patch, home)
        return default_path()


def ledger_in(home: Path) -> Path:
    """Give the path of the ledger of a program with these variables."""
    with pytest.MonkeyPatch.context() as patch:
        _set(patch, home)
        return default_ledger()


def _set(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name, value in variables_of(home).items():
        patch.setenv(name, value)
