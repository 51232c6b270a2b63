"""Kinds of options, which turn text into values; quick to load, for --help.

They are plain classes: nine named tuples would take a twentieth of its time.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from batch_update import languages, wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings.addresses import names_database, refuse_address

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from batch_update.ledger.postgresql.address import DatabaseAddress

_Value = TypeVar("_Value", covariant=True)

_DURATION = r"([0-9]{1,6}(?:\.[0-9]{1,3})?) *(|s|sec|seconds?|m|min|minutes?|h|hours?)"
"""Compiled when it is needed, as `_AGE` is: --help is not to wait for it."""
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_AGE = r"([0-9]{1,4}) *([dmy])"
_DAYS = {"d": 1, "m": 31, "y": 366}
_WITHOUT_END = float("inf")
_PLAN = r"[0-9a-f]{12}"

WITH_PROBLEMS, ALWAYS, IF_NEW = OCCASIONS = ("problems", "always", "new")
"""When a message is sent: if something needs a person, after each run, or if that is new."""


class Said(Protocol):
    """The text given for an option, and its source."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts given; more than one only for an option that may be repeated."""

    @property
    def text(self) -> str:
        """The text given; empty for nothing."""

    @property
    def where(self) -> str:
        """A name for the source, such as `--workers`."""


class Kind(Protocol[_Value]):
    """Conversion of an option's text to a value."""

    def read(self, said: Said) -> _Value:
        """Return the value.

        Raises:
            SettingsError: the text is no valid value.
        """


class Switch:
    """A flag; given by its name alone.

    Args:
        says: the value if it is given; the opposite if not.
    """

    def __init__(self, *, says: bool) -> None:
        self.says = says

    def read(self, said: Said) -> bool:
        """Return the state of the switch."""
        if said.text not in {"", "yes"}:
            raise SettingsError(
                _("{where} {found}: write 1 for yes, 0 for no.").format(
                    where=said.where, found=wording.quote(said.text)
                )
            )
        return bool(said.text) == self.says


ON = Switch(says=True)
OFF = Switch(says=False)


class Text:
    """A text, or None."""

    def read(self, said: Said) -> str | None:
        """Return the text as it is."""
        return said.text or None


class Name(Text):
    """A name for people, which fits on a line, or None."""

    def read(self, said: Said) -> str | None:
        """Read a name."""
        if len(said.text) > wording.LONGEST_NAME:
            raise SettingsError(
                _("{where} {found}: write a name of at most {count} characters.").format(
                    where=said.where, found=wording.quote(said.text), count=wording.LONGEST_NAME
                )
            )
        return super().read(said)


class Secret(Text):
    """A text that must not be shown."""


class Command:
    """A command to be run without a shell, as its words, or None."""

    def read(self, said: Said) -> tuple[str, ...] | None:
        """Split a command into its words."""
        # Loaded for a command only.
        from batch_update.settings.key_command import split_command

        words = split_command(said.text)
        if words is None:
            raise SettingsError(
                _("{where}: a quote of the command is not closed. Write the other one.").format(
                    where=said.where
                )
            )
        if said.texts and not words:
            raise empty_value(said.where)
        return tuple(words) or None


class Texts:
    """Texts, each given by itself: the option may be repeated."""

    def read(self, said: Said) -> tuple[str, ...]:
        """Return the texts as they are."""
        return said.texts


class Channels:
    """Addresses of channels for messages; an empty one for none."""

    def read(self, said: Said) -> tuple[str, ...]:
        """Read the addresses, of which a text may hold several, parted by blanks."""
        if not said.texts:
            return ()
        # Loaded where there are any.
        from batch_update import channels

        found = tuple(channels.split(said.texts))
        for number, address in enumerate(found, start=1):
            if not channels.is_address(address):
                raise no_channel(said.where, number)
            if channels.is_unchecked(address):
                raise SettingsError(
                    _(
                        "{where}: {channel} turns the check of certificates off (verify), and what "
                        "it is to carry is secret. Leave that out; let the administrator install "
                        "the certificate."
                    ).format(where=said.where, channel=channels.shown(address))
                )
        return found


class Occasion:
    """When a message is sent."""

    def read(self, said: Said) -> str:
        """Read one of the words."""
        word = said.text.strip().lower()
        if word not in OCCASIONS:
            raise SettingsError(
                _("{where} {found}: write {words}.").format(
                    where=said.where,
                    found=wording.quote(said.text),
                    words=wording.either(OCCASIONS),
                )
            )
        return word


def _expand(said: Said) -> Path | None:
    """Return a path with the home that `~` stands for, or None."""
    if not said.text:
        return None
    try:
        return Path(said.text).expanduser()
    except RuntimeError:
        raise _no_place(said, _("there is no user of that name")) from None


