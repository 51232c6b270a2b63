"""The ledger's tables, how they came to be, and what is asked of them."""

from __future__ import annotations

VERSION = 1
APPLICATION_ID = 0x42555044
SENDING = "sending"
MOST_ASKED_FOR = 500
MOST_NOTED = 64
"""So many orders are looked up, and lines written, at once: SQLite took only 999 values once."""

# One script per version; a ledger of an older version runs those that it lacks.
MIGRATIONS = (
    """
    CREATE TABLE updates (
        account TEXT NOT NULL,
        bill_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        date INTEGER NOT NULL,
        rpo TEXT NOT NULL,
        state TEXT NOT NULL,
        code TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,
        file TEXT NOT NULL,
        row INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        settled_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account, bill_id, status, date, rpo)
    ) WITHOUT ROWID;
    CREATE INDEX updates_by_order ON updates (bill_id);
    CREATE TABLE runs (
        account TEXT NOT NULL PRIMARY KEY,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        since TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)

HISTORY = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates WHERE bill_id = ? ORDER BY begun_at
"""
KNOWN = "SELECT DISTINCT bill_id FROM updates WHERE account = ? AND bill_id IN ({places})"
RECALL = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates WHERE account = ? AND bill_id = ? AND status = ? AND date = ? AND rpo = ?
"""
RECALL_ANY_DATE = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates AS one
    WHERE account = ? AND bill_id = ? AND status = ? AND rpo = ?
    AND state IN ('updated', 'sending', 'unconfirmed')
    AND NOT EXISTS (
        SELECT 1 FROM updates AS later
        WHERE later.account = one.account AND later.bill_id = one.bill_id
        AND later.status IN ('cancel', 'return') AND later.state = 'updated'
        AND later.settled_at >
        CASE one.state WHEN 'updated' THEN one.settled_at ELSE one.begun_at END
    )
    ORDER BY state = 'updated' DESC, begun_at DESC LIMIT 1
"""
OVERTAKEN = """
    SELECT account, bill_id, status, date, rpo, state, code, text, file, row, begun_at, settled_at
    FROM updates
    WHERE account = ? AND bill_id = ? AND NOT (status = ? AND date = ? AND rpo = ?)
    AND state = 'updated' AND status <> 'paid' AND settled_at > ?
    ORDER BY settled_at DESC LIMIT 1
"""
# What the shop has confirmed once stays confirmed, whatever comes of sending it again. When it was
# begun is not said again when it is settled.
NOTE = """
    INSERT INTO updates
    (account, bill_id, status, date, rpo, state, code, text, attempts, file, row, begun_at,
    settled_at) VALUES {lines}
    ON CONFLICT (account, bill_id, status, date, rpo) DO UPDATE SET
    state = excluded.state, code = excluded.code, text = excluded.text,
    attempts = excluded.attempts, file = excluded.file, row = excluded.row,
    begun_at = CASE excluded.begun_at WHEN '' THEN begun_at ELSE excluded.begun_at END,
    settled_at = excluded.settled_at
    WHERE state <> 'updated' OR excluded.state = 'updated'
"""
A_LINE = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
HOLD = "INSERT OR REPLACE INTO runs (account, pid, host, since) VALUES (?, ?, ?, ?)"
