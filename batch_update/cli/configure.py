"""`--configure`: ask for login and key, try them, and keep them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from batch_update import wording
from batch_update.cli import messages, output
from batch_update.errors import ExitStatus, SendError, SettingsError
from batch_update.i18n import _
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.settings.account import check_account
from batch_update.settings.credential_store import keep_account
from batch_update.settings.model import Account
from batch_update.validator import CellRefusedError, read_bill_id

_TIMEOUT_S = 30.0


def configure(arguments: argparse.Namespace) -> ExitStatus:
    """Ask for an account, try it with a call that changes nothing, and keep it if it is right.

    Raises:
        SettingsError: an answer is invalid, the shop refuses the account, or it cannot be kept.
    """
    output.say(
        _(
            "This asks for the shop's login and secret key, looks up one order to try them, "
            "and keeps them on this machine. Nothing is changed in the shop."
        )
    )
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
    username = output.ask(_("Login (the name in front of .justclick.io): "))
    if base_url is None:
        standard = f"https://{wording.printable(username.lower())}.justclick.io"
        base_url = output.ask(
            _("The shop's address (Enter for {standard}): ").format(standard=standard)
        )
    # Checked before the key is asked for, so that it need not be typed again.
    account = check_account(username, base_url, where=_("The login"))
    secret_key = output.ask_secretly(_("Secret key (it is not shown): "))
    if not secret_key:
        raise SettingsError(_("There is no secret key. The shop shows it in its API settings."))
    return replace(account, credentials=replace(account.credentials, secret_key=secret_key))


def _ask_for_order() -> int:
    text = output.ask(_("An order number to look up, to try them (Enter for 1): "))
    try:
        return read_bill_id(text or "1")
    except CellRefusedError as refusal:
        raise SettingsError(_("The order number: {problem}").format(problem=refusal.text)) from None


def _try(account: Account, bill_id: int) -> None:
    """Look up an order: any answer that the shop has signed proves login and key."""
    with Client(
        base_url=account.base_url, credentials=account.credentials, timeout_s=_TIMEOUT_S
    ) as client:
        try:
            state = JustClickApi(client).read_back(bill_id)
        except SendError as error:
            raise SettingsError(
                _("Nothing was kept, because the shop did not accept them. {problem}").format(
                    problem=error.text
                )
            ) from error
    output.say(messages.describe_trial(bill_id, is_there=state.answer.is_accepted))
