"""Who may read a file: a mode of POSIX, or a list of Windows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batch_update.settings import access

_EVERYBODY_READS = "D:P(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)"


def is_for_owner_alone(path: Path) -> bool:
    """Return whether nobody in general may read a file."""
    if os.name == "posix":
        return path.stat().st_mode & 0o077 == 0
    return not access.is_open_to_many(path)


def let_everybody_read(path: Path) -> None:
    """Let everybody read a file."""
    if os.name == "posix":
        path.chmod(0o644)
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "_OWNER_ONLY", _EVERYBODY_READS)
        access.keep_for_owner(path)
