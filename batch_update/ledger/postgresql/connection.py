"""A connection to the database that outlives its servers.

What is written is kept until it is needed, and then sent as one message, from the beginning of the
transaction to its end: each way to the server and back has a price, and the thread waits twice for
each, for the server and for the other threads. Values are put into the text for that.

It is kept beyond that until the transaction has ended. When the connection is lost, even while the
end of the transaction is under way, it is made anew and all of that is done again. So each
statement that writes must do nothing if it was done before; numbers are taken by reading, before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from batch_update.errors import LeaseLostError, LedgerAwayError, LedgerError
from batch_update.i18n import _
from batch_update.ledger.postgresql.absence import Absence, WhileAway
from batch_update.ledger.postgresql.faults import advice_of, reason_of
from batch_update.ledger.postgresql.tables import SHUT
from batch_update.ledger.postgresql.trail import Attempt, Trail
from batch_update.ledger.postgresql.watchdog import Watchdog

PATIENCE_S = 10.0
"""Longest time in which the server answers."""

_OPENING = """
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT pg_catalog.set_config('synchronous_commit', 'on', true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '6s', true),
    pg_catalog.set_config('lock_timeout', '3s', true),
    pg_catalog.set_config('statement_timeout', '8s', true)
"""
"""For one transaction each: a pooler may give its connection to others at its end."""

_TO_BE_RUN_AGAIN = frozenset({"40001", "40P01", "55P03", "57014"})
"""Others were in the way; the connection is as good as before."""

_AWAY = ("08", "25006", "25P03", "25P04", "53", "57P", "58")
"""What a server says that starts, ends, stands back for another one, or is full."""

_END: tuple[str, Sequence[object]] = ("COMMIT", ())

Rows = list[tuple[Any, ...]]
Run = Callable[[str, Sequence[object]], Rows]
Statement = tuple[str, Sequence[object]]
_T = TypeVar("_T")


class Address(Protocol):
    """The address of a database."""

    @property
    def shown(self) -> str:
        """The address for people."""

    def conninfo(self) -> dict[str, str | int]:
        """Return the driver's arguments for a connection."""


def connect(address: Address) -> psycopg.Connection[Any]:
    """Connect to a database, in autocommit mode.

    Raises:
        psycopg.Error: it cannot be reached.
    """
    keywords: dict[str, Any] = {**address.conninfo(), "client_encoding": "utf8"}
    # A pooler that gives a connection to others between transactions keeps no prepared statements.
    return psycopg.connect(**keywords, autocommit=True, prepare_threshold=None)


class Fence(NamedTuple):
    """With what each transaction that writes begins, so that no run writes which may not.

    Args:
        look: a query that finds nothing if the run may not; its second column tells servers apart.
        enter: a term that fails with `SHUT` if the run may not, or the server is another one than
            its value says.
    """

    look: str
    enter: str


