"""Every option: where it may be said, and what it is if nobody says it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from batch_update.settings.config import Config
from batch_update.settings.defaults import (
    BASE_URL_VARIABLE,
    DEFAULT_RETRIES,
    DEFAULT_SETTLE,
    DEFAULT_TIMEOUT_S,
    DEFAULT_TIMEZONE,
    DEFAULT_WORKERS,
    SECRET_KEY_VARIABLE,
    SHOP_VARIABLE,
    USERNAME_VARIABLE,
)
from batch_update.texts import settings as texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that can be said about a run.

    Args:
        name: its name in the config file; with dashes, and two in front, that of the argument.
        table: where it stands in the config file.
        default: its value if nobody says it; None for nothing.
        is_flag: whether it is only on or off.
        variable: the environment variable that may say it; empty for none.
        has_argument: whether the command line may say it.
        is_secret: whether its value must not be shown.
    """

    name: str
    table: str
    default: str | None = None
    is_flag: bool = False
    variable: str = ""
    has_argument: bool = True
    is_secret: bool = False

    @property
    def argument(self) -> str:
        """How the command line says it."""
        return f"--{self.name.replace('_', '-')}"


OPTIONS = (
    Option(name="username", table="account", variable=USERNAME_VARIABLE, has_argument=False),
    Option(
        name="secret_key",
        table="account",
        variable=SECRET_KEY_VARIABLE,
        has_argument=False,
        is_secret=True,
    ),
    Option(name="base_url", table="account", variable=BASE_URL_VARIABLE),
    Option(name="shop", table="account", variable=SHOP_VARIABLE, has_argument=False),
    Option(name="sheet", table="sheet"),
    Option(name="no_header", table="sheet", is_flag=True),
    Option(name="status", table="sheet"),
    Option(name="date", table="sheet"),
    Option(name="timezone", table="dates", default=DEFAULT_TIMEZONE),
    Option(name="day_first", table="dates", is_flag=True),
    Option(name="month_first", table="dates", is_flag=True),
    Option(name="date_format", table="dates"),
    Option(name="check_tracking", table="checks", is_flag=True),
    Option(name="strict", table="checks", is_flag=True),
    Option(name="workers", table="sending", default=str(DEFAULT_WORKERS)),
    Option(name="rate", table="sending"),
    Option(name="retries", table="sending", default=str(DEFAULT_RETRIES)),
    Option(name="timeout", table="sending", default=f"{DEFAULT_TIMEOUT_S:g}"),
    Option(name="settle", table="sending", default=DEFAULT_SETTLE),
    Option(name="no_read_back", table="sending", is_flag=True),
    Option(name="keep_going", table="sending", is_flag=True),
    Option(name="output", table="files"),
    Option(name="failures", table="files"),
    Option(name="ledger", table="files"),
    Option(name="log_file", table="files"),
    Option(name="json", table="screen", is_flag=True),
    Option(name="quiet", table="screen", is_flag=True),
    Option(name="verbose", table="screen", is_flag=True),
    Option(name="no_progress", table="screen", is_flag=True),
)

_DATE_ORDERS = frozenset({"day_first", "month_first", "date_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedOption:
    """What an option is, and who says so.

    Args:
        option: the option.
        text: its value; empty for nothing, `yes` for a flag that is on.
        where: how to call the place where it is said, such as `--workers`.
        origin: the kind of place: argument, environment, config file, key store or default.
    """

    option: Option
    text: str
    where: str
    origin: str

    @property
    def is_on(self) -> bool:
        """Whether a flag is on."""
        return self.text == "yes"

    @property
    def or_none(self) -> str | None:
        """The value, or None if there is none."""
        return self.text or None


def resolve(
    arguments: argparse.Namespace, environment: Mapping[str, str], config: Config
) -> dict[str, ResolvedOption]:
    """Find out what every option is; an argument goes before the environment, that before the file.

    Returns:
        By the options' names.
    """
    said = {option.name: _resolve(option, arguments, environment, config) for option in OPTIONS}
    return dict(_without_overruled(said))


def _resolve(
    option: Option,
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    config: Config,
) -> ResolvedOption:
    argument = getattr(arguments, option.name, None) if option.has_argument else None
    if argument is not None and argument is not False:
        text = "yes" if argument is True else str(argument)
        return ResolvedOption(
            option=option, text=text, where=option.argument, origin=texts.FROM_ARGUMENT
        )
    variable = environment.get(option.variable, "").strip() if option.variable else ""
    # A profile is a shop that was named just now; the environment speaks of another one.
    if variable and config.profile is None:
        return ResolvedOption(
            option=option, text=variable, where=option.variable, origin=texts.FROM_ENVIRONMENT
        )
    if option.name in config.values:
        where = texts.PLACE_IN_FILE.format(name=option.name, file=config.shown)
        return ResolvedOption(
            option=option, text=config.values[option.name], where=where, origin=texts.CONFIG_FILE
        )
    where = option.argument if option.has_argument else option.variable
    return ResolvedOption(
        option=option, text=option.default or "", where=where, origin=texts.FROM_DEFAULT
    )


def _without_overruled(said: Mapping[str, ResolvedOption]) -> Iterator[tuple[str, ResolvedOption]]:
    """Let how dates are written be said anew as a whole: the options exclude each other."""
    is_said_anew = any(said[name].origin == texts.FROM_ARGUMENT for name in _DATE_ORDERS)
    for name, one in said.items():
        if name in _DATE_ORDERS and is_said_anew and one.origin == "config file":
            yield (
                name,
                ResolvedOption(
                    option=one.option, text="", where=one.where, origin=texts.FROM_DEFAULT
                ),
            )
        else:
            yield name, one
