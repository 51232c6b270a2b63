"""The ledger's tables, their migration, and the queries on them."""

from __future__ import annotations

VERSION = 3
APPLICATION_ID = 0x42555044
MOST_ASKED_FOR = 500
"""Number of orders looked up at once: older SQLite took only 999 values."""

_SHEET_COUNTS = """
    CREATE TABLE sheet_counts (
        sheet INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (sheet, outcome)
    ) WITHOUT ROWID
"""

GUARD_OF_DELETES = "attempts_stay"
GUARD_DELETES = f"""
    CREATE TRIGGER {GUARD_OF_DELETES} BEFORE DELETE ON attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END
"""

TABLES = (
    "CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        shop INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        version TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        alive_at INTEGER NOT NULL,
        ahead INTEGER,
        ended_at INTEGER NOT NULL DEFAULT 0,
        operator TEXT NOT NULL DEFAULT '',
        os_user TEXT NOT NULL DEFAULT '',
        kind TEXT NOT NULL DEFAULT '',
        exit_status INTEGER
    )
    """,
    "CREATE INDEX runs_by_shop ON runs (shop)",
    """
    CREATE TABLE sheets (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        seq INTEGER NOT NULL,
        begun_at INTEGER NOT NULL DEFAULT 0,
        done_at INTEGER NOT NULL DEFAULT 0,
        exit_status INTEGER,
        plan TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX sheets_by_content ON sheets (sha256)",
    "CREATE INDEX sheets_by_name ON sheets (name)",
    _SHEET_COUNTS,
    """
    CREATE TABLE updates (
        bill_id INTEGER NOT NULL,
        shop INTEGER NOT NULL,
        status TEXT NOT NULL,
        date INTEGER NOT NULL,
        rpo TEXT NOT NULL,
        id INTEGER NOT NULL,
        state TEXT NOT NULL,
        confirmed INTEGER NOT NULL,
        PRIMARY KEY (bill_id, shop, status, date, rpo)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE attempts (
        update_id INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        event TEXT NOT NULL,
        at INTEGER NOT NULL,
        sheet INTEGER NOT NULL,
        row INTEGER NOT NULL,
        posts INTEGER,
        code TEXT,
        text TEXT,
        unknown_at INTEGER,
        PRIMARY KEY (update_id, seq)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER attempts_stay_as_they_are BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END
    """,
    GUARD_DELETES,
    "CREATE TABLE counter (seq INTEGER NOT NULL, at INTEGER NOT NULL)",
    "INSERT INTO counter VALUES (0, 0)",
)

_MS = (
    "coalesce(CAST(strftime('%s', {time}) AS INTEGER) * 1000 + "
    "CAST(substr({time}, 21, 3) AS INTEGER), 0)"
)
MOMENTS = {
    "begun": _MS.format(time="begun_at"),
    "ended": _MS.format(time="nullif(settled_at, '')"),
    "since": _MS.format(time="since"),
}
"""Moments as version 1 wrote them: text, UTC, to the millisecond."""

