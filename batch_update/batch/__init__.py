"""The loop: each row in turn to exactly one result. It does no I/O; its parts are handed in."""

from __future__ import annotations

from batch_update.batch.dry_run import Foreseen, run_dry
from batch_update.batch.findings import ORDER_MISSING
from batch_update.batch.inquiry import Inquiry
from batch_update.batch.interfaces import (
    Ask,
    Deliver,
    LedgerPort,
    RunOptions,
    SeenNumber,
    StopSignal,
)
from batch_update.batch.plan import fingerprint_of, is_of_other_options
from batch_update.batch.practice import reword
from batch_update.batch.results import describe_holder
from batch_update.batch.run_policy import REFUSALS_IN_A_ROW, TROUBLES_IN_A_ROW
from batch_update.batch.runner import send_updates

__all__ = [
    "ORDER_MISSING",
    "REFUSALS_IN_A_ROW",
    "TROUBLES_IN_A_ROW",
    "Ask",
    "Deliver",
    "Foreseen",
    "Inquiry",
    "LedgerPort",
    "RunOptions",
    "SeenNumber",
    "StopSignal",
    "describe_holder",
    "fingerprint_of",
    "is_of_other_options",
    "reword",
    "run_dry",
    "send_updates",
]
