"""Declaration of an option; quick to load, for --help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Final, Generic, TypedDict, TypeVar, Unpack, cast, overload

from batch_update.i18n import N_
from batch_update.settings.kinds import (
    Channels,
    Command,
    FilePath,
    GivenPath,
    Kind,
    LedgerPlace,
    Secret,
    Switch,
    Texts,
)

PREFIX = "BATCH_UPDATE_"
"""Begins the variable of an option, unless that has another one."""

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd tells a service the folder of its credentials."""

_Value = TypeVar("_Value", covariant=True)


class Group(Enum):
    """The groups of --help, in its order; their words are only for show."""

    RUN = N_("the run")
    SHEET = N_("the sheet")
    CHECKS = N_("the checks")
    SHOP = N_("the shop")
    SETTINGS = N_("the settings")
    SCREEN = N_("the screen")


class Table(Enum):
    """The tables of the config file, all of which a profile may have too."""

    COLUMNS = "columns"
    STATUSES = "statuses"
    ORDERS = "orders"
    ACCOUNT = "account"
    SHEET = "sheet"
    DATES = "dates"
    CHECKS = "checks"
    SENDING = "sending"
    FILES = "files"
    NOTIFY = "notify"
    SCREEN = "screen"


class _Places(TypedDict, total=False):
    group: Group
    table: Table
    key: str
    variable: str
    credential: str
    is_typed: bool
    default: str | Callable[[], Path]


class Values:
    """Values of all options.

    Args:
        values: the value of each option, by its name; read as attributes.
    """

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values


class Option(Generic[_Value]):
    """An option of a run; as an attribute of settings, its value.

    No dataclass, since that module alone takes a tenth of the time of --help.

    Args:
        usage: its form on the command line, such as `--workers N`; without dashes, the name of an
            option that the command line does not have.
        kind: converts its text to a value.
        help_text: a sentence on it; left out if the command line does not have it.
        group: its group in --help; left out if the command line does not have it.
        table: its table in the config file; left out if that does not have it.
        key: its name there; left out if that is the option's.
        variable: the environment variable for it; left out if that is named as the option.
        credential: the name of the file that systemd may keep for it; a profile has its own.
        is_typed: whether only an argument can say it, since it decides what kind of run a command
            is, or what is done once: a variable that somebody has forgotten must not.
        default: the value if it is not given.
    """

    __slots__ = (
        "_default",
        "credential",
        "flag",
        "group",
        "help_text",
        "is_typed",
        "key",
        "kind",
        "metavar",
        "name",
        "table",
        "variable",
    )

    def __init__(
        self, usage: str, kind: Kind[_Value], help_text: str = "", **places: Unpack[_Places]
    ) -> None:
        word, _, metavar = usage.partition(" ")
        self.name: Final = word.removeprefix("--").replace("-", "_")
        self.flag: Final = word if word.startswith("--") else ""
        self.metavar: Final = metavar
        self.kind: Final = kind
        self.help_text: Final = help_text
        self.group: Final = places.get("group")
        self.table: Final = places.get("table")
        self.key: Final = places.get("key", self.name)
        self.is_typed: Final = places.get("is_typed", False)
        usual = "" if self.is_typed else f"{PREFIX}{self.name.upper()}"
        self.variable: Final = places.get("variable", usual)
        self.credential: Final = places.get("credential", "")
        self._default: Final = places.get("default", "")

    @overload
    def __get__(self, instance: None, owner: type[Values]) -> Option[_Value]: ...

    @overload
    def __get__(self, instance: Values, owner: type[Values]) -> _Value: ...

    def __get__(self, instance: Values | None, owner: type[Values]) -> Option[_Value] | _Value:
        """Return the value if settings are asked, and the declaration if their class is."""
        return self if instance is None else cast("_Value", instance.values[self.name])

    @property
    def default(self) -> str:
        """The text used if it is not given; empty for nothing."""
        return self._default if isinstance(self._default, str) else str(self._default())

    @property
    def is_switch(self) -> bool:
        """Return whether it is only on or off."""
        return isinstance(self.kind, Switch)

    @property
    def is_repeated(self) -> bool:
        """Return whether it may be given more than once."""
        return isinstance(self.kind, Texts | Channels)

    @property
    def is_value_optional(self) -> bool:
        """Return whether it may be given by its name alone, or with a value."""
        return self.metavar.startswith("[")

    @property
    def is_never_empty(self) -> bool:
        """Return whether an empty value is a mistake, wherever it stands."""
        return isinstance(self.kind, Command | GivenPath)

    @property
    def is_path(self) -> bool:
        """Return whether it names a file or a folder."""
        return isinstance(self.kind, FilePath | LedgerPlace)

    @property
    def takes_database(self) -> bool:
        """Return whether it may name a database in place of a file."""
        return isinstance(self.kind, LedgerPlace)

    @property
    def is_secret(self) -> bool:
        """Return whether its value must not be shown."""
        return isinstance(self.kind, Secret | Channels)
