"""Modules and marks of POSIX: what they serve is left out on Windows, with its reason."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def _module(name: str) -> Any:
    return importlib.import_module(name) if os.name == "posix" else None


fcntl = _module("fcntl")
pty = _module("pty")
resource = _module("resource")
termios = _module("termios")

needs_terminal = pytest.mark.posix("a pseudo-terminal")
needs_signals = pytest.mark.posix("signals to one other process; on Windows a console has them")
needs_modes = pytest.mark.posix("modes of files; on Windows a list says who may read them")
needs_limits = pytest.mark.posix("limits of a process")
needs_pipes = pytest.mark.posix("named pipes and devices in folders")
needs_links = pytest.mark.posix("symbolic links, which take a right of their own on Windows")
needs_names = pytest.mark.posix("names of files that Windows does not allow")
needs_shell = pytest.mark.posix("programs of sh")