class Connection:
    """A connection for one thread.

    Args:
        connect: makes one, in autocommit mode.
        shown: the database, for people.
        while_away: what is done then.

    Attributes:
        shown: as given.
        trail: what the run has noted last; another server must have it.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        shown: str,
        while_away: WhileAway | None = None,
    ) -> None:
        self._connect = connect
        self.shown = shown
        self._fence: Fence | None = None
        self.trail: Trail | None = None
        self._attempt: Attempt | None = None
        self._opening = _OPENING
        self._while_away = while_away or WhileAway()
        self._watchdog = Watchdog(PATIENCE_S)
        self._is_waited_for = False
        self._is_open = False
        self._steps: list[Statement] = []
        self._sent = 0
        self._connection: psycopg.Connection[Any] | None = None

    def open(self, check: Callable[[psycopg.Connection[Any]], None] = lambda __: None) -> None:
        """Connect at once or not at all.

        Args:
            check: called with the new connection.

        Raises:
            LedgerAwayError: it cannot be reached.
        """
        try:
            connection = self._connected()
            with self._watchdog.watching(connection):
                check(connection)
        except psycopg.Error as error:
            raise LedgerAwayError(
                _(
                    "{shown} cannot be reached: {reason}. Nothing was sent. {advice} Then start "
                    "again. Do not take another ledger: it would not know what was sent."
                ).format(shown=self.shown, reason=reason_of(error), advice=advice_of(error))
            ) from error
        self._is_waited_for = True

    def close(self) -> None:
        """Close it; what is not committed is undone."""
        self._drop()
        self._watchdog.close()

    def guard(self, fence: Fence | None, trail: Trail | None) -> None:
        """Begin each transaction that writes with a fence from now on, or no longer."""
        self._fence, self.trail = fence, trail
        self._opening = _OPENING

    def read(
        self, query: str, values: Sequence[object] = (), *, may_take_long: bool = False
    ) -> Rows:
        """Run a query that changes nothing that counts, and return what it finds.

        It sees what was written.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
            errors.UniqueViolation: the same, since another run was first.
        """
        query_alone = ((query, values),)
        return self._persist(lambda: self._send(query_alone, may_take_long=may_take_long)[0])

    def write(
        self, statement: str, values: Sequence[object], *, attempt: Attempt | None = None
    ) -> None:
        """Keep a statement, to be run within the transaction; it may be run again.

        Args:
            statement: the statement.
            values: its values.
            attempt: the last one that it notes, for the trail.
        """
        self._is_open = True
        self._steps.append((statement, values))
        self._attempt = attempt or self._attempt

    def transact(self, work: Callable[[Run], _T]) -> _T:
        """Do a piece of work; it is durable when this returns, with all that was written before.

        Args:
            work: runs statements with the function that it is given, and returns what they found;
                called again as a whole if need be.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
            errors.UniqueViolation: the same, since another run was first.
        """

        def whole() -> _T:
            found = work(lambda statement, values: self._send(((statement, values),))[0])
            self._send((_END,))
            return found

        self._is_open = True
        found = self._persist(whole)
        self._remember()
        return found

    def commit(self, *further: Statement) -> list[Rows]:
        """Make all that was written durable.

        Args:
            further: statements with which the transaction ends, if there is one or not.

        Returns:
            What each of those found; nothing if there was nothing to be done.

        Raises:
            LedgerError: it could not be done, and nothing since the last `commit` was.
            errors.UniqueViolation: the same, since another run was first.
        """
        self._is_open = self._is_open or bool(further)
        if not self._is_open:
            return []
        found = self._persist(lambda: self._send((*further, _END)))
        self._remember()
        return found[: len(further)]

    def undo(self) -> None:
        """Undo what was written since the last `commit`."""
        self._forget()
        self._roll_back()

    def _persist(self, work: Callable[[], _T]) -> _T:
        """Do a piece of work, again and again while the database is away."""
        absence = Absence(self._while_away, is_waited_for=self._is_waited_for)
        with self._undone_if_it_fails():
            while True:
                try:
                    self._make_ready()
                    done = work()
                except psycopg.Error as error:
                    if error.sqlstate == SHUT:
                        self._look_closely()
                        continue
                    is_away = self._stand_back(error)
                    if not absence.wait(error, is_away=is_away):
                        self._is_waited_for = False
                        raise self._gone(error) from error
                    continue
                self._is_waited_for = True
                absence.end()
                return done

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.undo()
            raise

    def _make_ready(self) -> None:
        """Connect if need be, and look at a server that is not known before anything ends there."""
        connection = self._connected()
        if not self._is_open or not _is_idle(connection):
            return
        self._sent = 0
        if self._fence is not None and self._opening == _OPENING:
            with self._watchdog.watching(connection):
                (found,) = _run(connection, _OPENING, ((self._fence.look, ()),))
                self._pass_fence(connection, self._fence, found)

    def _look_closely(self) -> None:
        """Begin anew in a way that tells what is wrong."""
        self._roll_back()
        self._opening = _OPENING

    def _pass_fence(self, connection: psycopg.Connection[Any], fence: Fence, found: Rows) -> None:
        """See whether the run may still write, and that another server knows what it noted."""
        if self.trail is not None:
            self.trail.check(lambda text, values: connection.execute(text, values).fetchall())
        if not found:
            raise self._lost()
        self._opening = f"{_OPENING}, {_filled(connection, fence.enter, found[0][1:])}"

    def _send(self, statements: Sequence[Statement], *, may_take_long: bool = False) -> list[Rows]:
        """Run statements after all that was written; return what they find."""
        connection = self._connected()
        before = ""
        if self._is_open:
            texts = [_filled(connection, *step) for step in self._steps[self._sent :]]
            before = ";".join([self._opening, *texts] if _is_idle(connection) else texts)
        with contextlib.ExitStack() as stack:
            if not may_take_long:
                stack.enter_context(self._watchdog.watching(connection))
            found = _run(connection, before, statements)
        self._sent = len(self._steps)
        return found

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _stand_back(self, error: psycopg.Error) -> bool:
        """Make ready for another try; return whether the database is away.

        Raises:
            LedgerError: another try would be in vain.
            errors.UniqueViolation: another run was first.
        """
        state = error.sqlstate or ""
        if state in _TO_BE_RUN_AGAIN:
            self._roll_back()
            return False
        is_silent = isinstance(error, errors.OperationalError | errors.InterfaceError) and not state
        if is_silent or state.startswith(_AWAY):
            self._drop()
            return True
        if isinstance(error, errors.UniqueViolation):
            raise error
        raise LedgerError(
            _(
                "{shown} cannot be used: {reason}. Ask the administrator of the database. Do not "
                "take another ledger: it would not know what was sent, and send it twice. Nothing "
                "more is sent."
            ).format(shown=self.shown, reason=reason_of(error))
        ) from error

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or _is_idle(connection):
            return
        try:
            with self._watchdog.watching(connection):
                connection.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _remember(self) -> None:
        """Take the transaction for done."""
        if self.trail is not None and self._attempt is not None:
            self.trail.attempted(self._attempt)
        self._forget()

    def _forget(self) -> None:
        self._is_open = False
        self._steps = []
        self._sent = 0
        self._attempt = None

    def _gone(self, error: psycopg.Error) -> LedgerAwayError:
        return LedgerAwayError(
            _(
                "{shown} can no longer be used: {reason}. Nothing more is sent. When it is back, "
                "start again: what was sent is not sent twice. If it stays so, ask the "
                "administrator of the database."
            ).format(shown=self.shown, reason=reason_of(error))
        )

    def _lost(self) -> LeaseLostError:
        return LeaseLostError(
            _(
                "Another run, or a person, took this run for lost, since {shown} had no sign of "
                "life of it; others may go on with its orders. Nothing more is noted or sent. "
                "Start again: what was sent is not sent twice."
            ).format(shown=self.shown)
        )


def _run(
    connection: psycopg.Connection[Any], before: str, statements: Sequence[Statement]
) -> list[Rows]:
    """Run statements as one message, after a text; return what each finds but for the text."""
    texts = [_filled(connection, *statement) for statement in statements]
    cursor = connection.execute(";".join([before, *texts] if before else texts))
    found: list[Rows] = []
    is_there: bool | None = True
    while is_there:
        result = cursor.pgresult
        found.append(cursor.fetchall() if result is not None and result.nfields else [])
        is_there = cursor.nextset()
    return found[-len(statements) :]


def _filled(connection: psycopg.Connection[Any], text: str, values: Sequence[object]) -> str:
    """Return a statement with its values."""
    return psycopg.ClientCursor(connection).mogrify(text, values) if values else text


def _is_idle(connection: psycopg.Connection[Any]) -> bool:
    return connection.info.transaction_status is TransactionStatus.IDLE
