from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update import batch
from batch_update.ledger import Ledger
from batch_update.orders import (
    CheckedRow,
    Delivery,
    OrderUpdate,
    Outcome,
    Problem,
    Result,
    Status,
    Summary,
    Trouble,
)

UPDATED = Delivery(outcome=Outcome.UPDATED, attempts=1)
REJECTED = Delivery(outcome=Outcome.REJECTED, error_code=200, error_text="no", attempts=1)


def troubled(trouble: Trouble) -> Delivery:
    return Delivery(
        outcome=Outcome.UNCONFIRMED, error_code="no_answer", error_text="lost", trouble=trouble
    )


LOST = troubled(Trouble.CONNECTION)
STRANGE = troubled(Trouble.ANSWER)
REFUSED = troubled(Trouble.ACCOUNT)


def good(row: int, bill_id: int, same_as: int | None = None) -> CheckedRow:
    update = OrderUpdate(bill_id=bill_id, status=Status.CANCEL)
    return CheckedRow(row=row, bill_id=bill_id, update=update, same_as=same_as)


def bad(row: int, bill_id: int | None) -> CheckedRow:
    problems = tuple(
        Problem(row=row, column="Date", code=code, text=f"date: {code}.")
        for code in ("date_missing", "rpo_missing")
    )
    return CheckedRow(row=row, bill_id=bill_id, update=None, problems=problems)


@dataclass
class Wishes:
    stop_requested: Callable[[], bool] = lambda: False
    abandon_requested: Callable[[], bool] = lambda: False


def send(
    rows: Sequence[CheckedRow],
    deliveries: Sequence[Delivery],
    stop_requested: Callable[[], bool] = lambda: False,
    *,
    keeps_going: bool = False,
) -> tuple[Summary, list[int]]:
    """Send with these deliveries in turn; give the summary and the orders that were sent."""
    left = list(deliveries)
    sent: list[int] = []
    told: list[Result] = []

    def deliver(update: OrderUpdate, *, may_have_happened: bool) -> Delivery:
        assert not may_have_happened
        sent.append(update.bill_id)
        return left.pop(0)

    with Ledger(None) as ledger, ledger.hold("shop") as memory:
        summary = batch.send_updates(
            rows,
            [deliver],
            memory=memory,
            wishes=Wishes(stop_requested=stop_requested),
            on_result=told.append,
            keeps_going=keeps_going,
        )
    assert list(summary.results) == told
    assert [result.row for result in summary.results] == [row.row for row in rows]
    assert sum(summary.counts.values()) == len(rows)
    return summary, sent


def outcomes(summary: Summary) -> list[str]:
    return [str(result.outcome) for result in summary.results]


def codes(summary: Summary) -> list[int | str | None]:
    return [result.error_code for result in summary.results]


def test_each_row_gets_the_result_of_its_own_delivery() -> None:
    rows = [good(2, 1), bad(3, 2), good(5, 3), good(6, 4)]
    summary, sent = send(rows, [UPDATED, REJECTED, UPDATED])
    assert outcomes(summary) == ["updated", "invalid", "rejected", "updated"]
    assert sent == [1, 3, 4]
    assert summary.stop_reason == ""


def test_all_problems_of_a_row_stand_in_its_result() -> None:
    summary, _ = send([bad(2, 1)], [])
    assert codes(summary) == ["date_missing"]
    assert summary.results[0].error_text == "Date: date_missing. Date: rpo_missing."


@pytest.mark.parametrize("first", [bad(2, 1), good(2, 1)], ids=["invalid", "rejected"])
def test_later_rows_of_an_order_wait_for_its_earlier_ones(first: CheckedRow) -> None:
    summary, sent = send([first, good(3, 1), good(4, 2), good(5, 1)], [REJECTED, UPDATED])
    assert outcomes(summary)[1:] == (
        ["not sent", "updated", "not sent"]
        if first.update
        else ["not sent", "rejected", "not sent"]
    )
    assert codes(summary)[1] == codes(summary)[3] == "earlier_row"
    assert "Row 2 is of the same order" in summary.results[3].error_text
    assert 1 not in sent[1:]


def test_an_unreadable_order_number_holds_nothing_back() -> None:
    summary, sent = send([bad(2, None), good(3, 1)], [UPDATED])
    assert (outcomes(summary), sent) == (["invalid", "updated"], [1])


def test_a_repeated_row_is_sent_once() -> None:
    summary, sent = send([good(2, 1), good(3, 1, same_as=2)], [UPDATED])
    assert (outcomes(summary), sent) == (["updated", "already updated"], [1])
    assert "row 2" in summary.results[1].error_text


def test_a_repetition_of_a_failed_row_is_not_sent() -> None:
    summary, sent = send([good(2, 1), good(3, 1, same_as=2)], [REJECTED])
    assert (codes(summary), sent) == ([200, "same_as_row"], [1])


