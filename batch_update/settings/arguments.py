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
from batch_update.errors import SettingsError
from batch_update.headers import NamedColumn
from batch_update.model import Field
from batch_update.settings import own_words
from batch_update.settings.account import from_key_store, read_account
from batch_update.settings.addresses import refuse_address, without_key
from batch_update.settings.config import Config, read_config
from batch_update.settings.defaults import default_ledger
from batch_update.settings.model import Settings
from batch_update.settings.options import OPTIONS, ResolvedOption, resolve
from batch_update.texts import settings as texts
from batch_update.validator import (
    Affixes,
    Calendar,
    CellRefusedError,
    DateOrder,
    read_bill_id,
    read_date,
    tells_whole_date,
)

MOST_WORKERS = 64
MOST_RETRIES = 20
LOWEST_RATE = 0.01
HIGHEST_RATE = 10_000.0
LONGEST_TIMEOUT_S = 600.0

LONGEST_SETTLE_S = 24 * 3600

_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) *(|s|sec|seconds?|m|min|minutes?|h|hours?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_PLAN = re.compile(r"[0-9a-f]{12}")


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Check arguments, environment and config file and put them together.

    Raises:
        SettingsError: something is missing, malformed or contradictory.
    """
    if arguments.sandbox and arguments.base_url is not None:
        raise SettingsError(texts.SANDBOX_HAS_ADDRESS)
    config = load_config(arguments)
    affixes = own_words.read_affixes(config.affixes, arguments.order_prefix, arguments.order_suffix)
    history_of = _read_history(arguments, affixes)
    is_about_ledger = history_of is not None or arguments.check_ledger
    named_words = {**config.statuses, **own_words.read_word_options(arguments.status_word)}
    said = resolve(arguments, environment, config)
    calendar = _read_calendar(said)
    needs_account = not (arguments.dry_run or arguments.sandbox or is_about_ledger)
    has_account = not arguments.sandbox and not is_about_ledger
    return Settings(
        files=tuple(Path(name) for name in arguments.files),
        account=read_account(said, is_needed=needs_account) if has_account else None,
        is_dry_run=arguments.dry_run,
        is_practice=arguments.sandbox,
        sheet_name=said["sheet"].or_none,
        has_header=not said["no_header"].is_on,
        named={**config.columns, **_read_columns(arguments.column)},
        own_words=named_words,
        affixes=affixes,
        default_status=own_words.read_default_status(said["status"], named_words),
        default_date=_read_date(said["date"], calendar),
        calendar=calendar,
        checks_tracking=said["check_tracking"].is_on,
        is_strict=said["strict"].is_on,
        workers=_read_count(said["workers"], 1, MOST_WORKERS),
        rate=_read_rate(said["rate"]),
        retries=_read_count(said["retries"], 0, MOST_RETRIES),
        timeout_s=_read_timeout(said["timeout"]),
        ledger=_read_ledger(arguments, said["ledger"]),
        checks_ledger=arguments.check_ledger,
        is_forced=arguments.force,
        asks_first=not said["no_read_back"].is_on,
        settle_s=_read_settle(said["settle"]),
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
    address = said["base_url"]
    shown_address = account.base_url if account and not address.text else without_key(address.text)
    said["base_url"] = replace(address, text=shown_address)
    if not said["ledger"].text:
        said["ledger"] = replace(said["ledger"], text=str(default_ledger()))
    named = {**config.columns, **_read_columns(arguments.column)}
    shown = [ShownSetting(name=texts.CONFIG_FILE, value=str(config.path), origin=_presence(config))]
    for one in said.values():
        text = texts.HIDDEN if one.text and one.option.is_secret else one.text
        is_set = text or one.origin != texts.FROM_DEFAULT
        origin = one.origin if is_set else texts.FROM_NOBODY
        shown.append(ShownSetting(name=one.option.name, value=text, origin=origin))
    shown += [
        ShownSetting(
            name=texts.COLUMN.format(field=field), value=column.shown, origin=column.said_in
        )
        for field, column in named.items()
    ]
    return shown + _shown_words(config, arguments)


def _shown_words(config: Config, arguments: argparse.Namespace) -> list[ShownSetting]:
    """List the words of the user's own: those of statuses, and what stands around order numbers."""
    named_words = {**config.statuses, **own_words.read_word_options(arguments.status_word)}
    shown = [
        ShownSetting(
            name=texts.STATUS_WORD.format(word=wording.quote(own.word)),
            value=own_words.show_meaning(own),
            origin=own.said_in,
        )
        for own in named_words.values()
    ]
    said = {"prefix": arguments.order_prefix, "suffix": arguments.order_suffix}
    for name in own_words.AFFIX_KEYS:
        affixes = said[name] or config.affixes.get(name, ())
        origin = texts.FROM_ARGUMENT if said[name] else texts.CONFIG_FILE
        shown += [ShownSetting(name=f"order_{name}", value=one, origin=origin) for one in affixes]
    return shown


def _presence(config: Config) -> str:
    return texts.READ if config.path.exists() else texts.NOT_THERE


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


def _read_calendar(said: Mapping[str, ResolvedOption]) -> Calendar:
    names = ("day_first", "month_first", "date_format")
    chosen = [said[name] for name in names if said[name].text]
    if len(chosen) > 1:
        listed = texts.AND.join(one.where for one in chosen)
        raise SettingsError(texts.EXCLUDE_EACH_OTHER.format(listed=listed))
    order = {"day_first": DateOrder.DAY_FIRST, "month_first": DateOrder.MONTH_FIRST}
    zone = _read_zone(said["timezone"])
    return Calendar(
        zone=zone,
        now=dt.datetime.now(zone),
        order=order.get(chosen[0].option.name) if chosen else None,
        date_format=_read_date_format(said["date_format"]),
    )


def _read_date_format(said: ResolvedOption) -> str | None:
    if not said.text or tells_whole_date(said.text):
        return said.or_none
    raise SettingsError(
        texts.NO_DATE_FORMAT.format(where=said.where, found=wording.quote(said.text))
    )


def _read_zone(said: ResolvedOption) -> ZoneInfo:
    try:
        return ZoneInfo(said.text)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            texts.NO_TIMEZONE.format(where=said.where, found=wording.quote(said.text))
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
                texts.COLUMN_MALFORMED.format(found=wording.quote(pair), fields=", ".join(Field))
            )
        if wanted in named:
            raise SettingsError(texts.COLUMN_TWICE.format(field=wanted))
        named[wanted] = NamedColumn(headers=(header.strip(),), said_in="--column")
    return named


