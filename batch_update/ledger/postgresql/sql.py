"""The statements of a team's ledger.

Each that writes may be run again, after others have written too, and does nothing then. Lines come
as arrays, one for each column.
"""

from __future__ import annotations

from batch_update.ledger.postgresql.tables import PAYING, SERVER_START

CLAIMS_AT_ONCE = 50
"""Most orders that a run claims ahead: few, so that several runs share a sheet evenly."""

NOW_US = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
RIGHTS = "SELECT current_user, has_table_privilege('batch_update.runs', 'INSERT')"

FENCE = f"""
    SELECT id, {SERVER_START} FROM batch_update.runs
    WHERE id = {{run}} AND token = {{token}} AND lost_at = 0 AND ended_at = 0 FOR KEY SHARE
"""
"""Lets the lease be renewed meanwhile, but nobody take the run for lost until the end.

A pooler may pass each transaction to another server, and a standby take the place of the first.
"""
ENTER = "batch_update.enter({run}, {token}, %s)"
"""The same, but fails on another server than the given one, and where `FENCE` finds nothing."""

TAKES_NO_NOTES = """
    SELECT pg_catalog.current_setting('transaction_read_only'),
    pg_catalog.pg_is_in_recovery()
"""
"""Whether all transactions only read, and whether the server is a standby."""

GIVE_ACCESS = "INSERT INTO batch_update.access VALUES ('{user}', '{shop}')"
"""For an administrator to type."""

ACCESS = "SELECT 1 FROM batch_update.access WHERE shop_name IN ('*', %s)"
SHOP = "SELECT id FROM batch_update.shops WHERE name = %s"
ADD_SHOP = "INSERT INTO batch_update.shops (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
NOTE_ADDRESS = """
    UPDATE batch_update.shops SET address = %s WHERE id = %s AND address IS DISTINCT FROM %s
"""

# A sequence of a standby that was promoted, or of a backup, may give its last numbers once more.
TAKE_RUN = """
    SELECT nextval('batch_update.run_ids'),
    (nextval('batch_update.tokens') << 30) + floor(random() * 1073741824)::bigint
"""
NOTE_RUN = """
    INSERT INTO batch_update.runs (id, token, shop, pid, host, machine, process_start, version,
    started_at, alive_at, lease_until, operator, os_user, kind, rate, reason)
    SELECT %s, %s, %s, %s, %s, %s, %s, %s, now, now, now + %s, %s, %s, %s, %s, %s
    FROM batch_update.now_ms() AS now
    ON CONFLICT (id) DO NOTHING
"""
NOTE_ACTION = """
    INSERT INTO batch_update.actions (id, at, shop, run, kind, operator, reason)
    SELECT %s, started_at, shop, id, kind, operator, reason FROM batch_update.runs WHERE id = %s
    ON CONFLICT (id) DO NOTHING
"""
TAKE_ACTION = "SELECT nextval('batch_update.action_ids')"
RELEASE_ALL = "DELETE FROM batch_update.claims WHERE run = %s AND token = %s"
# A run that others took for lost has an end already.
END_RUN = """
    UPDATE batch_update.runs SET alive_at = now, lease_until = least(lease_until, now),
    ended_at = now, exit_status = %s FROM batch_update.now_ms() AS now
    WHERE id = %s AND token = %s AND ended_at = 0 AND lost_at = 0
"""
NOTE_LEAD = """
    UPDATE batch_update.runs SET ahead = %s WHERE id = %s AND ahead IS DISTINCT FROM %s
"""

ORDERS = """
    SELECT shops.name, updates.bill_id, updates.status, updates.date, updates.rpo, attempts.seq,
    attempts.event, attempts.at, attempts.row, attempts.code, attempts.text, attempts.unknown_at,
    sheets.name, sheets.sha256, runs.id, greatest(runs.alive_at, runs.lease_until), runs.ended_at,
    runs.ahead, runs.operator, runs.host, runs.id <> mine.id AND mine.started_at < CASE
    WHEN runs.ended_at > 0 THEN runs.ended_at ELSE greatest(runs.alive_at, runs.lease_until) END
    FROM batch_update.updates
    LEFT JOIN batch_update.attempts ON attempts.update_id = updates.id
    LEFT JOIN batch_update.sheets ON sheets.id = attempts.sheet
    LEFT JOIN batch_update.runs ON runs.id = sheets.run
    LEFT JOIN batch_update.shops ON shops.id = updates.shop
    LEFT JOIN batch_update.runs AS mine ON mine.id = %s
    WHERE updates.bill_id = ANY (%s::bigint[]) AND updates.shop = ANY (%s::bigint[])
    ORDER BY attempts.seq
"""
"""What a lost run had under way may have been sent until the end of its lease."""

