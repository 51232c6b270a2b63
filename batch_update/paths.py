"""Where a path leads."""

from __future__ import annotations

import os
from pathlib import Path


def real_path(path: Path) -> Path:
    """Return where a path leads, absolute and without links.

    Unlike `Path.resolve`, it has an answer even for a link that leads to itself. Where Windows
    cannot tell, as on some disks and of very long paths, it is the path itself.
    """
    try:
        return Path(os.path.realpath(path))
    except OSError:
        return path.absolute()


def comparable_path(path: Path) -> str:
    """Return a text that is the same for all paths that lead to one file, in either case."""
    return os.path.normcase(real_path(path))
