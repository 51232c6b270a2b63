"""The lease of a run in the team's ledger: renewed, lost, and what that allows."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from batch_update import wording
from batch_update.errors import LeaseLostError, LedgerError
from batch_update.i18n import _
from batch_update.ledger import losses
from batch_update.ledger.losses import Finder, Loss
from batch_update.ledger.postgresql.absence import WhileAway
from batch_update.ledger.postgresql.clock import DatabaseClock, elapsed_s, from_ms
from batch_update.ledger.postgresql.faults import reason_of
from batch_update.ledger.postgresql.tables import SERVER_START
from batch_update.ledger.postgresql.trail import Trail
from batch_update.ledger.postgresql.watchdog import Watchdog

_logger = logging.getLogger(__name__)

_LIMITS: LiteralString = "SET LOCAL statement_timeout = '8s'; SET LOCAL lock_timeout = '4s'; "
"""In one transaction with the statement behind it: a pooler gives each a session of its own."""

_NOW_US: LiteralString = "floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

_RENEW: LiteralString = f"""
    UPDATE batch_update.runs
    SET alive_at = batch_update.now_ms(), lease_until = batch_update.now_ms() + %s
    WHERE id = %s AND token = %s AND lost_at = 0 AND ended_at = 0
    RETURNING {_NOW_US}, {SERVER_START}
