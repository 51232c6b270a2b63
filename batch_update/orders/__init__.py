"""The values that flow through the program, from a sheet's cell to a row of the results."""

from __future__ import annotations

from batch_update.orders.results import (
    CLOSED,
    DRY_RUN,
    DRY_RUN_TWIN,
    SETTLED,
    Approach,
    Delivery,
    Entry,
    Moment,
    Outcome,
    PastUpdate,
    Result,
    RunFacts,
    Trouble,
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
    "Approach",
    "CellValue",
    "CheckedRow",
    "Delivery",
    "Entry",
    "ErrorCell",
    "FailureKind",
    "Field",
    "Layout",
    "Moment",
    "OrderUpdate",
    "Outcome",
    "PastUpdate",
    "Problem",
    "Result",
    "Row",
    "RunFacts",
    "Sheet",
    "Status",
    "StatusTotals",
    "Summary",
    "Tally",
    "Trouble",
    "UnknownWord",
    "UnsavedFormula",
    "WarningKind",
]
