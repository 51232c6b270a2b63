"""The values that flow through the program, from a sheet's cell to a row of the results."""

from __future__ import annotations

from batch_update.model.answers import UNPAID, OrderState, PaymentState, ShopAnswer
from batch_update.model.results import (
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
from batch_update.model.sheets import (
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
from batch_update.model.summaries import (
    FailureKind,
    ResultCounter,
    StatusTotals,
    Summary,
    UnknownWord,
    WarningKind,
)
from batch_update.model.updates import (
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
    "ResultCounter",
    "Row",
    "RunFacts",
    "SendResult",
    "Sheet",
    "ShopAnswer",
    "Status",
    "StatusTotals",
    "Summary",
    "UnknownWord",
    "UnsavedFormula",
    "WarningKind",
]