FROM_VERSION_1 = (
    # In the order in which they ended, by the clock: version 1 kept no other.
    """
    CREATE TABLE lines AS
    SELECT old.*, shops.id AS shop, {begun} AS begun, {ended} AS ended
    FROM updates_1 AS old
    JOIN identities ON identities.account = old.account
    JOIN shops ON shops.name = identities.shop
    ORDER BY CASE old.settled_at WHEN '' THEN old.begun_at ELSE old.settled_at END
    """,
    """
    INSERT INTO runs (shop, pid, host, version, started_at, alive_at, ended_at)
    SELECT shops.id, pid, host, '1', {since}, 0, {since}
    FROM runs_1 JOIN identities ON identities.account = runs_1.account
    JOIN shops ON shops.name = identities.shop
    """,
    """
    INSERT INTO runs (shop, pid, host, version, started_at, alive_at, ended_at)
    SELECT id, 0, '', '1', 0, 0, 1 FROM shops WHERE id NOT IN (SELECT shop FROM runs)
    """,
    """
    INSERT INTO sheets (run, name, sha256, seq)
    SELECT (SELECT max(id) FROM runs WHERE runs.shop = lines.shop), file, '', 0
    FROM lines GROUP BY shop, file
    """,
    "CREATE TABLE places (shop INTEGER, file TEXT, sheet INTEGER, PRIMARY KEY (shop, file))",
    """
    INSERT INTO places
    SELECT runs.shop, sheets.name, sheets.id FROM sheets JOIN runs ON runs.id = sheets.run
    """,
    """
    INSERT INTO updates (bill_id, shop, status, date, rpo, id, state, confirmed)
    SELECT bill_id, shop, status, date, rpo, 2 * rowid - 1, state,
    CASE state WHEN 'updated' THEN 2 * rowid ELSE 0 END
    FROM lines WHERE true ORDER BY rowid
    ON CONFLICT (bill_id, shop, status, date, rpo) DO UPDATE SET
    state = CASE WHEN confirmed > 0 AND excluded.state <> 'unconfirmed' THEN 'updated'
    ELSE excluded.state END,
    confirmed = max(confirmed, excluded.confirmed)
    """,
    """
    INSERT INTO attempts (update_id, seq, event, at, sheet, row)
    SELECT updates.id, 2 * lines.rowid - 1, 'sending', begun, sheet, row
    FROM lines
    JOIN updates USING (bill_id, shop, status, date, rpo)
    JOIN places USING (shop, file)
    ORDER BY lines.rowid
    """,
    """
    INSERT INTO attempts (update_id, seq, event, at, sheet, row, posts, code, text, unknown_at)
    SELECT updates.id, 2 * lines.rowid, lines.state, ended, sheet, row, attempts,
    nullif(code, ''), nullif(text, ''), CASE lines.state WHEN 'unconfirmed' THEN ended END
    FROM lines
    JOIN updates USING (bill_id, shop, status, date, rpo)
    JOIN places USING (shop, file)
    WHERE lines.state <> 'sending'
    ORDER BY lines.rowid
    """,
    """
    UPDATE counter SET seq = (SELECT 2 * count(*) FROM lines),
    at = (SELECT max(coalesce(max(begun), 0), coalesce(max(ended), 0)) FROM lines)
    """,
    "DROP TABLE lines",
    "DROP TABLE places",
    "DROP TABLE identities",
    "DROP TABLE updates_1",
    "DROP TABLE runs_1",
)
"""Each line of version 1 becomes an attempt: its beginning and its end."""

FROM_VERSION_2 = (
    "ALTER TABLE runs ADD COLUMN operator TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN os_user TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN exit_status INTEGER",
    "ALTER TABLE sheets ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sheets ADD COLUMN done_at INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sheets ADD COLUMN exit_status INTEGER",
    "ALTER TABLE sheets ADD COLUMN plan TEXT NOT NULL DEFAULT ''",
    _SHEET_COUNTS,
)
"""Columns are only added, each with a default and a name of its own in the queries of version 2, so
that a run of that version goes on."""

AS_IF_OF_VERSION_3 = (
    """
    CREATE TEMP VIEW runs AS SELECT *, '' AS operator, '' AS os_user, '' AS kind,
    NULL AS exit_status FROM main.runs
    """,
    """
    CREATE TEMP VIEW sheets AS SELECT *, 0 AS begun_at, 0 AS done_at, NULL AS exit_status,
    '' AS plan FROM main.sheets
    """,
    "CREATE TEMP VIEW sheet_counts AS SELECT 0 AS sheet, '' AS outcome, 0 AS number WHERE false",
)
"""What makes a ledger of version 2 readable as the present one without a change to its file."""

ORDERS = """
    SELECT shops.name, updates.bill_id, updates.status, updates.date, updates.rpo, attempts.seq,
    attempts.event, attempts.at, attempts.row, attempts.code, attempts.text, attempts.unknown_at,
    sheets.name, sheets.sha256, runs.id, runs.alive_at, runs.ended_at, runs.ahead,
    '', 0
    FROM updates
    LEFT JOIN attempts ON attempts.update_id = updates.id
    LEFT JOIN sheets ON sheets.id = attempts.sheet
    LEFT JOIN runs ON runs.id = sheets.run
    LEFT JOIN shops ON shops.id = updates.shop
    WHERE {where} ORDER BY attempts.seq
"""
FIRST_SEEN = """
    SELECT min(sheets.seq) FROM sheets JOIN runs ON runs.id = sheets.run
    WHERE sheets.run <> ? AND sha256 = ? AND runs.shop IN ({shops})
"""
CUT_OFF = """
    SELECT CASE ended_at WHEN 0 THEN sheets.seq END
    FROM sheets JOIN runs ON runs.id = sheets.run
    WHERE sheets.run <> ? AND sheets.name = ? AND runs.shop IN ({shops})
    ORDER BY sheets.seq DESC, sheets.id DESC LIMIT 1
"""
LAST_SEEN = """
    SELECT max(sheets.seq) FROM sheets JOIN runs ON runs.id = sheets.run
    WHERE sheets.run <> ? AND sheets.name IN ({names}) AND runs.shop IN ({shops})
"""
TAKE_NUMBERS = "UPDATE counter SET seq = seq + ?, at = max(at, ?)"
COUNTER = "SELECT seq, at FROM counter"

