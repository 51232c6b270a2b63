"""Value of each option, and its source.

Sources are arguments, environment, credentials of systemd, config file and default.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

from batch_update import wording
from batch_update.i18n import _
from batch_update.settings.config import Config
from batch_update.settings.option import CREDENTIALS, Option, Table
from batch_update.settings.options import OPTIONS, Options
from batch_update.settings.variables import read_variable

DATE_ORDERS: tuple[Option[object], ...] = (
    Options.is_day_first,
    Options.is_month_first,
    Options.date_format,
)
"""Options on date formats: they exclude each other."""
JSON_FORMS: tuple[Option[object], ...] = (Options.is_json, Options.is_json_lines)
"""Options on JSON: they exclude each other."""


class Origin(Enum):
    """Kinds of source of an option; of the first five, an earlier one goes before a later one."""

    ARGUMENT = auto()
    ENVIRONMENT = auto()
    CREDENTIAL = auto()
    CONFIG_FILE = auto()
    KEY_FILE = auto()
    KEY_COMMAND = auto()
    KEY_STORE = auto()
    DEFAULT = auto()

    @property
    def shown(self) -> str:
        """Its name for people."""
        words = {
            Origin.ARGUMENT: _("argument"),
            Origin.ENVIRONMENT: _("environment"),
            Origin.CREDENTIAL: _("credential"),
            Origin.CONFIG_FILE: _("config file"),
            Origin.KEY_FILE: _("file"),
            Origin.KEY_COMMAND: _("command"),
            Origin.KEY_STORE: _("key store"),
            Origin.DEFAULT: _("default"),
        }
        return words[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedOption:
    """The texts given for an option, and their source.

    Args:
        option: the option.
        texts: the texts; `yes` for a switch that is on, empty if none was given.
        where: a name for the source, such as `--workers`.
        origin: the kind of place.
    """

    option: Option[object]
    texts: tuple[str, ...]
    where: str
    origin: Origin

    @property
    def text(self) -> str:
        """The last text given; empty for nothing."""
        return self.texts[-1] if self.texts else ""

    @property
    def is_given(self) -> bool:
        """Whether it comes from anywhere but the default."""
        return self.origin is not Origin.DEFAULT


def resolve(
    arguments: argparse.Namespace, environment: Mapping[str, str], config: Config
) -> dict[str, ResolvedOption]:
    """Resolve every option; an argument goes before the environment, that before the file.

    Returns:
        By the options' names.
    """
    said = {option.name: _resolve(option, arguments, environment, config) for option in OPTIONS}
    return dict(_without_overruled(said))


def find_config(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> tuple[ResolvedOption, ResolvedOption]:
    """Return the config file's path and the profile, which are known before that file is read."""
    unread = Config(path=Path())
    path, profile = (
        _resolve(option, arguments, environment, unread)
        for option in (Options.config, Options.profile)
    )
    return path, profile


def list_arguments(arguments: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """List the texts of each option that the command line gives, by the options' names."""
    found = ((option.name, _argument(option, arguments)) for option in OPTIONS)
    return {name: texts for name, texts in found if texts is not None}


def read_options(said: Mapping[str, ResolvedOption]) -> Options:
    """Make the value of each option from its texts.

    Raises:
        SettingsError: a text is no valid value.
    """
    return Options({name: one.option.kind.read(one) for name, one in said.items()})


def _resolve(
    option: Option[object],
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    config: Config,
) -> ResolvedOption:
    if (given := _argument(option, arguments)) is not None:
        return ResolvedOption(option=option, texts=given, where=option.flag, origin=Origin.ARGUMENT)
    # A profile is a shop that was named just now; the environment speaks of another one.
    if config.profile is None or option.table is not Table.ACCOUNT:
        text = environment.get(option.variable, "").strip() if option.variable else ""
        is_said = bool(text) or (option.is_never_empty and option.variable in environment)
        if is_said and (texts := read_variable(option, text)) is not None:
            return ResolvedOption(
                option=option, texts=texts, where=option.variable, origin=Origin.ENVIRONMENT
            )
    if credential := _credential(option, environment, config.profile):
        where = _("the credential {name}").format(name=wording.printable(credential.name))
        return ResolvedOption(
            option=option, texts=(str(credential),), where=where, origin=Origin.CREDENTIAL
        )
    if option.name in config.values and _says(option, config.values[option.name]):
        where = _("{name} in {file}").format(name=option.key, file=config.shown)
        return ResolvedOption(
            option=option,
            texts=(config.values[option.name],),
            where=where,
            origin=Origin.CONFIG_FILE,
        )
    default = option.default
    return ResolvedOption(
        option=option,
        texts=(default,) if default else (),
        where=option.flag or option.variable,
        origin=Origin.DEFAULT,
    )


def _credential(
    option: Option[object], environment: Mapping[str, str], profile: str | None
) -> Path | None:
    """Return the file that systemd keeps for an option, or None; a profile is another shop."""
    folder = environment.get(CREDENTIALS, "")
    if not folder or not option.credential:
        return None
    path = Path(folder, f"{option.credential}.{profile}" if profile else option.credential)
    # A profile's name with a slash in it would be of another folder.
    # A folder that may not be read has nothing for this user; the function of a path raises then.
    is_there = path.parent == Path(folder) and os.path.isfile(path)  # noqa: PTH113
    return path if is_there else None


def describe_credentials(environment: Mapping[str, str], profile: str) -> str:
    """Say where a key was looked for in vain among the credentials of systemd, if there are any."""
    folder, name = environment.get(CREDENTIALS, ""), Options.secret_key_file.credential
    if not folder:
        return ""
    return _("The credentials of systemd, in {folder}, have no {name} for this user.").format(
        folder=wording.printable(folder),
        name=wording.printable(f"{name}.{profile}" if profile else name),
    )


def _argument(option: Option[object], arguments: argparse.Namespace) -> tuple[str, ...] | None:
    """Return the command line's texts for an option, or None."""
    said = getattr(arguments, option.name, None) if option.flag else None
    if option.is_repeated:
        return tuple(said) if said else None
    if option.is_switch:
        return ("yes",) if said else None
    return None if said is None or not _says(option, str(said)) else (str(said),)


def _says(option: Option[object], text: str) -> bool:
    """Return whether a text sets an option.

    An empty path means none, but where there is a usual place, it leaves that as it is, so
    that no run is without its ledger by chance.
    """
    return bool(text) or not option.is_path or not option.default


def _without_overruled(said: Mapping[str, ResolvedOption]) -> Iterator[tuple[str, ResolvedOption]]:
    """Let one of options that exclude each other overrule those that stand further away."""
    overruled: set[str] = set()
    for options in (DATE_ORDERS, JSON_FORMS):
        given = [said[option.name] for option in options if said[option.name].text]
        nearest = min((one.origin.value for one in given), default=Origin.DEFAULT.value)
        overruled |= {one.option.name for one in given if one.origin.value > nearest}
    for name, one in said.items():
        if name in overruled:
            yield name, replace(one, texts=(), origin=Origin.DEFAULT)
        else:
            yield name, one
