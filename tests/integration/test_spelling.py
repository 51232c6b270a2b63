"""One tracking number in capitals and small letters: the same parcel, sent as it is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from msgspec.structs import replace

from batch_update.model import OrderUpdate, Outcome, Result, SendResult, Status
from tests.conftest import OpenLedger, OpenSandbox, RunCli, find

HEADER = "order,status,date,rpo"
SENT = OrderUpdate(
    bill_id=1,
    status=Status.SENT,
    date=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
    rpo="RA123456785RU",
)
SMALL = replace(SENT, rpo="ra123456785ru")
UPDATED = SendResult(outcome=Outcome.UPDATED, attempts=1)


def test_updates_are_equal_whatever_the_case_of_the_number() -> None:
    assert SENT == SMALL
    assert len({SENT, SMALL, replace(SENT, is_date_assumed=True)}) == 1
    assert replace(SENT, rpo="RA123456799RU") != SENT
    assert replace(SENT, rpo=None) != SENT
    assert replace(SENT, bill_id=2) != SENT
    assert SENT != "RA123456785RU"
    assert SMALL.rpo == "ra123456785ru"


def test_a_row_whose_number_changed_its_case_is_known(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    first, second = tmp_path / "may.csv", tmp_path / "june.csv"
    first.write_text(
        f"{HEADER}\n1,sent,2026-11-20,ra123456785ru\n2,sent,2026-11-20,AB1234567\n",
        encoding="utf-8",
    )
    second.write_text(
        f"{HEADER}\n1,sent,2026-11-20,RA123456785RU\n2,sent,2026-11-20,Ab1234567\n",
        encoding="utf-8",
    )
    assert run_cli(first, shop=sandbox).status == 0
    posted = [one.fields["rpo"] for one in sandbox.requests]
    assert sorted(posted) == ["AB1234567", "ra123456785ru"]
    run = run_cli(second, shop=sandbox)
    assert run.status == 0
    assert "already updated      2" in run.out
    assert len(sandbox.requests) == len(posted)
    history = run_cli("--history", "1", shop=sandbox).out
    assert history.count("sent ·") == 1


def test_a_try_under_one_spelling_is_known_under_another(open_ledger: OpenLedger) -> None:
    with open_ledger() as ledger, ledger.hold("shop") as book:
        book.begin(SMALL, 2)
        book.commit()
        # Another run came to the row in capitals, and stopped before its turn.
        result = Result(row=2, outcome=Outcome.NOT_SENT, error_code="stopped", error_text="later")
        book.pass_over(SENT, result)
        book.commit()
        entry = find(book, SENT)
        assert entry is not None
        assert entry.may_have_happened
        assert len(book.order(1)) == 1
        book.begin(SENT, 2)
        book.settle(SENT, 2, UPDATED)
        book.commit()
        entry = find(book, SMALL)
        assert entry is not None
        assert entry.confirmed is not None
        assert not entry.may_have_happened