# An update that was confirmed once stays confirmed when the shop refuses to take it again; one that
# may have been done once more, or is under way, is recorded as such.
NOTE_UPDATE = """
    INSERT INTO updates (bill_id, shop, status, date, rpo, id, state, confirmed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bill_id, shop, status, date, rpo) DO UPDATE SET
    state = CASE WHEN confirmed > 0 AND excluded.state IN ('rejected', 'not sent') THEN 'updated'
    ELSE excluded.state END,
    confirmed = max(confirmed, excluded.confirmed)
"""
NOTE_UPDATE_IF_NEW = """
    INSERT INTO updates (bill_id, shop, status, date, rpo, id, state, confirmed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bill_id, shop, status, date, rpo) DO NOTHING
"""
NOTE_ATTEMPT = """
    INSERT INTO attempts
    (update_id, seq, event, at, sheet, row, posts, code, text, unknown_at)
    SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM updates
    WHERE bill_id = ? AND shop = ? AND status = ? AND date = ? AND rpo = ?
"""
NOTE_ATTEMPT_IF_NEW = f"{NOTE_ATTEMPT} AND id = ?"
NOTE_SHEET = "INSERT INTO sheets (run, name, sha256, seq, begun_at) VALUES (?, ?, ?, ?, ?)"
END_SHEET = "UPDATE sheets SET done_at = ?, exit_status = ?, plan = ? WHERE id = ?"
NOTE_COUNT = "INSERT INTO sheet_counts (sheet, outcome, number) VALUES (?, ?, ?)"
NOTE_RUN = """
    INSERT INTO runs (shop, pid, host, version, started_at, alive_at, operator, os_user, kind)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
LAST_RUN = """
    SELECT pid, host, started_at, operator FROM runs
    WHERE shop = ? AND ended_at = 0 ORDER BY id DESC LIMIT 1
"""
STAY_ALIVE = "UPDATE runs SET alive_at = ?, ahead = ? WHERE id = ?"
END_RUN = "UPDATE runs SET alive_at = ?, ended_at = ?, exit_status = ? WHERE id = ?"

# Each table's and index's first page, which is where a file that was torn or mixed up shows it.
GLANCE = (
    COUNTER,
    "SELECT count(*) FROM (SELECT 1 FROM shops LIMIT 1)",
    "SELECT count(*) FROM (SELECT 1 FROM runs LIMIT 1)",
    "SELECT count(*) FROM (SELECT 1 FROM sheets LIMIT 1)",
    "SELECT max(id) FROM (SELECT id FROM updates LIMIT 1)",
    "SELECT max(at) FROM (SELECT at FROM attempts LIMIT 1)",
)
GLANCE_AT_VERSION_1 = (
    "SELECT count(*) FROM (SELECT 1 FROM runs LIMIT 1)",
    "SELECT max(state) FROM (SELECT state FROM updates LIMIT 1)",
)

CHECKS = (
    """
    SELECT count(*) FROM updates WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE update_id = id)
    """,
    """
    SELECT count(*) FROM updates WHERE confirmed <> (SELECT coalesce(max(seq), 0) FROM attempts
    WHERE update_id = id AND event IN ('updated', 'already updated'))
    """,
    "SELECT count(*) FROM attempts WHERE sheet NOT IN (SELECT id FROM sheets)",
    "SELECT count(*) FROM attempts WHERE seq > (SELECT seq FROM counter)",
)
"""Each counts lines that contradict others; 0 if all is well."""
