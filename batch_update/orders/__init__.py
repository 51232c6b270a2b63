"""The values that flow through the program, from a sheet's cell to a row of the results."""

from __future__ import annotations

from batch_update.orders.results import (
    SETTLED,
    Delivery,
    Entry,
    Outcome,
    PastUpdate,
    Result,
    Summary,
    Trouble,
)
from batch_update.orders.sheets import (
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
    "SETTLED",
    "UNKNOWN_FORMAT",
    "CellValue",
    "CheckedRow",
    "Delivery",
    "Entry",
    "ErrorCell",
    "Field",
    "Layout",
    "OrderUpdate",
    "Outcome",
    "PastUpdate",
    "Problem",
    "Result",
    "Row",
    "Sheet",
    "Status",
    "Summary",
    "Trouble",
    "UnsavedFormula",
]
