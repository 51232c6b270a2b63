"""The values that flow through the program, from a sheet's cell to a row of the results."""

from __future__ import annotations

from batch_update.orders.answers import UNPAID, OrderState, PaymentState, ShopAnswer
from batch_update.orders.results import (
    CLOSED,
    DRY_RUN,
    DRY_RUN_TWIN,
    SETTLED,
    Approach,
    Entry,
    Moment,
    Outcome,
    PastUpdate,
    Result,
    RunFacts,
    SendResult,
)
from batch_update.orders.sheets import (
    DATES,
    UNKNOWN_FORMAT,
    CellValue,
    ErrorCell,
    Field,
    Layout,
    Row,
    Sheet,
    UnsavedFormula,
)
from batch_update.orders.summaries import (
    FailureKind,
    StatusTotals,
    Summary,
    Tally,
    UnknownWord,
    WarningKind,
)
from batch_update.orders.updates import (
    CheckedRow,
    OrderUpdate,
    Problem,
    Status,
)

__all__ = [
    "CLOSED",
    "DATES",
    "DRY_RUN",
    "DRY_RUN_TWIN",
    "SETTLED",
    "UNKNOWN_FORMAT",
    "UNPAID",
    "Approach",
    "CellValue",
    "CheckedRow",
    "Entry",
    "ErrorCell",
    "FailureKind",
    "Field",
    "Layout",
    "Moment",
    "OrderState",
    "OrderUpdate",
    "Outcome",
    "PastUpdate",
    "PaymentState",
    "Problem",
    "Result",
    "Row",
    "RunFacts",
    "SendResult",
    "Sheet",
    "ShopAnswer",
    "Status",
    "StatusTotals",
    "Summary",
    "Tally",
    "UnknownWord",
    "UnsavedFormula",
    "WarningKind",
]
