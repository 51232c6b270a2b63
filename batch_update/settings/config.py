"""The config file: what is the same every day and need not be said in each command."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from batch_update import wording
from batch_update.columns import NamedColumn
from batch_update.errors import SettingsError
from batch_update.orders import Field

_COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the config file says.

    Args:
        columns: the headers of fields, from its table `[columns]`.
    """

    columns: Mapping[Field, NamedColumn] = field(default_factory=dict)


def default_path() -> Path:
    """Give the place where the config file is looked for."""
    return platformdirs.user_config_path("batch-update", appauthor=False) / "config.toml"


def default_ledger() -> Path:
    """Give the place where the ledger is kept unless the user names another."""
    return platformdirs.user_state_path("batch-update", appauthor=False) / "ledger.sqlite3"


def read_config(path: Path | None) -> Config:
    """Read the config file.

    Args:
        path: the file that the user named; None for the default one, which need not be there.

    Raises:
        SettingsError: it is not there, cannot be read, or says what is not understood.
    """
    file = path or default_path()
    shown = wording.printable(str(file))
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if path is None:
            return Config()
        raise SettingsError(f"--config {shown}: there is no such file.") from None
    except OSError as error:
        reason = wording.printable(error.strerror or str(error)).lower()
        raise SettingsError(f"The config file {shown} cannot be read: {reason}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"The config file {shown} is not UTF-8: byte {error.start} does not fit. Save it as "
            "UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The config file {shown} is not TOML: {error}.") from error
    _refuse_unknown(said, [_COLUMNS], f"The config file {shown}")
    return Config(columns=_read_columns(said.get(_COLUMNS, {}), file))


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
