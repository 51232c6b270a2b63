"""Attempts from the ledger's notes: each has a beginning, and an end unless it was cut off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from batch_update.ledger.entries import SENDING, from_ms
from batch_update.ledger.records import AttemptRecord, RunRecord
from batch_update.model import OrderUpdate, Outcome, Status


def pair_notes(notes: Iterable[tuple[tuple[Any, ...], RunRecord]]) -> list[AttemptRecord]:
    """Put beginnings and ends together.

    Args:
        notes: lines found by `queries.LINES`, each with its run, in their order.

    Returns:
        In the order of their first notes.

    Raises:
        ValueError: a line holds values that we do not write.
        OverflowError: a date is beyond the calendar.
    """
    found: list[AttemptRecord] = []
    begun: dict[object, tuple[int, object]] = {}
    for line, run in notes:
        update_id, sheet, is_end = line[0], line[13], line[6] != SENDING
        place, begun_in = begun.pop(update_id, (-1, None))
        begin = found[place] if begun_in == sheet and is_end and place >= 0 else None
        attempt = _attempt(line, run, begin)
        if begin is not None:
            found[place] = attempt
            continue
        if not is_end:
            begun[update_id] = len(found), sheet
        found.append(attempt)
    return found


def _attempt(line: tuple[Any, ...], run: RunRecord, begin: AttemptRecord | None) -> AttemptRecord:
    __, bill_id, status, date, rpo, seq, event, at, row, posts, code, text, *rest = line
    outcome = None if event == SENDING else Outcome(event)
    moment = from_ms(int(at))
    begun_at = moment if outcome is None else begin.begun_at if begin else None
    return AttemptRecord(
        shop=run.shop,
        update=OrderUpdate(
            bill_id=int(bill_id),
            status=Status(status),
            date=_date(int(date)),
            rpo=str(rpo) or None,
        ),
        seq=int(seq),
        begun_at=begun_at,
        ended_at=None if outcome is None else moment,
        outcome=outcome,
        code=str(code or ""),
        text=str(text or ""),
        posts=None if posts is None else int(posts),
        unknown_at=None if rest[0] is None else from_ms(int(rest[0])),
        row=int(row),
        sheet=str(rest[2]),
        sha256=str(rest[3]),
        run=run,
    )


def _date(seconds: int) -> dt.datetime | None:
    return from_ms(seconds * 1000) if seconds else None