def _look_at(path: Path, said: Said) -> None:
    """Refuse what cannot be looked at: nothing could be read or written there."""
    try:
        path.stat()
    except OSError as error:
        if isinstance(error, PermissionError) or error.errno == errno.ENAMETOOLONG:
            raise _no_place(said, wording.reason_of(error)) from None


def _no_place(said: Said, reason: str) -> SettingsError:
    return SettingsError(
        _("{where} {found}: {reason}. Name another place, or ask the administrator.").format(
            where=said.where, found=wording.printable(said.text), reason=reason
        )
    )


class FilePath:
    """A path on this machine, or None."""

    def read(self, said: Said) -> Path | None:
        """Read a path that can be looked at, whatever is there; an address is none."""
        refuse_address(said.text, said.where)
        path = _expand(said)
        if path is not None:
            _look_at(path, said)
        return path


class GivenPath(FilePath):
    """A path on this machine, which is not empty if it is given, or None."""

    def read(self, said: Said) -> Path | None:
        """Read a path."""
        if said.texts and not said.text.strip():
            raise empty_value(said.where)
        return super().read(said)


class FiguresPath(FilePath):
    """A path for figures on this machine, or None."""

    def read(self, said: Said) -> Path | None:
        """Read a path that node_exporter would read too."""
        path = super().read(said)
        if path is not None and path.suffix != ".prom":
            raise SettingsError(
                _(
                    "{where} {found}: write a name that ends in .prom, since node_exporter reads "
                    "no other."
                ).format(where=said.where, found=wording.quote(said.text))
            )
        return path


class LedgerPlace:
    """A path on this machine, the address of a database, or None."""

    def read(self, said: Said) -> Path | DatabaseAddress | None:
        """Read a path or an address."""
        refuse_address(said.text, said.where, takes_database=True)
        if not names_database(said.text):
            # What may not be looked at may be a ledger, in whose place none is to be named.
            return _expand(said)
        # Loaded for a team's ledger only.
        from batch_update.ledger.postgresql.address import read_address

        # The driver knows no other environment than that of the process.
        return read_address(said.text, said.where, os.environ)


class Whole:
    """A whole number within bounds."""

    def __init__(self, *, least: int, most: int) -> None:
        self.least = least
        self.most = most

    def read(self, said: Said) -> int:
        """Read a whole number."""
        text = said.text
        if text.isascii() and text.isdigit() and self.least <= int(text[:9]) <= self.most:
            return int(text)
        raise SettingsError(
            _("{where} {found}: write a whole number from {least} to {most}.").format(
                where=said.where, found=wording.quote(text), least=self.least, most=self.most
            )
        )


class AtOnce:
    """A number of updates under way at once, or None where the run is to find it."""

    def __init__(self, *, most: int) -> None:
        self.most = most

    def read(self, said: Said) -> int | None:
        """Read a whole number, or `auto`."""
        text = said.text
        if text.casefold() == "auto":
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= self.most:
            return int(text)
        raise SettingsError(
            _("{where} {found}: write auto, or a whole number from 1 to {most}.").format(
                where=said.where, found=wording.quote(text), most=self.most
            )
        )


_MOST_DIGITS = 18
"""Of a number that a database takes."""


class Number:
    """The number of a run, or None."""

    def read(self, said: Said) -> int | None:
        """Read the number."""
        if not said.texts:
            return None
        text = said.text.strip()
        if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text):
            return int(text)
        raise SettingsError(
            _("{where} {found}: write the number of a run, as --runs lists it.").format(
                where=said.where, found=wording.quote(said.text)
            )
        )


class Rate:
    """A number per second, within bounds, or None."""

    def __init__(self, *, least: float, most: float) -> None:
        self.least = least
        self.most = most

    def read(self, said: Said) -> float | None:
        """Read a number."""
        if not said.text:
            return None
        per_second = _read_number(said.text)
        if self.least <= per_second <= self.most:
            return per_second
        raise SettingsError(
            _("{where} {found}: write requests per second, from {least} to {most:.0f}.").format(
                where=said.where, found=wording.quote(said.text), least=self.least, most=self.most
            )
        )


class Seconds:
    """Seconds, more than 0."""

    def __init__(self, *, most: float) -> None:
        self.most = most

    def read(self, said: Said) -> float:
        """Read a number of seconds."""
        seconds = _read_number(said.text)
        if 0 < seconds <= self.most:
            return seconds
        raise SettingsError(
            _("{where} {found}: write seconds, more than 0 and at most {most:.0f}.").format(
                where=said.where, found=wording.quote(said.text), most=self.most
            )
        )


