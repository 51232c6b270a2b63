"""The queries by which the ledger is read for people; none of them changes it.

`{names}` stands for a sign for each name of a shop; moments are in milliseconds.
"""

from __future__ import annotations

_LAST_RUNS = "(SELECT shop, max(id) AS id FROM runs GROUP BY shop) AS last_runs"

SHOPS = "SELECT name FROM shops ORDER BY name"
FIRST_NOTE = "SELECT min(at) FROM attempts"

RUNS = f"""
    SELECT runs.id, shops.name, runs.operator, runs.os_user, runs.kind, runs.host, runs.pid,
    runs.version, runs.started_at, runs.alive_at, runs.ended_at, runs.exit_status, last_runs.id,
    sheets.id, sheets.name, sheets.sha256, sheets.plan, sheets.begun_at, sheets.done_at,
    sheets.exit_status
    FROM runs
    JOIN shops ON shops.id = runs.shop
    JOIN {_LAST_RUNS} ON last_runs.shop = runs.shop
    LEFT JOIN sheets ON sheets.run = runs.id
    WHERE runs.started_at >= ? AND runs.started_at < ? AND shops.name IN ({{names}})
    ORDER BY runs.id, sheets.id
"""
SHEET_COUNTS = "SELECT outcome, number FROM sheet_counts WHERE sheet = ?"

# Of sheets without a noted end: what was noted last of each update.
LAST_NOTES = """
    SELECT sheet, event, count(*) FROM (
        SELECT sheet, event,
        row_number() OVER (PARTITION BY update_id, sheet ORDER BY seq DESC) AS place
        FROM attempts
        WHERE sheet IN (
            SELECT sheets.id FROM sheets JOIN runs ON runs.id = sheets.run
            WHERE sheets.done_at = 0 AND runs.started_at >= ? AND runs.started_at < ?
        )
    ) AS notes
    WHERE place = 1 GROUP BY sheet, event
"""

LINES = f"""
    SELECT updates.id, updates.bill_id, updates.status, updates.date, updates.rpo, attempts.seq,
    attempts.event, attempts.at, attempts.row, attempts.posts, attempts.code, attempts.text,
    attempts.unknown_at, sheets.id, sheets.name, sheets.sha256,
    runs.id, shops.name, runs.operator, runs.os_user, runs.kind, runs.host, runs.pid, runs.version,
    runs.started_at, runs.alive_at, runs.ended_at, runs.exit_status, last_runs.id
    FROM updates
    JOIN attempts ON attempts.update_id = updates.id
    JOIN sheets ON sheets.id = attempts.sheet
    JOIN runs ON runs.id = sheets.run
    JOIN {_LAST_RUNS} ON last_runs.shop = runs.shop
    JOIN shops ON shops.id = updates.shop
    WHERE updates.bill_id = ? AND shops.name IN ({{names}})
    ORDER BY attempts.seq
"""

# More than those of unknown outcome; `standing.open_updates` looks at each.
DOUBTFUL_ORDERS = """
    SELECT DISTINCT updates.bill_id FROM updates
    JOIN shops ON shops.id = updates.shop
    WHERE shops.name IN ({names}) AND (
        updates.state IN ('sending', 'unconfirmed')
        OR updates.state <> 'rejected' AND (
            SELECT count(*) FROM attempts
            WHERE attempts.update_id = updates.id AND attempts.seq > updates.confirmed
        ) > 1
    )
    ORDER BY updates.bill_id
"""

# Each note with its outcome, but for beginnings that have an end; and of each update the number of
# the note for which it counts: its first confirmation, else the last thing that came of it. Of the
# updates only those of which something was noted within the time: to sort all of a ledger of years
# takes minutes.
_COUNTED = """
    WITH noted AS (
        SELECT updates.id AS update_id, updates.shop AS shop, updates.status AS status,
        attempts.seq AS seq, attempts.event AS event, attempts.at AS at, attempts.sheet AS sheet,
        attempts.posts AS posts, attempts.code AS code, attempts.text AS text,
        CASE
            WHEN attempts.event <> 'sending' THEN attempts.event
            WHEN lead(attempts.event, 1, 'sending') OVER following = 'sending'
            OR lead(attempts.sheet) OVER following <> attempts.sheet THEN 'unconfirmed'
        END AS outcome
        FROM updates JOIN attempts ON attempts.update_id = updates.id
        WHERE attempts.at < ? AND updates.id IN (
            SELECT update_id FROM attempts WHERE at >= ? AND at < ?{which}
        )
        WINDOW following AS (PARTITION BY updates.id ORDER BY attempts.seq)
    ),
    counted AS (
        SELECT shop, status, seq, event, at, sheet, posts, code, text, outcome,
        coalesce(
            min(CASE WHEN outcome IN ('updated', 'already updated') THEN seq END) OVER whole,
            max(CASE WHEN outcome IN ('rejected', 'unconfirmed') THEN seq END) OVER whole,
            max(seq) OVER whole
        ) AS counts_at
        FROM noted WHERE outcome IS NOT NULL
        WINDOW whole AS (PARTITION BY update_id)
    )
"""
SPAN_MS = 900_000
"""A quarter of an hour: every zone's days begin with one."""

TOTALS = f"""
    {_COUNTED.format(which="")}
    SELECT counted.at / {SPAN_MS}, shops.name, sheets.name, runs.operator, counted.status,
    counted.outcome,
    sum(CASE WHEN counted.seq = counted.counts_at THEN 1 ELSE 0 END),
    sum(CASE counted.event WHEN 'sending' THEN 1 ELSE coalesce(counted.posts, 0) END)
    FROM counted
    JOIN shops ON shops.id = counted.shop
    JOIN sheets ON sheets.id = counted.sheet
    JOIN runs ON runs.id = sheets.run
    WHERE counted.at >= ? AND shops.name IN ({{names}})
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY 1, 2, 3, 4, 5, 6
"""
REFUSALS = f"""
    {_COUNTED.format(which=" AND event = 'rejected'")}
    SELECT counted.code, max(counted.text),
    sum(CASE WHEN counted.seq = counted.counts_at THEN 1 ELSE 0 END), count(*)
    FROM counted
    JOIN shops ON shops.id = counted.shop
    WHERE counted.at >= ? AND counted.outcome = 'rejected' AND shops.name IN ({{names}})
    GROUP BY counted.code
    ORDER BY 4 DESC, 1
"""