"""

_MARK_LOST: LiteralString = """
    UPDATE batch_update.runs SET lost_at = batch_update.now_ms(), lost_kind = 'silent',
        lost_operator = %s, lost_host = %s, lost_pid = %s
    WHERE id IN (
        SELECT id FROM batch_update.runs
        WHERE shop = %s AND id <> %s AND lost_at = 0 AND ended_at = 0
            AND lease_until < batch_update.now_ms()
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""

_LOOK: LiteralString = f"""
    SELECT {_NOW_US}, lost_at, alive_at, lost_kind, lost_operator, lost_host, lost_pid, lost_reason
    FROM batch_update.runs
    WHERE id = %s AND token = %s AND ended_at = 0
"""

_LONGEST_CLOSING_S = 2.0

Rows = list[tuple[Any, ...]]

Tend = Callable[["Session", bool], None]
"""Work beside the lease: called when it is woken, and with true when it is time to look up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """A run in the ledger.

    Args:
        id: its number.
        token: the number that its notes carry.
        shop: the number of its shop.
        who: whose it is and where, for those who meet what it did.
    """

    id: int
    token: int
    shop: int
    who: Finder


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTimes:
    """Lengths of a lease, in seconds.

    Args:
        renew_s: from one renewal to the next.
        lasts_s: from a renewal until others may take the run for lost.
        margin_s: by which the run stops sending before that.
        retry_s: until the next try when the database is away.
        poll_s: until the next look at what others have noted.
        hang_s: that a statement may take.
        tell_s: after which the user is told that the lease cannot be renewed.
    """

    renew_s: float = 10.0
    lasts_s: float = 30.0
    margin_s: float = 5.0
    retry_s: float = 1.0
    poll_s: float = 1.0
    hang_s: float = 10.0
    tell_s: float = 3.0


class Session:
    """A connection to the database, whose statements end one way or another.

    Each is a transaction of its own, in one journey.

    Args:
        connection: the connection.
        watchdog: shuts it if it hangs.
        clock: learns the database's time.
    """

    def __init__(
        self, connection: psycopg.Connection, watchdog: Watchdog, clock: DatabaseClock
    ) -> None:
        connection.autocommit = True
        self._connection = connection
        self._watchdog = watchdog
        self._clock = clock

    def ask(self, text: LiteralString, values: tuple[object, ...]) -> Rows:
        """Run a statement and return its rows.

        Raises:
            psycopg.Error: it failed, or took too long.
        """
        with (
            self._watchdog.watching(self._connection),
            psycopg.ClientCursor(self._connection) as cursor,
        ):
            cursor.execute(_LIMITS + text, values)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def ask_timed(self, text: LiteralString, values: tuple[object, ...]) -> tuple[float, Rows]:
        """Run a statement whose rows begin with the database's time in microseconds.

        Returns:
            The moment before it left, by the machine's seconds; and the rows.
        """
        left_s = elapsed_s()
        rows = self.ask(text, values)
        if rows:
            self._clock.observe(left_s, rows[0][0], elapsed_s())
        return left_s, rows


class Lease:
    """The lease of a run, kept by a thread with a connection of its own.

    The thread renews it, marks runs of the shop that have lost theirs, and looks up what others
    have noted. No state of the network or of the machine makes `may_send` true for too long: it is
    reckoned from the moment before the last renewal left, by seconds that count a machine's sleep.

    Args:
        connect: opens a connection; it may raise a `psycopg.Error`.
        run: the run.
        times: the lengths.
        zone: that in which times are shown.
        trail: what the run has noted last; another server must have it.
        while_away: whom to tell when the lease cannot be renewed, and how long to try. Other
            connections may go on meanwhile: one to a server that is full has its place.

    Attributes:
        run: as given.
        zone: as given.
        clock: the database's clock.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        run: RunKey,
        *,
        times: LeaseTimes | None = None,
        zone: dt.tzinfo | None = None,
        trail: Trail | None = None,
        while_away: WhileAway | None = None,
    ) -> None:
        self.run = run
        self.zone = zone
        self.clock = DatabaseClock()
        self._connect = connect
        self._times = times or LeaseTimes()
        self._trail = trail or Trail(run.id, run.token)
        self._while_away = while_away or WhileAway()
        self._away_since_s: float | None = None
        self._is_told_away = False
        self._server: object = None
        self._until_s = 0.0
        self._lost = ""
        self._tends: list[Tend] = []
        self._changed = threading.Condition()
        self._is_woken = self._is_asked = self._is_closing = self._is_done = False
        self._renew_at_s = self._look_at_s = 0.0
        self._thread = threading.Thread(target=self._work, name="lease", daemon=True)

    @property
    def lost(self) -> str:
        """The reason why the run may never send again, in words; empty while it may."""
        return self._lost

    @property
    def longest_look_s(self) -> float:
        """The time within which a run looks up what others have noted, unless something hangs."""
        return 1.25 * self._times.poll_s

    def may_send(self) -> bool:
        """Return whether a request may leave at this very moment."""
        return not self._lost and elapsed_s() < self._until_s

    def now(self) -> dt.datetime:
        """Return the time by the database's clock, in UTC."""
        return self.clock.now()

    def start(self, *tends: Tend) -> None:
        """Begin to renew the lease, and to do other work beside it."""
        self._tends += tends
        self._thread.start()

    def wait_until_held(self, timeout_s: float) -> bool:
        """Wait for a renewal, or for the news that the lease is lost; return whether it is held."""
        with self._changed:
            self._changed.wait_for(lambda: self.may_send() or bool(self._lost), timeout_s)
        return self.may_send()

    def wake(self) -> None:
        """Let the thread do the work beside the lease now."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def ask(self) -> None:
        """Let the thread look up now what others have noted."""
        with self._changed:
            self._is_asked = True
        self.wake()

    def close(self) -> None:
        """Do what work is left, as far as the database lets, and end; the lease is not renewed."""
        with self._changed:
            self._is_closing = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(_LONGEST_CLOSING_S)

    def _work(self) -> None:
        watchdog = Watchdog(self._times.hang_s)
        try:
            while not self._is_done:
                self._keep_as_long_as_it_goes(watchdog)
        except Exception:
            # Without this thread the run would wait for ever for what nobody renews.
            _logger.exception("the lease: a fault of the program")
            self._lose(
                _(
                    "batch-update itself failed while it kept this run's lease in the team's "
                    "ledger, so nothing more is sent. Report this to the makers of batch-update "
                    "with what --log-file writes down, and start again: what was sent is not sent "
                    "twice."
                )
            )
        finally:
            watchdog.close()

    def _keep_as_long_as_it_goes(self, watchdog: Watchdog) -> None:
        try:
            with self._connect() as connection:
                self._keep(Session(connection, watchdog, self.clock))
        except (psycopg.Error, OSError, LedgerError) as error:
            _logger.warning("the lease's connection: %s", error)
            self._stay_away(error)
        with self._changed:
            self._is_done = self._is_over()
            self._renew_at_s = 0.0
            # Not woken by whoever wants something of the database: it is away for all of it.
            self._changed.wait_for(self._is_over, 0.0 if self._is_done else self._times.retry_s)

    def _stay_away(self, error: Exception) -> None:
        """Tell the user if it lasts, and give up if it lasts too long."""
        now_s = time.monotonic()
        if self._is_over():
            return
        if self._away_since_s is None:
            self._away_since_s = now_s
        away_s = now_s - self._away_since_s
        reason = reason_of(error) if isinstance(error, psycopg.Error) else str(error)
        # A right or a table that is missing does not come back by itself.
        is_in_vain = isinstance(error, psycopg.ProgrammingError)
        if is_in_vain or away_s >= self._while_away.longest_s:
            self._lose(
                _(
                    "This run can no longer renew its lease in the team's ledger: {reason}. "
                    "Nothing more is sent. When that is mended, start again: what was sent is not "
                    "sent twice. If it stays so, ask the administrator of the database."
                ).format(reason=reason)
            )
        elif away_s >= self._times.tell_s and not self._is_told_away:
            self._is_told_away = True
            self._while_away.on_away(reason)

    def _come_back(self) -> None:
        self._away_since_s = None
        if self._is_told_away:
            self._is_told_away = False
            self._while_away.on_back()

    def _is_over(self) -> bool:
        return self._is_closing or bool(self._lost)

    def _keep(self, session: Session) -> None:
        """Serve one connection until it fails, the lease is lost, or the run ends."""
        while True:
            is_over = self._is_over()
            if not is_over and elapsed_s() >= self._renew_at_s:
                self._renew(session)
            with self._changed:
                is_due = self._is_asked or elapsed_s() >= self._look_at_s
                self._is_woken = self._is_asked = False
            if is_due and not is_over:
                self._look_at_s = elapsed_s() + self._times.poll_s
                self._look(session)
            for tend in self._tends:
                tend(session, is_due)
            if is_over:
                return
            self._rest(min(self._renew_at_s, self._look_at_s) - elapsed_s())

    def _rest(self, seconds: float) -> None:
        with self._changed:
            if not self._is_woken and not self._is_over():
                self._changed.wait(max(0.0, seconds))

    def _renew(self, session: Session) -> None:
        run, times = self.run, self._times
        values = (round(times.lasts_s * 1000), run.id, run.token)
        left_s, rows = session.ask_timed(_RENEW, values)
        if not rows:
            self._look(session)
            return
        if rows[0][1] != self._server:
            if not self._is_known(session):
                return
            self._server = rows[0][1]
        with self._changed:
            self._until_s = left_s + times.lasts_s - times.margin_s
            self._changed.notify_all()
        self._renew_at_s = left_s + times.renew_s
        self._come_back()
        for (number,) in session.ask(_MARK_LOST, (*run.who, run.shop, run.id)):
            _logger.warning("run %s gave no sign of life, and is marked as lost", number)

    def _look(self, session: Session) -> None:
        """See whether others have taken the run for lost, or ended it."""
        __, rows = session.ask_timed(_LOOK, (self.run.id, self.run.token))
        if not rows and not self._is_known(session):
            return
        if not rows:
            self._lose(
                _(
                    "Somebody has ended this run in the team's ledger, so it sends nothing more. "
                    "Start again: what was sent is not sent twice."
                )
            )
            return
        __, lost_at, alive_at, *loss = rows[0]
        if lost_at:
            self._lose(self._describe_loss(lost_at, losses.describe(Loss(*loss)), alive_at))

    def _describe_loss(self, lost_at: int, why: str, alive_at: int) -> str:
        """Say who took the run for lost: another run after a silence, or a person at any time."""
        lost = self.show(lost_at)
        if lost_at < alive_at + self._times.lasts_s * 1000:
            return _(
                "This run was taken for lost at {lost}: {why}. Others may go on with its orders, "
                "so it sends nothing more. Start again: what was sent is not sent twice."
            ).format(lost=lost, why=why)
        return _(
            "This run gave the team's ledger no sign of life after {alive}, and was taken "
            "for lost at {lost}: {why}. Others may go on with its orders, so it sends "
            "nothing more. Start again: what was sent is not sent twice."
        ).format(alive=self.show(alive_at), lost=lost, why=why)

    def _is_known(self, session: Session) -> bool:
        """Return whether the database still has what this run noted; if not, the lease is lost."""
        try:
            self._trail.check(session.ask)
        except LeaseLostError as error:
            self._lose(str(error))
            return False
        return True

    def show(self, moment_ms: int) -> str:
        """Return a moment of the ledger in words."""
        return wording.stamp(from_ms(moment_ms).astimezone(self.zone))

    def _lose(self, reason: str) -> None:
        _logger.warning("the lease is lost: %s", reason)
        with self._changed:
            self._lost = reason
            self._changed.notify_all()
