"""Rules for options that have to do with a team's ledger."""

from __future__ import annotations

from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.settings.options import Options


def check_options(options: Options, question: str) -> None:
    """Refuse what needs a team's ledger if there is none, and what a team must be told a reason of.

    Args:
        options: the values of all options.
        question: the option with which nothing is sent; empty if the command sends a sheet.

    Raises:
        SettingsError: an option does not go with the ledger, or a reason is missing.
    """
    is_team = isinstance(options.ledger_path, DatabaseAddress)
    reason = (options.reason or "").strip()
    if options.reason is not None and (question or not is_team):
        raise SettingsError(
            _(
                "--reason is kept with a run, and only in a team's ledger (--ledger "
                "postgresql://…): leave it out."
            )
        )
    is_sent = not (question or options.is_dry_run or options.is_practice)
    if is_team and is_sent and options.is_forced and not reason:
        raise SettingsError(
            _(
                "--force sends again what colleagues may have sent already, so the team's ledger "
                "keeps why that is right. Say it: --reason TEXT."
            )
        )
