from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from batch_update import batch
from batch_update.batch import Deliver, LedgerPort
from batch_update.errors import FailureScope
from batch_update.ledger import AccountLedger, Ledger
from batch_update.ledger.postgresql.ledger import TeamLedger
from batch_update.model import (
    Approach,
    CheckedRow,
    Moment,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Problem,
    Result,
    SendResult,
    Status,
    Summary,
)
from tests.conftest import RUN_OPTIONS, OpenLedger, StopSignal, find
from tests.postgres import PostgresServer
from tests.teams import address_of, ask, set_up

Since = Moment | None
_NUMBERS = itertools.count(1)
UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)
REJECTED = SendResult(outcome=Outcome.REJECTED, error_code=200, error_text="no", attempts=1)


def troubled(trouble: FailureScope) -> SendResult:
    return SendResult(
        outcome=Outcome.UNCONFIRMED, error_code="no_answer", error_text="lost", scope=trouble
    )


LOST = troubled(FailureScope.CONNECTION)
STRANGE = troubled(FailureScope.ANSWER)
REFUSED = troubled(FailureScope.ACCOUNT)


FillDisk = Callable[[str, str], None]

EMPTY = """
    DROP FUNCTION IF EXISTS full_disk() CASCADE;
    TRUNCATE batch_update.shops, batch_update.runs, batch_update.sheets, batch_update.sheet_counts,
    batch_update.updates, batch_update.attempts, batch_update.claims, batch_update.pace
"""


@pytest.fixture(scope="module")
def team(postgres: PostgresServer) -> Iterator[str]:
    """Give the URL of a team's database: to make one takes longer than most of these tests."""
    url = postgres.new_database("test_batch")
    set_up(url)
    yield url
    postgres.drop_database("test_batch")


