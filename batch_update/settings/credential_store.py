"""Login, address and secret key, kept for the next run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings import access
from batch_update.settings.account import store_key
from batch_update.settings.config import PROFILES
from batch_update.settings.model import Account
from batch_update.settings.option import Table
from batch_update.settings.options import Options


def keep_account(account: Account, *, path: Path, profile: str | None) -> bool:
    """Keep an account: the key in the key store if there is one, else in the config file.

    The rest of the config file, its comments too, stays as it is. It is replaced as a whole, and
    only its owner can read it.

    Args:
        account: the account.
        path: the config file.
        profile: the profile that keeps it; None for the account used without `--profile`.

    Returns:
        Whether the key is in the key store.

    Raises:
        SettingsError: the config file is no TOML, or cannot be written.
    """
    shown = wording.printable(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        document = tomlkit.parse(text)
        place = document
        if profile is not None:
            profiles = document.setdefault(PROFILES, tomlkit.table(is_super_table=True))
            place = profiles.setdefault(profile, tomlkit.table(is_super_table=True))
        table = place.setdefault(Table.ACCOUNT.value, tomlkit.table())
        is_in_store = store_key(account)
        table[Options.username.key] = account.credentials.username
        table[Options.base_url.key] = account.base_url
        # Another place of the key would go before this one.
        for option in (Options.secret_key, Options.secret_key_file, Options.secret_key_command):
            table.pop(option.key, None)
        if not is_in_store:
            table[Options.secret_key.key] = account.credentials.secret_key
        _replace(path, tomlkit.dumps(document))
    except (TOMLKitError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise SettingsError(
            _(
                "The config file {shown} is not understood, so nothing was kept. Mend it or "
                "move it away, then run --configure again."
            ).format(shown=shown)
        ) from error
    except OSError as error:
        reason = wording.reason_of(error)
        raise SettingsError(
            _(
                "The config file {shown} cannot be written: {reason}. Mend that, or name "
                "another: --config PATH."
            ).format(shown=shown, reason=reason)
        ) from error
    return is_in_store


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes files that only their owner can read.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as temporary:
            temporary.write(text)
            temporary.flush()
            os.fsync(temporary.fileno())
        access.keep_for_owner(Path(name))
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
