"""Whether a process of this machine is still there."""

from __future__ import annotations

import os
import sys

_QUERY, _STILL_ACTIVE = 0x1000, 259
"""Source: Microsoft, "Process Security and Access Rights" and "GetExitCodeProcess"."""


def is_running(pid: int) -> bool:
    """Return whether there is a process with this number; it is not disturbed."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        # There, to send a process the signal 0 would end it.
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(_QUERY, False, pid)
        if not handle:
            return False
        status = wintypes.DWORD()
        is_known = kernel.GetExitCodeProcess(handle, ctypes.byref(status))
        kernel.CloseHandle(handle)
        return bool(is_known) and status.value == _STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