FIRST_SEEN = """
    SELECT min(sheets.seq) FROM batch_update.sheets
    JOIN batch_update.runs ON runs.id = sheets.run
    WHERE sheets.run <> %s AND sheets.sha256 = %s AND runs.shop = ANY (%s::bigint[])
"""
CUT_OFF = """
    SELECT CASE WHEN runs.ended_at = 0
    AND (runs.lost_at > 0 OR runs.lease_until < batch_update.now_ms()) THEN sheets.seq END
    FROM batch_update.sheets
    JOIN batch_update.runs ON runs.id = sheets.run
    WHERE sheets.run <> %s AND sheets.name = %s AND runs.shop = ANY (%s::bigint[])
    ORDER BY sheets.seq DESC, sheets.id DESC LIMIT 1
"""
LAST_SEEN = """
    SELECT max(sheets.seq) FROM batch_update.sheets
    JOIN batch_update.runs ON runs.id = sheets.run
    WHERE sheets.run <> %s AND sheets.name = ANY (%s::text[]) AND runs.shop = ANY (%s::bigint[])
"""

TAKE_NUMBERS = "SELECT nextval('batch_update.numbers')"
TAKE_SHEET = "SELECT nextval('batch_update.sheet_ids'), nextval('batch_update.numbers')"
NOTE_SHEET = """
    INSERT INTO batch_update.sheets (id, run, shop, name, sha256, seq, begun_at)
    SELECT %s, id, shop, %s, %s, %s, %s FROM batch_update.runs WHERE id = %s
    ON CONFLICT (id) DO NOTHING
"""
END_SHEET = """
    UPDATE batch_update.sheets SET done_at = %s, exit_status = %s, plan = %s WHERE id = %s
"""
NOTE_COUNTS = """
    INSERT INTO batch_update.sheet_counts (sheet, shop, outcome, number)
    SELECT sheets.id, sheets.shop, counts.outcome, counts.number
    FROM unnest(%s::text[], %s::bigint[]) AS counts (outcome, number)
    JOIN batch_update.sheets ON sheets.id = %s
    ON CONFLICT (sheet, outcome) DO NOTHING
"""

_LINES = """
    unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
    %s::bigint[]) AS lines (bill_id, status, date, rpo, seq, event, {last})
"""

# The other payments of an order of which the run knew give way; of one that it did not know, the
# index `one_payment` says so.
REPLACE_PAYMENTS = """
    UPDATE batch_update.updates SET replaced_by = lines.seq
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
    AS lines (bill_id, date, rpo, seq, seen)
    WHERE updates.bill_id = lines.bill_id AND updates.shop = %s AND updates.status = 'paid'
    AND (updates.date, updates.rpo) <> (lines.date, lines.rpo)
    AND updates.replaced_by IS NULL AND updates.last_seq < lines.seq
    AND (updates.last_seq <= lines.seen OR updates.owner_run = %s)
"""