@pytest.fixture(params=["file", "team"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLedger]:
    """Give what opens one and the same ledger, empty at first: a file, or a team's database."""
    if request.param == "file":
        yield lambda: Ledger(tmp_path / "state" / "ledger.sqlite3")
        return
    address = address_of(request.getfixturevalue("team"))
    yield lambda: TeamLedger(address)
    ask(address, EMPTY)


@pytest.fixture
def fill_disk(request: pytest.FixtureRequest, open_ledger: OpenLedger, tmp_path: Path) -> FillDisk:
    """Give what lets a ledger fail at a kind of statement, where a condition holds of a line."""
    name = "full_disk BEFORE {event} ON {schema}updates FOR EACH ROW WHEN ({condition})"

    def fill(event: str, condition: str) -> None:
        if request.node.callspec.params["open_ledger"] == "file":
            trigger = name.format(event=event, schema="", condition=condition)
            path = tmp_path / "state" / "ledger.sqlite3"
            with contextlib.closing(sqlite3.connect(path)) as file:
                file.execute(
                    f"CREATE TRIGGER {trigger} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )
            return
        trigger = name.format(event=event, schema="batch_update.", condition=condition)
        url = request.getfixturevalue("team")
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE 'the disk is full'; END $$"
            )
            database.execute(f"CREATE TRIGGER {trigger} EXECUTE FUNCTION full_disk()".encode())

    open_ledger().__exit__()
    return fill


def good(row: int, bill_id: int, same_as: int | None = None) -> CheckedRow:
    update = OrderUpdate(bill_id=bill_id, status=Status.CANCEL)
    return CheckedRow(row=row, bill_id=bill_id, update=update, same_as=same_as)


def bad(row: int, bill_id: int | None) -> CheckedRow:
    problems = tuple(
        Problem(row=row, column=2, code=code, text=f"date: {code}.")
        for code in ("date_missing", "rpo_missing")
    )
    return CheckedRow(row=row, bill_id=bill_id, update=None, problems=problems)


def send(
    open_ledger: OpenLedger,
    rows: Sequence[CheckedRow],
    deliveries: Sequence[SendResult],
    stop_requested: Callable[[], bool] = lambda: False,
    *,
    keeps_going: bool = False,
) -> tuple[Summary, list[int]]:
    """Send with these deliveries in turn, to a new shop; give the summary and the orders sent."""
    left = list(deliveries)
    sent: list[int] = []
    told: list[Result] = []

    def deliver(update: OrderUpdate, approach: Approach, _since: Since) -> SendResult:
        assert approach is Approach.POST
        sent.append(update.bill_id)
        return left.pop(0)

    with open_ledger() as ledger, ledger.hold(f"shop {next(_NUMBERS)}") as memory:
        summary = batch.send_updates(
            rows,
            [deliver],
            ledger=memory,
            stop_signal=StopSignal(stop_requested=stop_requested),
            on_result=told.append,
            options=replace(RUN_OPTIONS, keeps_going=keeps_going),
        )
    assert list(summary.results) == told
    assert [result.row for result in summary.results] == [row.row for row in rows]
    assert sum(summary.counts.values()) == len(rows)
    return summary, sent


def outcomes(summary: Summary) -> list[str]:
    return [str(result.outcome) for result in summary.results]


def codes(summary: Summary) -> list[int | str | None]:
    return [result.error_code for result in summary.results]


def test_each_row_gets_the_result_of_its_own_delivery(open_ledger: OpenLedger) -> None:
    rows = [good(2, 1), bad(3, 2), good(5, 3), good(6, 4)]
    summary, sent = send(open_ledger, rows, [UPDATED, REJECTED, UPDATED])
    assert outcomes(summary) == ["updated", "invalid", "rejected", "updated"]
    assert sent == [1, 3, 4]
    assert summary.stop_reason == ""


def test_all_problems_of_a_row_stand_in_its_result(open_ledger: OpenLedger) -> None:
    summary, _ = send(open_ledger, [bad(2, 1)], [])
    assert codes(summary) == ["date_missing"]
    assert summary.results[0].error_text == "Date: date_missing. Date: rpo_missing."
    assert summary.results[0].problems == bad(2, 1).problems


@pytest.mark.parametrize("first", [bad(2, 1), good(2, 1)], ids=["invalid", "rejected"])
def test_later_rows_of_an_order_wait_for_its_earlier_ones(
    open_ledger: OpenLedger, first: CheckedRow
) -> None:
    summary, sent = send(
        open_ledger, [first, good(3, 1), good(4, 2), good(5, 1)], [REJECTED, UPDATED]
    )
    assert outcomes(summary)[1:] == (
        ["not sent", "updated", "not sent"]
        if first.update
        else ["not sent", "rejected", "not sent"]
    )
    assert codes(summary)[1] == codes(summary)[3] == "earlier_row"
    assert "Row 2 is of the same order" in summary.results[3].error_text
    assert 1 not in sent[1:]


def test_an_unreadable_order_number_holds_nothing_back(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, [bad(2, None), good(3, 1)], [UPDATED])
    assert (outcomes(summary), sent) == (["invalid", "updated"], [1])


def test_a_repeated_row_is_sent_once(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, [good(2, 1), good(3, 1, same_as=2)], [UPDATED])
    assert (outcomes(summary), sent) == (["updated", "already updated"], [1])
    assert "row 2" in summary.results[1].error_text


def test_a_repetition_of_a_failed_row_is_not_sent(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, [good(2, 1), good(3, 1, same_as=2)], [REJECTED])
    assert (codes(summary), sent) == ([200, "same_as_row"], [1])


def test_a_refused_account_stops_after_one_request(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, [good(2, 1), bad(3, 2), good(4, 3)], [REFUSED])
    assert outcomes(summary) == ["unconfirmed", "invalid", "not sent"]
    assert codes(summary)[2] == "stopped"
    assert "after row 2" in summary.results[2].error_text
    assert (summary.stop_reason, sent) == ("lost", [1])


def test_a_strange_first_answer_stops_the_batch_and_a_later_one_its_row(
    open_ledger: OpenLedger,
) -> None:
    assert send(open_ledger, [good(2, 1), good(3, 2)], [STRANGE])[0].stop_reason == "lost"
    summary, sent = send(
        open_ledger, [good(2, 1), good(3, 2), good(4, 3)], [UPDATED, STRANGE, UPDATED]
    )
    assert outcomes(summary) == ["updated", "unconfirmed", "updated"]
    assert (summary.stop_reason, len(sent)) == ("", 3)


@pytest.mark.parametrize("trouble", [LOST, STRANGE])
def test_troubles_in_a_row_stop_the_batch(open_ledger: OpenLedger, trouble: SendResult) -> None:
    rows = [good(number, number) for number in range(2, 10)]
    deliveries = [UPDATED, trouble, trouble, REJECTED, trouble, trouble, trouble]
    summary, sent = send(open_ledger, rows, deliveries)
    assert len(sent) == 7
    assert summary.stop_reason == (
        f"3 updates in a row got no proper answer. The last one: {trouble.error_text}"
    )
    assert codes(summary)[-1] == "stopped"
    assert "after row 8, before" in summary.results[-1].error_text


def test_a_limit_that_is_used_up_stops_the_batch_unless_others_get_through(
    open_ledger: OpenLedger,
) -> None:
    used_up = troubled(FailureScope.OVERLOAD)
    assert send(open_ledger, [good(2, 1), good(3, 2)], [used_up])[0].stop_reason == "lost"
    assert send(open_ledger, [good(2, 1), good(3, 2)], [UPDATED, used_up])[0].stop_reason == "lost"


def test_a_wish_to_stop_is_heard_between_updates(open_ledger: OpenLedger) -> None:
    rows = [good(2, 1), good(3, 2), bad(4, 3), good(5, 1, same_as=2)]
    asked = itertools.chain([False], itertools.repeat(True))
    summary, sent = send(open_ledger, rows, [UPDATED], stop_requested=lambda: next(asked))
    assert outcomes(summary) == ["updated", "not sent", "invalid", "already updated"]
    assert codes(summary)[1] == "interrupted"
    assert summary.is_interrupted
    assert sent == [1]


def test_what_another_run_of_the_team_met_stops_this_one_in_its_words(
    open_ledger: OpenLedger,
) -> None:
    rows = [good(2, 1), good(3, 2), bad(4, 3), good(5, 4)]
    sent: list[int] = []

    def told_to_stop() -> str:
        return "The account was refused." if sent else ""

    def deliver(update: OrderUpdate, _approach: Approach, _since: Since) -> SendResult:
        sent.append(update.bill_id)
        # Cut short by the same reason: no failure of its own.
        return troubled(FailureScope.CONNECTION)

    with open_ledger() as ledger, ledger.hold("shop") as memory:
        summary = batch.send_updates(
            rows,
            [deliver],
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=replace(RUN_OPTIONS, told_to_stop=told_to_stop),
        )
    assert summary.stop_reason == "The account was refused."
    assert outcomes(summary) == ["unconfirmed", "not sent", "invalid", "not sent"]
    assert codes(summary) == ["no_answer", "stopped", "date_missing", "stopped"]
    assert summary.results[1].error_text == (
        "The run had to stop before this row's turn. The account was refused. Run this row again "
        "when that is mended."
    )
    assert not summary.is_interrupted
    assert sent == [1]


def test_a_ledger_that_cannot_be_read_is_the_reason_of_each_row(tmp_path: Path) -> None:
    """No row is told to look at itself, or at one that has nothing to tell."""
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path) as ledger, ledger.hold("shop") as memory:
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("ALTER TABLE attempts RENAME COLUMN event TO gone")
            other.commit()
        summary = batch.send_updates(
            [good(2, 1), good(3, 2)],
            [lambda *_: troubled(FailureScope.CONNECTION)],
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )
    assert codes(summary) == ["stopped", "stopped"]
    assert "no such column" in summary.stop_reason
    for result in summary.results:
        assert result.error_text == (
            f"The run had to stop before this row's turn. {summary.stop_reason} Run this row again "
            "when that is mended."
        )


