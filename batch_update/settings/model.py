"""All decisions before a run, in one frozen value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batch_update import shops
from batch_update.headers import NamedColumn
from batch_update.justclick.signing import Credentials
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.model import Field, RunKind, Status
from batch_update.settings.option import Option
from batch_update.settings.options import Options
from batch_update.validator import Affixes, Calendar
from batch_update.validator.statuses import OwnWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Address of a shop's API, and our login and key.

    Args:
        base_url: the address of the API.
        credentials: login and key.
        shop: the user's name for the shop; empty for nothing.
    """

    base_url: str
    credentials: Credentials
    shop: str = ""

    @property
    def name(self) -> str:
        """The shop's name in the ledger, alike for all addresses that are known to be its."""
        return shops.identify(self.credentials.username, self.base_url, self.shop)

    @property
    def former_name(self) -> str:
        """The shop's name in the ledger before the user gave it one."""
        return shops.identify(self.credentials.username, self.base_url)

    @property
    def name_in_key_store(self) -> str:
        """Its name in the key store: the login, and its address if that is not the vendor's."""
        login = self.credentials.username.lower()
        address = self.base_url.partition("://")[2].lower()
        is_vendors = address in {f"{login}.{domain}" for domain in shops.VENDOR_DOMAINS}
        return login if is_vendors else f"{login}@{address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Options):
    """All decisions before the run: the value of every option, and values made from several.

    Args:
        values: the value of each option, by its name; read as attributes.
        files: the sheets, in order.
        account: the shop; None for practice, and for a dry run for which no shop was given.
        named: headers or letters that the user gave for fields.
        own_words: the user's own status words, by the form in which words are compared.
        affixes: prefixes and suffixes that may stand around order numbers.
        default_status: used where the sheet leaves the status out.
        default_date: a date as text, used where the sheet leaves the date out.
        calendar: the reading of dates; its zone is also that of the results.
        ledger: the file or database that records the updates; None to keep nothing.
        history_of: the order whose history is asked for; None to send.
        begins_at: the begin of the time that is asked about; None for that of the ledger.
        ends_before: the end of that time; None for now.
        places: where each option was given, by its name: `--output`, or the config file's line.
        given: the texts of each option that was an argument, by its name.
        agreed: the plans that a person has agreed to, by the sheets' names; None if nobody was
            asked.
    """

    values: Mapping[str, object] = field(repr=False)
    files: tuple[Path, ...]
    account: Account | None
    named: Mapping[Field, NamedColumn]
    own_words: OwnWords
    affixes: Affixes
    default_status: Status | None
    default_date: str | None
    calendar: Calendar
    ledger: Path | DatabaseAddress | None
    history_of: int | None
    begins_at: dt.datetime | None = None
    ends_before: dt.datetime | None = None
    places: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    agreed: Mapping[Path, str] | None = None

    def place_of(self, option: Option[object]) -> str:
        """Return where an option was given, for a message."""
        return self.places.get(option.name, option.flag)

    @property
    def kind(self) -> RunKind:
        """The kind of run."""
        if self.is_dry_run:
            return RunKind.DRY_RUN
        return RunKind.PRACTICE if self.is_practice else RunKind.REAL

    @property
    def shows_progress(self) -> bool:
        """Return whether to draw a bar, if a person is there to see it."""
        return self.wants_progress and not (self.is_quiet or self.is_for_program)

    @property
    def is_for_program(self) -> bool:
        """Return whether stdout is for another program, and has no words for people."""
        return self.is_json or self.is_json_lines
