"""`--configure`: ask for login and key, try them, and keep them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from batch_update import wording
from batch_update.cli import messages, output
from batch_update.errors import ExitStatus, SendError, SettingsError
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.settings.account import check_account
from batch_update.settings.credential_store import keep_account
from batch_update.settings.model import Account
from batch_update.texts import cli as texts
from batch_update.validator import CellRefusedError, read_bill_id

_TIMEOUT_S = 30.0


def configure(arguments: argparse.Namespace) -> ExitStatus:
    """Ask for an account, try it with a call that changes nothing, and keep it if it is right.

    Raises:
        SettingsError: an answer is invalid, the shop refuses the account, or it cannot be kept.
    """
    output.say(texts.CONFIGURE_WELCOME)
    account = _ask_for_account(arguments.base_url)
    bill_id = _ask_for_order()
    _try(account, bill_id)
    path = None if arguments.config is None else Path(arguments.config)
    file, is_in_store = keep_account(account, path=path, profile=arguments.profile)
    output.say(
        messages.describe_kept_account(
            account, file, is_in_store=is_in_store, profile=arguments.profile
        )
    )
    return ExitStatus.DONE


def _ask_for_account(base_url: str | None) -> Account:
    username = output.ask(texts.ASK_LOGIN)
    if base_url is None:
        standard = f"https://{wording.printable(username.lower())}.justclick.io"
        base_url = output.ask(texts.ASK_ADDRESS.format(standard=standard))
    # Checked before the key is asked for, so that it need not be typed again.
    account = check_account(username, base_url, where=texts.THE_LOGIN)
    secret_key = output.ask_secretly(texts.ASK_KEY)
    if not secret_key:
        raise SettingsError(texts.NO_KEY)
    return replace(account, credentials=replace(account.credentials, secret_key=secret_key))


def _ask_for_order() -> int:
    text = output.ask(texts.ASK_ORDER)
    try:
        return read_bill_id(text or "1")
    except CellRefusedError as refusal:
        raise SettingsError(texts.WRONG_ORDER.format(problem=refusal.text)) from None


def _try(account: Account, bill_id: int) -> None:
    """Look up an order: any answer that the shop has signed proves login and key."""
    with Client(
        base_url=account.base_url, credentials=account.credentials, timeout_s=_TIMEOUT_S
    ) as client:
        try:
            state = JustClickApi(client).read_back(bill_id)
        except SendError as error:
            raise SettingsError(texts.NOTHING_KEPT.format(problem=error.text)) from error
    output.say(messages.describe_trial(bill_id, is_there=state.answer.is_accepted))