def test_a_dry_run_sends_nothing_and_says_what_would_be() -> None:
    told: list[Result] = []
    rows = [good(2, 1), good(3, 1, same_as=2), bad(4, 2), good(5, 2), bad(6, None)]
    summary = batch.run_dry(
        rows, ledger=None, stop_signal=StopSignal(), on_result=told.append, options=RUN_OPTIONS
    )
    assert codes(summary) == [
        *("dry_run", "dry_run_twin"),
        *("date_missing", "earlier_row", "date_missing"),
    ]
    assert list(summary.results) == sorted(told, key=lambda result: result.row)
    assert summary.ready == 1


DELIVERIES = st.sampled_from([UPDATED, REJECTED, LOST, STRANGE, REFUSED])
ROWS = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=30)


@given(ROWS, st.lists(DELIVERIES, min_size=30, max_size=30))
def test_whatever_happens_every_row_has_one_result_and_orders_keep_their_order(
    plan: list[tuple[int, bool]], deliveries: list[SendResult]
) -> None:
    rows = [
        good(number, bill_id) if is_good else bad(number, bill_id)
        for number, (bill_id, is_good) in enumerate(plan, start=2)
    ]
    summary, _ = send(lambda: Ledger(None), rows, deliveries)
    unsettled: set[int | None] = set()
    for row, result in zip(rows, summary.results, strict=True):
        if result.outcome is Outcome.UPDATED:
            assert row.bill_id not in unsettled
        else:
            unsettled.add(row.bill_id)


