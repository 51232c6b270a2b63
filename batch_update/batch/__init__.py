"""The loop: each row in turn to exactly one result. No I/O of its own; it is handed the parts."""

from __future__ import annotations

from batch_update.batch.course import REFUSALS_IN_A_ROW, TROUBLES_IN_A_ROW
from batch_update.batch.dry_run import run_dry
from batch_update.batch.parts import Deliver, Memory, Policy, Wishes
from batch_update.batch.plans import fingerprint_of
from batch_update.batch.sending import send_updates

__all__ = [
    "REFUSALS_IN_A_ROW",
    "TROUBLES_IN_A_ROW",
    "Deliver",
    "Memory",
    "Policy",
    "Wishes",
    "fingerprint_of",
    "run_dry",
    "send_updates",
]