class Duration:
    """A duration, in seconds or in larger units."""

    def __init__(self, *, most_hours: int) -> None:
        self.most_hours = most_hours

    def read(self, said: Said) -> float:
        """Read a duration as seconds."""
        seconds = _read_duration(said.text)
        if 0 <= seconds <= self.most_hours * 3600:
            return seconds
        raise SettingsError(
            _(
                "{where} {found}: write seconds, or like 90s, 10m or 2h; at most {hours:.0f} hours."
            ).format(where=said.where, found=wording.quote(said.text), hours=self.most_hours)
        )


class Span:
    """A duration, or None."""

    def __init__(self, *, most_hours: int) -> None:
        self.most_hours = most_hours

    def read(self, said: Said) -> float | None:
        """Read a duration as seconds."""
        return Duration(most_hours=self.most_hours).read(said) if said.texts else None


class Age:
    """An age in days, months or years, or None."""

    def __init__(self, *, least_days: int) -> None:
        self.least_days = least_days

    def read(self, said: Said) -> int | None:
        """Read an age as days; a month has 31, and a year 366, so that nothing is too young."""
        if not said.texts:
            return None
        found = re.fullmatch(_AGE, said.text.strip().lower())
        days = int(found[1]) * _DAYS[found[2]] if found else 0
        if days >= self.least_days:
            return days
        raise SettingsError(
            _(
                "{where} {found}: write days, months or years, like 400d, 18m or 2y; at least "
                "{least} days."
            ).format(where=said.where, found=wording.quote(said.text), least=self.least_days)
        )


class Patience:
    """How long to wait for another run: seconds, without end if there is no number, or None."""

    def __init__(self, *, most_hours: int) -> None:
        self.most_hours = most_hours

    def read(self, said: Said) -> float | None:
        """Read a duration, which may be left out."""
        if not said.texts:
            return None
        return Duration(most_hours=self.most_hours).read(said) if said.text else _WITHOUT_END


class Language:
    """A language that there is a catalogue of; empty for the system's."""

    def read(self, said: Said) -> str:
        """Read the code of a language."""
        language = said.text.strip().lower()
        if language and language not in languages.available():
            raise SettingsError(
                _("{where} {found}: write one of {languages}.").format(
                    where=said.where,
                    found=wording.quote(said.text),
                    languages=", ".join(languages.available()),
                )
            )
        return language


class Plan:
    """The fingerprint of a plan, or None."""

    def read(self, said: Said) -> str | None:
        """Read the twelve signs."""
        plan = said.text.strip().lower()
        if said.texts and not re.fullmatch(_PLAN, plan):
            raise SettingsError(
                _("--plan {found}: write the twelve signs that --dry-run shows.").format(
                    found=wording.quote(said.text)
                )
            )
        return plan or None


class Zone:
    """A time zone."""

    def read(self, said: Said) -> ZoneInfo:
        """Find the zone."""
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(said.text)
        except (KeyError, ValueError, OSError):
            raise SettingsError(
                _(
                    "{where} {found}: there is no such time zone. Name one like "
                    "Europe/Moscow, Asia/Yekaterinburg or UTC."
                ).format(where=said.where, found=wording.quote(said.text))
            ) from None


class DateFormat:
    """A format of dates, or None."""

    def read(self, said: Said) -> str | None:
        """Read a format that holds day, month and year."""
        from batch_update.validator import tells_whole_date

        if not said.text or tells_whole_date(said.text):
            return said.text or None
        raise SettingsError(
            _(
                "{where} {found}: it must hold day, month and year, such as %d.%m.%y or "
                "%m/%d/%Y %H:%M."
            ).format(where=said.where, found=wording.quote(said.text))
        )


def empty_value(where: str) -> SettingsError:
    """Return the error of a value that a variable was to give, and which was not set."""
    return SettingsError(
        _("{where} is empty. Write what is meant, or leave it out. Nothing was sent.").format(
            where=where
        )
    )


def no_channel(where: str, number: int) -> SettingsError:
    """Return the error of what is no address of a channel, by its number among those given."""
    return SettingsError(
        _(
            "{where}: number {number} is no address of a channel, which begins like "
            "mailtos:// or tgram:// and has no blanks. (It is not shown, since it may "
            "hold a password.)"
        ).format(where=where, number=number)
    )


def is_duration(text: str) -> bool:
    """Return whether a text is a duration, if not of which length."""
    return _read_duration(text) >= 0


def _read_duration(text: str) -> float:
    found = re.fullmatch(_DURATION, text.strip().lower())
    return float(found[1]) * _UNITS[found[2][:1]] if found else -1.0


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
