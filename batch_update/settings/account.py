"""The account: login, address, and the secret key from wherever it is kept."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from urllib.parse import urlsplit

from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.justclick.signing import Credentials
from batch_update.settings import keys
from batch_update.settings.addresses import without_key
from batch_update.settings.model import Account
from batch_update.settings.options import Options
from batch_update.settings.resolution import Origin, ResolvedOption
from batch_update.settings.secret_sources import find_key

_SERVICE = "batch-update"
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_LOGIN = re.compile(_LABEL, re.ASCII | re.IGNORECASE)
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST_HOST = 253
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def read_account(
    said: Mapping[str, ResolvedOption], *, is_needed: bool, sought: str = ""
) -> Account | None:
    """Read the account.

    Args:
        said: the texts of every option.
        sought: a sentence on where else a missing key was looked for; empty for nowhere.
        is_needed: whether a run sends anything; if not, the login alone will do, to look up earlier
            updates.

    Raises:
        SettingsError: login or key is missing, or they or the address make no sense, or the key
            cannot be read where it is kept.
    """
    username, secret_key = said[Options.username.name], said[Options.secret_key.name]
    base_url = said[Options.base_url.name].text
    if not username.text and not is_needed:
        return None
    account = None
    if username.text:
        account = check_account(username.text, base_url, where=username.where)
    if is_needed and account is not None:
        secret_key = find_key(said)
        secret_key = secret_key if secret_key.text else from_key_store(secret_key, account)
    missing = [one.option.variable for one in (username, secret_key) if not one.text]
    if account is None or (is_needed and missing):
        text = _(
            "{missing} not set: without the shop's login and secret key nothing can be "
            "sent. Give them once with batch-update --configure, or practise with "
            "--sandbox."
        ).format(missing=_(" and ").join(missing))
        raise SettingsError(text if secret_key.text or not sought else f"{text} {sought}")
    if is_needed:
        _refuse_invisible(secret_key)
    return replace(
        account,
        credentials=replace(account.credentials, secret_key=secret_key.text),
        shop=said[Options.shop.name].text,
    )


def _refuse_invisible(secret_key: ResolvedOption) -> None:
    """Refuse a key with a sign that nobody sees: the shop would only say that it is wrong.

    Raises:
        SettingsError: there is one.
    """
    if not secret_key.text.isprintable():
        raise SettingsError(
            _(
                "{where}: the secret key has a sign in it that cannot be seen, such as a line "
                "break, a tab or a NUL. Copy the key there anew."
            ).format(where=secret_key.where)
        )


def check_account(username: str, base_url: str, *, where: str) -> Account:
    """Put an account together, as yet without its key.

    Args:
        username: the login.
        base_url: the address; empty for the vendor's.
        where: a name for the place of the login.

    Raises:
        SettingsError: the login is none, or the address could lead elsewhere.
    """
    if not _LOGIN.fullmatch(username):
        raise SettingsError(
            _(
                "{where} is {found}, which is no login: it is the name in front of "
                ".justclick.io, letters, digits and - only."
            ).format(where=where, found=keys.shown(username))
        )
    address = base_url or f"https://{username.lower()}.justclick.io"
    return Account(
        base_url=_read_base_url(address),
        credentials=Credentials(username=username, secret_key=""),
    )


def from_key_store(said: ResolvedOption, account: Account) -> ResolvedOption:
    """Look for the secret key in the operating system's key store, if there is one."""
    library = _key_store()
    if library is None:
        return said
    found = None
    with contextlib.suppress(library.errors.KeyringError):
        found = library.get_password(_SERVICE, account.name_in_key_store)
    if not found:
        return said
    return replace(said, texts=(found,), where=_("the key store"), origin=Origin.KEY_STORE)


def find_channel(name: str) -> str:
    """Return the address of a channel that the key store keeps under a name; empty for none."""
    library = _key_store()
    found = None
    if library is not None:
        with contextlib.suppress(library.errors.KeyringError):
            found = library.get_password(_SERVICE, name)
    return found or ""


def store_key(account: Account) -> bool:
    """Put the secret key into the operating system's key store; return whether that worked."""
    library = _key_store()
    if library is None:
        return False
    try:
        library.set_password(_SERVICE, account.name_in_key_store, account.credentials.secret_key)
    except library.errors.KeyringError:
        return False
    return True


def _key_store() -> ModuleType | None:
    """Return the library for the key stores, if it is installed."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    return keyring


def _read_base_url(text: str) -> str:
    shown = keys.shown(without_key(text))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SettingsError(
            _("The address {shown} is malformed: write it like https://shop.example.").format(
                shown=shown
            )
        ) from None
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not is_safe:
        raise SettingsError(
            _(
                "The address {shown} is not safe: it must begin with https://, because the "
                "shop's orders would go through the network in the clear."
            ).format(shown=shown)
        )
    place = f"[{host}]" if ":" in host else host
    # The address as parsed must be the address as written: nothing in front of the host, nothing
    # behind.
    is_whole = re.fullmatch(re.escape(place) + r"(?::[0-9]*)?", parts.netloc.lower())
    has_more = "?" in text or "#" in text or not re.fullmatch(r"[\x21-\x5b\x5d-\x7e]+", text)
    if has_more or not is_whole or not _is_plain_host(host):
        raise SettingsError(
            _(
                "The address {shown} is not plain: write only https:// and the shop's host, in "
                "Latin letters."
            ).format(shown=shown)
        )
    path = parts.path.rstrip("/").removesuffix("/api")
    return f"{parts.scheme}://{place}{'' if port is None else f':{port}'}{path}"


def _is_plain_host(host: str) -> bool:
    """Return whether a host, in lower case, is a name or an IPv4 address in its usual form."""
    if host in _LOOPBACK:
        return True
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # 2130706433, 0x7f.1 and 127.1 are addresses too, but not for people.
        with contextlib.suppress(ValueError):
            return str(ipaddress.IPv4Address(host)) == host
        return False
    return len(host) <= _LONGEST_HOST and bool(_HOST.fullmatch(host))
