"""The dry run: what would be sent, without sending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from batch_update.batch import results
from batch_update.batch.decisions import Send, Tell, Wait, decide
from batch_update.batch.neighbours import SheetOrders
from batch_update.batch.parts import Memory, Policy
from batch_update.orders import DRY_RUN, Approach, CheckedRow, OrderUpdate, Result, Summary, Tally
from batch_update.orders.spools import spool_of_results
from batch_update.texts import batch as texts


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
    held_by: dict[int, int] = {}
    orders = SheetOrders(rows)
    for row in rows:
        if row.update is None:
            result = results.invalid(row)
            if row.bill_id is not None:
                held_by.setdefault(row.bill_id, row.row)
        elif row.bill_id in held_by:
            result = results.held_back(row, held_by[row.bill_id])
        elif row.same_as is not None:
            result = results.not_sent(row, DRY_RUN, texts.TWIN_IN_DRY_RUN.format(row=row.same_as))
        else:
            result = _looked_up(row, row.update, memory, orders, policy)
        if row.warnings:
            result = replace(result, warnings=row.warnings)
        told.append(result)
        tally.add(result)
        on_result(result)
    return Summary(results=told, tally=tally)


def _looked_up(
    row: CheckedRow,
    update: OrderUpdate,
    memory: Memory | None,
    orders: SheetOrders,
    policy: Policy,
) -> Result:
    if memory is not None:
        around = orders.around(row, memory, policy)
        decision = decide(row, update, memory.order(update.bill_id), around, policy)
        if isinstance(decision, Wait | Tell):
            return decision.result
        if not isinstance(decision, Send):
            return decision
        if decision.approach is Approach.LOOK:
            return results.looked_up_only(row)
    return results.not_sent(row, DRY_RUN, texts.IN_ORDER)
