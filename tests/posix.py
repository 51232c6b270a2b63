"""Modules and marks of POSIX: what they serve is left out on Windows, with its reason."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

import pytest

_REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]')
"""Source: Microsoft, "Naming Files, Paths, and Namespaces"; the slash parts names everywhere."""


def _module(name: str) -> Any:
    return importlib.import_module(name) if os.name == "posix" else None


def is_wine() -> bool:
    """Return whether this Windows is wine's, which has its own gaps."""
    if sys.platform == "win32":
        import ctypes

        return hasattr(ctypes.windll.ntdll, "wine_get_version")
    return False


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
needs_openssl = pytest.mark.posix(
    "certificates by OpenSSL's variables; Windows has a store and judges by itself"
)
needs_judge = pytest.mark.skipif(
    is_wine(), reason="wine: it finds good whatever certificate a stranger has signed"
)
needs_console = pytest.mark.skipif(
    is_wine(), reason="wine: programs behind a pipe have no console, so no Ctrl-Break comes"
)
needs_no_folder = pytest.mark.skipif(
    is_wine(), reason="wine: of a file that is listed, it finds the name invalid, not the kind"
)
needs_home = pytest.mark.posix("a home that HOME names")
needs_removal = pytest.mark.posix("removing a file that is open")
needs_sockets = pytest.mark.posix("sockets that are files")
needs_shell = pytest.mark.posix("programs of sh")


def named(name: str, **given: Any) -> Any:
    """Give a test a name of a file; one that Windows does not allow is left out there."""
    is_allowed = not _REFUSED.search(name)
    return pytest.param(name, marks=() if is_allowed else needs_names, **given)
