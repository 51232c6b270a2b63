"""The pace of a shop, shared by all runs through the team's ledger."""

from __future__ import annotations

import logging
import threading
from typing import LiteralString

from batch_update import wording
from batch_update.i18n import _
from batch_update.ledger.postgresql.clock import elapsed_s
from batch_update.ledger.postgresql.lease import Lease, Session
from batch_update.ledger.postgresql.slots import SPACING, Slots

_logger = logging.getLogger(__name__)

_NOW_US: LiteralString = "floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

_RATE: LiteralString = """
    SELECT min(rate) AS rate, count(*) AS runs FROM batch_update.runs
    WHERE shop = %s AND ended_at = 0 AND lost_at = 0
        AND (lease_until >= batch_update.now_ms() OR id = %s)
"""

_QUICKER: LiteralString = """
    SELECT 1 FROM batch_update.runs
    WHERE shop = %s AND id <> %s AND ended_at = 0 AND lost_at = 0
        AND lease_until >= batch_update.now_ms() AND (rate IS NULL OR rate > %s)
    LIMIT 1
"""

_MAKE_ROW: LiteralString = (
    "INSERT INTO batch_update.pace (shop) VALUES (%s) ON CONFLICT (shop) DO NOTHING"
)

# The clock is read where the line is changed, after the wait for whoever changes it just now.
# The upper bound is for a clock that was set back: else all would wait until it has caught up.
_RESERVE: LiteralString = f"""
    UPDATE batch_update.pace SET next_at_us = least(
        greatest(next_at_us, {_NOW_US} + %s),
        {_NOW_US} + 10000000 + pacing.runs * (pacing.gap_us + 500000)
    ) + %s * pacing.gap_us
    FROM (
        SELECT rate, runs, ceil({SPACING} * 1000000 / rate)::bigint AS gap_us
        FROM ({_RATE}) AS living WHERE rate IS NOT NULL
    ) AS pacing
    WHERE shop = %s
    RETURNING {_NOW_US}, next_at_us, pacing.gap_us, pacing.rate
"""

_LOOK: LiteralString = f"""
    SELECT {_NOW_US}, held_until, overloads, refused_at > me.started_at AND refused_by <> me.id,
        refused_at, refused_text, refuser.operator, refuser.host, refuser.pid,
        living.rate, living.runs
    FROM batch_update.runs AS me
    JOIN batch_update.pace ON pace.shop = me.shop
    CROSS JOIN ({_RATE}) AS living
    LEFT JOIN batch_update.runs AS refuser ON refuser.id = pace.refused_by
    WHERE me.id = %s
"""

_HOLD: LiteralString = """
    UPDATE batch_update.pace
    SET held_until = batch_update.now_ms() + %s, held_by = %s
    WHERE shop = %s AND held_until < batch_update.now_ms() + %s
"""

# Who did not know of the last overload when the request left met the same one.
_NOTE_OVERLOAD: LiteralString = """
    UPDATE batch_update.pace SET overloads = overloads + (overloads = %s)::integer
    WHERE shop = %s RETURNING overloads
"""

_REFUSE: LiteralString = """
    UPDATE batch_update.pace
    SET refused_at = batch_update.now_ms(), refused_by = %s, refused_text = %s
    WHERE shop = %s
"""

_LONGEST_HOLD_S = 300.0
_LONGEST_JOURNEY_S = 1.0
_RESERVED_S = 0.5
"""Longest time for which one run takes slots at once: so much is lost with a run that is killed."""
_AGAIN_S = 0.05
_NOTICE_S = 0.5
"""Longest wait after which a request looks again whether it may still leave at all."""
_WINDOW_S = 1.0
"""For how long a request counts against the rate."""