def test_a_refused_account_stops_after_one_request() -> None:
    summary, sent = send([good(2, 1), bad(3, 2), good(4, 3)], [REFUSED])
    assert outcomes(summary) == ["unconfirmed", "invalid", "not sent"]
    assert codes(summary)[2] == "stopped"
    assert "after row 2" in summary.results[2].error_text
    assert (summary.stop_reason, sent) == ("lost", [1])


def test_a_strange_first_answer_stops_the_batch_and_a_later_one_its_row() -> None:
    assert send([good(2, 1), good(3, 2)], [STRANGE])[0].stop_reason == "lost"
    summary, sent = send([good(2, 1), good(3, 2), good(4, 3)], [UPDATED, STRANGE, UPDATED])
    assert outcomes(summary) == ["updated", "unconfirmed", "updated"]
    assert (summary.stop_reason, len(sent)) == ("", 3)


@pytest.mark.parametrize("trouble", [LOST, STRANGE])
def test_troubles_in_a_row_stop_the_batch(trouble: Delivery) -> None:
    rows = [good(number, number) for number in range(2, 10)]
    deliveries = [UPDATED, trouble, trouble, REJECTED, trouble, trouble, trouble]
    summary, sent = send(rows, deliveries)
    assert len(sent) == 7
    assert summary.stop_reason == (
        f"3 updates in a row got no proper answer. The last one: {trouble.error_text}"
    )
    assert codes(summary)[-1] == "stopped"
    assert "after row 8, before" in summary.results[-1].error_text


def test_a_limit_that_is_used_up_stops_the_batch_unless_others_get_through() -> None:
    used_up = troubled(Trouble.OVERLOAD)
    assert send([good(2, 1), good(3, 2)], [used_up])[0].stop_reason == "lost"
    assert send([good(2, 1), good(3, 2)], [UPDATED, used_up])[0].stop_reason == "lost"


def test_a_wish_to_stop_is_heard_between_updates() -> None:
    rows = [good(2, 1), good(3, 2), bad(4, 3), good(5, 1, same_as=2)]
    asked = iter([False, True, True])
    summary, sent = send(rows, [UPDATED], stop_requested=lambda: next(asked))
    assert outcomes(summary) == ["updated", "not sent", "invalid", "already updated"]
    assert codes(summary)[1] == "interrupted"
    assert summary.is_interrupted
    assert sent == [1]


def test_a_rehearsal_sends_nothing_and_says_what_would_be() -> None:
    told: list[Result] = []
    rows = [good(2, 1), good(3, 1, same_as=2), bad(4, 2), good(5, 2), bad(6, None)]
    summary = batch.rehearse(rows, on_result=told.append)
    assert codes(summary) == ["dry_run", "dry_run", "date_missing", "earlier_row", "date_missing"]
    assert list(summary.results) == told


DELIVERIES = st.sampled_from([UPDATED, REJECTED, LOST, STRANGE, REFUSED])
ROWS = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=30)


@given(ROWS, st.lists(DELIVERIES, min_size=30, max_size=30))
def test_whatever_happens_every_row_has_one_result_and_orders_keep_their_order(
    plan: list[tuple[int, bool]], deliveries: list[Delivery]
) -> None:
    rows = [
        good(number, bill_id) if is_good else bad(number, bill_id)
        for number, (bill_id, is_good) in enumerate(plan, start=2)
    ]
    summary, _ = send(rows, deliveries)
    unsettled: set[int | None] = set()
    for row, result in zip(rows, summary.results, strict=True):
        if result.outcome is Outcome.UPDATED:
            assert row.bill_id not in unsettled
        else:
            unsettled.add(row.bill_id)


MANY = [good(row, bill_id=row) for row in range(2, 40)]
OTHER = Delivery(outcome=Outcome.REJECTED, error_code=201, error_text="other", attempts=1)


def test_equal_refusals_from_the_start_stop_the_batch() -> None:
    summary, sent = send(MANY, [REJECTED] * 20)
    assert len(sent) == 20
    assert outcomes(summary) == ["rejected"] * 20 + ["not sent"] * 18
    assert "the wrong shop or the wrong column" in summary.stop_reason


@pytest.mark.parametrize("place", [0, 10, 19])
@pytest.mark.parametrize("delivery", [UPDATED, OTHER])
def test_anything_else_before_keeps_the_batch_going(place: int, delivery: Delivery) -> None:
    deliveries = [REJECTED] * 38
    deliveries[place] = delivery
    summary, sent = send(MANY, deliveries)
    assert len(sent) == 38
    assert not summary.stop_reason


def test_equal_refusals_do_not_stop_who_wants_to_keep_going() -> None:
    summary, sent = send(MANY, [REJECTED] * 38, keeps_going=True)
    assert len(sent) == 38
    assert not summary.stop_reason
