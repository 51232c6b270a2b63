"""The config file: settings that are the same every day and need not be given in each command.

[account]                       username, secret_key (or secret_key_file, secret_key_command),
                                base_url, shop
[columns]                       bill_id, status, date, date_sent, date_paid, rpo: a header or the
                                column's letter, or a list of them
[statuses]                      meanings of the user's own words: "Вручен" = "sent"
[orders]                        prefix, suffix: affixes of order numbers
[notify]                        url, a text or a list, or url_file; when
[sheet] [dates] [checks] [sending] [files] [screen]
options, named as in `--help`, with _ for -
[profiles.NAME.account]         and so on: differences with --profile NAME
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from batch_update import channels, wording
from batch_update.errors import SettingsError
from batch_update.headers import NamedColumn
from batch_update.i18n import _
from batch_update.model import Field
from batch_update.paths import real_path
from batch_update.settings import access, own_words
from batch_update.settings.option import Option, Table
from batch_update.settings.options import ALTERNATIVES, OPTIONS, Options
from batch_update.validator import OwnWord

_WEIGHTY = frozenset({Table.ACCOUNT, Table.FILES, Table.NOTIFY})
"""The tables that decide where orders and messages are sent and files are written."""

_APART = frozenset({Table.COLUMNS, Table.STATUSES, Table.ORDERS})
"""The tables that are read in ways of their own."""

PROFILES = "profiles"


class Said(Protocol):
    """The text given for the file or the profile, and its source."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts given; none for nothing."""

    @property
    def text(self) -> str:
        """The text given, or the usual one."""

    @property
    def where(self) -> str:
        """A name for the source, such as `--profile`."""

    @property
    def is_given(self) -> bool:
        """Whether it is more than the usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Contents of the config file.

    Args:
        path: the file.
        columns: the headers of fields, from its table `[columns]`.
        statuses: status words, from its table `[statuses]`.
        affixes: prefixes and suffixes of order numbers, from its table `[orders]`.
        values: its texts for other options, by name; `yes` for a flag that is on.
        profile: the profile whose tables went before the others; None for none.
        profiles: the names of all profiles that it has.
    """

    path: Path
    columns: Mapping[Field, NamedColumn] = field(default_factory=dict)
    statuses: Mapping[str, OwnWord] = field(default_factory=dict)
    affixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    profiles: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The file's name, for a message."""
        return wording.printable(self.path.name)


def read_config(named: Said, chosen: Said) -> Config:
    """Read the config file.

    Args:
        named: the file that the user named, if any; the usual one need not be there.
        chosen: the profile whose tables go before the others, if any.

    Raises:
        SettingsError: it is not there, cannot be read, has invalid contents, has no such profile,
            or holds the secret key where others can read it.
    """
    file = Path(named.text).expanduser()
    profile = chosen.text if chosen.texts else None
    shown = wording.printable(str(file))
    said = _load(file, shown, named.where if named.is_given else "")
    profiles = said.get(PROFILES)
    layers = _layers(said, profile, shown, chosen.where)
    columns: dict[Field, NamedColumn] = {}
    statuses: dict[str, OwnWord] = {}
    affixes: dict[str, tuple[str, ...]] = {}
    values: dict[str, str] = {}
    for tables, where in layers:
        _refuse_unknown(_table(tables, where), [table.value for table in Table], where)
        prefix = f"{PROFILES}.{profile}." if tables is not said else ""
        columns |= _read_columns(tables.get(Table.COLUMNS.value, {}), file, prefix)
        statuses |= _read_statuses(tables.get(Table.STATUSES.value, {}), where, file)
        affixes |= _read_orders(tables.get(Table.ORDERS.value, {}), where)
        account = _table(tables.get(Table.ACCOUNT.value, {}), f"{where}, [{Table.ACCOUNT.value}]")
        if tables is not said and Options.username.key in account:
            # Another login is another shop, with another address and key.
            for option in _options_in(Table.ACCOUNT):
                values.pop(option.name, None)
        for table in Table:
            if options := _options_in(table):
                place = f"{where}, [{table.value}]"
                read = _read_values(tables.get(table.value, {}), place, options)
                _drop_alternatives(values, read)
                values |= read
    _refuse_rights(file, shown, values)
    return Config(
        path=file,
        columns=columns,
        statuses=statuses,
        affixes=affixes,
        values=values,
        profile=profile,
        profiles=tuple(profiles) if isinstance(profiles, dict) else (),
    )