# An update that was confirmed once stays confirmed when the shop refuses to take it again; one that
# may have been done once more, or is under way, is recorded as such. Of several payments of an
# order, the one noted last counts. A payment is begun only if no other run has noted anything of it
# since this one looked; that it was passed over, another run may note while this one claims it, and
# with a higher number.
NOTE_UPDATES = f"""
    INSERT INTO batch_update.updates AS known (bill_id, shop, status, date, rpo, id, state,
    confirmed, last_seq, owner_run, token, seen, replaced_by)
    SELECT bill_id, %s, status, date, rpo, first_seq,
    CASE WHEN confirmed > 0 AND event IN ('rejected', 'not sent') THEN 'updated' ELSE event END,
    confirmed, seq, %s, %s, seen, CASE WHEN paid_seq > seq THEN paid_seq END
    FROM (
        SELECT DISTINCT ON (bill_id, status, date, rpo) *,
        min(seq) OVER same AS first_seq,
        coalesce(max(seq) FILTER (WHERE event IN ('updated', 'already updated')) OVER same, 0)
        AS confirmed,
        CASE WHEN status = 'paid' THEN
        max(seq) FILTER (WHERE status = 'paid' AND event IN ({PAYING})) OVER (PARTITION BY bill_id)
        END AS paid_seq
        FROM {_LINES.format(last="seen")}
        WINDOW same AS (PARTITION BY bill_id, status, date, rpo)
        ORDER BY bill_id, status, date, rpo, seq DESC
    ) AS noted
    ON CONFLICT (bill_id, shop, status, date, rpo) DO UPDATE SET
    state = CASE WHEN known.confirmed > 0 AND excluded.state IN ('rejected', 'not sent')
    THEN 'updated' ELSE excluded.state END,
    confirmed = greatest(known.confirmed, excluded.confirmed),
    last_seq = excluded.last_seq, owner_run = excluded.owner_run, token = excluded.token,
    seen = excluded.seen,
    replaced_by = CASE WHEN excluded.state IN ({PAYING}) THEN excluded.replaced_by
    ELSE known.replaced_by END
    WHERE (known.last_seq < excluded.last_seq OR (
        excluded.state = 'sending' AND known.state = 'not sent'
        AND known.owner_run <> excluded.owner_run
    )) AND NOT (
        known.status = 'paid' AND excluded.state = 'sending' AND known.state IN ({PAYING})
        AND known.owner_run <> excluded.owner_run AND known.last_seq > excluded.seen
    )
"""
# Whoever holds an order notes by itself what becomes of it, and with lower numbers perhaps.
NOTE_UPDATES_IF_NEW = f"""
    INSERT INTO batch_update.updates
    (bill_id, shop, status, date, rpo, id, state, confirmed, last_seq, owner_run, token)
    SELECT DISTINCT ON (bill_id, status, date, rpo)
    bill_id, %s, status, date, rpo, seq, event, 0, seq, %s, %s
    FROM {_LINES.format(last="seen")}
    WHERE NOT EXISTS (
        SELECT FROM batch_update.claims AS held
        WHERE held.shop = %s AND held.bill_id = lines.bill_id AND held.run <> %s
    )
    ORDER BY bill_id, status, date, rpo, seq
    ON CONFLICT (bill_id, shop, status, date, rpo) DO NOTHING
"""
# Known to be written are those of which the attempt is there: then all of this was done before.
REFUSE_UNWRITTEN_PAYMENTS = """
    SELECT batch_update.refuse_payments(string_agg(DISTINCT updates.bill_id::text, ', '))
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
    AS lines (bill_id, date, rpo, seq)
    JOIN batch_update.updates ON updates.bill_id = lines.bill_id AND updates.shop = %s
    AND updates.status = 'paid' AND updates.date = lines.date AND updates.rpo = lines.rpo
    WHERE updates.last_seq < lines.seq OR updates.owner_run <> %s AND NOT EXISTS (
        SELECT FROM batch_update.attempts
        WHERE attempts.update_id = updates.id AND attempts.seq = lines.seq
    )
    HAVING count(*) > 0
"""

_NOTE_ATTEMPTS = """
    INSERT INTO batch_update.attempts (update_id, seq, event, at, sheet, row, posts, code, text,
    unknown_at, shop, token)
    SELECT updates.id, lines.seq, lines.event, lines.at, %s, lines.row, lines.posts, lines.code,
    lines.text, lines.unknown_at, updates.shop, %s
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
    AS lines (bill_id, status, date, rpo, seq, event, at, row, posts, code, text, unknown_at)
    JOIN batch_update.updates ON updates.bill_id = lines.bill_id AND updates.shop = %s
    AND updates.status = lines.status AND updates.date = lines.date AND updates.rpo = lines.rpo
"""
_ONCE = "ON CONFLICT (update_id, seq) DO NOTHING"
NOTE_ATTEMPTS_IF_NEW = f"{_NOTE_ATTEMPTS} WHERE updates.id = lines.seq {_ONCE}"
NOTE_ATTEMPTS = f"{_NOTE_ATTEMPTS} {_ONCE}"

