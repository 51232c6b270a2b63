"""The config file: what is the same every day and need not be said in each command.

[account]                       username, secret_key, base_url
[columns]                       bill_id, status, date, rpo: a header, or a list of headers
[sheet] [dates] [checks] [sending] [files] [screen]
options, named as in `--help`, with _ for -
[profiles.NAME.account]         and so on: what is different with --profile NAME
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from batch_update import wording
from batch_update.columns import NamedColumn
from batch_update.errors import SettingsError
from batch_update.orders import Field

_COLUMNS = "columns"
_ACCOUNT = "account"
PROFILES = "profiles"
_SECRET = "secret_key"  # noqa: S105 the key's name, not its value


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the config file says.

    Args:
        path: the file.
        columns: the headers of fields, from its table `[columns]`.
        values: what it says of options, by name; `yes` for a flag that is on.
        profile: whose tables went before the others; None for no one's.
    """

    path: Path
    columns: Mapping[Field, NamedColumn] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None

    @property
    def shown(self) -> str:
        """The file's name, for a message."""
        return wording.printable(self.path.name)


def default_path() -> Path:
    """Give the place where the config file is looked for."""
    return platformdirs.user_config_path("batch-update", appauthor=False) / "config.toml"


def default_ledger() -> Path:
    """Give the place where the ledger is kept unless the user names another."""
    return platformdirs.user_state_path("batch-update", appauthor=False) / "ledger.sqlite3"


def read_config(
    path: Path | None, profile: str | None, known: Mapping[str, Sequence[tuple[str, bool]]]
) -> Config:
    """Read the config file.

    Args:
        path: the file that the user named; None for the default one, which need not be there.
        profile: the profile whose tables go before the others; None for none.
        known: by table, the names of options, and whether they are only on or off.

    Raises:
        SettingsError: it is not there, cannot be read, says what is not understood, has no such
            profile, or holds the secret key where others can read it.
    """
    file = path or default_path()
    shown = wording.printable(str(file))
    said = _load(file, shown, is_needed=path is not None)
    layers = _layers(said, profile, shown)
    columns: dict[Field, NamedColumn] = {}
    values: dict[str, str] = {}
    for tables, where in layers:
        _refuse_unknown(_table(tables, where), [_COLUMNS, *known], where)
        columns |= _read_columns(tables.get(_COLUMNS, {}), file)
        if tables is not said and "username" in tables.get(_ACCOUNT, {}):
            # Another login is another shop, with an address and a key of its own.
            for name in ("base_url", _SECRET):
                values.pop(name, None)
        for table, options in known.items():
            values |= _read_values(tables.get(table, {}), f"{where}, [{table}]", options)
    if _SECRET in values:
        _refuse_open(file, shown)
    return Config(path=file, columns=columns, values=values, profile=profile)


def _layers(
    said: dict[str, Any], profile: str | None, shown: str
) -> list[tuple[dict[str, Any], str]]:
    """Give what the file says in general, then what it says of a profile, and how to call them."""
    profiles = said.pop(PROFILES, {})
    if not isinstance(profiles, dict):
        raise SettingsError(
            f"The config file {shown}: write profiles as [{PROFILES}.NAME.account]."
        )
    layers = [(said, f"The config file {shown}")]
    if profile is not None:
        if profile not in profiles:
            listed = ", ".join(profiles) or "none"
            raise SettingsError(
                f"--profile {wording.quote(profile)}: the config file {shown} has no such profile. "
                f"It has: {listed}. Make one: batch-update --configure --profile {profile}"
            )
        layers.append((profiles[profile], f"The config file {shown}, [{PROFILES}.{profile}]"))
    return layers


def _load(file: Path, shown: str, *, is_needed: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if not is_needed:
            return {}
        raise SettingsError(
            f"--config {shown}: there is no such file. Check the name, or make it: --configure."
        ) from None
    except OSError as error:
        reason = wording.printable(error.strerror or str(error)).lower()
        raise SettingsError(
            f"The config file {shown} cannot be read: {reason}. Mend that, or name another: "
            "--config PATH."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"The config file {shown} is not UTF-8: byte {error.start} does not fit. Save it as "
            "UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The config file {shown} is not TOML: {error}. Correct that line."
        ) from error


def _refuse_open(file: Path, shown: str) -> None:
    """Refuse a file with the secret key in it that others can read."""
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"The config file {shown} holds the secret key, and others can read it. Make it yours "
            f"alone: chmod 600 {shown}"
        )


def _table(said: object, where: str) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise SettingsError(f"{where}: write it as a table.")
    return said


def _read_values(said: object, where: str, options: Sequence[tuple[str, bool]]) -> dict[str, str]:
    table = _table(said, where)
    _refuse_unknown(table, [name for name, _ in options], where)
    values = {}
    for name, is_flag in options:
        if name not in table:
            continue
        value = table[name]
        if is_flag and not isinstance(value, bool):
            raise SettingsError(f"{where}: {name} is on or off: write true or false.")
        is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
        if not is_flag and not is_text:
            raise SettingsError(f'{where}: write {name} as text or number, such as {name} = "…".')
        values[name] = ("yes" if value else "") if is_flag else str(value)
    return values


def _read_columns(said: object, file: Path) -> dict[Field, NamedColumn]:
    where = f"The config file {wording.printable(str(file))}, [{_COLUMNS}]"
    if not isinstance(said, dict):
        raise SettingsError(f'{where}: write it as a table, with lines like rpo = "Barcode".')
    _refuse_unknown(said, list(Field), where)
    columns = {}
    for name, value in said.items():
        headers = value if isinstance(value, list) else [value]
        if not headers or not all(
            isinstance(header, str) and wording.normalise(header) for header in headers
        ):
            raise SettingsError(
                f'{where}: {name} must be a header, such as {name} = "Barcode", or a list of '
                "headers of which a sheet has one."
            )
        said_in = wording.printable(file.name)
        columns[Field(name)] = NamedColumn(headers=tuple(headers), said_in=said_in)
    return columns


def _refuse_unknown(said: Iterable[str], known: list[str], where: str) -> None:
    for name in said:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise SettingsError(f"{where}: {wording.quote(name)} is not known. {hint}")