def _drop_alternatives(values: dict[str, str], read: Mapping[str, str]) -> None:
    """Drop what is overruled: a profile may keep its key in another way than the rest."""
    for options in ALTERNATIVES:
        if any(option.name in read for option in options):
            for option in options:
                values.pop(option.name, None)


def _refuse_rights(file: Path, shown: str, values: Mapping[str, str]) -> None:
    """Refuse a file that others can read or change, as far as that matters for what it says."""
    if Options.secret_key.name in values:
        _refuse_open(file, shown, _("the secret key"))
    if any(map(channels.carries_secret, values.get(Options.notify.name, "").split())):
        _refuse_open(file, shown, _("the password or token of a channel (under [notify])"))
    if any(option.name in values and option.table in _WEIGHTY for option in OPTIONS):
        _refuse_foreign(file, shown)


def _options_in(table: Table) -> list[Option[object]]:
    """List the options of a table, unless that is read apart."""
    return [option for option in OPTIONS if option.table is table and table not in _APART]


def _layers(
    said: dict[str, Any], profile: str | None, shown: str, said_in: str
) -> list[tuple[dict[str, Any], str]]:
    """Return the file's general tables, then those of a profile, with their names."""
    profiles = said.pop(PROFILES, {})
    if not isinstance(profiles, dict):
        raise SettingsError(
            _("The config file {shown}: write profiles as [{profiles}.NAME.account].").format(
                shown=shown, profiles=PROFILES
            )
        )
    layers = [(said, _("The config file {shown}").format(shown=shown))]
    if profile is not None:
        name = wording.printable(profile)
        if profile not in profiles:
            listed = wording.printable(", ".join(profiles)) or _("none")
            raise SettingsError(
                _(
                    "{where} {found}: the config file {shown} has no such profile. It has: "
                    "{listed}. Make one: batch-update --configure --profile {name}"
                ).format(
                    where=said_in,
                    found=wording.quote(profile),
                    shown=shown,
                    listed=listed,
                    name=name,
                )
            )
        layers.append(
            (
                profiles[profile],
                _("The config file {shown}, [{profiles}.{name}]").format(
                    shown=shown, profiles=PROFILES, name=name
                ),
            )
        )
    return layers


