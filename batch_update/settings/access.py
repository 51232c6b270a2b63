"""Who may read a file on Windows, where a list of its own says so, and not its mode."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

_ALLOWED = re.compile(r"\(A;([A-Z]*);([^;]*);[^;]*;[^;]*;([^;)]+)[^)]*\)")
_EVERYBODY = "D:NO_ACCESS_CONTROL"
_ONLY_FOR_WHAT_IS_INSIDE = "IO"
_MANY = frozenset({"AN", "AU", "BG", "BU", "DG", "DU", "IU", "NU", "WD"})
_MANY_OF_A_DOMAIN = re.compile(r"S-1-5-21-.*-(513|514)$")
_READING = frozenset({"FA", "FR", "GA", "GR", "CC"})
_READ_DATA, _GENERIC_READ, _GENERIC_ALL = 0x1, 0x80000000, 0x10000000
"""Source: Microsoft, "Security Descriptor String Format", "ACE Strings", "SID Strings"."""
_OWNER_ONLY = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)"
"""As Python makes folders for their owner alone: the system and administrators come in anyway."""
_FILE, _LIST, _REVISION = 1, 0x4, 1
_NOT_INHERITED = 0x80000000


def is_open_to_many(path: Path) -> bool:
    """Return whether people in general may read a file on Windows, not named ones alone.

    Args:
        path: the file; of one whose list is not known, it is not said.
    """
    text = _read(path)
    return text is not None and lets_many_read(text)


def lets_many_read(text: str) -> bool:
    """Return whether a list lets everybody, all users of the machine or of the domain read.

    Args:
        text: the list, as Windows writes it, such as `D:(A;;FA;;;BA)(A;;FR;;;WD)`.
    """
    return text.startswith(_EVERYBODY) or any(
        _ONLY_FOR_WHAT_IS_INSIDE not in re.findall("..", flags)
        and (who in _MANY or _MANY_OF_A_DOMAIN.match(who))
        and _includes_reading(rights)
        for flags, rights, who in _ALLOWED.findall(text)
    )


def _includes_reading(rights: str) -> bool:
    if rights.startswith("0x"):
        return bool(int(rights, 16) & (_READ_DATA | _GENERIC_READ | _GENERIC_ALL))
    return not _READING.isdisjoint(re.findall("..", rights))


def advice(path: str) -> str:
    """Return the command that makes a file the user's alone, for this system."""
    if sys.platform == "win32":
        return " ".join(("icacls", f'"{path}"', "/inheritance:r", "/grant:r", '"%USERNAME%:F"'))
    return f"chmod 600 {path}"


def _read(path: Path) -> str | None:
    """Return the list of a file; None if it is not known, or the system has no such lists."""
    if sys.platform == "win32":
        import ctypes

        text, descriptor = ctypes.c_wchar_p(), ctypes.c_void_p()
        library, kernel = ctypes.windll.advapi32, ctypes.windll.kernel32
        if library.GetNamedSecurityInfoW(
            str(path), _FILE, _LIST, None, None, None, None, ctypes.byref(descriptor)
        ):
            return None
        is_read = library.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, _REVISION, _LIST, ctypes.byref(text), None
        )
        found = text.value if is_read else None
        kernel.LocalFree(text)
        kernel.LocalFree(descriptor)
        return found
    return None


def keep_for_owner(path: Path) -> None:
    """Let nobody but its owner read a file on Windows, where its mode does not.

    Where a disk has no such lists, nothing changes; whoever reads the file later looks at them.
    """
    if sys.platform == "win32":
        import ctypes

        descriptor = ctypes.c_void_p()
        library = ctypes.windll.advapi32
        if library.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            _OWNER_ONLY, _REVISION, ctypes.byref(descriptor), None
        ):
            with contextlib.suppress(OSError):
                library.SetFileSecurityW(str(path), _LIST | _NOT_INHERITED, descriptor)
            ctypes.windll.kernel32.LocalFree(descriptor)