MANY = [good(row, bill_id=row) for row in range(2, 40)]
OTHER = SendResult(outcome=Outcome.REJECTED, error_code=201, error_text="other", attempts=1)


def test_equal_refusals_from_the_start_stop_the_batch(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, MANY, [REJECTED] * 20)
    assert len(sent) == 20
    assert outcomes(summary) == ["rejected"] * 20 + ["not sent"] * 18
    assert "the wrong shop or the wrong column" in summary.stop_reason


@pytest.mark.parametrize("place", [0, 10, 19])
@pytest.mark.parametrize("delivery", [UPDATED, OTHER])
def test_anything_else_before_keeps_the_batch_going(
    open_ledger: OpenLedger, place: int, delivery: SendResult
) -> None:
    deliveries = [REJECTED] * 38
    deliveries[place] = delivery
    summary, sent = send(open_ledger, MANY, deliveries)
    assert len(sent) == 38
    assert not summary.stop_reason


def test_equal_refusals_do_not_stop_who_wants_to_keep_going(open_ledger: OpenLedger) -> None:
    summary, sent = send(open_ledger, MANY, [REJECTED] * 38, keeps_going=True)
    assert len(sent) == 38
    assert not summary.stop_reason


PATIENCE_S = 20
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
Deed = Callable[[], SendResult]


def send_at_once(
    open_ledger: OpenLedger,
    workers: int,
    deeds: Sequence[Deed | SendResult],
    stop_signal: StopSignal | None = None,
) -> Summary:
    """Send one row for each deed, from row 2 and order 2 on, with several workers."""

    def deliver(update: OrderUpdate, approach: Approach, _since: Since) -> SendResult:
        assert approach is Approach.POST
        deed = deeds[update.bill_id - 2]
        return deed if isinstance(deed, SendResult) else deed()

    rows = [good(number, number) for number in range(2, len(deeds) + 2)]
    with open_ledger() as ledger, ledger.hold("shop") as memory:
        return batch.send_updates(
            rows,
            [deliver] * workers,
            ledger=memory,
            stop_signal=stop_signal or StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )


def test_one_update_goes_first_and_then_as_many_at_once_as_there_are_workers(
    open_ledger: OpenLedger,
) -> None:
    others_begun = threading.Event()
    together = threading.Barrier(3)

    def first() -> SendResult:
        assert not others_begun.wait(0.2)
        return UPDATED

    def other() -> SendResult:
        others_begun.set()
        together.wait(PATIENCE_S)
        return UPDATED

    assert outcomes(send_at_once(open_ledger, 3, [first, other, other, other])) == ["updated"] * 4


def test_after_a_trouble_one_goes_alone_until_the_shop_answers(open_ledger: OpenLedger) -> None:
    together = threading.Barrier(2)
    later_begun = threading.Event()

    def troubled_one() -> SendResult:
        together.wait(PATIENCE_S)
        return LOST

    def beside_it() -> SendResult:
        together.wait(PATIENCE_S)
        assert not later_begun.wait(0.3)
        return UPDATED

    def later() -> SendResult:
        later_begun.set()
        return UPDATED

    summary = send_at_once(open_ledger, 2, [UPDATED, troubled_one, beside_it, later])
    assert outcomes(summary) == ["updated", "unconfirmed", "updated", "updated"]


def wait_until_noted(open_ledger: OpenLedger, bill_id: int) -> None:
    """Wait until the ledger says that an order's update is about to be sent."""
    with open_ledger() as ledger:
        for _ in range(PATIENCE_S * 100):
            if any(entry.past.outcome is None for entry in ledger.look_at("shop").order(bill_id)):
                return
            threading.Event().wait(0.01)
    raise TimeoutError


def test_what_lies_ready_is_not_begun_against_a_wish_to_stop(open_ledger: OpenLedger) -> None:
    wants_to_stop = threading.Event()
    together = threading.Barrier(2)

    def under_way() -> SendResult:
        wait_until_noted(open_ledger, 5)
        together.wait(PATIENCE_S)
        wants_to_stop.set()
        return UPDATED

    def unwanted() -> SendResult:
        raise AssertionError("sent after all")

    deeds: list[Deed | SendResult] = [UPDATED, under_way, under_way, unwanted, unwanted]
    summary = send_at_once(open_ledger, 2, deeds, StopSignal(stop_requested=wants_to_stop.is_set))
    assert outcomes(summary) == ["updated"] * 3 + ["not sent"] * 2
    assert codes(summary)[3:] == ["interrupted"] * 2
    with open_ledger() as ledger:
        (entry,) = ledger.look_at("shop").order(5)
        assert entry.past.outcome is Outcome.NOT_SENT
        (entry,) = ledger.look_at("shop").order(6)
        assert (entry.past.outcome, entry.past.code) == (Outcome.NOT_SENT, "interrupted")


