"""The rules: turn a row into an order update, or into a list of all its problems."""

from __future__ import annotations

from batch_update.validator.affixes import Affixes, fold_affix
from batch_update.validator.cells import CellRefusedError, read_bill_id, read_status
from batch_update.validator.dates import Calendar, DateOrder, read_date, tells_whole_date
from batch_update.validator.rows import Rules, check_row, lacking_columns
from batch_update.validator.sheets import check_sheet
from batch_update.validator.statuses import OwnWord

__all__ = [
    "Affixes",
    "Calendar",
    "CellRefusedError",
    "DateOrder",
    "OwnWord",
    "Rules",
    "check_row",
    "check_sheet",
    "fold_affix",
    "lacking_columns",
    "read_bill_id",
    "read_date",
    "read_status",
    "tells_whole_date",
]
