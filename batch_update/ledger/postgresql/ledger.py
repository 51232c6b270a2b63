"""The team's ledger: one database for runs on several machines."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any, Self

import psycopg
from psycopg import errors

import batch_update
from batch_update import wording
from batch_update.errors import LedgerAwayError, LedgerError
from batch_update.i18n import _
from batch_update.ledger import machine
from batch_update.ledger.account_ledger import AccountLedger, Clocks
from batch_update.ledger.losses import Finder
from batch_update.ledger.postgresql import neighbours, schema, sql
from batch_update.ledger.postgresql.absence import ToldOnce, WhileAway
from batch_update.ledger.postgresql.clock import DatabaseClock, elapsed_s
from batch_update.ledger.postgresql.connection import Address, Connection, Fence, Run, connect
from batch_update.ledger.postgresql.lease import Lease, LeaseTimes, RunKey
from batch_update.ledger.postgresql.pace import Pace
from batch_update.ledger.postgresql.store import HeldRun, TeamStore
from batch_update.ledger.postgresql.trail import Trail
from batch_update.ledger.records import NOBODY, RunKind, StartedBy

_TIMES = LeaseTimes()


class TeamLedger(TeamStore):
    """The record of a team, open; a context that closes it.

    Several runs work with a shop at once: each claims the orders that it works on.

    Args:
        address: the database.
        clocks: give the time by the database's clock, as `now` does, and the lead of the shop's;
            None for the database's alone.
        while_away: what is done while the database is away.

    Attributes:
        lease: that of the run which holds a shop; None if there is none.
        pace: the shop's, as long as a run holds it.

    Raises:
        LedgerAwayError: it cannot be reached.
        LedgerError: its schema does not go with the program, or the user has no right to it.
    """

    def __init__(
        self,
        address: Address,
        *,
        clocks: Clocks | None = None,
        while_away: WhileAway | None = None,
    ) -> None:
        self._address = address
        self._clocks: Clocks = clocks or _DatabaseTime(self.now)
        self._seen = {}
        self.lease: Lease | None = None
        self.pace: Pace | None = None
        self._clock = DatabaseClock()
        shown = _("the ledger {path}").format(path=wording.printable(address.shown))
        self._told_once = ToldOnce(while_away or WhileAway())
        self._connection = Connection(self._connect, shown, self._told_once.of_one())
        try:
            self._connection.open(lambda connection: schema.check(connection, shown))
            self._ask_time()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self._connection.close()

    def now(self) -> dt.datetime:
        """Return the time by the database's clock, in UTC."""
        return self._clock.now() if self.lease is None else self.lease.now()

    @contextlib.contextmanager
    def hold(
        self,
        shop: str,
        *former: str,
        by: StartedBy = NOBODY,
        address: str = "",
        rate: float | None = None,
        reason: str = "",
    ) -> Iterator[AccountLedger]:
        """Work with a shop, beside other runs.

        Args:
            shop: its name.
            former: other names under which it may have been noted.
            by: whose run it is, and of what kind.
            address: the shop's.
            rate: the most requests in a second that this run was told.
            reason: the reason for a run of a kind that needs one.

        Raises:
            LedgerAwayError: the database takes no notes just now.
            LedgerError: it cannot be noted, or the user has no right to the shop.
        """
        names = list(dict.fromkeys((shop, *former)))
        self._refuse_read_only()
        numbers = self._enter_shops(names, address)
        self._run = run = self._begin(numbers, by, rate, reason)
        look, enter = (text.format(run=run.id, token=run.token) for text in (sql.FENCE, sql.ENTER))
        self._trail = Trail(run.id, run.token)
        self._connection.guard(Fence(look=look, enter=enter), self._trail)
        key = RunKey(id=run.id, token=run.token, shop=numbers[0], who=run.who)
        zone = self._clocks.now().tzinfo
        self.lease = Lease(
            self._connect,
            key,
            zone=zone,
            trail=self._trail,
            while_away=self._told_once.of_one(),
        )
        self.pace = Pace(self.lease, rate=rate)
        self.lease.start(self.pace.tend)
        book = AccountLedger(self, numbers, clocks=self._clocks, run=run.id)
        try:
            yield book
        finally:
            self.lease.close()
            self._clock = self.lease.clock
            self._end(run, book.exit_status)
            self.lease = self.pace = self._run = self._trail = None

    def look_at(self, shop: str, *former: str) -> AccountLedger:
        """Return one shop's part for reading only."""
        names = list(dict.fromkeys((shop, *former)))
        numbers = [self._number(name) for name in names]
        return AccountLedger(self, numbers, clocks=self._clocks)

    def clock_behind(self) -> None:
        """Return that no note is yet to come: all have the database's time."""

    def check(self) -> list[str]:
        """Look through the whole ledger, which takes longer the larger it is.

        Returns:
            Its damages, in words; nothing if all is well.
        """
        found = []
        try:
            for query in sql.CHECKS:
                ((count,),) = self._connection.read(query, may_take_long=True)
                if count:
                    found.append(_("lines that contradict others: {count}").format(count=count))
        except LedgerError as error:
            found.append(str(error))
        return found

    def _connect(self) -> psycopg.Connection[Any]:
        return connect(self._address)

    def _ask_time(self) -> None:
        left_s = elapsed_s()
        ((now_us,),) = self._connection.read(sql.NOW_US)
        self._clock.observe(left_s, int(now_us), elapsed_s())

    def _refuse_read_only(self) -> None:
        ((is_read_only, is_standby),) = self._connection.read(sql.TAKES_NO_NOTES)
        if is_standby:
            why = _("it is a standby, which follows another server")
        elif is_read_only == "on":
            why = _("it is set to be read only")
        else:
            return
        raise LedgerAwayError(
            _(
                "{shown} takes no notes just now: {why}. Nothing was sent. Name the server that "
                "takes notes, or ask the administrator of the database; then start again. Do not "
                "take another ledger: it would not know what was sent."
            ).format(shown=self._connection.shown, why=why)
        )

    def _number(self, name: str) -> int:
        """Return a shop's number; -1 if it has none."""
        found = self._connection.read(sql.SHOP, (name,))
        return int(found[0][0]) if found else -1

    def _enter_shops(self, names: list[str], address: str) -> list[int]:
        """Return the numbers of a shop by its names, which get one if they have none."""

        def work(execute: Run) -> list[int]:
            for name in names:
                if not execute(sql.SHOP, (name,)):
                    execute(sql.ADD_SHOP, (name,))
            numbers = [int(execute(sql.SHOP, (name,))[0][0]) for name in names]
            if address:
                execute(sql.NOTE_ADDRESS, (address, numbers[0], address))
            return numbers

        try:
            return self._connection.transact(work)
        except LedgerError as error:
            if isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise self._not_permitted(names) from error
            raise

    def _not_permitted(self, names: list[str]) -> LedgerError:
        ((user, may_note),) = self._connection.read(sql.RIGHTS)
        user, shown = wording.printable(user), self._connection.shown
        if not may_note:
            return schema.not_permitted(shown, user)
        # A shop that was given a name goes by two, and what was noted under either counts.
        missing = [name for name in names if not self._connection.read(sql.ACCESS, (name,))]
        lines = [sql.GIVE_ACCESS.format(user=_quoted(user), shop=_quoted(name)) for name in missing]
        return LedgerError(
            _(
                "{shown}: the database user {user} has no right to the shop {shop}. Ask the "
                "administrator for it: {command}. Nothing was sent."
            ).format(
                shown=shown,
                user=user,
                shop=wording.printable(", ".join(missing)),
                command=wording.printable("; ".join(lines)),
            )
        )

    def _begin(self, shops: list[int], by: StartedBy, rate: float | None, reason: str) -> HeldRun:
        """Note that a run begins; what it does for once is written down with its reason."""
        ((number, token),) = self._connection.read(sql.TAKE_RUN)
        ((action,),) = self._connection.read(sql.TAKE_ACTION)
        host, pid = machine.host_name(), os.getpid()
        process = pid, host, neighbours.machine(), neighbours.start_of(pid)
        where = number, token, shops[0], *process, batch_update.__version__
        lasts_ms = round(_TIMES.lasts_s * 1000)
        whose_run = by.operator, by.os_user, by.kind
        who = Finder(by.operator, host, pid)

        def work(execute: Run) -> None:
            neighbours.mark_dead(execute, shops, number, who)
            execute(sql.NOTE_RUN, (*where, lasts_ms, *whose_run, rate, reason))
            if by.kind == RunKind.FORCE:
                execute(sql.NOTE_ACTION, (action, number))

        self._connection.transact(work)
        return HeldRun(int(number), int(token), shops, who)

    def _end(self, run: HeldRun, exit_status: int | None) -> None:
        """Note that a run has ended; without this note it counts as cut off."""

        def work(execute: Run) -> None:
            execute(sql.RELEASE_ALL, (run.id, run.token))
            execute(sql.END_RUN, (exit_status, run.id, run.token))

        with contextlib.suppress(LedgerError):
            self._connection.undo()
            self._connection.guard(None, None)
            self._connection.transact(work)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


class _DatabaseTime:
    """The database's clock alone."""

    ahead = None

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self.now = now
