"""Rules for options that have to do with a team's ledger."""

from __future__ import annotations

from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.settings import questions
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
    if isinstance(options.imported_ledger, DatabaseAddress) and not is_team:
        # What a team knows is carried back into a file.
        return
    if questions.is_work(question) and not is_team and not options.prunes_ledger:
        raise SettingsError(
            _(
                "{option} is for a team's ledger only: name it, --ledger postgresql://HOST/DATABASE."
            ).format(option=question)
        )
    has_reason = bool((options.reason or "").strip())
    if options.prunes_ledger != (options.older_than_days is not None):
        raise SettingsError(
            _("--ledger-prune and --older-than AGE go together only: say both, or none of them.")
        )
    if options.unlocks is not None or (is_team and options.prunes_ledger):
        _check_reason_of_work(options, has_reason=has_reason)
        return
    _check_reason(options, has_reason=has_reason, is_kept=is_team and not question)


def _check_reason_of_work(options: Options, *, has_reason: bool) -> None:
    if has_reason:
        return
    if options.unlocks is not None:
        raise SettingsError(
            _(
                "--unlock takes a run's orders from it, so the team's ledger keeps why that is "
                "right. Say it: --reason TEXT."
            )
        )
    if not options.is_dry_run:
        raise SettingsError(
            _(
                "--ledger-prune forgets what colleagues may still look for, so the team's ledger "
                "keeps why that is right. Say it: --reason TEXT."
            )
        )


def _check_reason(options: Options, *, has_reason: bool, is_kept: bool) -> None:
    if options.reason is not None and not is_kept:
        raise SettingsError(
            _(
                "--reason is kept with a run, and only in a team's ledger (--ledger "
                "postgresql://…): leave it out."
            )
        )
    is_sent = is_kept and not (options.is_dry_run or options.is_practice)
    if is_sent and options.is_forced and not has_reason:
        raise SettingsError(
            _(
                "--force sends again what colleagues may have sent already, so the team's ledger "
                "keeps why that is right. Say it: --reason TEXT."
            )
        )
