"""The values that flow through the program, from a sheet's cell to a row of the results."""

from __future__ import annotations

from batch_update.orders.results import (
    DRY_RUN,
    SETTLED,
    Approach,
    Delivery,
    Entry,
    FailureKind,
    Moment,
    Outcome,
    PastUpdate,
    Result,
    RunFacts,
    Summary,
    Tally,
    Trouble,
    WarningKind,
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
from batch_update.orders.updates import (
    CheckedRow,
    OrderUpdate,
    Problem,
    Status,
)

__all__ = [
    "DATES",
    "DRY_RUN",
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
    "Summary",
    "Tally",
    "Trouble",
    "UnsavedFormula",
    "WarningKind",
]
