"""The durable record of every update, so that no run sends again what another has brought home.

A SQLite file, readable with the `sqlite3` command line. One row of `updates` per distinct update:

    account, bill_id, status, date, rpo   what the update says; together the key. `date` is in
                                          unix seconds, 0 where the status has none; `rpo` is
                                          empty where the status has none
    state                                 `sending`, or the outcome: `updated`, `rejected`,
                                          `unconfirmed`, `not sent`
    code, text, attempts                  how it ended; code is the API's number or our word
    file, row                             where it was last read
    begun_at, settled_at                  UTC, ISO 8601; settled_at is empty while it is sending

and one row of `runs` per account: who works with it, or did last (`pid`, `host`, `since`).

What is promised: `sending` is on the disk before a request leaves, and the outcome before the same
worker's next one does (write-ahead log, `synchronous=FULL`), so that neither a kill nor a loss of
power leaves an update out of it. Updates that end and begin together share one commit; it is
durable as a whole or not at all. What is found in `sending` may or may not have happened: it is
under way, or was when the run ended. Only one run per account works at a time, held by a lock of
the operating system, which ends with the process that holds it. A ledger is used by one thread.
"""

from __future__ import annotations

from batch_update.ledger.book import Book
from batch_update.ledger.storage import Ledger

__all__ = ["Book", "Ledger"]