# In the order of their numbers, so that two runs never wait for each other. Whoever ended or was
# taken for lost is so for good, so what this statement sees of them is true whenever it was.
CLAIM = """
    INSERT INTO batch_update.claims AS held (shop, bill_id, run, token, since)
    SELECT shop, bill_id, %s, %s, batch_update.now_ms()
    FROM unnest(%s::bigint[]) AS shop, unnest(%s::bigint[]) AS bill_id
    ORDER BY bill_id, shop
    ON CONFLICT (shop, bill_id) DO UPDATE SET
    run = excluded.run, token = excluded.token,
    since = CASE WHEN held.run = excluded.run THEN held.since ELSE excluded.since END
    WHERE held.run = excluded.run OR EXISTS (
        SELECT FROM batch_update.runs
        WHERE runs.id = held.run AND (runs.lost_at > 0 OR runs.ended_at > 0)
    )
    RETURNING bill_id
"""
HOLDERS = """
    SELECT held.bill_id, runs.operator, runs.host, runs.pid, runs.started_at
    FROM batch_update.claims AS held JOIN batch_update.runs ON runs.id = held.run
    WHERE held.shop = ANY (%s::bigint[]) AND held.bill_id = ANY (%s::bigint[]) AND held.run <> %s
"""
MARK_LOST = """
    UPDATE batch_update.runs SET lost_at = batch_update.now_ms(), lost_kind = 'silent',
    lost_operator = %s, lost_host = %s, lost_pid = %s
    WHERE id IN (
        SELECT runs.id FROM batch_update.runs
        WHERE runs.id <> %s AND runs.lost_at = 0 AND runs.ended_at = 0
        AND runs.lease_until < batch_update.now_ms() AND runs.id IN (
            SELECT held.run FROM batch_update.claims AS held
            WHERE held.shop = ANY (%s::bigint[]) AND held.bill_id = ANY (%s::bigint[])
        )
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""
NEIGHBOURS = """
    SELECT id, pid, process_start FROM batch_update.runs
    WHERE shop = ANY (%s::bigint[]) AND machine = %s AND id <> %s
    AND lost_at = 0 AND ended_at = 0
"""
"""Runs of the same machine that have not ended, as far as is noted."""
MARK_DEAD = """
    UPDATE batch_update.runs SET lost_at = now, lease_until = least(lease_until, now),
    lost_kind = 'dead', lost_operator = %s, lost_host = %s, lost_pid = %s
    FROM batch_update.now_ms() AS now
    WHERE id IN (
        SELECT runs.id FROM batch_update.runs
        WHERE runs.id = ANY (%s::bigint[]) AND runs.lost_at = 0 AND runs.ended_at = 0
        FOR UPDATE SKIP LOCKED
    )
"""
"""The server may still be at the last that one of them asked of it; then that comes first."""
RELEASE = """
    DELETE FROM batch_update.claims
    WHERE shop = ANY (%s::bigint[]) AND bill_id = ANY (%s::bigint[]) AND run = %s
"""

CHECKS = (
    """
    SELECT count(*) FROM batch_update.updates
    WHERE NOT EXISTS (SELECT FROM batch_update.attempts WHERE update_id = updates.id)
    """,
    """
    SELECT count(*) FROM batch_update.updates
    WHERE confirmed <> (SELECT coalesce(max(seq), 0) FROM batch_update.attempts
    WHERE update_id = updates.id AND event IN ('updated', 'already updated'))
    """,
    """
    SELECT count(*) FROM batch_update.attempts
    WHERE NOT EXISTS (SELECT FROM batch_update.sheets WHERE sheets.id = attempts.sheet)
    """,
    """
    SELECT count(*) FROM batch_update.attempts WHERE NOT EXISTS (
        SELECT FROM batch_update.updates WHERE updates.id = attempts.update_id
    )
    """,
    """
    SELECT count(*) FROM (
        SELECT FROM batch_update.updates WHERE status = 'paid' AND replaced_by IS NULL
        AND state IN ('sending', 'unconfirmed', 'updated', 'already updated')
        GROUP BY shop, bill_id HAVING count(*) > 1
    ) AS twice
    """,
)
"""Each counts lines that contradict others; 0 if all is well."""
