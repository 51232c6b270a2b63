"""Arguments, environment and config file, checked and put together."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from batch_update import wording
from batch_update.columns import NamedColumn
from batch_update.errors import SettingsError
from batch_update.orders import Field, Status
from batch_update.settings.account import from_key_store, read_account
from batch_update.settings.config import Config, default_ledger, read_config
from batch_update.settings.model import Settings
from batch_update.settings.options import OPTIONS, Said, resolve
from batch_update.validator import (
    Calendar,
    CellRefusedError,
    DateOrder,
    read_bill_id,
    read_date,
    read_status,
    tells_whole_date,
)

MOST_WORKERS = 64
MOST_RETRIES = 20
LOWEST_RATE = 0.01
HIGHEST_RATE = 10_000.0
LONGEST_TIMEOUT_S = 600.0

_PLAN = re.compile(r"[0-9a-f]{12}")


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Check arguments, environment and config file and put them together.

    Raises:
        SettingsError: something is missing, malformed or contradictory.
    """
    if arguments.sandbox and arguments.base_url is not None:
        raise SettingsError("--sandbox is a shop of its own: leave --base-url out.")
    history_of = _read_history(arguments)
    config = load_config(arguments)
    said = resolve(arguments, environment, config)
    calendar = _read_calendar(said)
    needs_account = not (arguments.dry_run or arguments.sandbox or history_of is not None)
    has_account = not arguments.sandbox and history_of is None
    return Settings(
        files=tuple(Path(name) for name in arguments.files),
        account=read_account(said, is_needed=needs_account) if has_account else None,
        is_dry_run=arguments.dry_run,
        is_practice=arguments.sandbox,
        sheet_name=said["sheet"].or_none,
        named={**config.columns, **_read_columns(arguments.column)},
        default_status=_read_status(said["status"]),
        default_date=_read_date(said["date"], calendar),
        calendar=calendar,
        checks_tracking=said["check_tracking"].is_on,
        is_strict=said["strict"].is_on,
        workers=_read_count(said["workers"], 1, MOST_WORKERS),
        rate=_read_rate(said["rate"]),
        retries=_read_count(said["retries"], 0, MOST_RETRIES),
        timeout_s=_read_timeout(said["timeout"]),
        ledger=_read_ledger(arguments, said["ledger"]),
        is_forced=arguments.force,
        keeps_going=said["keep_going"].is_on,
        history_of=history_of,
        output=_read_path(said["output"]),
        failures=_read_path(said["failures"]),
        plan=_read_plan(arguments),
        log_file=_read_path(said["log_file"]),
        is_json=said["json"].is_on,
        is_quiet=said["quiet"].is_on,
        is_verbose=said["verbose"].is_on,
        shows_progress=not any(said[name].is_on for name in ("quiet", "no_progress", "json")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """An option as `--show-settings` lists it: its name, its value and who says so."""

    name: str
    value: str
    origin: str


def show_settings(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> list[ShownSetting]:
    """List what every option is and who says so; the secret key is not shown.

    Raises:
        SettingsError: the config file is not understood.
    """
    config = load_config(arguments)
    said = resolve(arguments, environment, config)
    account = read_account(said, is_needed=False)
    if account is not None and not said["secret_key"].text:
        said["secret_key"] = from_key_store(said["secret_key"], account)
    if account is not None and not said["base_url"].text:
        said["base_url"] = replace(said["base_url"], text=account.base_url)
    if not said["ledger"].text:
        said["ledger"] = replace(said["ledger"], text=str(default_ledger()))
    named = {**config.columns, **_read_columns(arguments.column)}
    shown = [ShownSetting(name="config file", value=str(config.path), origin=_presence(config))]
    for one in said.values():
        text = "(hidden)" if one.text and one.option.is_secret else one.text
        shown.append(ShownSetting(name=one.option.name, value=text, origin=one.origin))
    shown += [
        ShownSetting(name=f"column {field}", value=column.shown, origin=column.said_in)
        for field, column in named.items()
    ]
    return shown


def _presence(config: Config) -> str:
    return "read" if config.path.exists() else "not there"


def load_config(arguments: argparse.Namespace) -> Config:
    """Read the config file that the arguments name, or the usual one.

    Raises:
        SettingsError: it is not understood.
    """
    known: dict[str, list[tuple[str, bool]]] = {}
    for option in OPTIONS:
        known.setdefault(option.table, []).append((option.name, option.is_flag))
    path = None if arguments.config is None else Path(arguments.config)
    return read_config(path, arguments.profile, known)


def _read_calendar(said: Mapping[str, Said]) -> Calendar:
    names = ("day_first", "month_first", "date_format")
    chosen = [said[name] for name in names if said[name].text]
    if len(chosen) > 1:
        listed = " and ".join(one.where for one in chosen)
        raise SettingsError(f"{listed} exclude each other. Say one of them.")
    order = {"day_first": DateOrder.DAY_FIRST, "month_first": DateOrder.MONTH_FIRST}
    zone = _read_zone(said["timezone"])
    return Calendar(
        zone=zone,
        now=dt.datetime.now(zone),
        order=order.get(chosen[0].option.name) if chosen else None,
        date_format=_read_date_format(said["date_format"]),
    )


def _read_date_format(said: Said) -> str | None:
    if not said.text or tells_whole_date(said.text):
        return said.or_none
    raise SettingsError(
        f"{said.where} {wording.quote(said.text)}: it must hold day, month and year, such as "
        "%d.%m.%y or %m/%d/%Y %H:%M."
    )


def _read_zone(said: Said) -> ZoneInfo:
    try:
        return ZoneInfo(said.text)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"{said.where} {wording.quote(said.text)}: there is no such time zone. Name one like "
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
            raise SettingsError(f"--column names {wanted} twice. Name it once.")
        named[wanted] = NamedColumn(headers=(header.strip(),), said_in="--column")
    return named


def _read_status(said: Said) -> Status | None:
    if not said.text:
        return None
    try:
        return read_status(said.text)
    except CellRefusedError:
        raise SettingsError(
            f"{said.where} {wording.quote(said.text)}: write sent, paid, return or cancel."
        ) from None


def _read_date(said: Said, calendar: Calendar) -> str | None:
    text = said.text
    if not text:
        return None
    if text.strip().lower() == "today":
        return calendar.now.date().isoformat()
    try:
        read_date(text, calendar)
    except CellRefusedError as refusal:
        raise SettingsError(f"{said.where}: {refusal.text} Or write: today.") from None
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


def _read_path(said: Said) -> Path | None:
    return Path(said.text).expanduser() if said.text else None


def _read_ledger(arguments: argparse.Namespace, said: Said) -> Path | None:
    if arguments.sandbox and arguments.ledger is not None:
        raise SettingsError(
            "--sandbox begins anew each time, so it keeps no ledger: leave --ledger out."
        )
    if arguments.sandbox:
        return None
    return _read_path(said) or default_ledger()


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


def _read_count(said: Said, least: int, most: int) -> int:
    text = said.text
    if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
        return int(text)
    raise SettingsError(
        f"{said.where} {wording.quote(text)}: write a whole number from {least} to {most}."
    )


def _read_timeout(said: Said) -> float:
    seconds = _read_number(said.text)
    if 0 < seconds <= LONGEST_TIMEOUT_S:
        return seconds
    raise SettingsError(
        f"{said.where} {wording.quote(said.text)}: write seconds, more than 0 and at most "
        f"{LONGEST_TIMEOUT_S:.0f}."
    )


def _read_rate(said: Said) -> float | None:
    if not said.text:
        return None
    per_second = _read_number(said.text)
    if LOWEST_RATE <= per_second <= HIGHEST_RATE:
        return per_second
    raise SettingsError(
        f"{said.where} {wording.quote(said.text)}: write requests per second, from "
        f"{LOWEST_RATE} to {HIGHEST_RATE:.0f}."
    )


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
