"""The durable record of every update, so that no run repeats an update of an earlier one.

A SQLite file, readable with the `sqlite3` command line:

    updates     one row per distinct update: shop, bill_id, status, date (unix seconds, 0 where the
                status has none) and rpo (empty where the status has none) are the key; `state` is
                `sending` or the outcome known last, `confirmed` the number of the attempt's line
                that confirmed it last, `id` its number in `attempts`
    attempts    all tries, never changed: for each try a line when it is begun (`sending`) and
                one when it has ended (`updated`, `rejected`, ...), with `posts` (how often it was
                sent), code and text, and `unknown_at`, the moment at which the last request was
                given up that the shop may still act on
    counter     the last `seq`: the order of all events, whatever the clock says
    sheets      which file, with which bytes, a line was read from, and in which run; when it was
                begun, when its results were written, and with which exit status
    sheet_counts  number of its rows by outcome, once its results are written
    runs        the processes that worked with a shop (`pid`, `host`, `operator`, `os_user`), their
                start, their last sign of life, their end, and the lead of the shop's clock over the
                machine's
    shops       their names

All moments are in milliseconds since 1970-01-01 UTC.

Guarantee: `sending` is on the disk before a request leaves, and the outcome before the same
worker's next one does (write-ahead log, `synchronous=FULL`), so that neither a kill nor a loss of
power leaves an update out of it. Updates that end and begin together share one commit; it is
durable as a whole or not at all. A try of which no end was noted may or may not have happened: it
is under way, or was when the run ended. Only one run per shop works at a time, held by a lock of
the operating system, which ends with the process that holds it. A ledger is used by one thread.
"""

from __future__ import annotations

from batch_update.ledger.account_ledger import AccountLedger
from batch_update.ledger.reading import LedgerReader
from batch_update.ledger.records import (
    AttemptRecord,
    DayTotal,
    OpenUpdate,
    RefusalTotal,
    RunKind,
    RunRecord,
    RunState,
    SheetRecord,
    StartedBy,
)
from batch_update.ledger.sqlite.ledger import Ledger
from batch_update.ledger.sqlite.reading import open_reader

__all__ = [
    "AccountLedger",
    "AttemptRecord",
    "DayTotal",
    "Ledger",
    "LedgerReader",
    "OpenUpdate",
    "RefusalTotal",
    "RunKind",
    "RunRecord",
    "RunState",
    "SheetRecord",
    "StartedBy",
    "open_reader",
]
