"""All that is decided before a run, in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batch_update import shops
from batch_update.headers import NamedColumn
from batch_update.justclick.signing import Credentials
from batch_update.model import Field, Status
from batch_update.validator import Affixes, Calendar
from batch_update.validator.statuses import OwnWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a shop's API is, and who we are to it.

    Args:
        base_url: the address of the API.
        credentials: login and key.
        shop: what the user calls the shop; empty for nothing.
    """

    base_url: str
    credentials: Credentials
    shop: str = ""

    @property
    def name(self) -> str:
        """How the ledger calls the shop, alike for all addresses that are known to be its."""
        return shops.identify(self.credentials.username, self.base_url, self.shop)

    @property
    def former_name(self) -> str:
        """How the ledger called it before the user gave it a name."""
        return shops.identify(self.credentials.username, self.base_url)

    @property
    def name_in_key_store(self) -> str:
        """How the key store calls it: the login, and its address if that is not the vendor's."""
        login = self.credentials.username.lower()
        address = self.base_url.partition("://")[2].lower()
        is_vendors = address in {f"{login}.{domain}" for domain in shops.VENDOR_DOMAINS}
        return login if is_vendors else f"{login}@{address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that was decided before the run.

    Args:
        files: the sheets, in order.
        account: the shop; None for practice, and for a dry run of which nobody says for which shop.
        is_dry_run: check, but send nothing.
        is_practice: send to the stand-in on this machine.
        sheet_name: the worksheet to read; None to find it.
        has_header: whether the sheet has a header row.
        named: headers or letters that the user gave for fields.
        own_words: status words of the user's own, by the form in which words are compared.
        affixes: what may stand around order numbers.
        default_status: taken where the sheet leaves the status out.
        default_date: a date as text, taken where the sheet leaves the date out.
        calendar: how dates are understood; its zone is also that of the results.
        checks_tracking: whether the check digits of tracking numbers are proved.
        is_strict: whether what is odd refuses a row instead of warning of it.
        workers: how many updates may be under way at once.
        rate: how many requests may leave in a second, over all workers; None for no limit.
        retries: how often a failed call is repeated at most.
        timeout_s: seconds that a call may take.
        ledger: the file that keeps what was sent; None to keep nothing.
        checks_ledger: look through the whole ledger, and send nothing.
        is_forced: send also what the ledger says was updated.
        asks_first: ask the shop for a payment before it is first sent.
        settle_s: after so many seconds a request that got no answer is taken to have had its
            effect, if it ever has one.
        keeps_going: do not stop when the shop refuses the first updates alike.
        history_of: the order whose history is asked for; None to send.
        output: the results file; None for beside the input.
        failures: the file of only the rows that need a person; None for no such file.
        plan: the fingerprint that the sheet must have; None for any.
        log_file: where what happens is written down; None for nowhere.
        is_json: describe the run for another program in place of a person.
        is_quiet: say nothing but errors.
        is_verbose: say each try.
        shows_progress: draw a bar, if somebody is there to see it.
    """

    files: tuple[Path, ...]
    account: Account | None
    is_dry_run: bool
    is_practice: bool
    sheet_name: str | None
    has_header: bool
    named: Mapping[Field, NamedColumn]
    own_words: OwnWords
    affixes: Affixes
    default_status: Status | None
    default_date: str | None
    calendar: Calendar
    checks_tracking: bool
    is_strict: bool
    workers: int
    rate: float | None
    retries: int
    timeout_s: float
    ledger: Path | None
    checks_ledger: bool
    is_forced: bool
    asks_first: bool
    settle_s: float
    keeps_going: bool
    history_of: int | None
    output: Path | None
    failures: Path | None
    plan: str | None
    log_file: Path | None
    is_json: bool
    is_quiet: bool
    is_verbose: bool
    shows_progress: bool