def _load(file: Path, shown: str, said_in: str) -> dict[str, Any]:
    """Load the file; only if it was named somewhere must it be there."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if not said_in:
            return {}
        raise SettingsError(
            _(
                "{where} {shown}: there is no such file. Check the name, or make it: --configure."
            ).format(where=said_in, shown=shown)
        ) from None
    except OSError as error:
        reason = wording.reason_of(error)
        raise SettingsError(
            _(
                "The config file {shown} cannot be read: {reason}. Mend that, or name another: "
                "--config PATH."
            ).format(shown=shown, reason=reason)
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            _(
                "The config file {shown} is not UTF-8: byte {byte} does not fit. Save it as UTF-8."
            ).format(shown=shown, byte=error.start)
        ) from error
    except tomllib.TOMLDecodeError as error:
        reason = wording.printable(str(error))
        raise SettingsError(
            _("The config file {shown} is not TOML: {reason}. Correct that line.").format(
                shown=shown, reason=reason
            )
        ) from error


def _refuse_open(file: Path, shown: str, secret: str) -> None:
    """Refuse a file with something secret in it that others can read."""
    is_open = access.is_open_to_many(file)
    if os.name == "posix":
        is_open = bool(stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))
    if is_open:
        raise SettingsError(
            _(
                "The config file {shown} holds {secret}, and others can read it. Make it yours "
                "alone: {command}"
            ).format(shown=shown, secret=secret, command=access.advice(shown))
        )


def _refuse_foreign(file: Path, shown: str) -> None:
    """Refuse a file that others can change or replace."""
    if os.name != "posix":
        return
    about = file.stat()
    if about.st_uid not in {0, os.geteuid()}:
        raise SettingsError(
            _(
                "The config file {shown} is another user's, who could lead your updates to "
                "another shop. Make it your own, or copy it and name the copy: --config PATH."
            ).format(shown=shown)
        )
    if about.st_mode & stat.S_IWOTH:
        raise SettingsError(
            _(
                "The config file {shown} can be changed by others, who could lead your updates "
                "to another shop. Make it yours alone: chmod 600 {shown}"
            ).format(shown=shown)
        )
    # A link's place counts as well as that of the file to which it leads.
    for folder in (file.absolute().parent, real_path(file).parent):
        mode = folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            place = wording.show_path(folder)
            raise SettingsError(
                _(
                    "The config file {shown} can be replaced by others, since all may write in "
                    "its folder. Make that yours alone: chmod o-w {folder}"
                ).format(shown=shown, folder=place)
            )


def _table(said: object, where: str) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise SettingsError(_("{where}: write it as a table.").format(where=where))
    return said


def _read_values(said: object, where: str, options: list[Option[object]]) -> dict[str, str]:
    table = _table(said, where)
    _refuse_unknown(table, [option.key for option in options], where)
    values = {}
    for option in options:
        if option.key not in table:
            continue
        value = table[option.key]
        if option.is_repeated and isinstance(value, list):
            value = " ".join(map(str, value))
        if option.is_switch and not isinstance(value, bool):
            raise SettingsError(
                _("{where}: {name} is on or off: write true or false.").format(
                    where=where, name=option.key
                )
            )
        is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
        if not option.is_switch and not is_text:
            raise SettingsError(
                _('{where}: write {name} as text or number, such as {name} = "…".').format(
                    where=where, name=option.key
                )
            )
        values[option.name] = ("yes" if value else "") if option.is_switch else str(value)
    return values


def _read_columns(said: object, file: Path, prefix: str) -> dict[Field, NamedColumn]:
    table = wording.printable(f"[{prefix}{Table.COLUMNS.value}]")
    where = _("The config file {shown}, {table}").format(
        shown=wording.printable(str(file)), table=table
    )
    if not isinstance(said, dict):
        raise SettingsError(
            _('{where}: write it as a table, with lines like rpo = "Barcode".').format(where=where)
        )
    _refuse_unknown(said, list(Field), where)
    columns = {}
    for name, value in said.items():
        headers = value if isinstance(value, list) else [value]
        if not headers or not all(
            isinstance(header, str) and wording.normalise(header) for header in headers
        ):
            raise SettingsError(
                _(
                    '{where}: {name} must be a header, such as {name} = "Barcode", or a list '
                    "of headers of which a sheet has one."
                ).format(where=where, name=name)
            )
        said_in = wording.printable(file.name)
        columns[Field(name)] = NamedColumn(headers=tuple(headers), said_in=said_in, table=table)
    return columns


def _read_statuses(said: object, where: str, file: Path) -> dict[str, OwnWord]:
    place = f"{where}, [{Table.STATUSES.value}]"
    return own_words.read_word_table(said, place, wording.printable(file.name))


def _read_orders(said: object, where: str) -> dict[str, tuple[str, ...]]:
    place = f"{where}, [{Table.ORDERS.value}]"
    affixes = own_words.read_affix_table(said, place)
    _refuse_unknown(_table(said, place), [option.key for option in own_words.AFFIX_OPTIONS], place)
    return affixes


def _refuse_unknown(said: Iterable[str], known: list[str], where: str) -> None:
    for name in said:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = (
                _("Did you mean {name}?").format(name=near[0])
                if near
                else _("Known: {names}.").format(names=", ".join(known))
            )
            raise SettingsError(
                _("{where}: {name} is not known. {hint}").format(
                    where=where, name=wording.quote(name), hint=hint
                )
            )