def test_what_lay_ready_and_may_have_happened_before_is_sent_with_care(
    open_ledger: OpenLedger,
) -> None:
    careful: list[tuple[int, Approach]] = []
    together = threading.Barrier(2)

    def deliver(update: OrderUpdate, approach: Approach, _since: Since) -> SendResult:
        careful.append((update.bill_id, approach))
        if update.bill_id in {3, 4}:
            wait_until_noted(open_ledger, 5)
            together.wait(PATIENCE_S)
        return LOST if update.bill_id == 3 else UPDATED

    with open_ledger() as ledger, ledger.hold("shop") as book:
        memory = book.for_file("may.csv")
        memory.begin(OrderUpdate(bill_id=5, status=Status.CANCEL), 5)
        memory.settle(OrderUpdate(bill_id=5, status=Status.CANCEL), 5, LOST)
        memory.commit()
        summary = batch.send_updates(
            [good(number, number) for number in range(2, 6)],
            [deliver] * 2,
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )
    assert outcomes(summary) == ["updated", "unconfirmed", "updated", "updated"]
    post, repeat = Approach.POST, Approach.REPEAT
    assert sorted(careful) == [(2, post), (3, post), (4, post), (5, repeat)]


def test_troubles_that_began_together_are_one(open_ledger: OpenLedger) -> None:
    together = threading.Barrier(3)

    def lost() -> SendResult:
        together.wait(PATIENCE_S)
        return LOST

    summary = send_at_once(open_ledger, 3, [UPDATED, lost, lost, lost, UPDATED])
    assert outcomes(summary) == ["updated", *["unconfirmed"] * 3, "updated"]
    assert summary.stop_reason == ""


def test_no_more_is_sent_at_once_than_shows_that_all_is_refused(open_ledger: OpenLedger) -> None:
    summary = send_at_once(open_ledger, 4, [REJECTED] * 30)
    assert outcomes(summary) == ["rejected"] * 20 + ["not sent"] * 10
    assert "all of the first 20 updates alike" in summary.stop_reason
    assert summary.stop_reason.endswith("The last one: no")
    # The twentieth answer may be that of any of the first rows: a worker may be slow with its own.
    last = re.search("stopped after row ([0-9]+),", summary.results[-1].error_text)
    assert last is not None
    assert int(last[1]) in range(2, 22)


def test_a_slow_answer_is_waited_for(open_ledger: OpenLedger) -> None:
    def slow() -> SendResult:
        threading.Event().wait(0.3)
        return UPDATED

    assert outcomes(send_at_once(open_ledger, 1, [slow])) == ["updated"]


def test_an_answer_is_not_waited_for_against_the_users_wish(open_ledger: OpenLedger) -> None:
    with contextlib.ExitStack() as stack:
        answered = threading.Event()
        stack.callback(answered.set)

        def silent() -> SendResult:
            answered.wait(PATIENCE_S)
            return UPDATED

        summary = send_at_once(open_ledger, 1, [silent], StopSignal(abandon_requested=lambda: True))
    row = good(2, 2)
    assert tuple(summary.results) == (
        Result(
            row=2,
            outcome=Outcome.UNCONFIRMED,
            error_code="interrupted",
            error_text="The run was interrupted while the shop's answer was awaited. Look at order "
            "2 in the shop before you run this row again.",
            attempts=1,
            update=row.update,
        ),
    )


def test_an_answer_that_is_there_counts_even_if_nobody_wants_to_wait(
    open_ledger: OpenLedger,
) -> None:
    stop_signal = StopSignal(abandon_requested=lambda: True)
    assert outcomes(send_at_once(open_ledger, 1, [UPDATED, UPDATED], stop_signal)) == [
        "updated",
        "updated",
    ]


