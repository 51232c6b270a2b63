"""`--configure`: ask for login and key, try them, and keep them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from batch_update.cli import commands, messages, output
from batch_update.errors import (
    AccountRefusedError,
    CannotConnectError,
    ExitStatus,
    NotDeliveredError,
    OverloadedError,
    SendError,
    SettingsError,
    UnexpectedAnswerError,
)
from batch_update.i18n import _
from batch_update.justclick import protocol
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.settings import keys
from batch_update.settings.account import check_account
from batch_update.settings.credential_store import keep_account
from batch_update.settings.model import Account
from batch_update.settings.resolution import find_config, list_arguments
from batch_update.validator import CellRefusedError, read_bill_id

_TIMEOUT_S = 30.0
_TRIES = 5
_T = TypeVar("_T")


class _WrongAnswerError(SettingsError):
    """The shop does not accept what the user has typed."""


def configure(arguments: argparse.Namespace, environment: Mapping[str, str]) -> ExitStatus:
    """Ask for an account, try it with a call that changes nothing, and keep it if it is right.

    Args:
        arguments: of the command.
        environment: may name the config file and the profile too.

    Raises:
        SettingsError: an answer is invalid, the shop refuses the account, or it cannot be kept.
    """
    output.say(
        _(
            "This asks for the shop's login and secret key, looks up one order to try them, "
            "and keeps them on this machine. Nothing is changed in the shop."
        )
    )
    account = _find_account(arguments.base_url)
    named, profile = find_config(arguments, environment)
    file = Path(named.text).expanduser()
    is_in_store = keep_account(account, path=file, profile=profile.text if profile.texts else None)
    output.say(
        messages.describe_kept_account(
            account,
            file,
            commands.command_for_shop(list_arguments(arguments)),
            is_in_store=is_in_store,
        )
    )
    return ExitStatus.DONE


def _find_account(base_url: str | None) -> Account:
    """Ask until the shop accepts the answers, a few times at most."""
    account = _ask_for_account(base_url, None)
    bill_id = _ask(_("An order number to look up, to try them (Enter for 1): "), _read_order)
    for _again in range(_TRIES - 1):
        try:
            _try(account, bill_id)
        except _WrongAnswerError as error:
            output.complain(_("{problem} Please try again.").format(problem=error))
            account = _ask_for_account(base_url, account)
        else:
            return account
    _try(account, bill_id)
    return account


def _ask_for_account(base_url: str | None, former: Account | None) -> Account:
    """Ask for login, address and key; answers given before are kept by Enter, but for the key."""
    login = former.credentials.username if former else ""
    question = (
        _("Login (Enter for {login}): ").format(login=login)
        if login
        else _("Login (the name in front of .justclick.io): ")
    )
    account = _ask(question, lambda text: _read_login(text or login))
    if base_url is None:
        standard = _usual_address(account, former)
        account = _ask(
            _("The shop's address (Enter for {standard}): ").format(standard=standard),
            lambda text: _read_address(account.credentials.username, text or standard),
        )
    else:
        account = _read_address(account.credentials.username, base_url)
    # Only now, so that it need not be typed again for another answer's sake.
    output.say(
        _(
            'The secret key is found in the shop: sign in there, and follow the "API" link at the '
            "lower right of the account page."
        )
    )
    secret_key = _ask(_("Secret key (it is not shown): "), _read_key, output.ask_secretly)
    return replace(account, credentials=replace(account.credentials, secret_key=secret_key))


def _usual_address(account: Account, former: Account | None) -> str:
    """Return the address typed before, or else the one that goes with the login."""
    if former is not None and former.base_url != _read_login(former.credentials.username).base_url:
        return former.base_url
    return account.base_url


def _ask(question: str, read: Callable[[str], _T], ask: Callable[[str], str] = output.ask) -> _T:
    """Ask until the answer makes sense, a few times at most.

    Raises:
        SettingsError: the last answer makes none, or nobody answers.
    """
    for _again in range(_TRIES - 1):
        text = ask(question)
        try:
            return read(text)
        except SettingsError as error:
            output.complain(str(error))
    return read(ask(question))


def _read_login(text: str) -> Account:
    if keys.looks_like_key(text):
        raise SettingsError(
            _(
                "What was typed looks like a secret key, so it is not shown. The login is the "
                "name in front of .justclick.io; if that looks so, write it into the config file."
            )
        )
    return check_account(text, "", where=_("The login"))


def _read_address(username: str, text: str) -> Account:
    if keys.looks_like_key(text):
        raise SettingsError(
            _(
                "What was typed looks like a secret key, so it is not shown. The address is one "
                "like https://myshop.justclick.io."
            )
        )
    return check_account(username, text, where=_("The login"))


def _read_key(text: str) -> str:
    if not text:
        raise SettingsError(
            _("There is no secret key. Copy it from the shop and paste it here; it stays hidden.")
        )
    return text


def _read_order(text: str) -> int:
    if keys.looks_like_key(text):
        raise SettingsError(
            _("What was typed looks like a secret key, so it is not shown. Type an order number.")
        )
    try:
        return read_bill_id(text or "1")
    except CellRefusedError as refusal:
        raise SettingsError(_("The order number: {problem}").format(problem=refusal.text)) from None


def _try(account: Account, bill_id: int) -> None:
    """Look up an order: any answer that the shop has signed proves login and key.

    Raises:
        _WrongAnswerError: another answer of the user's may be accepted.
        SettingsError: none would be, at least now.
    """
    with Client(
        base_url=account.base_url, credentials=account.credentials, timeout_s=_TIMEOUT_S
    ) as client:
        try:
            state = JustClickApi(client).read_back(bill_id)
        except SendError as error:
            text = _("Nothing was kept, because the shop did not accept them. {problem}").format(
                problem=_explain(error)
            )
            if _is_about_answers(error):
                raise _WrongAnswerError(text) from error
            raise SettingsError(text) from error
    output.say(messages.describe_trial(bill_id, is_there=state.answer.is_accepted))


def _is_about_answers(error: SendError) -> bool:
    """Return whether login, address or key may be wrong, rather than the shop busy or closed."""
    if isinstance(error, AccountRefusedError):
        return error.code in {protocol.WRONG_KEY_CODE, protocol.WRONG_LOGIN_CODE}
    if isinstance(error, OverloadedError):
        return False
    return isinstance(error, NotDeliveredError | UnexpectedAnswerError | CannotConnectError)


def _explain(error: SendError) -> str:
    if error.code != protocol.ADDRESS_NOT_ALLOWED_CODE:
        return error.text
    return _(
        "{problem} Code 6 does not mean that login or key are wrong: the shop lets only the "
        "addresses that it lists use its API. Have this machine's added, where the key is found: "
        'the "API" link at the lower right of the account page. Then run --configure again.'
    ).format(problem=error.text)