def _read_date(said: ResolvedOption, calendar: Calendar) -> str | None:
    text = said.text
    if not text:
        return None
    if text.strip().lower() == "today":
        return calendar.now.date().isoformat()
    try:
        read_date(text, calendar)
    except CellRefusedError as refusal:
        raise SettingsError(texts.OR_TODAY.format(where=said.where, problem=refusal.text)) from None
    return text


def _read_plan(arguments: argparse.Namespace) -> str | None:
    if arguments.plan is None:
        return None
    if arguments.dry_run:
        raise SettingsError(texts.PLAN_AND_DRY_RUN)
    plan = str(arguments.plan).strip().lower()
    if not _PLAN.fullmatch(plan):
        raise SettingsError(texts.NO_PLAN.format(found=wording.quote(arguments.plan)))
    return plan


def _read_path(said: ResolvedOption) -> Path | None:
    refuse_address(said.text, said.where)
    return Path(said.text).expanduser() if said.text else None


def _read_ledger(arguments: argparse.Namespace, said: ResolvedOption) -> Path | None:
    if arguments.sandbox and (arguments.ledger is not None or arguments.check_ledger):
        raise SettingsError(texts.SANDBOX_HAS_LEDGER)
    if arguments.sandbox:
        return None
    return _read_path(said) or default_ledger()


def _read_history(arguments: argparse.Namespace, affixes: Affixes) -> int | None:
    if arguments.history is None and not arguments.check_ledger:
        if not arguments.files:
            raise SettingsError(texts.FILE_MISSING)
        return None
    if arguments.files:
        raise SettingsError(texts.LEDGER_AND_FILE)
    if arguments.history is None:
        return None
    try:
        return read_bill_id(affixes.without(arguments.history))
    except CellRefusedError as refusal:
        raise SettingsError(texts.HISTORY_ORDER.format(problem=refusal.text)) from None


def _read_count(said: ResolvedOption, least: int, most: int) -> int:
    text = said.text
    if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
        return int(text)
    raise SettingsError(
        texts.NOT_WHOLE.format(where=said.where, found=wording.quote(text), least=least, most=most)
    )


def _read_timeout(said: ResolvedOption) -> float:
    seconds = _read_number(said.text)
    if 0 < seconds <= LONGEST_TIMEOUT_S:
        return seconds
    raise SettingsError(
        texts.NOT_SECONDS.format(
            where=said.where, found=wording.quote(said.text), most=LONGEST_TIMEOUT_S
        )
    )


def _read_settle(said: ResolvedOption) -> float:
    found = _DURATION.fullmatch(said.text.strip().lower())
    seconds = float(found[1]) * _UNITS[found[2][:1]] if found else -1.0
    if 0 <= seconds <= LONGEST_SETTLE_S:
        return seconds
    raise SettingsError(
        texts.NOT_A_DURATION.format(
            where=said.where, found=wording.quote(said.text), hours=LONGEST_SETTLE_S // 3600
        )
    )


def _read_rate(said: ResolvedOption) -> float | None:
    if not said.text:
        return None
    per_second = _read_number(said.text)
    if LOWEST_RATE <= per_second <= HIGHEST_RATE:
        return per_second
    raise SettingsError(
        texts.NOT_A_RATE.format(
            where=said.where, found=wording.quote(said.text), least=LOWEST_RATE, most=HIGHEST_RATE
        )
    )


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