def test_a_fault_of_the_program_stops_the_run_and_is_written_down(
    open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty() -> SendResult:
        raise KeyError("of our own making")

    summary = send_at_once(open_ledger, 1, [UPDATED, faulty, UPDATED])
    assert outcomes(summary) == ["updated", "unconfirmed", "not sent"]
    result = summary.results[1]
    assert (result.error_code, result.attempts) == ("program_fault", 1)
    assert "it may have been sent. Look at order 3 in the shop" in result.error_text
    assert summary.stop_reason == result.error_text
    assert "order 3: a fault of the program" in caplog.text
    assert "of our own making" in caplog.text


def test_a_ledger_that_fails_after_an_answer_keeps_what_came_of_it(
    open_ledger: OpenLedger, fill_disk: FillDisk
) -> None:
    def break_ledger() -> SendResult:
        fill_disk("UPDATE", "true")
        return UPDATED

    summary = send_at_once(open_ledger, 1, [UPDATED, break_ledger, UPDATED])
    assert outcomes(summary) == ["updated", "updated", "not sent"]
    assert "the disk is full" in summary.stop_reason
    assert summary.results[2].error_code == "ledger"
    assert "Run this row again when that is mended." in summary.results[2].error_text


def test_what_is_insisted_on_is_sent_again_but_what_may_have_happened_with_care(
    open_ledger: OpenLedger,
) -> None:
    careful: list[tuple[int, Approach]] = []

    def send_to(
        memory: batch.LedgerPort,
        rows: Sequence[CheckedRow],
        *deliveries: SendResult,
        options: batch.RunOptions = RUN_OPTIONS,
    ) -> Summary:
        left = list(deliveries)

        def deliver(update: OrderUpdate, approach: Approach, _since: Since) -> SendResult:
            careful.append((update.bill_id, approach))
            return left.pop(0)

        return batch.send_updates(
            rows,
            [deliver],
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=options,
        )

    returned = OrderUpdate(bill_id=2, status=Status.RETURN)
    with open_ledger() as ledger, ledger.hold("shop") as book:
        memory = book.for_file("may.csv")
        send_to(memory, [good(2, 1), good(3, 2)], UPDATED, LOST)
        send_to(memory, [CheckedRow(row=4, bill_id=2, update=returned)], UPDATED)
        rows = [good(2, 1), good(3, 2), good(5, 3)]
        dry = batch.run_dry(
            rows,
            ledger=memory,
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=RUN_OPTIONS,
        )
        again = send_to(memory, rows, UPDATED)
        forced = replace(RUN_OPTIONS, is_forced=True)
        insisted = send_to(memory, rows[:2], UPDATED, UPDATED, options=forced)
    assert codes(dry) == [None, "overtaken", "dry_run"]
    assert (outcomes(again), codes(again)) == (
        ["already updated", "not sent", "updated"],
        [None, "overtaken", None],
    )
    decided = [structs.replace(result, before=None) for result in dry.results[:2]]
    assert decided == list(again.results[:2])
    assert again.results[0].update == rows[0].update
    assert again.results[0].updated_at is not None
    assert outcomes(insisted) == ["updated", "updated"]
    post, repeat = Approach.POST, Approach.REPEAT
    assert careful == [(1, post), (2, post), (2, post), (3, post), (1, post), (2, repeat)]


def test_all_that_is_known_of_a_delivery_stands_in_its_result_and_in_that_of_its_twin(
    open_ledger: OpenLedger,
) -> None:
    warning = Problem(row=2, column=2, code="date_old", text="long ago")
    rows = [structs.replace(good(2, 1), warnings=(warning,)), good(3, 1, same_as=2), good(4, 2)]
    updated = structs.replace(UPDATED, settled_at=NOW, attempts=3)
    summary, _ = send(open_ledger, rows, [updated, REJECTED])
    assert tuple(summary.results) == (
        Result(
            row=2,
            outcome=Outcome.UPDATED,
            attempts=3,
            updated_at=NOW,
            update=rows[0].update,
            warnings=(warning,),
        ),
        Result(
            row=3,
            outcome=Outcome.ALREADY_UPDATED,
            error_text="Says the same as row 2, which was updated just now.",
            updated_at=NOW,
            update=rows[1].update,
        ),
        Result(
            row=4,
            outcome=Outcome.REJECTED,
            error_code=200,
            error_text="no",
            attempts=1,
            update=rows[2].update,
        ),
    )


def test_a_plan_is_another_one_if_anything_is() -> None:
    update = OrderUpdate(bill_id=1, status=Status.SENT, date=NOW, rpo="RA1")
    row = CheckedRow(row=2, bill_id=1, update=update)
    others = [
        structs.replace(update, status=Status.PAID),
        structs.replace(update, date=NOW + dt.timedelta(1)),
        structs.replace(update, date=None),
        structs.replace(update, rpo="RA2"),
        structs.replace(update, rpo=None),
    ]
    plans = [
        [],
        [row],
        [row, row],
        [structs.replace(row, row=3)],
        [structs.replace(row, bill_id=2)],
        *([structs.replace(row, update=other)] for other in others),
        [bad(2, 1)],
        [bad(2, None)],
        [structs.replace(bad(2, 1), problems=bad(2, 1).problems[:1])],
    ]
    found = {batch.fingerprint_of(plan) for plan in plans}
    assert len(found) == len(plans)
    assert all(re.fullmatch("[0-9a-f]{12}", plan) for plan in found)
    assert batch.fingerprint_of([structs.replace(row)]) == batch.fingerprint_of([row])


DAY = dt.datetime(2026, 11, 20, tzinfo=dt.timezone(dt.timedelta(hours=3)))


@pytest.fixture
def book(open_ledger: OpenLedger) -> Iterator[AccountLedger]:
    """Give an account's part of a real ledger, for the rows of `monday.csv`."""
    with open_ledger() as ledger, ledger.hold("shop") as held:
        yield held.for_file("monday.csv")


Sent = list[tuple[OrderUpdate, Approach]]


def answering(delivery: SendResult, sent: Sent) -> Deliver:
    """Make a deliverer that notes what it is told, and always comes to the same end."""

    def deliver(update: OrderUpdate, approach: Approach, _since: Since) -> SendResult:
        sent.append((update, approach))
        return delivery

    return deliver


def run(memory: LedgerPort, rows: Sequence[CheckedRow], *deliverers: Deliver) -> Summary:
    return batch.send_updates(
        rows,
        deliverers,
        ledger=memory,
        stop_signal=StopSignal(),
        on_result=lambda _: None,
        options=RUN_OPTIONS,
    )


def paid(row: int, date: dt.datetime, *, is_date_assumed: bool = False) -> CheckedRow:
    update = OrderUpdate(bill_id=1, status=Status.PAID, date=date, is_date_assumed=is_date_assumed)
    return CheckedRow(row=row, bill_id=1, update=update)


def settled(book: AccountLedger, row: CheckedRow, delivery: SendResult | None) -> None:
    """Let an earlier run have sent a row; with no delivery it was cut off meanwhile."""
    assert row.update is not None
    book.begin(row.update, row.row)
    if delivery is not None:
        book.settle(row.update, row.row, delivery)
    book.commit()


def confirmed(book: AccountLedger, row: CheckedRow) -> PastUpdate:
    """Give what a ledger knows of a confirmed row."""
    assert row.update is not None
    entry = find(book, row.update)
    assert entry is not None
    assert entry.confirmed is not None
    return entry.confirmed


def _sender(past: PastUpdate) -> str:
    """Give what is said of who sent something, where a team works with one ledger."""
    return f", sent by {past.by}" if past.by else ""


def dry_run(memory: LedgerPort, rows: Sequence[CheckedRow]) -> Summary:
    return batch.run_dry(
        rows, ledger=memory, stop_signal=StopSignal(), on_result=lambda _: None, options=RUN_OPTIONS
    )


@pytest.mark.parametrize("is_dry_run", [False, True], ids=["run", "dry-run"])
def test_what_the_shop_confirmed_to_an_earlier_run_is_not_sent_again(
    book: AccountLedger, is_dry_run: bool
) -> None:
    settled(book, good(7, 1), UPDATED)
    sent: Sent = []
    rows = [good(2, 1)]
    deliver = answering(UPDATED, sent)
    summary = dry_run(book, rows) if is_dry_run else run(book, rows, deliver)
    (result,) = summary.results
    past = confirmed(book, good(2, 1))
    assert (result.outcome, result.update) == (Outcome.ALREADY_UPDATED, rows[0].update)
    assert result.updated_at == past.at
    sender = f"sent by {past.by} " if past.by else ""
    assert result.error_text == (
        f"The shop confirmed this update on {past.at:%Y-%m-%d %H:%M} UTC, {sender}from row 7 of "
        "monday.csv; nothing was sent."
    )
    assert sent == []


@pytest.mark.parametrize("is_dry_run", [False, True], ids=["run", "dry-run"])
@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(paid(2, DAY.replace(day=21)), "paid_before", id="another-day"),
        pytest.param(paid(2, DAY), None, id="the-same-day"),
        pytest.param(paid(2, DAY.replace(day=21), is_date_assumed=True), None, id="day-of-run"),
    ],
)
def test_a_payment_that_was_confirmed_is_not_made_again(
    book: AccountLedger, row: CheckedRow, code: str | None, is_dry_run: bool
) -> None:
    settled(book, paid(7, DAY), UPDATED)
    sent: Sent = []
    deliver = answering(UPDATED, sent)
    (result,) = (dry_run(book, [row]) if is_dry_run else run(book, [row], deliver)).results
    assert (result.error_code, sent) == (code, [])
    if code is None:
        assert result.outcome is Outcome.ALREADY_UPDATED
        return
    past = confirmed(book, paid(7, DAY))
    assert (result.outcome, result.row, result.update) == (Outcome.NOT_SENT, 2, row.update)
    # 20.11. in the row's own zone, though still the 19th in UTC.
    assert result.error_text.startswith(
        "The shop confirmed a payment of this order, dated 2026-11-20, on "
        f"{past.at:%Y-%m-%d %H:%M} UTC, from row 7 of monday.csv{_sender(past)}. Look at"
    )


