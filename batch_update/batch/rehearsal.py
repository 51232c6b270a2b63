"""The dry run: what would be sent, without sending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from batch_update.batch import results
from batch_update.batch.decisions import Send, Tell, Wait, decide
from batch_update.batch.neighbours import SheetOrders
from batch_update.batch.parts import Memory, Policy
from batch_update.orders import (
    DRY_RUN,
    SETTLED,
    Approach,
    CheckedRow,
    Entry,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
    Summary,
    Tally,
)
from batch_update.orders.spools import spool_of_results
from batch_update.texts import batch as texts

_AFTER_ALL = 1 << 62
"""What would be done now comes after all that was noted."""


def rehearse(
    rows: Sequence[CheckedRow],
    *,
    on_result: Callable[[Result], None],
    policy: Policy,
    memory: Memory | None = None,
) -> Summary:
    """Give every row the result of a dry run: what is invalid, and what would be sent.

    Args:
        rows: the checked rows, in the order of the sheet.
        on_result: told of each row's result.
        policy: what the user wants.
        memory: what earlier runs did; None if that is not known.

    Raises:
        LedgerError: the memory cannot be read.
        SpoolError: there is no room for so many results.
    """
    told = spool_of_results()
    tally = Tally()
    rehearsal = _Rehearsal(rows, policy, memory)
    for row in rows:
        result = rehearsal.result_of(row)
        if row.warnings:
            result = replace(result, warnings=row.warnings)
        told.append(result)
        tally.add(result)
        on_result(result)
    return Summary(results=told, tally=tally)


class _Rehearsal:
    """A run in which the shop would take all that is sent."""

    def __init__(self, rows: Sequence[CheckedRow], policy: Policy, memory: Memory | None) -> None:
        self._policy = policy
        self._memory = memory
        self._orders = SheetOrders(rows)
        self._held_by: dict[int, int] = {}
        self._unready: dict[int, Result] = {}
        self._taken: dict[int, list[Entry]] = {}
        self._seq = _AFTER_ALL

    def result_of(self, row: CheckedRow) -> Result:
        """Give the result of the next row."""
        result = self._decide(row)
        if result.needs_person:
            self._unready[row.row] = result
            if row.bill_id is not None:
                self._held_by.setdefault(row.bill_id, row.row)
        return result

    def _decide(self, row: CheckedRow) -> Result:
        if row.skipped is not None:
            return results.skipped(row, row.skipped)
        if row.update is None:
            return results.invalid(row)
        if row.same_as in self._unready:
            return results.same_as(row, self._unready[row.same_as])
        if row.bill_id in self._held_by:
            return results.held_back(row, self._held_by[row.bill_id])
        result = self._looked_up(row, row.update)
        if row.same_as is not None and result.outcome not in SETTLED:
            text = texts.TWIN_IN_DRY_RUN.format(row=row.same_as)
            return results.not_sent(row, DRY_RUN, text)
        return result

    def _looked_up(self, row: CheckedRow, update: OrderUpdate) -> Result:
        known = self._memory.order(update.bill_id) if self._memory else ()
        if self._memory is None or not known:
            return results.not_sent(row, DRY_RUN, texts.IN_ORDER)
        taken = self._taken_of(update) if row.same_as is None else []
        fresh = [entry.update for entry in taken]
        entries = [*(entry for entry in known if entry.update not in fresh), *taken]
        around = self._orders.around(row, self._memory, self._policy)
        decision = decide(row, update, entries, around, self._policy)
        if isinstance(decision, Wait) and self._policy.settle_s <= self._policy.patience_s:
            decision = decision.then
        if isinstance(decision, Wait | Tell):
            return decision.result
        if not isinstance(decision, Send):
            return decision
        if decision.approach is Approach.LOOK:
            return results.looked_up_only(row)
        self._take(row, update, entries)
        return results.not_sent(row, DRY_RUN, texts.IN_ORDER)

    def _taken_of(self, update: OrderUpdate) -> list[Entry]:
        return self._taken.get(update.bill_id, [])

    def _take(self, row: CheckedRow, update: OrderUpdate, known: Sequence[Entry]) -> None:
        """Let the shop have taken a row, for what is decided of the order's other rows."""
        self._seq += 1
        past = PastUpdate(
            outcome=Outcome.UPDATED,
            code="",
            text="",
            file="",
            row=row.row,
            at=self._policy.wall(),
            seq=self._seq,
            sha256=self._policy.sha256,
        )
        entry = next((entry for entry in known if entry.update == update), None)
        if entry is None:
            entry = Entry(account="", update=update, past=past)
        # What was tried before may still take effect.
        entry = replace(entry, past=past, confirmed=past, confirmed_from=self._seq, is_open=False)
        self._taken.setdefault(update.bill_id, []).append(entry)
