"""The dry run and the run after it: one decides as the other does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batch_update import batch, validator
from batch_update.batch import RunOptions
from batch_update.errors import FailureScope
from batch_update.ledger import Ledger
from batch_update.ledger.account_ledger import AccountLedger
from batch_update.model import (
    Approach,
    CellValue,
    CheckedRow,
    Field,
    Layout,
    Moment,
    OrderUpdate,
    Outcome,
    Row,
    SendResult,
    Sheet,
    Summary,
)
from tests.conftest import RUN_OPTIONS, OpenSandbox, RunCli, StopSignal

FIELDS = (Field.BILL_ID, Field.STATUS, Field.DATE, Field.RPO)
TAKEN = SendResult(outcome=Outcome.UPDATED, attempts=1)
REFUSED = SendResult(outcome=Outcome.REJECTED, error_code=200, error_text="no", attempts=1)
LOST = SendResult(
    outcome=Outcome.UNCONFIRMED,
    error_code="no_answer",
    error_text="lost",
    attempts=1,
    scope=FailureScope.CONNECTION,
)
KEEPS_GOING = replace(RUN_OPTIONS, keeps_going=True)

CELLS = st.tuples(
    st.integers(1, 4),
    st.sampled_from(["sent", "paid", "cancel", "return"]),
    st.sampled_from(["20.11.2026", "21.11.2026", "bad", None]),
    # The last two differ by the zeros that spreadsheet programs drop.
    st.sampled_from(["RA123456785RU", "RB123456785RU", None, "00123456785", "123456785"]),
)
SHEETS = st.lists(CELLS, min_size=1, max_size=8)
ANSWERS = st.lists(st.sampled_from([TAKEN, TAKEN, REFUSED, LOST]), min_size=8, max_size=8)
EARLIER = st.lists(st.tuples(st.sampled_from("ab"), SHEETS, ANSWERS, st.booleans()), max_size=3)


def checked(
    rows: Sequence[tuple[CellValue, ...]], *, has_date: bool = True
) -> Sequence[CheckedRow]:
    columns = {field: index for index, field in enumerate(FIELDS)}
    sheet = Sheet(
        path=Path("a.csv"),
        name="",
        layout=Layout(header_row=1, names=("Order", "Status", "Date", "RPO"), columns=columns),
        rows=[Row(number=number, cells=cells) for number, cells in enumerate(rows, start=2)],
    )
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    rules = validator.Rules(
        calendar=validator.Calendar(zone=ZoneInfo("UTC"), now=now),
        default_date=None if has_date else "22.11.2026",
    )
    return validator.check_sheet(sheet, rules)


class TakingShop:
    """A shop that takes all that is sent, or comes to the ends that it is given first."""

    def __init__(self, answers: Sequence[SendResult] = ()) -> None:
        self._answers = list(answers)
        self.sent: list[OrderUpdate] = []

    def deliver(self, update: OrderUpdate, approach: Approach, since: Moment | None) -> SendResult:
        del since
        if approach is not Approach.LOOK:
            self.sent.append(update)
        return self._answers.pop(0) if self._answers else TAKEN


def send(
    book: AccountLedger, rows: Sequence[CheckedRow], shop: TakingShop, options: RunOptions
) -> Summary:
    return batch.send_updates(
        rows,
        [shop.deliver],
        ledger=book,
        stop_signal=StopSignal(),
        on_result=lambda _: None,
        options=options,
    )


def foretell(
    book: AccountLedger,
    rows: Sequence[CheckedRow],
    options: RunOptions,
    foreseen: batch.Foreseen | None = None,
) -> Summary:
    return batch.run_dry(
        rows,
        ledger=book,
        stop_signal=StopSignal(),
        on_result=lambda _: None,
        options=options,
        foreseen=foreseen,
    )


@pytest.mark.parametrize("settle_s", [0.0, 600.0], ids=["settled", "under-way"])
@example(
    # The return that would be confirmed may be the one from before the refused cancellation.
    sheets=[[(1, "return", None, None)], [(1, "cancel", None, None)]],
    earlier=[
        (
            "a",
            [(1, "sent", "20.11.2026", "RA123456785RU"), (1, "return", None, None)],
            [TAKEN, LOST],
            False,
        ),
        ("a", [(1, "cancel", None, None)], [REFUSED], False),
    ],
    is_forced=False,
    has_date=True,
)
@example(
    # A payment that is passed over in the first sheet was there before the second one is run.
    sheets=[
        [(1, "sent", "20.11.2026", "RA123456785RU"), (1, "paid", "20.11.2026", None)],
        [(1, "paid", "20.11.2026", None), (1, "cancel", None, None)],
    ],
    earlier=[
        (
            "a",
            [(1, "sent", "20.11.2026", "RA123456785RU"), (1, "cancel", None, None)],
            [TAKEN, TAKEN],
            False,
        ),
    ],
    is_forced=False,
    has_date=False,
)
@given(
    sheets=st.lists(SHEETS, min_size=1, max_size=2),
    earlier=EARLIER,
    is_forced=st.booleans(),
    has_date=st.booleans(),
)
def test_what_the_dry_run_says_would_be_sent_is_what_leaves(
    sheets: list[list[tuple[CellValue, ...]]],
    earlier: list[tuple[str, list[tuple[CellValue, ...]], list[SendResult], bool]],
    settle_s: float,
    *,
    is_forced: bool,
    has_date: bool,
) -> None:
    options = replace(KEEPS_GOING, settle_s=settle_s, patience_s=0.0, is_forced=is_forced)
    rows = [checked(sheet, has_date=has_date) for sheet in sheets]
    names = "ac"[: len(sheets)]
    shop = TakingShop()
    with Ledger(None) as ledger, ledger.hold("shop") as book:
        for name, cells, answers, was_forced in earlier:
            before = replace(options, is_forced=was_forced)
            send(book.for_file(name, name), checked(cells), TakingShop(answers), before)
        each = [
            replace(options, sha256=name, later_sheets=partial(set, names[place + 1 :]))
            for place, name in enumerate(names)
        ]
        foreseen = batch.Foreseen() if len(sheets) > 1 else None
        told = [
            foretell(book.for_file(name, name), one, its, foreseen)
            for name, one, its in zip(names, rows, each, strict=True)
        ]
        done = [
            send(book.for_file(name, name), one, shop, its)
            for name, one, its in zip(names, rows, each, strict=True)
        ]
    asked: set[int | None] = set()
    for one, said, results in zip(rows, told, done, strict=True):
        check_foretold(one, said, results, asked)
    sent = [update for update in shop.sent if update.bill_id not in asked]
    promised = [
        row.update
        for one, said in zip(rows, told, strict=True)
        for row, result in zip(one, said.results, strict=True)
        if result.error_code == "dry_run" and row.bill_id not in asked
    ]
    assert sorted(map(repr, sent)) == sorted(map(repr, promised))


def check_foretold(
    rows: Sequence[CheckedRow], told: Summary, done: Summary, asked: set[int | None]
) -> None:
    """Compare row by row, but for orders whose payment is asked for, in `asked` from then on."""
    asked |= {
        row.bill_id
        for row, result in zip(rows, told.results, strict=True)
        if result.error_code == "earlier_run"
    }
    for row, foretold, result in zip(rows, told.results, done.results, strict=True):
        if row.bill_id in asked:
            continue
        ended = (foretold.outcome, foretold.error_code)
        if foretold.error_code == "dry_run":
            ended = (Outcome.UPDATED, None)
        elif foretold.error_code == "dry_run_twin":
            ended = (Outcome.ALREADY_UPDATED, None)
        assert (result.outcome, result.error_code) == ended
    ready = [one for one in told.results if one.error_code == "dry_run"]
    assert told.ready == len(ready) == sum(totals.count for totals in told.planned)


HEAD = "Order,Status,Date,Tracking number"


@pytest.mark.parametrize(
    ("before", "lines", "codes", "planned"),
    [
        pytest.param(
            ["1,paid,2026-11-20,"],
            ["1,paid,2026-11-21,", "1,sent,2026-11-21,RA123456785RU"],
            ["paid_before", "earlier_row"],
            [],
            id="a-payment-of-another-day-holds-its-order-back",
        ),
        pytest.param(
            [],
            ["7,sent,bad,RA123456785RU", "7,cancel,,", "7,cancel,,"],
            ["date_not_a_date", "earlier_row", "same_as_row"],
            [],
            id="what-is-held-back-and-its-twin",
        ),
        pytest.param(
            ["1,cancel,,"],
            ["1,cancel,,", "1,cancel,,"],
            ["", ""],
            [],
            id="a-row-and-its-twin-both-confirmed",
        ),
        pytest.param(
            [],
            ["1,cancel,,", "1,cancel,,", "2,sent,2026-11-20,RA123456785RU"],
            ["dry_run", "dry_run_twin", "dry_run"],
            [
                "  sent                 1, dated 2026-11-20 to 2026-11-20",
                "  cancel               1",
            ],
            id="a-row-and-its-twin-both-new",
        ),
    ],
)
def test_the_plan_counts_what_would_leave(
    before: list[str],
    lines: list[str],
    codes: list[str],
    planned: list[str],
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    tmp_path: Path,
) -> None:
    shop = open_sandbox()

    def sheet(name: str, lines: list[str]) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
        return path

    if before:
        assert run_cli(sheet("before.csv", before), shop=shop).status == 0
    path = sheet("today.csv", lines)
    done = run_cli(path, "--dry-run", shop=shop)
    results = (tmp_path / "today.dry-run.csv").read_text(encoding="utf-8-sig").splitlines()
    names = results[0].split(",")
    assert [line.split(",")[names.index("error_code")] for line in results[1:]] == codes
    assert not (tmp_path / "today.results.csv").exists()
    plan = [line for line in done.out.splitlines() if line.startswith("  ")]
    assert [line for line in plan if line.split()[0] in {"sent", "paid", "return", "cancel"}] == (
        planned
    )
    total = sum(int(line.split()[1].rstrip(",")) for line in planned)
    assert f"nothing was sent; {total} row" in done.out


def test_a_dry_run_of_several_sheets_sees_what_the_sheets_before_would_send(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    shop = open_sandbox()
    for name, day in (("a.csv", "2026-11-20"), ("b.csv", "2026-11-21")):
        (tmp_path / name).write_text(f"{HEAD}\n2,paid,{day},\n", encoding="utf-8")
    done = run_cli(tmp_path / "a.csv", tmp_path / "b.csv", "--dry-run", shop=shop)
    assert done.out.count("1 row would be") == 1
    assert "Plan of b.csv: there is nothing to send." in done.out
    said = " ".join(done.out.split())
    assert "an earlier row of this dry run, row 2 of a.csv, would book a payment" in said
    assert "confirmed" not in said
    assert shop.requests == []


def test_what_was_interrupted_is_no_plan() -> None:
    rows = checked([(number, "cancel", None, None) for number in range(1, 1500)])
    asked = iter([False] * 100 + [True] * 5000)
    told = batch.run_dry(
        rows,
        ledger=None,
        stop_signal=StopSignal(stop_requested=lambda: next(asked)),
        on_result=lambda _: None,
        options=RUN_OPTIONS,
    )
    assert told.is_interrupted
    assert 0 < told.ready < len(rows) == len(told.results)
    assert told.fingerprint == batch.fingerprint_of(rows, asks_first=False)
