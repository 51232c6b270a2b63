"""Arguments, environment and config file, checked and put together."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.headers import NamedColumn
from batch_update.i18n import _
from batch_update.model import Field
from batch_update.settings import own_words, questions, team
from batch_update.settings.account import from_key_store, read_account
from batch_update.settings.addresses import is_address, without_key
from batch_update.settings.config import Config, read_config
from batch_update.settings.model import Settings
from batch_update.settings.option import Option, Table
from batch_update.settings.options import OPTIONS, Options
from batch_update.settings.resolution import (
    DATE_ORDERS,
    JSON_FORMS,
    Origin,
    ResolvedOption,
    describe_credentials,
    find_config,
    list_arguments,
    read_options,
    resolve,
)
from batch_update.settings.secret_sources import find_channels, show_sources
from batch_update.validator import (
    Affixes,
    Calendar,
    CellRefusedError,
    DateOrder,
    read_bill_id,
    read_date,
)


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Check arguments, environment and config file and put them together.

    Raises:
        SettingsError: something is missing, malformed or contradictory.
    """
    config = load_config(arguments, environment)
    _refuse_contradictions(arguments)
    said = resolve(arguments, environment, config)
    _refuse_several(said, JSON_FORMS)
    said[Options.notify.name] = find_channels(said)
    options = read_options(said)
    team.check_options(options, questions.find_question(arguments))
    affixes = own_words.read_affixes(config.affixes, said)
    named_words = {**config.statuses, **own_words.read_word_options(said[Options.status_word.name])}
    calendar = _read_calendar(said, options)
    history_of = _read_history(said[Options.history.name], affixes)
    is_question = bool(questions.find_question(arguments))
    is_offline = options.is_dry_run and not options.checks_orders
    needs_account = not (is_offline or options.is_practice or is_question)
    has_account = not options.is_practice
    if needs_account and not said[Options.username.name].text:
        _refuse_unnamed_profile(config)
    since, last = (
        questions.read_day(said[day.name], calendar.now) for day in (Options.since, Options.until)
    )
    if since and last and last < since:
        raise SettingsError(
            _("--since {since} is after --until {until}: exchange the two days.").format(
                since=since.date().isoformat(), until=last.date().isoformat()
            )
        )
    sought = describe_credentials(environment, config.profile or "")
    return Settings(
        values=options.values,
        files=tuple(Path(name) for name in arguments.files),
        account=(
            read_account(said, is_needed=needs_account, sought=sought) if has_account else None
        ),
        named={**config.columns, **_read_columns(said[Options.column.name])},
        own_words=named_words,
        affixes=affixes,
        default_status=own_words.read_default_status(said[Options.status.name], named_words),
        default_date=_read_date(said[Options.date.name], calendar),
        calendar=calendar,
        ledger=None if options.is_practice else options.ledger_path,
        history_of=history_of,
        places={name: one.where for name, one in said.items()},
        given=list_arguments(arguments),
        begins_at=since,
        ends_before=last + dt.timedelta(days=1) if last else None,
    )


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    """Refuse options that exclude each other."""
    is_question = bool(questions.find_question(arguments))
    if arguments.sandbox and arguments.base_url is not None:
        raise SettingsError(_("--sandbox is a shop of its own: leave --base-url out."))
    if not arguments.files and not is_question:
        raise SettingsError(_("FILE is missing: name the sheet. See: batch-update --help"))
    if is_question and arguments.json_lines:
        raise SettingsError(_("--json-lines tells of runs: say --json here, or leave it out."))
    if arguments.check_orders and not arguments.dry_run:
        raise SettingsError(
            _(
                "--check-orders only asks the shop: use it together with --dry-run, and leave it "
                "out to send."
            )
        )
    if arguments.plan is not None and arguments.dry_run:
        raise SettingsError(_("--plan sends what --dry-run has planned: say only one of the two."))
    if arguments.retry_for is not None and (arguments.force or arguments.plan is not None):
        raise SettingsError(
            _(
                "--retry-for starts the run again and again, but --force and --plan are for one "
                "run: leave out one of the two."
            )
        )
    if arguments.sandbox and arguments.ledger is not None:
        raise SettingsError(
            _("--sandbox begins anew each time, so it keeps no ledger: leave --ledger out.")
        )


