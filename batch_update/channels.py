"""Addresses of channels for messages: what of them is secret, and what may be shown.

Quick to load, for --help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

KEY_STORE = "keyring:"
"""Begins the name of an address that the system's key store keeps."""

_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>\S+)", re.IGNORECASE)
_HOOKS = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
_PLAIN = _HOOKS | {"mailto", "mailtos"}
"""Schemes whose host is a server's name; in any other a token may stand anywhere."""
_OPEN_PARTS = frozenset(
    {
        *("to", "from", "name", "cc", "bcc", "reply", "mode", "smtp", "format", "overflow"),
        *("cto", "rto", "verify", "method", "emojis", "redirect", "tz"),
    }
)
"""Parameters that are no secret."""
_SIGNS = r"[/:@?&=#,;+\s]+"
_LONGEST_WORD = 16
"""Letters of a part of a path from which on it may be a token."""
_PORT = re.compile(r"[^/:@]+:[0-9]{1,5}/")
_SHORT = 4
"""Letters; so short a part is hidden only where it stands alone, as it is in many words."""
_HIDDEN = "…"


def is_address(text: str) -> bool:
    """Return whether a text is an address, or names one in the key store."""
    if text.startswith(KEY_STORE):
        return len(text) > len(KEY_STORE) and "://" not in text
    return _ADDRESS.fullmatch(text) is not None


def split(texts: Iterable[str]) -> list[str]:
    """List the addresses in texts, each of which may hold several, parted by blanks."""
    return [address for text in texts for address in text.split()]


def is_plain_hook(address: str) -> bool:
    """Return whether an address is a web hook's, and so is understood without a library."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and found["scheme"].lower() in _HOOKS


def shown(address: str) -> str:
    """Return an address for a message: the kind, and the server where that is no secret."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return address if is_address(address) else _HIDDEN
    scheme = found["scheme"].lower()
    user, place = _parts(found["rest"])
    if scheme not in _PLAIN:
        return f"{scheme}://{_HIDDEN}"
    host = user.partition("/")[0] if "/" in user and ":" not in user else place.partition("/")[0]
    return f"{scheme}://{host}"


def carries_secret(address: str) -> bool:
    """Return whether an address holds a password or a token, or may hold one."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return not is_address(address)
    return found["scheme"].lower() not in _PLAIN or bool(_secret_parts(found["rest"]))


def is_unchecked(address: str) -> bool:
    """Return whether an address turns the check of certificates off."""
    from urllib.parse import parse_qsl

    query = parse_qsl(address.partition("?")[2], keep_blank_values=True)
    return any(
        name.lower() == "verify" and value.strip().lower() not in {"yes", "true", "1", "on"}
        for name, value in query
    )


def without_secrets(text: str, address: str) -> str:
    """Hide in a text of others what is secret of an address, however it is written there."""
    from urllib.parse import unquote

    found = _ADDRESS.fullmatch(address)
    if found is None:
        return text
    rest = found["rest"]
    parts = {address, rest}
    if found["scheme"].lower() in _PLAIN:
        parts |= _secret_parts(rest)
    else:
        parts |= {*re.split(_SIGNS, rest), *re.split(_SIGNS, unquote(rest))}
    for part in sorted(_forms(parts), key=len, reverse=True):
        pattern = re.escape(part)
        if len(part) < _SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, _HIDDEN, text, flags=re.IGNORECASE)
    return text


def _parts(rest: str) -> tuple[str, str]:
    """Return what stands in front of the last @ of an address, and what behind it."""
    user, _, place = rest.partition("?")[0].rpartition("@")
    return user, place


def _secret_parts(rest: str) -> set[str]:
    """List what is secret of an address whose host is none."""
    from urllib.parse import parse_qsl

    front, _, query = rest.partition("?")
    user, place = _parts(rest)
    parts = set()
    if ":" in user and not _PORT.match(user):
        password = user.partition(":")[2]
        parts |= {user, password}
        parts |= {part for part in re.split(_SIGNS, password) if len(part) >= _SHORT}
        front = place
    parts |= {part for part in front.split("/")[1:] if _is_token(part)}
    parts |= {value for name, value in parse_qsl(query) if name.lower() not in _OPEN_PARTS}
    return parts


def _is_token(part: str) -> bool:
    return len(part) >= _LONGEST_WORD and "@" not in part


def _forms(parts: set[str]) -> set[str]:
    """List the ways in which parts of an address may be written."""
    import base64
    from urllib.parse import unquote

    plain = {form for part in parts for form in (part, unquote(part)) if form}
    coded = {
        base64.b64encode(f"{begin}{part}".encode()).decode()
        for part in plain
        for begin in ("", "\0")
    }
    return plain | {form.rstrip("=") for form in coded if len(form) > _SHORT}