def test_a_payment_that_was_confirmed_again_after_a_cancellation_is_not_made_again(
    book: AccountLedger,
) -> None:
    cancelled = CheckedRow(row=8, bill_id=1, update=OrderUpdate(bill_id=1, status=Status.CANCEL))
    for row in (paid(7, DAY), cancelled, paid(9, DAY)):
        settled(book, row, UPDATED)
    sent: Sent = []
    (result,) = run(book, [paid(2, DAY.replace(day=21))], answering(UPDATED, sent)).results
    assert (result.error_code, sent) == ("paid_before", [])


@pytest.mark.parametrize("is_dry_run", [False, True], ids=["run", "dry-run"])
def test_a_row_that_failed_does_not_undo_what_was_taken_since(
    book: AccountLedger, is_dry_run: bool
) -> None:
    settled(book, good(7, 1), REJECTED)
    later = CheckedRow(row=3, bill_id=1, update=OrderUpdate(bill_id=1, status=Status.RETURN))
    settled(book.for_file("friday.csv"), later, UPDATED)
    sent: Sent = []
    rows = [good(2, 1)]
    deliver = answering(UPDATED, sent)
    (result,) = (dry_run(book, rows) if is_dry_run else run(book, rows, deliver)).results
    past = confirmed(book, later)
    assert (result.outcome, result.error_code) == (Outcome.NOT_SENT, "overtaken")
    assert result.error_text.startswith(
        "This row (cancel) is older than what the shop has taken since for order 1: return "
        f"({past.at:%Y-%m-%d %H:%M} UTC, row 3 of friday.csv{_sender(past)}), which this row would "
        "undo."
    )
    assert sent == []


