"""What the ledger tells, for other programs; docs/reference.md lists the fields."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import batch_update
from batch_update.cli import ledger_words
from batch_update.ledger import AttemptRecord, OpenUpdate, RunRecord, SheetRecord
from batch_update.ledger.losses import Loss
from batch_update.model import OrderUpdate


def dump(ledger: str, shops: Sequence[str], zone: dt.tzinfo, facts: Mapping[str, object]) -> str:
    """Return the answer to a question.

    Args:
        ledger: where the ledger is.
        shops: the names of the shop that it is about; none for all.
        zone: the zone of all times.
        facts: the answer's own fields.
    """
    head = {
        "version": batch_update.__version__,
        "ledger": ledger,
        "shops": list(shops),
        "zone": str(zone),
    }
    return json.dumps({**head, **facts}, ensure_ascii=False, indent=2)


def of_run(run: RunRecord, zone: dt.tzinfo) -> dict[str, object]:
    """Return a run's fields."""
    return {
        "run": run.id,
        "shop": run.shop,
        "kind": run.by.kind or None,
        "operator": run.by.operator or None,
        "os_user": run.by.os_user or None,
        "host": run.host,
        "pid": run.pid,
        "version": run.version,
        "state": run.state.value,
        "started_at": _shown(run.started_at, zone),
        "alive_at": _shown(run.alive_at, zone),
        "ended_at": _shown(run.ended_at, zone),
        "exit_status": run.exit_status,
        "reason": run.reason or None,
        "lost_because": None if run.loss is None else _of_loss(run.loss),
        "sheets": [_of_sheet(sheet, zone) for sheet in run.sheets],
    }


def of_attempt(attempt: AttemptRecord, zone: dt.tzinfo) -> dict[str, object]:
    """Return an attempt's fields."""
    return {
        **_of_update(attempt.update, zone),
        "begun_at": _shown(attempt.begun_at, zone),
        "ended_at": _shown(attempt.ended_at, zone),
        "under_way": attempt.is_under_way,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "code": attempt.code or None,
        "text": attempt.text or None,
        "posts": attempt.posts,
        "unknown_at": _shown(attempt.unknown_at, zone),
        "sha256": attempt.sha256 or None,
        **_of_place(attempt),
    }


def of_open_update(found: OpenUpdate, zone: dt.tzinfo) -> dict[str, object]:
    """Return the fields of an update whose outcome is not known."""
    return {
        **_of_update(found.last.update, zone),
        "since": _shown(found.since, zone),
        "tries": found.tries,
        "under_way": found.last.is_under_way,
        "code": found.last.code or None,
        "advice": ledger_words.advise(found.last),
        **_of_place(found.last),
    }


def _of_loss(loss: Loss) -> dict[str, object]:
    return {
        "kind": loss.kind,
        "operator": loss.operator or None,
        "host": loss.host or None,
        "pid": loss.pid or None,
        "reason": loss.reason or None,
    }


def _of_sheet(sheet: SheetRecord, zone: dt.tzinfo) -> dict[str, object]:
    return {
        "file": sheet.name,
        "sha256": sheet.sha256 or None,
        "plan": sheet.plan or None,
        "begun_at": _shown(sheet.begun_at, zone),
        "ended_at": _shown(sheet.ended_at, zone),
        "exit_status": sheet.exit_status,
        "counts": dict(sheet.counts),
        "complete": sheet.is_whole,
    }


def _of_update(update: OrderUpdate, zone: dt.tzinfo) -> dict[str, object]:
    return {
        "order": update.bill_id,
        "status": update.status.value,
        "date": _shown(update.date, zone),
        "rpo": update.rpo,
    }


def _of_place(attempt: AttemptRecord) -> dict[str, object]:
    run = attempt.run
    return {
        "file": attempt.sheet,
        "row": attempt.row,
        "shop": attempt.shop,
        "run": run.id,
        "operator": run.by.operator or None,
        "host": run.host,
    }


def _shown(moment: dt.datetime | None, zone: dt.tzinfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="milliseconds")
