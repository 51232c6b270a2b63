"""What the shop says of orders, and what a dry run makes of it: the run after it does the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update import batch
from batch_update.batch.inquiry import Inquiry
from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Inquirer, Sender, rehearse
from batch_update.ledger import Ledger
from batch_update.model import (
    CellValue,
    OrderFinding,
    OrderState,
    OrderUpdate,
    Outcome,
    PaymentState,
    SendResult,
    ShopAnswer,
    Status,
)
from tests.conftest import CLOCK, StopSignal
from tests.unit.test_dry_run import EARLIER, KEEPS_GOING, SHEETS, TakingShop, checked, send

DONE = ShopAnswer(is_accepted=True, code=0, text="OK")
NO_SUCH_ORDER = ShopAnswer(is_accepted=False, code=200, explanation="no", is_conclusive=True)
STATES = st.fixed_dictionaries(
    dict.fromkeys(range(1, 5), st.sampled_from([None, *PaymentState, PaymentState.WAITING]))
)


class RememberingShop:
    """A shop's API in memory; orders without a state are not there."""

    def __init__(self, states: Mapping[int, PaymentState | None]) -> None:
        self._states = dict(states)
        self.asked: list[int] = []
        self.taken: list[OrderUpdate] = []

    def apply(self, update: OrderUpdate) -> ShopAnswer:
        if self._states[update.bill_id] is None:
            return NO_SUCH_ORDER
        self.taken.append(update)
        shown = update.status.rule.proved_by
        if shown is not None and self._states[update.bill_id] is not PaymentState.UNKNOWN:
            self._states[update.bill_id] = shown
        return DONE

    def read_back(self, bill_id: int) -> OrderState:
        self.asked.append(bill_id)
        state = self._states[bill_id]
        if state is None:
            return OrderState(answer=NO_SUCH_ORDER, is_missing=True)
        return OrderState(answer=DONE, payment=state)


def limiter() -> AdaptiveLimiter:
    return AdaptiveLimiter(
        concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
    )


@pytest.mark.parametrize("settle_s", [0.0, 600.0], ids=["settled", "under-way"])
@given(
    cells=SHEETS,
    earlier=EARLIER,
    states=STATES,
    is_forced=st.booleans(),
    asks_first=st.booleans(),
)
def test_what_is_said_after_asking_the_shop_is_what_it_then_takes(
    cells: list[tuple[CellValue, ...]],
    earlier: list[tuple[str, list[tuple[CellValue, ...]], list[SendResult], bool]],
    states: dict[int, PaymentState | None],
    settle_s: float,
    *,
    is_forced: bool,
    asks_first: bool,
) -> None:
    options = replace(
        KEEPS_GOING,
        settle_s=settle_s,
        patience_s=0.0,
        is_forced=is_forced,
        asks_first=asks_first,
        sha256="z",
    )
    rows = checked(cells)
    shop = RememberingShop(states)
    with Ledger(None) as ledger, ledger.hold("shop") as book:
        for name, before, answers, was_forced in earlier:
            past = replace(options, is_forced=was_forced)
            send(book.for_file(name, name), checked(before), TakingShop(answers), past)
        asker = Inquirer(shop, retries=0, limiter=limiter(), clock=CLOCK)
        inquiry = Inquiry([asker.ask], partial(rehearse, CLOCK))
        findings = inquiry.ask(
            rows, stop_signal=StopSignal(), on_answer=lambda _: None, options=options
        )
        assert set(shop.asked) == {row.bill_id for row in rows}
        assert len(shop.asked) == len(set(shop.asked))
        assert shop.taken == []
        told = batch.run_dry(
            rows,
            ledger=book.for_file("z", "z"),
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=replace(options, findings=findings),
        )
        sender = Sender(shop, retries=0, limiter=limiter(), clock=CLOCK, settle_s=settle_s)
        done = batch.send_updates(
            rows,
            [sender.deliver],
            ledger=book.for_file("z", "z"),
            stop_signal=StopSignal(),
            on_result=lambda _: None,
            options=options,
        )
    # What the shop does not tell yet of a payment under way, it may tell when it is asked again.
    open_ids = {
        row.bill_id
        for row, result in zip(rows, told.results, strict=True)
        if result.error_code == "earlier_run"
        # Nor does anybody know whether it counts an order as paid that is returned.
        or (row.update and row.update.status is Status.RETURN)
    }
    promised = [
        row.update
        for row, result in zip(rows, told.results, strict=True)
        if result.error_code == "dry_run" and row.update and row.bill_id not in open_ids
    ]
    taken = [update for update in shop.taken if update.bill_id not in open_ids]
    assert sorted(map(repr, taken)) == sorted(map(repr, promised))
    for row, foretold, result in zip(rows, told.results, done.results, strict=True):
        if row.bill_id in open_ids or row.bill_id is None or states[row.bill_id] is None:
            continue
        if foretold.error_code not in {"dry_run", "dry_run_twin"}:
            is_found = result.outcome is Outcome.UPDATED and result.attempts == 0
            ended = Outcome.ALREADY_UPDATED if is_found else result.outcome
            assert (foretold.outcome, foretold.error_code) == (ended, result.error_code)
    assert told.asked is not None
    assert told.asked.count == told.asked.answered == len(set(shop.asked))


def test_an_asker_that_fails_ends_the_asking_and_is_told() -> None:
    def fail(_: int) -> OrderFinding:
        raise ValueError

    inquiry = Inquiry([fail], partial(rehearse, CLOCK))
    rows = checked([(1, "cancel", None, None), (2, "cancel", None, None)])
    findings = inquiry.ask(
        rows, stop_signal=StopSignal(), on_answer=lambda _: None, options=KEEPS_GOING
    )
    assert "batch-update itself failed" in findings.stop_reason


def test_a_question_nobody_waits_for_does_not_keep_the_run() -> None:
    gate = threading.Event()

    def hold(_: int) -> OrderFinding:
        gate.wait(30)
        return OrderFinding()

    inquiry = Inquiry([hold], partial(rehearse, CLOCK))
    asked = iter([False, True])
    stop = StopSignal(stop_requested=lambda: True, abandon_requested=lambda: next(asked))
    rows = checked([(1, "cancel", None, None)])
    inquiry.ask(rows, stop_signal=stop, on_answer=lambda _: None, options=KEEPS_GOING)
    gate.set()
