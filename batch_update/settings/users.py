"""Name of the operating system's user."""

from __future__ import annotations

import contextlib
import getpass
import os


def os_user() -> str:
    """Return the name; the environment, which anybody can set, is asked only if nobody else is."""
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    # Windows has no such list; elsewhere a process need not have a terminal.
    for ask in (os.getlogin, getpass.getuser):
        with contextlib.suppress(OSError, KeyError, ImportError):
            return ask()
    return ""