def _refuse_unnamed_profile(config: Config) -> None:
    """Refuse to guess the shop where the config file has some, and none for no profile."""
    if config.profile is not None or not config.profiles:
        return
    listed = wording.printable(", ".join(config.profiles))
    raise SettingsError(
        _(
            "Which shop? The config file {shown} has these profiles: {listed}. Name one: "
            "--profile NAME. For a shop that need not be named: batch-update --configure."
        ).format(shown=wording.show_path(config.path), listed=listed)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """An option as `--show-settings` lists it: its name, its value and its source."""

    name: str
    value: str
    origin: str


def show_settings(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> list[ShownSetting]:
    """List every option's value and source; the secret key is not shown.

    Raises:
        SettingsError: the config file is not understood.
    """
    config = load_config(arguments, environment)
    said = show_sources(resolve(arguments, environment, config))
    account = read_account(said, is_needed=False)
    secret_key, address = said[Options.secret_key.name], said[Options.base_url.name]
    if account is not None and not secret_key.text:
        said[secret_key.option.name] = from_key_store(secret_key, account)
    shown_address = account.base_url if account and not address.text else without_key(address.text)
    said[address.option.name] = replace(address, texts=(shown_address,))
    ledger = said[Options.ledger_path.name]
    if is_address(ledger.text):
        said[ledger.option.name] = replace(ledger, texts=(_show_database(ledger),))
    named = {**config.columns, **_read_columns(said[Options.column.name])}
    shown = [ShownSetting(name=_("config file"), value=str(config.path), origin=_presence(config))]
    shown += [_shown(said[option.name]) for option in _listed()]
    shown += [
        ShownSetting(
            name=_("column {field}").format(field=field), value=column.shown, origin=column.said_in
        )
        for field, column in named.items()
    ]
    return shown + _shown_words(config, said)


def _show_database(said: ResolvedOption) -> str:
    """Return a database's address without what may be secret."""
    try:
        return str(Options.ledger_path.kind.read(said))
    except SettingsError:
        return _("(hidden)")


def _listed() -> list[Option[object]]:
    """List the options that may come from elsewhere than an argument, but for repeated ones."""
    listed = [option for table in Table for option in OPTIONS if option.table is table]
    listed += [option for option in OPTIONS if option.table is None and option.variable]
    return [option for option in listed if not option.is_repeated or option.is_secret]


def _shown(one: ResolvedOption) -> ShownSetting:
    is_set = one.text or one.origin is not Origin.DEFAULT
    return ShownSetting(
        name=one.option.name,
        value=_("(hidden)") if one.text and one.option.is_secret else one.text,
        origin=one.origin.shown if is_set else _("not set"),
    )


def _shown_words(config: Config, said: Mapping[str, ResolvedOption]) -> list[ShownSetting]:
    """List the user's own words: those of statuses, and the affixes of order numbers."""
    given_words = own_words.read_word_options(said[Options.status_word.name])
    named_words = {**config.statuses, **given_words}
    shown = [
        ShownSetting(
            name=_("status word {word}").format(word=wording.quote(own.word)),
            value=own_words.show_meaning(own),
            origin=own.said_in,
        )
        for own in named_words.values()
    ]
    for option in own_words.AFFIX_OPTIONS:
        given = said[option.name]
        origin = given.origin if given.texts else Origin.CONFIG_FILE
        shown += [
            ShownSetting(name=option.name, value=one, origin=origin.shown)
            for one in given.texts or config.affixes.get(option.key, ())
        ]
    return shown


def _presence(config: Config) -> str:
    return _("read") if config.path.exists() else _("not there")


def load_config(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Config:
    """Read the config file that arguments or environment name, or the usual one.

    Raises:
        SettingsError: it is not understood.
    """
    path, profile = find_config(arguments, environment)
    return read_config(path, profile)


def _refuse_several(
    said: Mapping[str, ResolvedOption], options: tuple[Option[object], ...]
) -> None:
    """Refuse more than one of options that exclude each other."""
    chosen = [said[option.name] for option in options if said[option.name].text]
    if len(chosen) > 1:
        raise SettingsError(
            _("{listed} exclude each other. Say one of them.").format(
                listed=wording.every([one.where for one in chosen])
            )
        )


def _read_calendar(said: Mapping[str, ResolvedOption], options: Options) -> Calendar:
    _refuse_several(said, DATE_ORDERS)
    order = DateOrder.DAY_FIRST if options.is_day_first else None
    return Calendar(
        zone=options.timezone,
        now=dt.datetime.now(options.timezone),
        order=DateOrder.MONTH_FIRST if options.is_month_first else order,
        date_format=options.date_format,
    )


def _read_columns(said: ResolvedOption) -> dict[Field, NamedColumn]:
    named: dict[Field, NamedColumn] = {}
    for pair in said.texts:
        name, sign, header = pair.partition("=")
        try:
            wanted = Field(name.strip().lower())
        except ValueError:
            wanted = None
        if wanted is None or not sign or not wording.normalise(header):
            raise SettingsError(
                _(
                    "{where} {found}: write it as FIELD=HEADER, where FIELD is one of {fields}."
                ).format(where=said.where, found=wording.quote(pair), fields=", ".join(Field))
            )
        if wanted in named:
            raise SettingsError(
                _("{where} names {field} twice. Name it once.").format(
                    where=said.where, field=wanted
                )
            )
        named[wanted] = NamedColumn(headers=(header.strip(),), said_in=said.where)
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
        raise SettingsError(
            _("{where}: {problem} Or write: today.").format(where=said.where, problem=refusal.text)
        ) from None
    return text


def _read_history(said: ResolvedOption, affixes: Affixes) -> int | None:
    if not said.texts:
        return None
    try:
        return read_bill_id(affixes.without(said.text))
    except CellRefusedError as refusal:
        raise SettingsError(_("--history: {problem}").format(problem=refusal.text)) from None
