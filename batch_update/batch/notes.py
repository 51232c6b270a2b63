"""What the ledger is told of updates that were noted as begun, and not delivered after all."""

from __future__ import annotations

from batch_update.batch.decisions import Tell
from batch_update.batch.interfaces import Job
from batch_update.model import Outcome, SendResult


def withdrawn(job: Job) -> SendResult:
    """Return the note of an update that was not begun; an earlier try may still have worked."""
    is_unknown = job.unknown_since is not None
    return SendResult(
        outcome=Outcome.UNCONFIRMED if is_unknown else Outcome.NOT_SENT,
        error_code="withdrawn",
        unknown_since=job.unknown_since,
    )


def told(decision: Tell) -> SendResult:
    """Return the note of an update whose unknown outcome is reported."""
    return SendResult(
        outcome=decision.result.outcome,
        error_code=decision.result.error_code,
        error_text=decision.result.error_text,
        unknown_since=decision.unknown_since,
    )
