"""Arguments and environment, checked."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from batch_update import wording
from batch_update.columns import NamedColumn
from batch_update.errors import SettingsError
from batch_update.orders import Field, Status
from batch_update.settings.config import default_ledger, read_config
from batch_update.settings.model import Account, Settings
from batch_update.signing import Credentials
from batch_update.validator import (
    Calendar,
    CellRefusedError,
    DateOrder,
    read_bill_id,
    read_date,
    read_status,
    tells_whole_date,
)

USERNAME_VARIABLE = "JUSTCLICK_USERNAME"
SECRET_KEY_VARIABLE = "JUSTCLICK_SECRET_KEY"  # noqa: S105 the variable's name, not its value
BASE_URL_VARIABLE = "JUSTCLICK_BASE_URL"

DEFAULT_TIMEZONE = "Europe/Moscow"
"""The zone of the vendor's own example: 2013-03-03 is 1362254400."""

DEFAULT_WORKERS = 4
DEFAULT_RETRIES = 4
DEFAULT_TIMEOUT_S = 30.0
MOST_WORKERS = 64
MOST_RETRIES = 20
LOWEST_RATE = 0.01
HIGHEST_RATE = 10_000.0
LONGEST_TIMEOUT_S = 600.0

_PLAN = re.compile(r"[0-9a-f]{12}")
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+|::1", re.ASCII | re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Check arguments, environment and config file and put them together.

    Raises:
        SettingsError: something is missing, malformed or contradictory.
    """
    files = tuple(Path(name) for name in arguments.files)
    output, failures = _read_path(arguments.output), _read_path(arguments.failures)
    if arguments.sandbox and arguments.base_url is not None:
        raise SettingsError("--sandbox is a shop of its own: leave --base-url out.")
    history_of = _read_history(arguments)
    calendar = _read_calendar(arguments)
    config = read_config(_read_path(arguments.config))
    sends_for_real = not (arguments.dry_run or arguments.sandbox or history_of is not None)
    return Settings(
        files=files,
        account=_read_account(arguments.base_url, environment, is_needed=sends_for_real)
        if not arguments.sandbox and history_of is None
        else None,
        is_dry_run=arguments.dry_run,
        is_practice=arguments.sandbox,
        sheet_name=arguments.sheet,
        named={**config.columns, **_read_columns(arguments.column)},
        default_status=_read_status(arguments.status),
        default_date=_read_date(arguments.date, calendar),
        calendar=calendar,
        checks_tracking=arguments.check_tracking,
        is_strict=arguments.strict,
        workers=_read_count("--workers", arguments.workers, 1, MOST_WORKERS),
        rate=None if arguments.rate is None else _read_rate(arguments.rate),
        retries=_read_count("--retries", arguments.retries, 0, MOST_RETRIES),
        timeout_s=_read_timeout(arguments.timeout),
        ledger=_read_ledger(arguments),
        is_forced=arguments.force,
        keeps_going=arguments.keep_going,
        history_of=history_of,
        output=output,
        failures=failures,
        plan=_read_plan(arguments),
        log_file=_read_path(arguments.log_file),
        is_json=arguments.json,
        is_quiet=arguments.quiet,
        is_verbose=arguments.verbose,
        shows_progress=not (arguments.quiet or arguments.no_progress or arguments.json),
    )


def _read_account(
    base_url: str | None, environment: Mapping[str, str], *, is_needed: bool
) -> Account | None:
    """Read whose shop it is; a dry run needs only the login, to look up what was sent before."""
    username = environment.get(USERNAME_VARIABLE, "").strip()
    secret_key = environment.get(SECRET_KEY_VARIABLE, "").strip()
    missing = [
        name
        for name, value in ((USERNAME_VARIABLE, username), (SECRET_KEY_VARIABLE, secret_key))
        if not value
    ]
    if not is_needed and not username:
        return None
    if missing and is_needed:
        raise SettingsError(
            f"{' and '.join(missing)} not set: without the shop's login and secret key nothing can "
            "be sent. Ask the administrator for them, or practise with --sandbox."
        )
    if not _LOGIN.fullmatch(username):
        raise SettingsError(
            f"{USERNAME_VARIABLE} is {wording.quote(username)}, which is no login: it is the name "
            "in front of .justclick.io, letters, digits and - only."
        )
    given = base_url or environment.get(BASE_URL_VARIABLE, "").strip()
    address = given or f"https://{username.lower()}.justclick.io"
    return Account(
        base_url=_read_base_url(address),
        credentials=Credentials(username=username, secret_key=secret_key),
    )


def _read_base_url(text: str) -> str:
    shown = wording.quote(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SettingsError(f"The address {shown} is malformed.") from None
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not is_safe:
        raise SettingsError(
            f"The address {shown} is not safe: it must begin with https://, because the shop's "
            "orders would go through the network in the clear."
        )
    has_more = "@" in parts.netloc or "?" in text or "#" in text
    if has_more or not _HOST.fullmatch(host) or not re.fullmatch(r"[\x21-\x5b\x5d-\x7e]+", text):
        raise SettingsError(
            f"The address {shown} is not plain: write only https:// and the shop's host, in Latin "
            "letters."
        )
    path = parts.path.rstrip("/").removesuffix("/api")
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{'' if port is None else f':{port}'}{path}"


def _read_calendar(arguments: argparse.Namespace) -> Calendar:
    said = [
        name
        for name, value in (
            ("--day-first", arguments.day_first),
            ("--month-first", arguments.month_first),
            ("--date-format", arguments.date_format is not None),
        )
        if value
    ]
    if len(said) > 1:
        raise SettingsError(f"{' and '.join(said)} exclude each other. Say one of them.")
    order = {"--day-first": DateOrder.DAY_FIRST, "--month-first": DateOrder.MONTH_FIRST}
    zone = _read_zone(arguments.timezone)
    return Calendar(
        zone=zone,
        now=dt.datetime.now(zone),
        order=order.get(said[0]) if said else None,
        date_format=_read_date_format(arguments.date_format),
    )


def _read_date_format(text: str | None) -> str | None:
    if text is None or tells_whole_date(text):
        return text
    raise SettingsError(
        f"--date-format {wording.quote(text)}: it must hold day, month and year, such as "
        "%d.%m.%y or %m/%d/%Y %H:%M."
    )


def _read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"--timezone {wording.quote(name)}: there is no such time zone. Name one like "
            "Europe/Moscow, Asia/Yekaterinburg or UTC."
        ) from None


def _read_columns(pairs: Sequence[str]) -> dict[Field, NamedColumn]:
    named: dict[Field, NamedColumn] = {}
    for pair in pairs:
        name, sign, header = pair.partition("=")
        try:
            wanted = Field(name.strip().lower())
        except ValueError:
            wanted = None
        if wanted is None or not sign or not wording.normalise(header):
            raise SettingsError(
                f"--column {wording.quote(pair)}: write it as FIELD=HEADER, where FIELD is one of "
                f"{', '.join(Field)}."
            )
        if wanted in named:
            raise SettingsError(f"--column names {wanted} twice.")
        named[wanted] = NamedColumn(headers=(header.strip(),), said_in="--column")
    return named


def _read_status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return read_status(text)
    except CellRefusedError:
        raise SettingsError(
            f"--status {wording.quote(text)}: write sent, paid, return or cancel."
        ) from None


def _read_date(text: str | None, calendar: Calendar) -> str | None:
    if text is None:
        return None
    if text.strip().lower() == "today":
        return calendar.now.date().isoformat()
    try:
        read_date(text, calendar)
    except CellRefusedError as refusal:
        raise SettingsError(f"--date: {refusal.text} Or write: --date today.") from None
    return text


def _read_plan(arguments: argparse.Namespace) -> str | None:
    if arguments.plan is None:
        return None
    if arguments.dry_run:
        raise SettingsError("--plan sends what --dry-run has planned: say only one of the two.")
    plan = str(arguments.plan).strip().lower()
    if not _PLAN.fullmatch(plan):
        raise SettingsError(
            f"--plan {wording.quote(arguments.plan)}: write the twelve signs that --dry-run shows."
        )
    return plan


def _read_path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _read_ledger(arguments: argparse.Namespace) -> Path | None:
    if arguments.sandbox and arguments.ledger is not None:
        raise SettingsError(
            "--sandbox begins anew each time, so it keeps no ledger: leave --ledger out."
        )
    if arguments.sandbox:
        return None
    return default_ledger() if arguments.ledger is None else Path(arguments.ledger)


def _read_history(arguments: argparse.Namespace) -> int | None:
    if arguments.history is None:
        if not arguments.files:
            raise SettingsError("FILE is missing: name the sheet. See: batch-update --help")
        return None
    if arguments.files:
        raise SettingsError("--history only shows what was sent before: leave FILE out.")
    try:
        return read_bill_id(arguments.history)
    except CellRefusedError as refusal:
        raise SettingsError(f"--history: {refusal.text}") from None


def _read_count(option: str, text: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
        return int(text)
    raise SettingsError(
        f"{option} {wording.quote(text)}: write a whole number from {least} to {most}."
    )


def _read_timeout(text: str) -> float:
    seconds = _read_number(text)
    if 0 < seconds <= LONGEST_TIMEOUT_S:
        return seconds
    raise SettingsError(
        f"--timeout {wording.quote(text)}: write seconds, more than 0 and at most "
        f"{LONGEST_TIMEOUT_S:.0f}."
    )


def _read_rate(text: str) -> float:
    per_second = _read_number(text)
    if LOWEST_RATE <= per_second <= HIGHEST_RATE:
        return per_second
    raise SettingsError(
        f"--rate {wording.quote(text)}: write requests per second, from {LOWEST_RATE} to "
        f"{HIGHEST_RATE:.0f}."
    )


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
