"""Connection service files, as far as they say which server is meant and how it is asked.

The driver reads them itself. They are read here too, since what is allowed depends on the host.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_OF_SYSTEM = "pg_service.conf"


def root_certificate(environment: Mapping[str, str]) -> Path:
    """Return the file that the driver takes root certificates from if none is named.

    Source: PostgreSQL's documentation of libpq, section on SSL.
    """
    return _folder(environment, ".postgresql") / "root.crt"


def read_service(name: str, environment: Mapping[str, str]) -> dict[str, str] | None:
    """Return the parameters of a service, but for its password.

    Args:
        name: the service's.
        environment: may name the files.

    Returns:
        The parameters; None if it is not in the files that are known, or not all is understood.
    """
    for path in _files(environment):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if (found := _find(name, text.splitlines())) is not None:
            return None if _is_elsewhere(found) else _pairs(found)
    return None


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    if named := environment.get("PGSERVICEFILE", ""):
        yield Path(named)
    else:
        yield _folder(environment) / f".{_OF_SYSTEM}"
    if folder_of_system := environment.get("PGSYSCONFDIR", ""):
        yield Path(folder_of_system) / _OF_SYSTEM


def _folder(environment: Mapping[str, str], within_home: str = "") -> Path:
    """Return the folder of a user's own files: on Windows always the same."""
    if os.name == "nt":
        return Path(environment.get("APPDATA", "")) / "postgresql"
    home = environment.get("HOME", "") or os.path.expanduser("~")  # noqa: PTH111 raises not where there is no home
    return Path(home) / within_home


def _find(name: str, lines: Iterable[str]) -> list[str] | None:
    """Return the lines of the first section of a name; None if there is none."""
    found: list[str] | None = None
    for line in (line.strip() for line in lines):
        if line.startswith("["):
            if found is not None:
                break
            # What stands behind the bracket does not matter to the driver.
            found = [] if line.startswith(f"[{name}]") else None
        elif found is not None and line and not line.startswith("#"):
            found.append(line)
    return found


def _is_elsewhere(lines: Iterable[str]) -> bool:
    """Return whether a directory service is asked for the parameters, or a line is strange."""
    return any(line.startswith("ldap") or "=" not in line for line in lines)


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition("=")
        # The first mention counts.
        if key != "password" and value:
            pairs.setdefault(key, value)
    return pairs
