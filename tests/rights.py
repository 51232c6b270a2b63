"""Who may read a file: a mode of POSIX, or a list of Windows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batch_update.settings import access

_EVERYBODY_READS = "D:P(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)"


def let_everybody_read(path: Path) -> None:
    """Let everybody read a file."""
    if os.name == "posix":
        path.chmod(0o644)
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "_OWNER_ONLY", _EVERYBODY_READS)
        access.keep_for_owner(path)
