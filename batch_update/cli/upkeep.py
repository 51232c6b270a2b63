"""Works on a ledger, with which nothing is sent."""

from __future__ import annotations

from batch_update import wording
from batch_update.cli import output, transfers
from batch_update.cli.ledgers import of_team
from batch_update.cli.shop import started_by
from batch_update.errors import ExitStatus
from batch_update.i18n import _
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.settings.model import Settings


def carry_out(settings: Settings) -> ExitStatus | None:
    """Do the work on the ledger that the settings ask for, if any.

    Returns:
        The exit status; None if nothing is asked.

    Raises:
        LedgerAwayError: the database cannot be reached.
        LedgerError: it cannot be done, or the user has no right to it.
    """
    place = settings.ledger
    if settings.imported_ledger is not None:
        return transfers.import_ledger(settings.imported_ledger, settings)
    if settings.older_than_days is not None:
        return transfers.prune_ledger(settings.older_than_days, settings)
    if not isinstance(place, DatabaseAddress):
        return None
    if settings.unlocks is not None:
        return _unlock(place, settings.unlocks, settings)
    if settings.migrates_ledger:
        return _migrate(place, settings)
    return None


def _unlock(place: DatabaseAddress, run: int, settings: Settings) -> ExitStatus:
    who = of_team("upkeep", place).unlock(
        place, run, by=started_by(settings), reason=(settings.reason or "").strip()
    )
    _say(
        settings,
        _(
            "Run {run} ({who}) counts as lost: it can note nothing more, and its orders are free "
            "for other runs. What it had under way may have happened: see --unconfirmed."
        ).format(run=run, who=wording.printable(who)),
    )
    return ExitStatus.DONE


def _migrate(place: DatabaseAddress, settings: Settings) -> ExitStatus:
    before, after = of_team("upkeep", place).migrate(place)
    if before == after:
        text = _("The ledger {path} is up to date: version {after} of its tables.")
    elif before:
        text = _("The ledger {path} was brought up to date: version {after} after {before}.")
    else:
        text = _("The ledger {path} was made: version {after} of its tables.")
    _say(settings, text.format(path=place.shown, before=before, after=after))
    return ExitStatus.DONE


def _say(settings: Settings, text: str) -> None:
    if not settings.is_quiet:
        output.say(text)
