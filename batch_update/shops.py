"""Name of an account's shop: one name, however its address is written.

Source:
    Vendor's help, "General principles of working with API": a shop answers on all of the vendor's
    domains, and on domains of its own that are linked to the account.
"""

from __future__ import annotations

import contextlib
import ipaddress
import posixpath
import re
from urllib.parse import quote, unquote, urlsplit

VENDOR_DOMAINS = ("justclick.io", "justclick.ru", "influencersoft.com")

_LOOPBACK = "localhost"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_KEPT_IN_PATHS = "/!$&'()*+,;=:@-._~"


def identify(username: str, base_url: str, name: str = "") -> str:
    """Return the name of a shop, the same for all ways of writing its address.

    Args:
        username: the login.
        base_url: the address of its API, with or without a scheme.
        name: the user's name for it, where its own domain does not tell; empty for nothing.

    Returns:
        The name if there is one; the login at the vendor's domains; else login and address.
    """
    if name.strip():
        return " ".join(name.split()).casefold()
    login = username.lower()
    address = _normalise(base_url)
    is_vendors = address in {f"{login}.{domain}" for domain in VENDOR_DOMAINS}
    return login if is_vendors else f"{login}@{address}"


def identify_account(account: str) -> str:
    """Return the shop's name as ledgers of version 1 wrote it: login, or login and address."""
    login, sign, address = account.partition("@")
    return identify(login, address) if sign else login.lower()


def _normalise(address: str) -> str:
    """Return an address in its one form: host, port if it is not the usual one, path if any."""
    has_scheme = "://" in address
    try:
        parts = urlsplit(address if has_scheme else f"//{address}")
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return address.lower()
    # Only the loopback may be spoken to in the clear, so elsewhere no scheme means https.
    usual = {_DEFAULT_PORTS.get(parts.scheme, 443)}
    if not has_scheme and host == _LOOPBACK:
        usual = set(_DEFAULT_PORTS.values())
    place = host if port is None or port in usual else f"{host}:{port}"
    return place + _path(parts.path)


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_loopback:
            return _LOOPBACK
        return f"[{address}]" if address.version == 6 else str(address)
    if host.endswith(f".{_LOOPBACK}"):
        return _LOOPBACK
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


def _path(path: str) -> str:
    plain = posixpath.normpath(re.sub("/+", "/", f"/{unquote(path)}"))
    return quote(plain.removesuffix("/api").rstrip("/"), safe=_KEPT_IN_PATHS)
