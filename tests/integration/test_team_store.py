"""A team's ledger on a real server: claims, fences, payments, and lost connections."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from batch_update import batch
from batch_update.errors import LeaseLostError, LedgerAwayError, LedgerError
from batch_update.ledger import AccountLedger, StartedBy
from batch_update.ledger.postgresql import connection as connection_module
from batch_update.ledger.postgresql.absence import WhileAway
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.ledger.postgresql.connection import Connection
from batch_update.ledger.postgresql.ledger import TeamLedger
from batch_update.ledger.store import SheetName
from batch_update.model import CheckedRow, OrderUpdate, Outcome, SendResult, Status, Summary
from tests.conftest import RUN_OPTIONS, StopSignal
from tests.posix import needs_sockets
from tests.postgres import PostgresServer
from tests.postgres.pgbouncer import PgBouncer
from tests.teams import DAY, NEXT_DAY, address_of, ask, note, payment, set_up

SENT = OrderUpdate(bill_id=1, status=Status.SENT, date=DAY, rpo="RA1")
PAID = payment()
UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)
PATIENCE_S = 60.0


@pytest.fixture
def address(database: str) -> DatabaseAddress:
    return set_up(database)


def attempts_in(address: DatabaseAddress) -> list[tuple[Any, ...]]:
    return ask(
        address,
        "SELECT bill_id, status, event FROM batch_update.attempts "
        "JOIN batch_update.updates ON updates.id = update_id ORDER BY seq",
    )


def states_in(address: DatabaseAddress) -> list[tuple[Any, ...]]:
    return ask(
        address,
        "SELECT date, state, replaced_by IS NULL FROM batch_update.updates ORDER BY bill_id, date",
    )


def end_lease_of(ledger: TeamLedger, address: DatabaseAddress) -> None:
    """Let a run fall silent, for so long that its lease is over."""
    assert ledger.lease is not None
    ledger.lease.close()
    ask(address, "UPDATE batch_update.runs SET lease_until = 1 WHERE id = %s", run_of(ledger))


def run_of(ledger: TeamLedger) -> int:
    assert ledger.lease is not None
    return ledger.lease.run.id


@contextlib.contextmanager
def at_work(
    address: DatabaseAddress, shop: str = "shop"
) -> Iterator[tuple[TeamLedger, AccountLedger]]:
    with TeamLedger(address) as ledger, ledger.hold(shop) as book:
        yield ledger, book.for_file("day.xlsx", "abc")


# Fences


def test_a_run_that_was_taken_for_lost_writes_nothing_more(address: DatabaseAddress) -> None:
    with at_work(address) as (ledger, book):
        assert book.holder(1) is None
        book.begin(PAID, 2)
        book.commit()
        ask(address, "UPDATE batch_update.runs SET lost_at = 1 WHERE id = %s", run_of(ledger))
        book.settle(PAID, 2, UPDATED)
        with pytest.raises(LeaseLostError, match="took this run for lost"):
            book.commit()
        with pytest.raises(LeaseLostError):
            book.holder(5)
    assert attempts_in(address) == [(1, "paid", "sending")]
    assert ask(address, "SELECT ended_at FROM batch_update.runs") == [(0,)]


def test_a_run_in_the_middle_of_writing_cannot_be_taken_for_lost(address: DatabaseAddress) -> None:
    with at_work(address) as (one, book), at_work(address) as (other, __):
        assert book.holder(1) is None
        # Before the silence begins, which any other run may notice at any moment.
        one.write([note(PAID)], 1, one.begin_sheet(run_of(one), SheetName(name="a.csv"), 1))
        assert len(one.entries([1], [1])) == 1
        end_lease_of(one, address)
        assert list(other.claim(1, [1])) == [1]
        one.commit()
        assert other.claim(1, [1]) == {}
        with pytest.raises(LeaseLostError):
            book.holder(2)
    assert attempts_in(address) == [(1, "paid", "sending")]


def test_a_row_that_another_run_passes_over_meanwhile_keeps_no_payment_from_being_begun(
    address: DatabaseAddress,
) -> None:
    with at_work(address) as (one, book), at_work(address) as (other, __):
        assert book.holder(1) is None
        assert book.order(1) == []
        # As if the claim were not there yet for the other run, whose numbers are higher.
        claim = ask(address, "DELETE FROM batch_update.claims RETURNING *")
        passed_over = note(PAID, "not sent")
        passed_over.is_for_new = True
        sheet = other.begin_sheet(run_of(other), SheetName(name="b.csv"), 1)
        other.write([passed_over], 1, sheet)
        other.commit()
        ask(address, "INSERT INTO batch_update.claims VALUES (%s, %s, %s, %s, %s)", *claim[0])
        book.begin(PAID, 2)
        book.commit()
        assert states_in(address) == [(int(DAY.timestamp()), "sending", True)]
        book.settle(PAID, 2, UPDATED)
        book.commit()
        assert one.check() == []
    assert states_in(address) == [(int(DAY.timestamp()), "updated", True)]


# Claims


def test_each_order_is_held_by_one_of_eight_runs_at_a_time(address: DatabaseAddress) -> None:
    orders, lock = range(1, 2001), threading.Lock()
    held: dict[int, int] = {}
    done: list[int] = []
    faults: list[object] = []

    def work(number: int) -> None:
        mine = list(orders)
        random.Random(number).shuffle(mine)  # noqa: S311
        ends_at = time.monotonic() + PATIENCE_S
        with at_work(address) as (ledger, __):
            while mine and time.monotonic() < ends_at:
                some, mine = mine[:50], mine[50:]
                others = ledger.claim(1, some)
                got = [order for order in some if order not in others]
                with lock:
                    faults.extend(order for order in got if order in held)
                    held.update(dict.fromkeys(got, number))
                time.sleep(0.001)
                with lock:
                    for order in got:
                        del held[order]
                    done.extend(got)
                ledger.release(1, got)
                ledger.commit()
                mine += others

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE_S)
    assert not faults
    assert sorted(done) == sorted([*orders] * 8)
    assert ask(address, "SELECT count(*) FROM batch_update.claims") == [(0,)]


def test_who_holds_an_order_is_told(address: DatabaseAddress) -> None:
    by = StartedBy(operator="anna", os_user="a", kind="send")
    with TeamLedger(address) as one, one.hold("shop", by=by), at_work(address) as (other, __):
        assert one.claim(1, [7, 8]) == {}
        assert list(one.claim(1, [7])) == []
        (holder,) = other.claim(1, [8, 9]).values()
        assert holder.user == "anna"
        assert abs((holder.since - one.now()).total_seconds()) < PATIENCE_S
        one.release(1, [8])
        one.commit()
        assert list(other.claim(1, [8])) == []


def test_what_a_lost_run_held_is_taken_over(address: DatabaseAddress) -> None:
    with at_work(address) as (one, book), at_work(address) as (other, __):
        assert book.holder(1) is None
        book.begin(PAID, 2)
        book.commit()
        assert list(other.claim(1, [1])) == [1]
        end_lease_of(one, address)
        assert list(other.claim(1, [1])) == []
        (entry,) = other.look_at("shop").order(1)
        assert (entry.may_have_happened, entry.is_open, entry.confirmed) == (True, True, None)
        with pytest.raises(LeaseLostError):
            one.claim(1, [2])
    query = "SELECT lost_kind, lost_host, lost_pid FROM batch_update.runs WHERE lost_at > 0"
    assert ask(address, query) == [("silent", platform.node(), os.getpid())]


def test_an_order_of_a_shop_with_a_former_name_is_held_under_both(address: DatabaseAddress) -> None:
    query = "SELECT shop, bill_id FROM batch_update.claims ORDER BY bill_id, shop"
    with (
        TeamLedger(address) as one,
        TeamLedger(address) as other,
        one.hold("new", "old"),
        other.hold("old"),
    ):
        assert one.claim(1, [1]) == {}
        assert list(other.claim(2, [1])) == [1]
        assert other.claim(2, [2]) == {}
        assert list(one.claim(1, [2])) == [2]
        assert ask(address, query) == [(1, 1), (2, 1), (2, 2)]


def a_parcel_and_a_payment_each(orders: int) -> list[CheckedRow]:
    updates = []
    for order in range(1, orders + 1):
        parcel = f"RA{order}"
        updates.append(OrderUpdate(bill_id=order, status=Status.SENT, date=DAY, rpo=parcel))
        updates.append(payment(order))
    return [
        CheckedRow(row=number, bill_id=update.bill_id, update=update)
        for number, update in enumerate(updates, start=2)
    ]


def is_refused(update: OrderUpdate) -> bool:
    return update.status is Status.PAID and update.bill_id % 10 == 0


def test_three_runs_of_one_sheet_send_each_update_once(address: DatabaseAddress) -> None:
    rows = a_parcel_and_a_payment_each(100)
    sent: list[OrderUpdate] = []
    summaries: list[Summary] = []

    def deliver(update: OrderUpdate, *_: object) -> SendResult:
        time.sleep(0.002)
        sent.append(update)
        refused = SendResult(outcome=Outcome.REJECTED, error_code=7)
        return refused if is_refused(update) else UPDATED

    def run() -> None:
        with at_work(address) as (__, book):
            summary = batch.send_updates(
                rows,
                [deliver] * 4,
                ledger=book,
                stop_signal=StopSignal(),
                on_result=lambda _: None,
                options=dataclasses.replace(RUN_OPTIONS, sha256="abc"),
            )
        summaries.append(summary)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE_S)
    assert len(summaries) == 3
    assert len(sent) == len(set(sent)) == len(rows)
    by_order = sorted(sent, key=lambda update: update.bill_id)
    assert [update.status for update in by_order] == [Status.SENT, Status.PAID] * 100
    done = {Outcome.UPDATED, Outcome.ALREADY_UPDATED}
    for summary in summaries:
        for row, result in zip(rows, summary.results, strict=True):
            assert row.update is not None
            expected = {Outcome.REJECTED} if is_refused(row.update) else done
            assert result.outcome in expected, result
    assert ask(address, "SELECT count(*) FROM batch_update.claims") == [(0,)]
    with TeamLedger(address) as ledger:
        assert ledger.check() == []


# Payments


@pytest.mark.parametrize("second", [PAID, payment(at=NEXT_DAY)])
def test_who_asks_nobody_cannot_pay_twice(address: DatabaseAddress, second: OrderUpdate) -> None:
    with at_work(address) as (one, __), at_work(address) as (other, __):
        for ledger in (one, other):
            assert ledger.entries([1], [1]) == []
        sheets = [
            ledger.begin_sheet(run_of(ledger), SheetName(name="a.csv"), 1)
            for ledger in (one, other)
        ]
        one.write([note(PAID)], 1, sheets[0])
        one.commit()
        other.write([note(second)], 1, sheets[1])
        with pytest.raises(LedgerError, match="has begun to pay an order"):
            other.commit()
        other.commit()
        assert attempts_in(address) == [(1, "paid", "sending")]


def test_a_payment_that_was_seen_gives_way(address: DatabaseAddress) -> None:
    with at_work(address) as (one, __):
        sheet = one.begin_sheet(run_of(one), SheetName(name="a.csv"), 1)
        one.write([note(PAID), note(PAID, "updated")], 1, sheet)
        one.commit()
    with at_work(address) as (other, __):
        sheet = other.begin_sheet(run_of(other), SheetName(name="b.csv"), 1)
        assert len(other.entries([1], [1])) == 1
        other.write([note(payment(at=NEXT_DAY))], 1, sheet)
        other.write([note(PAID)], 1, sheet)
        other.write([note(PAID, "updated"), note(payment(at=NEXT_DAY))], 1, sheet)
        other.commit()
        assert other.check() == []
    days = [int(day.timestamp()) for day in (DAY, NEXT_DAY)]
    assert states_in(address) == [(days[0], "updated", False), (days[1], "sending", True)]


def test_what_was_confirmed_stays_so_in_one_batch_too(address: DatabaseAddress) -> None:
    with at_work(address) as (one, __):
        sheet = one.begin_sheet(run_of(one), SheetName(name="a.csv"), 1)
        events = "sending", "updated", "sending", "rejected"
        one.write([note(PAID, event) for event in events], 1, sheet)
        one.write([note(PAID, "not sent")], 1, sheet)
        one.commit()
        assert [state for __, state, __ in states_in(address)] == ["updated"]
        assert len(attempts_in(address)) == 5
        assert one.check() == []


def test_only_who_holds_an_order_notes_that_it_was_passed_over(address: DatabaseAddress) -> None:
    passed_over = note(PAID, "not sent")
    passed_over.is_for_new = True
    with at_work(address) as (one, __), at_work(address) as (other, __):
        sheets = [
            ledger.begin_sheet(run_of(ledger), SheetName(name="a.csv"), 1)
            for ledger in (one, other)
        ]
        assert one.claim(1, [1]) == {}
        assert other.claim(1, [2]) == {}
        other.write([passed_over], 1, sheets[1])
        other.commit()
        assert attempts_in(address) == []
        one.write([note(PAID)], 1, sheets[0])
        one.release(1, [1])
        one.commit()
        assert attempts_in(address) == [(1, "paid", "sending")]
        assert [state for __, state, __ in states_in(address)] == ["sending"]


def test_what_a_run_notes_comes_after_all_that_it_saw(address: DatabaseAddress) -> None:
    passed_over = note(PAID, "not sent")
    passed_over.is_for_new = True
    with at_work(address) as (one, __), at_work(address) as (other, __):
        sheet = one.begin_sheet(run_of(one), SheetName(name="a.csv"), 1)
        others = other.begin_sheet(run_of(other), SheetName(name="a.csv"), 1)
        other.write([passed_over], 1, others)
        other.commit()
        assert one.claim(1, [1]) == {}
        assert len(one.entries([1], [1])) == 1
        one.write([note(PAID)], 1, sheet)
        one.commit()
        events = [event for *__, event in attempts_in(address)]
        assert events == ["not sent", "sending"]
        assert [state for __, state, __ in states_in(address)] == ["sending"]


@pytest.mark.parametrize("text", ["it's", '"{,}"', "a\\b'; --", "NULL", "", "%s ; \u20ac\0"])
def test_any_text_is_kept_as_it_is(address: DatabaseAddress, text: str) -> None:
    with at_work(address) as (one, __):
        sheet = one.begin_sheet(run_of(one), SheetName(name=text), 1)
        said = note(PAID, "rejected")
        said.code, said.text = text, text
        one.write([said, note(SENT)], 1, sheet)
        one.commit()
    query = "SELECT code, text, unknown_at FROM batch_update.attempts ORDER BY seq"
    kept = text.replace("\0", "\ufffd")
    assert ask(address, query) == [(kept, kept, None), (None, None, None)]
    assert ask(address, "SELECT name FROM batch_update.sheets") == [(kept,)]


# Lost connections


class Unlucky(TeamLedger):
    """A ledger whose own connection breaks at one of its statements.

    Args:
        at: the number of the statement; 0 for none.
        is_done: whether the server does the statement nevertheless.
    """

    def __init__(self, address: DatabaseAddress, at: int, *, is_done: bool) -> None:
        self.statements: list[str] = []
        self._at, self._is_done = at, is_done
        self.is_counted = False
        super().__init__(address)

    def _connect(self) -> psycopg.Connection[Any]:
        connection = super()._connect()
        if threading.current_thread() is threading.main_thread():
            execute = connection.execute

            def watched(query: Any, *values: Any) -> Any:
                self._break(connection, str(query), *values)
                return execute(query, *values)

            connection.execute = watched  # type: ignore[assignment]
        return connection

    def _break(self, connection: psycopg.Connection[Any], query: str, values: Any = None) -> None:
        if not self.is_counted:
            return
        self.statements.append(query)
        if len(self.statements) != self._at:
            return
        if self._is_done:
            psycopg.Cursor(connection).execute(query.encode(), values)
        ask(self._address, "SELECT pg_terminate_backend(%s)", connection.info.backend_pid)  # type: ignore[arg-type]


def do_a_days_work(ledger: Unlucky, shop: str) -> None:
    """Write a bit of everything, in several transactions."""
    with ledger.hold(shop) as book:
        ledger.is_counted = True
        sheet = book.for_file("day.xlsx", "abc")
        for order in (1, 2):
            assert sheet.holder(order) is None
            sheet.begin(payment(order), order)
        sheet.commit()
        sheet.settle(payment(1), 1, UPDATED)
        sheet.settle(payment(2), 2, SendResult(outcome=Outcome.REJECTED, error_code=2))
        sheet.release(1)
        sheet.commit()
        sheet.end_sheet({Outcome.UPDATED: 1, Outcome.REJECTED: 1}, 0, "plan")
        ledger.is_counted = False


def what_is_kept(address: DatabaseAddress, shop: str) -> list[list[tuple[Any, ...]]]:
    ((number,),) = ask(address, "SELECT id FROM batch_update.shops WHERE name = %s", shop)
    queries = (
        "SELECT bill_id, state, confirmed > 0 FROM batch_update.updates WHERE shop = %s ORDER BY 1",
        "SELECT event, row, sheets.name FROM batch_update.attempts "
        "JOIN batch_update.sheets ON sheets.id = sheet "
        "WHERE attempts.shop = %s ORDER BY attempts.seq",
        "SELECT name, sha256, exit_status, plan FROM batch_update.sheets WHERE shop = %s",
        "SELECT outcome, number FROM batch_update.sheet_counts WHERE shop = %s ORDER BY 1",
        "SELECT ended_at > 0 FROM batch_update.runs WHERE shop = %s",
        "SELECT bill_id FROM batch_update.claims WHERE shop = %s",
    )
    return [ask(address, query, number) for query in queries]


@pytest.mark.parametrize("is_done", [False, True])
def test_whenever_a_connection_breaks_all_is_written_once(
    address: DatabaseAddress, *, is_done: bool
) -> None:
    def kept_after(at: int) -> tuple[list[list[tuple[Any, ...]]], list[str]]:
        with Unlucky(address, at, is_done=is_done) as ledger:
            do_a_days_work(ledger, f"shop {at}")
        return what_is_kept(address, f"shop {at}"), ledger.statements

    expected, statements = kept_after(0)
    assert [len(lines) for lines in expected] == [2, 4, 1, 2, 1, 0]
    assert sum(statement.endswith("COMMIT") for statement in statements) > 3
    for at in range(1, len(statements) + 1):
        kept, done = kept_after(at)
        assert kept == expected, statements[at - 1]
        assert len(done) > len(statements)
    with TeamLedger(address) as ledger:
        assert ledger.check() == []


def test_a_server_that_restarts_in_the_middle_is_waited_for() -> None:
    told: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 3:
            server.start()
        return True

    away = WhileAway(pause=pause, on_away=told.append, on_back=lambda: told.append("back"))
    with PostgresServer() as server:
        address = set_up(server.url())
        with TeamLedger(address, while_away=away) as ledger, ledger.hold("shop") as book:
            sheet = book.for_file("day.xlsx")
            assert sheet.holder(1) is None
            sheet.begin(PAID, 2)
            sheet.order(1)
            server.kill()
            sheet.commit()
        assert attempts_in(address) == [(1, "paid", "sending")]
    assert len(told) == 2
    assert told[1] == "back"
    assert pauses == sorted(pauses)


def test_a_database_that_stays_away_is_given_up(address: DatabaseAddress) -> None:
    def connect() -> psycopg.Connection[Any]:
        if is_away:
            raise psycopg.OperationalError("no route")
        return psycopg.connect(**keywords, autocommit=True)

    keywords: dict[str, Any] = dict(address.conninfo())
    is_away = False
    for away in (WhileAway(longest_s=0.5), WhileAway(pause=lambda __: False)):
        is_away = False
        connection = Connection(connect, "the ledger", away)
        connection.open()
        connection.write("UPDATE batch_update.shops SET address = %s", ("a",))
        connection.close()
        is_away = True
        begun = time.monotonic()
        with pytest.raises(LedgerAwayError, match="no route"):
            connection.commit()
        assert 0 <= time.monotonic() - begun < 20
        # Nothing is left to be done; from now on one try is enough.
        connection.commit()
        begun = time.monotonic()
        with pytest.raises(LedgerAwayError, match="no route"):
            connection.read("SELECT 1")
        assert time.monotonic() - begun < 0.4
        is_away = False
        assert connection.read("SELECT 1") == [(1,)]
        connection.close()


@needs_sockets
def test_a_database_that_is_away_at_the_start_is_told_at_once(tmp_path: Path) -> None:
    away = address_of(f"postgresql://anna@/ledger?host={tmp_path}")
    begun = time.monotonic()
    with pytest.raises(
        LedgerAwayError, match="cannot be reached: there is no such socket"
    ) as caught:
        TeamLedger(away)
    assert caught.value.exit_status == 5
    assert time.monotonic() - begun < 5


def test_two_that_wait_for_each_other_both_get_on(address: DatabaseAddress) -> None:
    shops = ("one", "other")
    for shop in shops:
        ask(address, "INSERT INTO batch_update.shops (name) VALUES (%s)", shop)
    keywords: dict[str, Any] = dict(address.conninfo())
    both_begun = threading.Barrier(2, timeout=PATIENCE_S)
    statement = "UPDATE batch_update.shops SET address = address || %s WHERE name = %s"

    def work(first: str, second: str) -> None:
        connection = Connection(lambda: psycopg.connect(**keywords, autocommit=True), "it")
        connection.open()
        connection.write(statement, ("x", first))
        connection.read("SELECT 1")
        both_begun.wait()
        connection.write(statement, ("x", second))
        connection.commit()
        connection.close()

    threads = [threading.Thread(target=work, args=order) for order in (shops, shops[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert ask(address, "SELECT address FROM batch_update.shops") == [("xx",), ("xx",)]


def test_a_server_that_says_nothing_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection_module, "PATIENCE_S", 1.0)

    def pause(_: float) -> bool:
        server.resume()
        return True

    with PostgresServer() as server:
        address = set_up(server.url())
        with (
            TeamLedger(address, while_away=WhileAway(pause=pause)) as ledger,
            ledger.hold("shop") as book,
        ):
            sheet = book.for_file("day.xlsx")
            assert sheet.holder(1) is None
            sheet.begin(PAID, 2)
            server.pause()
            begun = time.monotonic()
            sheet.commit()
            assert 0.5 < time.monotonic() - begun < PATIENCE_S
        assert attempts_in(address) == [(1, "paid", "sending")]


def test_a_pooler_in_between_changes_nothing(
    address: DatabaseAddress, database: str, pooler: PgBouncer
) -> None:
    name = database.partition("?")[0].rpartition("/")[2]
    by_pooler = address_of(pooler.url(name))
    with Unlucky(address, 0, is_done=False) as ledger:
        do_a_days_work(ledger, "one")
    with Unlucky(by_pooler, 0, is_done=False) as ledger, at_work(by_pooler, "third"):
        do_a_days_work(ledger, "other")
    assert what_is_kept(address, "other") == what_is_kept(address, "one")
