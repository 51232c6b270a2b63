"""The address of a team's database, and the rules for it; knows nothing of the driver.

A password is refused, and so is a connection over a network to a server that has not proved who it
is. Where the address is silent the driver asks the environment and service files, so these count.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.ledger.postgresql import parts
from batch_update.ledger.postgresql.service import read_service, root_certificate

VERIFIED = "verify-full"
"""The only mode of TLS in which the server's certificate must be for its name."""

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", VERIFIED)
_WRITABLE = ("read-write", "primary")
_SYSTEM = "system"
"""What the driver takes in place of a file for the system's root certificates."""

_LOOPBACK = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128")))
_SOCKETS = ("/", "@")
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "options": "PGOPTIONS",
}
_FIXED: Mapping[str, str | int] = {
    "application_name": "batch-update",
    # A server that has vanished is noticed within some 8 s, whatever the connection is doing.
    "connect_timeout": 5,
    "tcp_user_timeout": 8000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    # With Kerberos the driver would leave TLS out, whatever `sslmode` says.
    "gssencmode": "disable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAddress:
    """A database, and how it is reached.

    Args:
        named: the parameters that the address names, in the driver's words.
        secured: those that follow from the rules.
        shown: the address for people, without anything secret.
    """

    named: tuple[tuple[str, str], ...] = field(repr=False)
    secured: tuple[tuple[str, str], ...] = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown

    def conninfo(self) -> dict[str, str | int]:
        """Return the driver's keyword arguments for a connection."""
        return {**_FIXED, **dict(self.named), **dict(self.secured)}


def read_address(url: str, where: str, environment: Mapping[str, str]) -> DatabaseAddress:
    """Read the address of a database.

    Args:
        url: `postgresql://[USER@][HOST[:PORT][,…]][/DATABASE][?PARAMETER=VALUE[&…]]`.
        where: a name for the place where it was given, such as `--ledger`.
        environment: the variables that the driver will read.

    Raises:
        SettingsError: it is malformed, holds a password, or would be followed in an unsafe way.
            The message shows nothing of it that may be secret.
    """
    named = parts.take_apart(url, where)
    service = named.get("service") or environment.get("PGSERVICE", "")
    found: Mapping[str, str] | None = read_service(service, environment) if service else {}
    from_environment = {name: environment.get(said, "") for name, said in _VARIABLES.items()}
    used = {**{k: v for k, v in from_environment.items() if v}, **(found or {}), **named}
    _refuse_options(used, where)
    is_local = found is not None and all(map(_is_local, _targets(used)))
    secured = {"sslmode": _mode(named, used, where, is_local=is_local)}
    root = used.get("sslrootcert", "")
    has_root = root or root_certificate(environment).exists()
    # A service that could not be read may name a root certificate, which must not be overruled.
    if root == _SYSTEM or not (is_local or has_root or found is None):
        secured["sslrootcert"] = _find_system_roots(environment)
    is_several = "," in used.get("host", "") + used.get("hostaddr", "")
    if is_several or "target_session_attrs" in named:
        secured["target_session_attrs"] = _session(named, where)
    return DatabaseAddress(
        named=tuple(named.items()), secured=tuple(secured.items()), shown=_show(named)
    )


def _refuse_options(used: Mapping[str, str], where: str) -> None:
    """Refuse settings of the session, with which the server may promise less than the disk."""
    if "options" in used:
        raise SettingsError(
            _(
                "{where}: PGOPTIONS or a service file sets options for the session, which may "
                "weaken what the database keeps. Unset PGOPTIONS, or take options out of the "
                "service."
            ).format(where=where)
        )


def _targets(used: Mapping[str, str]) -> list[str]:
    """List all hosts and addresses that may be meant; an empty one is the driver's default."""
    return [one for name in ("host", "hostaddr") for one in used.get(name, "").split(",")]


def _is_local(host: str) -> bool:
    """Return whether a host is this machine: a socket, the loopback, or the driver's default."""
    if not host or host.startswith(_SOCKETS) or host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _LOOPBACK)


def _mode(named: Mapping[str, str], used: Mapping[str, str], where: str, *, is_local: bool) -> str:
    """Return the mode of TLS.

    An argument goes before service file and environment, so what is returned is what is used.
    """
    asked = named.get("sslmode", VERIFIED)
    if asked not in _MODES:
        raise SettingsError(
            _("{where}: sslmode is one of {modes}.").format(where=where, modes=", ".join(_MODES))
        )
    if is_local:
        # The driver takes no weaker mode together with the system's certificates.
        usual = VERIFIED if used.get("sslrootcert") == _SYSTEM else "prefer"
        return used.get("sslmode", usual)
    if asked != VERIFIED:
        raise SettingsError(
            _(
                "{where}: with sslmode={mode} nobody checks which server answers, and it is not "
                "surely this machine's. Leave sslmode out: the server's certificate is checked "
                "then. If an authority of your own has signed it, name that one's certificate: "
                "sslrootcert=PATH."
            ).format(where=where, mode=asked)
        )
    return VERIFIED


def _find_system_roots(environment: Mapping[str, str]) -> str:
    """Return the file of the system's root certificates, or what the driver calls them.

    The OpenSSL in the driver's wheels looks in a folder of its makers', which no machine has;
    Python's own knows the system's, if that keeps them in a file.
    """
    import ssl

    if "SSL_CERT_FILE" in environment or "SSL_CERT_DIR" in environment:
        return _SYSTEM
    return ssl.get_default_verify_paths().cafile or _SYSTEM


def _session(named: Mapping[str, str], where: str) -> str:
    """Return which of several servers will do: one that takes notes."""
    asked = named.get("target_session_attrs", _WRITABLE[0])
    if asked not in _WRITABLE:
        raise SettingsError(
            _(
                "{where}: target_session_attrs is {words}, since a ledger is written to. Leave it "
                "out."
            ).format(where=where, words=_(" or ").join(_WRITABLE))
        )
    return asked


def _show(named: Mapping[str, str]) -> str:
    """Write the address for people: servers, database and service, and the user."""
    hosts, ports = named.get("host", "").split(","), named.get("port", "").split(",")
    query = {name: named[name] for name in ("hostaddr", "service") if name in named}
    place = ""
    if any(host.startswith(_SOCKETS) for host in hosts):
        query = {name: named[name] for name in ("host", "port") if name in named} | query
    else:
        place = ",".join(_servers(hosts, ports))
    user = f"{_written(named['user'])}@" if "user" in named else ""
    path = f"/{_written(named['dbname'])}" if "dbname" in named else ""
    said = "&".join(f"{name}={_written(value)}" for name, value in query.items())
    return f"postgresql://{user}{place}{path or '/' * bool(said)}{'?' * bool(said)}{said}"


def _servers(hosts: list[str], ports: list[str]) -> list[str]:
    each = ports if len(ports) == len(hosts) else ports * len(hosts)
    return [
        f"{f'[{host}]'.replace('%', '%25') if ':' in host else _written(host)}"
        f"{f':{port}' if port else ''}"
        for host, port in zip(hosts, each, strict=True)
    ]


def _written(text: str) -> str:
    """Write a part so that it can be read back, with letters of any language as they are."""
    return re.sub(r"[^\w.,~/-]", lambda sign: quote(sign[0], safe=""), text)