@pytest.mark.parametrize(
    ("delivery", "approach"),
    [
        (None, Approach.REPEAT),
        (structs.replace(LOST, unknown_since=Moment(machine=NOW)), Approach.REPEAT),
        (REJECTED, Approach.POST),
    ],
    ids=["cut-off", "unanswered", "rejected"],
)
def test_what_an_earlier_run_may_have_done_is_sent_with_care(
    book: AccountLedger, delivery: SendResult | None, approach: Approach
) -> None:
    settled(book, good(7, 1), delivery)
    sent: Sent = []
    run(book, [good(2, 1)], answering(UPDATED, sent))
    assert [careful for _, careful in sent] == [approach]


def test_what_cannot_be_noted_is_not_sent_nor_anything_after_it(
    book: AccountLedger, fill_disk: FillDisk
) -> None:
    fill_disk("INSERT", "NEW.bill_id = 2")
    sent: Sent = []
    rows = [good(2, 1), good(3, 2), good(4, 3), bad(5, 4)]
    summary = run(book, rows, answering(UPDATED, sent))
    assert outcomes(summary) == ["updated", "not sent", "not sent", "invalid"]
    assert codes(summary)[1:3] == ["ledger", "stopped"]
    assert "the disk is full" in summary.stop_reason
    assert summary.results[1].error_text == (
        f"{summary.stop_reason} Run this row again when that is mended."
    )
    assert "after row 3" in summary.results[2].error_text
    assert [update.bill_id for update, _ in sent] == [1]
    assert confirmed(book, rows[0]).row == 2


def test_a_twin_of_a_row_that_was_confirmed_before_says_so(book: AccountLedger) -> None:
    settled(book, good(7, 1), UPDATED)
    sent: Sent = []
    summary = run(book, [good(2, 1), good(3, 1, same_as=2)], answering(UPDATED, sent))
    text = summary.results[1].error_text
    assert text.startswith("Says the same as row 2. The shop confirmed this update on ")
    assert sent == []
