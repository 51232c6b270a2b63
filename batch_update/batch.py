"""The loop: each row in turn to exactly one result. No I/O of its own; it is handed the parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from batch_update.errors import LedgerError
from batch_update.orders import (
    SETTLED,
    CheckedRow,
    Delivery,
    Entry,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
    Summary,
    Trouble,
)

TROUBLES_IN_A_ROW = 3
"""So many updates in a row without the shop's verified word stop the batch."""

REFUSALS_IN_A_ROW = 20
"""So many equal refusals and nothing else, from the start on, stop the batch."""

_INTERRUPTED = "The run was interrupted before this row's turn. Run this row again."


class Deliver(Protocol):
    """Sends one update; never raises."""

    def __call__(self, update: OrderUpdate, *, may_have_happened: bool) -> Delivery:
        """Send it; with care if an earlier run may have done so."""


class Memory(Protocol):
    """What is known of updates beyond this run; each method may raise a `LedgerError`."""

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update before."""

    def overtaken_by(self, update: OrderUpdate, past: PastUpdate) -> Entry | None:
        """Find what the shop confirmed of the order since an update was tried in vain."""

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Note that it is about to be sent."""

    def settle(self, update: OrderUpdate, delivery: Delivery) -> None:
        """Note what came of it."""


class Insistence:
    """A memory that does not mind what the shop has confirmed, so that it is sent again.

    What may have happened is remembered even so: a payment is still read back first.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.begin = memory.begin
        self.settle = memory.settle

    def recall(self, update: OrderUpdate) -> PastUpdate | None:
        """Tell what became of an update, unless it is confirmed."""
        past = self._memory.recall(update)
        return None if past is None or past.is_confirmed else past

    def overtaken_by(self, _update: OrderUpdate, _past: PastUpdate) -> Entry | None:
        """Find nothing: what is insisted on overtakes in its turn."""
        return None


@dataclass(slots=True, kw_only=True)
class _Run:
    """What the rows so far mean for the rows to come.

    Args:
        results: the result of each row so far, by row number.
        held_by: for an order that must wait, the row that was not settled.
        deliveries: how many updates were handed to the sender.
        keeps_going: whether equal refusals do not stop the batch.
        refusals: the code and number of the refusals, as long as there is nothing else.
        troubles: how many in a row came back without the shop's verified word.
        stop_reason: why nothing more is sent; empty if all is well.
        stopped_at: the row after which nothing more was sent.
    """

    results: dict[int, Result] = field(default_factory=dict)
    held_by: dict[int, int] = field(default_factory=dict)
    deliveries: int = 0
    keeps_going: bool = False
    refusals: tuple[int | str | None, int] | None = (None, 0)
    troubles: int = 0
    stop_reason: str = ""
    stopped_at: int = 0

    def add(self, row: CheckedRow, result: Result) -> None:
        """Note a result; an order that was not settled holds its later rows back."""
        self.results[row.row] = result
        if result.outcome in SETTLED:
            self.refusals = None
        if result.outcome not in SETTLED and row.bill_id is not None:
            self.held_by.setdefault(row.bill_id, row.row)

    def weigh(self, row: CheckedRow, delivery: Delivery) -> None:
        """Decide whether the batch can go on after a delivery."""
        self.deliveries += 1
        self.troubles = self.troubles + 1 if delivery.trouble else 0
        is_first_answer_strange = delivery.trouble is Trouble.ANSWER and self.deliveries == 1
        if delivery.trouble is Trouble.ACCOUNT or is_first_answer_strange:
            self.stop_reason = delivery.error_text
        elif self.troubles >= TROUBLES_IN_A_ROW:
            self.stop_reason = (
                f"{self.troubles} updates in a row got no proper answer. The last one: "
                f"{delivery.error_text}"
            )
        self._weigh_refusal(delivery)
        self.stopped_at = row.row

    def _weigh_refusal(self, delivery: Delivery) -> None:
        """Suspect the wrong shop or column when it refuses everything alike."""
        if self.refusals is None or self.keeps_going:
            return
        code, count = self.refusals
        is_alike = delivery.outcome is Outcome.REJECTED and code in {None, delivery.error_code}
        self.refusals = (delivery.error_code, count + 1) if is_alike else None
        if count + 1 == REFUSALS_IN_A_ROW and is_alike and not self.stop_reason:
            self.stop_reason = (
                f"The shop has refused all of the first {count + 1} updates alike, so this may be "
                "the wrong shop or the wrong column. If it is right as it is, say --keep-going. "
                f"The last one: {delivery.error_text}"
            )

    def stop(self, row: CheckedRow, reason: str) -> None:
        """Let nothing more be sent."""
        self.stop_reason = reason
        self.stopped_at = row.row


def send_updates(
    rows: Sequence[CheckedRow],
    deliver: Deliver,
    *,
    memory: Memory,
    stop_requested: Callable[[], bool],
    on_result: Callable[[Result], None],
    keeps_going: bool = False,
) -> Summary:
    """Send every valid row, in order, and give every row its result.

    A row that says the same as an earlier one, or as what the shop has confirmed to an earlier run,
    is not sent again. A row of an order whose earlier
    row was not settled is held back. The batch stops when the account is refused, when the first
    answer is not the shop's, when the shop's word is missing several times in a row, or when it has
    refused all of the first updates alike.

    Args:
        rows: the checked rows, in the order of the sheet.
        deliver: sends one update.
        memory: what earlier runs did; it is told of each update before and after it is sent.
        stop_requested: whether the user wants to stop; asked before each update.
        on_result: told of each row's result.
        keeps_going: whether equal refusals from the start do not stop the batch.

    Returns:
        One result per row, in the order of the sheet.
    """
    run = _Run(keeps_going=keeps_going)
    for row in rows:
        decision = _decide(row, run)
        if isinstance(decision, Result):
            result = decision
        else:
            result = _take_turn(row, decision, run, (deliver, memory, stop_requested))
        result = replace(result, warnings=row.warnings)
        run.add(row, result)
        on_result(result)
    return Summary(
        results=tuple(run.results.values()),
        stop_reason=run.stop_reason,
        is_interrupted=stop_requested(),
    )


def _take_turn(
    row: CheckedRow,
    update: OrderUpdate,
    run: _Run,
    parts: tuple[Deliver, Memory, Callable[[], bool]],
) -> Result:
    """Send a row whose turn it is, unless an earlier run has, or the user wants to stop."""
    deliver, memory, stop_requested = parts
    try:
        past = memory.recall(update)
        if past is not None and past.is_confirmed:
            return _known(row, past)
        if past is not None and (entry := memory.overtaken_by(update, past)):
            return _overtaken(row, update, entry)
        if stop_requested():
            return _not_sent(row, "interrupted", _INTERRUPTED)
        memory.begin(update, row.row)
    except LedgerError as error:
        run.stop(row, str(error))
        return _not_sent(row, "ledger", f"{error} Run this row again when that is mended.")
    may_have_happened = past is not None and past.may_have_happened
    delivery = deliver(update, may_have_happened=may_have_happened)
    run.weigh(row, delivery)
    try:
        memory.settle(update, delivery)
    except LedgerError as error:
        run.stop(row, str(error))
    return _delivered(row, delivery)


def rehearse(rows: Sequence[CheckedRow], *, on_result: Callable[[Result], None]) -> Summary:
    """Give every row the result of a dry run: what is invalid, and what would be sent.

    Args:
        rows: the checked rows, in the order of the sheet.
        on_result: told of each row's result.
    """
    results = []
    held_by: dict[int, int] = {}
    for row in rows:
        if row.update is None:
            result = _invalid(row)
            if row.bill_id is not None:
                held_by.setdefault(row.bill_id, row.row)
        elif row.bill_id in held_by:
            result = _held_back(row, held_by[row.bill_id])
        elif row.same_as is not None:
            result = _not_sent(
                row, "dry_run", f"Dry run: says the same as row {row.same_as}; would be sent once."
            )
        else:
            result = _not_sent(row, "dry_run", "Dry run: in order, would be sent.")
        result = replace(result, warnings=row.warnings)
        results.append(result)
        on_result(result)
    return Summary(results=tuple(results))


def _decide(row: CheckedRow, run: _Run) -> OrderUpdate | Result:
    """Give the update whose turn it is, or the result of a row that is not to be sent."""
    if row.update is None:
        return _invalid(row)
    twin = run.results.get(row.same_as) if row.same_as is not None else None
    if twin is not None:
        return _same_as(row, twin)
    if row.bill_id is not None and row.bill_id in run.held_by:
        return _held_back(row, run.held_by[row.bill_id])
    if run.stop_reason:
        return _not_sent(
            row,
            "stopped",
            f"The run was stopped after row {run.stopped_at}, before this row's turn; see there. "
            "Run this row again when that is mended.",
        )
    return row.update


def _invalid(row: CheckedRow) -> Result:
    return Result(
        row=row.row,
        outcome=Outcome.INVALID,
        error_code=row.problems[0].code,
        error_text=" ".join(
            problem.text[:1].upper() + problem.text[1:] for problem in row.problems
        ),
        problems=row.problems,
    )


def _same_as(row: CheckedRow, twin: Result) -> Result:
    if twin.outcome in SETTLED:
        return Result(
            row=row.row,
            outcome=Outcome.ALREADY_UPDATED,
            error_text=f"Says the same as row {twin.row}, which was updated just now.",
            updated_at=twin.updated_at,
            update=row.update,
        )
    return _not_sent(
        row,
        "same_as_row",
        f"Says the same as row {twin.row}, which is {twin.outcome}; see there, and run only one "
        "of the two again.",
    )


def _known(row: CheckedRow, past: PastUpdate) -> Result:
    return Result(
        row=row.row,
        outcome=Outcome.ALREADY_UPDATED,
        error_text=f"The shop confirmed this update on {past.at:%Y-%m-%d %H:%M} UTC, from row "
        f"{past.row} of {past.file}; nothing was sent.",
        updated_at=past.at,
        update=row.update,
    )


def _overtaken(row: CheckedRow, update: OrderUpdate, entry: Entry) -> Result:
    since = entry.past
    return _not_sent(
        row,
        "overtaken",
        f"This row was tried before. Since then the shop has taken {entry.update.status} for order "
        f"{update.bill_id} ({since.at:%Y-%m-%d %H:%M} UTC, row {since.row} of {since.file}), which "
        "this row would undo. Look at the order in the shop; if this row is right, run a sheet "
        "with it alone and --force.",
    )


def _held_back(row: CheckedRow, holder: int) -> Result:
    return _not_sent(
        row,
        "earlier_row",
        f"Row {holder} is of the same order and was not settled, so this one was held back. Settle "
        f"row {holder} first, then run this row.",
    )


def _not_sent(row: CheckedRow, code: str, text: str) -> Result:
    return Result(
        row=row.row,
        outcome=Outcome.NOT_SENT,
        error_code=code,
        error_text=text,
        update=row.update,
    )


def _delivered(row: CheckedRow, delivery: Delivery) -> Result:
    return Result(
        row=row.row,
        outcome=delivery.outcome,
        error_code=delivery.error_code,
        error_text=delivery.error_text,
        attempts=delivery.attempts,
        updated_at=delivery.settled_at,
        update=row.update,
    )
