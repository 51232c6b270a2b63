"""Works on a team's ledger beside its runs: its tables, and runs that must not go on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from batch_update import wording
from batch_update.errors import LedgerAwayError, LedgerError
from batch_update.i18n import _
from batch_update.ledger import losses
from batch_update.ledger.losses import Loss
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.ledger.postgresql.connection import connect
from batch_update.ledger.postgresql.faults import advice_of, reason_of
from batch_update.ledger.postgresql.store import whose
from batch_update.ledger.records import StartedBy

# Of a run that nobody sees there is nothing to find, so the rights by shop hold here too.
_FIND_RUN = """
    SELECT operator, host, ended_at, lost_at, lost_kind, lost_operator, lost_host, lost_pid,
    lost_reason FROM batch_update.runs WHERE id = %s
    FOR UPDATE
"""
_UNLOCK = """
    UPDATE batch_update.runs SET lost_at = batch_update.now_ms(), lost_kind = 'unlocked',
    lost_operator = %s, lost_reason = %s WHERE id = %s
"""
_NOTE_ACTION = """
    INSERT INTO batch_update.actions (at, shop, run, kind, operator, reason)
    SELECT batch_update.now_ms(), shop, id, 'unlock', %s, %s FROM batch_update.runs WHERE id = %s
"""


def migrate(place: DatabaseAddress) -> tuple[int, int]:
    """Make the tables of a ledger, or bring them up to date.

    Returns:
        Their version before, 0 if there were none, and now.

    Raises:
        LedgerAwayError: the database cannot be reached.
        LedgerError: it is of a newer version, or the user lacks a right.
    """
    with _connected(place) as connection:
        return schema.migrate(connection, _shown(place)), schema.version()


def unlock(place: DatabaseAddress, run: int, *, by: StartedBy, reason: str) -> str:
    """Take a run for lost, so that it can note nothing more and others go on with its orders.

    Args:
        place: the database.
        run: the number of the run.
        by: who does it.
        reason: the reason, which is kept.

    Returns:
        Whose run it was, and where.

    Raises:
        LedgerAwayError: the database cannot be reached.
        LedgerError: there is no such run, it has ended or is lost, or the user lacks a right.
    """
    shown = _shown(place)
    with _connected(place) as connection:
        schema.check(connection, shown)
        with connection.transaction():
            connection.execute(schema.LIMITS)
            found = connection.execute(_FIND_RUN, (run,)).fetchone()
            if found is None:
                raise LedgerError(
                    _("{shown} has no run {run}. See its number: --runs.").format(
                        shown=shown, run=run
                    )
                )
            operator, host, ended_at, lost_at, *loss = found
            who = whose(operator, host)
            _refuse_over(run, who, ended_at=ended_at, loss=Loss(*loss) if lost_at else None)
            connection.execute(_UNLOCK, (by.operator, reason, run))
            connection.execute(_NOTE_ACTION, (by.operator, reason, run))
    return who


def _refuse_over(run: int, who: str, *, ended_at: int, loss: Loss | None) -> None:
    """Refuse to unlock what holds nothing."""
    if ended_at:
        raise LedgerError(
            _("Run {run} ({who}) has ended, so it holds no order; nothing was changed.").format(
                run=run, who=wording.printable(who)
            )
        )
    if loss is not None:
        raise LedgerError(
            _(
                "Run {run} ({who}) counts as lost already ({why}), so it holds no order; nothing "
                "was changed."
            ).format(run=run, who=wording.printable(who), why=losses.describe(loss))
        )


def _shown(place: DatabaseAddress) -> str:
    return _("the ledger {path}").format(path=wording.printable(place.shown))


@contextlib.contextmanager
def _connected(place: DatabaseAddress) -> Iterator[psycopg.Connection[Any]]:
    try:
        with connect(place) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise LedgerError(
            _("{shown} does not allow that: {reason}. Ask its administrator.").format(
                shown=_shown(place), reason=reason_of(error)
            )
        ) from error
    except psycopg.Error as error:
        raise LedgerAwayError(
            _("{shown} cannot be reached: {reason}. {advice}").format(
                shown=_shown(place), reason=reason_of(error), advice=advice_of(error)
            )
        ) from error