class Pace:
    """The pauses, overloads, refusals and the rate of a shop's runs; a limiter's `SharedPace`.

    What this run meets is told to the others, and what others met is known here after the next look
    of the lease's thread. No call waits for the database, but for the moment in which a slot comes.

    Args:
        lease: the run's lease, whose thread does the work; `tend` is to be given to its `start`.
        rate: most requests in a second that this run was told; None for no limit of its own. Its
            line in the ledger says the same, for the others.
    """

    def __init__(self, lease: Lease, *, rate: float | None = None) -> None:
        self._lease = lease
        self._rate = rate
        self._refusal = ""
        self._held_until_s = self._others_know_at_s = 0.0
        self._overloads_of_others = 0
        self._known_overloads: int | None = None
        self._runs = 1
        self._journey_s = 0.0
        self._lock = threading.Lock()
        self._to_hold_until_s = 0.0
        self._overload_to_note: int | None = None
        self._refusal_to_note = ""
        self._is_made = False
        self._seen = threading.local()
        self._slots = Slots(lease.wake)

    @property
    def stop_reason(self) -> str:
        """The reason why this run may send nothing more, in words; empty while it may."""
        return self._lease.lost or self._refusal

    @property
    def overloads(self) -> int:
        """The number of overloads that other runs have met since this one began."""
        return self._overloads_of_others

    @property
    def runs(self) -> int:
        """The number of runs that send to the shop just now, this one included."""
        return max(1, self._runs)

    def wait_s(self, wanted: int) -> float:
        """Return the seconds after which this thread is to ask again; 0 if its request may leave.

        Args:
            wanted: number of requests that could leave as soon as they have slots, with this one.
        """
        if self._known_overloads is None or not self._lease.may_send():
            return _AGAIN_S
        held_s = max(self._held_until_s, self._others_know_at_s) - elapsed_s()
        if held_s > 0:
            return min(held_s, _NOTICE_S)
        wait_s = 0.0 if self._rate is None else min(self._slots.wait_s(wanted), _NOTICE_S)
        if wait_s == 0:
            self._seen.overloads = self._known_overloads
        return wait_s

    def leave(self) -> None:
        """Note that this thread's request has ended, or will not leave."""
        self._slots.leave()

    def hold(self, seconds: float) -> None:
        """Let no run's request leave for some seconds."""
        with self._lock:
            self._to_hold_until_s = max(self._to_hold_until_s, elapsed_s() + seconds)
        self._lease.wake()

    def note_overload(self) -> None:
        """Tell the others that this thread's request met an overload of the shop."""
        with self._lock:
            self._overload_to_note = getattr(self._seen, "overloads", None)
        self._lease.wake()

    def note_refusal(self, text: str) -> None:
        """Tell the others that the shop refuses the account.

        Args:
            text: what the shop said.
        """
        with self._lock:
            self._refusal_to_note = text
        self._lease.wake()

    def tend(self, session: Session, is_due: bool) -> None:
        """Tell and look up what there is; called by the lease's thread.

        Args:
            session: the connection.
            is_due: whether it is time to look up.

        Raises:
            psycopg.Error: the database cannot be reached; what was to be told is kept.
        """
        if not self._is_made:
            session.ask(_MAKE_ROW, (self._lease.run.shop,))
            self._let_others_know(session)
            self._is_made = True
        self._tell(session)
        if is_due or self._known_overloads is None:
            self._look(session)
        if wanted := self._slots.take_wanted():
            self._reserve(session, wanted)

    def _let_others_know(self, session: Session) -> None:
        """Send nothing until no request counts any more that left by another's higher rate."""
        run = self._lease.run
        if self._rate is not None and session.ask(_QUICKER, (run.shop, run.id, self._rate)):
            longest_s = self._lease.longest_look_s + _RESERVED_S + _WINDOW_S
            self._others_know_at_s = elapsed_s() + longest_s

    def _tell(self, session: Session) -> None:
        run = self._lease.run
        with self._lock:
            hold_s = self._to_hold_until_s - elapsed_s()
            overload, refusal = self._overload_to_note, self._refusal_to_note
        if refusal:
            session.ask(_REFUSE, (run.id, refusal, run.shop))
            self._refusal_to_note = ""
        if hold_s > 0:
            hold_ms = round(hold_s * 1000)
            session.ask(_HOLD, (hold_ms, run.id, run.shop, hold_ms))
        with self._lock:
            if self._to_hold_until_s - elapsed_s() <= hold_s:
                self._to_hold_until_s = 0.0
        if overload is not None:
            rows = session.ask(_NOTE_OVERLOAD, (overload, run.shop))
            # Those up to here are this run's own, or were met together with it.
            self._known_overloads = rows[0][0]
            with self._lock:
                self._overload_to_note = None

    def _look(self, session: Session) -> None:
        run = self._lease.run
        __, rows = session.ask_timed(_LOOK, (run.shop, run.id, run.id))
        for now_us, held_until, overloads, is_refused, *refusal, rate, runs in rows:
            self._rate, self._runs = rate, runs
            # A hold that outlasts the longest is from a clock that was set back since.
            hold_s = min(held_until / 1e3 - now_us / 1e6, _LONGEST_HOLD_S)
            self._held_until_s = elapsed_s() + hold_s
            if self._known_overloads is not None and overloads > self._known_overloads:
                self._overloads_of_others += 1
            self._known_overloads = overloads
            if is_refused and not self._refusal:
                self._refusal = self._describe_refusal(*refusal)
                _logger.warning("the account was refused: %s", self._refusal)

    def _reserve(self, session: Session, wanted: int) -> None:
        """Reserve slots for the requests that wait for one."""
        run = self._lease.run
        count = max(1, min(wanted, int((self._rate or 0.0) * _RESERVED_S)))
        # None that would be over before its number has come here.
        lead_us = round(self._journey_s * 1e6)
        values = (lead_us, count, run.shop, run.id, run.shop)
        left_s, rows = session.ask_timed(_RESERVE, values)
        self._journey_s = min(elapsed_s() - left_s, _LONGEST_JOURNEY_S)
        for __, next_us, gap_us, rate in rows:
            first_us = next_us - count * gap_us
            moments = [
                self._lease.clock.not_before_s(first_us + number * gap_us)
                for number in range(count)
            ]
            self._slots.add(moments, rate)

    def _describe_refusal(
        self, at_ms: int, text: str, operator: str | None, host: str | None, pid: int | None
    ) -> str:
        who = (
            _("another run")
            if pid is None
            else _("the run of {operator} (process {pid} on {host})").format(
                operator=wording.show_name(operator or ""),
                pid=pid,
                host=wording.show_name(host or ""),
            )
        )
        return _(
            "The shop refused the account at {at}, when {who} asked, so this run sends nothing "
            "more. {text}"
        ).format(at=self._lease.show(at_ms), who=wording.printable(who), text=text)
