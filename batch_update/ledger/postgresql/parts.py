"""The address of a database, taken apart into the driver's parameters.

The driver never sees the address itself, so nobody but this module decides what stands where in
it. A password that was not encoded ends in any part, so no message shows a part of the address.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

from batch_update.errors import SettingsError
from batch_update.i18n import _

_URL = re.compile(
    r"\s*postgres(?:ql)?://(?:(?P<user>[^/?]*)@)?(?P<place>[^/?@]*)"
    r"(?:/(?P<path>[^?@]*))?(?:\?(?P<query>[^@]*))?\s*",
    re.IGNORECASE,
)
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>[^:]*))?")
_UNFINISHED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KNOWN = (
    *("host", "hostaddr", "port", "dbname", "user", "service", "passfile", "sslmode"),
    *("sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "sslnegotiation"),
    *("channel_binding", "require_auth", "target_session_attrs"),
)
_SECRET = ("password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret")
_MOST_PORT = 65535


def take_apart(url: str, where: str) -> dict[str, str]:
    """Return the parameters that an address names.

    Args:
        url: the address.
        where: a name for the place where it was given.

    Raises:
        SettingsError: it is malformed, holds a password, or has a parameter that is not allowed.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise _malformed(where)
    user, has_password, password = (found["user"] or "").partition(":")
    if has_password and password:
        raise _refuse_password(where)
    if "@" in user or not url.isprintable():
        raise _malformed(where)
    hosts, ports = _split(found["place"], where)
    named = {"user": user, "host": hosts, "port": ports, "dbname": found["path"] or ""}
    pairs = [(name, _decoded(text, where)) for name, text in named.items() if text]
    pairs += _read_query(found["query"] or "", where)
    parameters = dict(sorted(pairs))
    if any(one[0] == other[0] for one, other in pairwise(sorted(pairs))):
        raise SettingsError(
            _("{where}: the address says something twice. Say it once.").format(where=where)
        )
    _check_ports(parameters, where)
    return parameters


def _split(place: str, where: str) -> tuple[str, str]:
    """Split servers into hosts and ports, both joined by commas."""
    hosts, ports = [], []
    for server in place.split(","):
        found = _SERVER.fullmatch(server)
        if found is None:
            raise _malformed(where)
        hosts.append(found["host"].strip("[]"))
        ports.append(found["port"] or "")
    return _joined(hosts), _joined(ports)


def _joined(words: list[str]) -> str:
    return ",".join(words) if any(words) else ""


def _read_query(query: str, where: str) -> Iterator[tuple[str, str]]:
    for pair in query.split("&") if query else ():
        key, sign, value = pair.partition("=")
        name = _decoded(key, where)
        if name in _SECRET:
            raise _refuse_password(where)
        if not sign or name not in _KNOWN:
            raise _refuse_parameter(name, where)
        if value:
            yield name, _decoded(value, where)


def _refuse_parameter(name: str, where: str) -> SettingsError:
    near = difflib.get_close_matches(name, _KNOWN, n=1)
    if near:
        return SettingsError(
            _(
                "{where}: the address has a parameter behind ? that is not known. If you "
                "mean {name}=…, write that."
            ).format(where=where, name=near[0])
        )
    return SettingsError(
        _(
            "{where}: the address has a parameter behind ? that is not allowed. Allowed: {names}."
        ).format(where=where, names=", ".join(_KNOWN))
    )


def _decoded(text: str, where: str) -> str:
    if _UNFINISHED.search(text):
        raise _malformed(where)
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise _malformed(where) from None
    if not decoded.isprintable():
        raise _malformed(where)
    return decoded


def _check_ports(parameters: dict[str, str], where: str) -> None:
    ports = parameters.get("port", "").split(",")
    hosts = parameters.get("host", "").split(",")
    if len(ports) not in {1, len(hosts)}:
        raise SettingsError(
            _(
                "{where}: the address has not as many ports as servers. Write one port for all, or "
                "one for each."
            ).format(where=where)
        )
    for port in filter(None, ports):
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _MOST_PORT):
            raise SettingsError(
                _(
                    "{where}: the address has a port that is no number from 1 to {most}. Signs "
                    "such as : / ? @ within a name are written as %3A %2F %3F %40."
                ).format(where=where, most=_MOST_PORT)
            )


def _refuse_password(where: str) -> SettingsError:
    return SettingsError(
        _(
            "{where}: the address holds a password, which others can see there. Take it out, and "
            "put it into the password file (~/.pgpass, on Windows "
            "%APPDATA%\\postgresql\\pgpass.conf, or the file that PGPASSFILE names) or into a "
            "service file."
        ).format(where=where)
    )


def _malformed(where: str) -> SettingsError:
    return SettingsError(
        _(
            "{where}: the address of the database is not understood. Write it like "
            "postgresql://USER@HOST/DATABASE, without a password; signs such as : / ? @ within "
            "a name are written as %3A %2F %3F %40."
        ).format(where=where)
    )
