"""The statements by which one ledger is merged into another; the same for both kinds.

`{s}` stands in front of each table of the ledger, `{lasting}` says how long one lasts that is there
for the merge alone. `place`
is that in the source, `number` that in the target.
"""

from __future__ import annotations

from batch_update.ledger.transfer.carried import BLOCK

STAGE = """
    CREATE TEMP TABLE carried (
        place bigint PRIMARY KEY, shop bigint, bill_id bigint, status text, date bigint, rpo text,
        event text, at bigint, sheet bigint, line bigint, posts bigint, code text, text text,
        unknown_at bigint, base bigint, is_new integer
    ) {lasting}
"""

# Known is what the target has of the same update, sheet, row and moment: as often as it has it.
KNOWN = """
    CREATE TEMP TABLE carried_known {lasting} AS
    SELECT ours.place AS place, theirs.update_id AS update_id, theirs.seq AS seq FROM (
        SELECT place, shop, bill_id, status, date, rpo, sheet, line, event, at, row_number() OVER (
            PARTITION BY shop, bill_id, status, date, rpo, sheet, line, event, at ORDER BY place
        ) AS nth
        FROM carried WHERE is_new = 0 AND status <> ''
    ) AS ours JOIN (
        SELECT updates.shop, updates.bill_id, updates.status, updates.date, updates.rpo,
        attempts.update_id, attempts.seq, attempts.event, attempts.at, attempts.sheet,
        attempts.row AS line, row_number() OVER (
            PARTITION BY update_id, attempts.sheet, attempts.row, event, at ORDER BY seq
        ) AS nth
        FROM {s}updates AS updates JOIN {s}attempts AS attempts ON attempts.update_id = updates.id
        WHERE (updates.bill_id, updates.shop) IN (
            SELECT bill_id, shop FROM carried WHERE is_new = 0 AND status <> ''
        )
    ) AS theirs ON theirs.bill_id = ours.bill_id AND theirs.shop = ours.shop
    AND theirs.status = ours.status AND theirs.date = ours.date AND theirs.rpo = ours.rpo
    AND theirs.sheet = ours.sheet AND theirs.line = ours.line AND theirs.event = ours.event
    AND theirs.at = ours.at AND theirs.nth = ours.nth
    UNION ALL
    SELECT place, 0, base FROM carried WHERE is_new = 0 AND status = ''
"""

# Each comes after all that came before it in the source, and not before its own moment.
NUMBERED = """
    CREATE TEMP TABLE carried_new {lasting} AS
    SELECT * FROM (
        SELECT carried.*, known.seq AS known_as, carried.place + max(
            coalesce(known.seq, carried.base) - carried.place
        ) OVER (ORDER BY carried.place) AS number
        FROM carried LEFT JOIN carried_known AS known ON known.place = carried.place
    ) AS numbered WHERE known_as IS NULL
"""
INDEXES = (
    "CREATE INDEX carried_known_by_seq ON carried_known (update_id, seq)",
    "CREATE INDEX carried_new_by_order ON carried_new (bill_id, shop)",
    "CREATE INDEX carried_new_by_sheet ON carried_new (sheet) WHERE status = ''",
)

COUNTS = """
    SELECT (SELECT count(*) FROM carried WHERE status <> ''),
    (SELECT count(*) FROM carried_new WHERE status <> '')
"""
UPDATES = """
    SELECT count(*) FROM (
        SELECT DISTINCT bill_id, shop, status, date, rpo FROM carried WHERE status <> ''
    ) AS carried_updates
"""

_SAME_UPDATE = """
    updates.bill_id = carried_new.bill_id AND updates.shop = carried_new.shop
    AND updates.status = carried_new.status AND updates.date = carried_new.date
    AND updates.rpo = carried_new.rpo
"""
_TAKEN = f"""
    SELECT carried_new.bill_id, carried_new.shop FROM carried_new
    JOIN {{s}}updates AS updates ON {_SAME_UPDATE}
    JOIN {{s}}attempts AS attempts ON attempts.update_id = updates.id
    AND attempts.seq = carried_new.number
"""
COUNT_TAKEN = f"SELECT count(*) FROM ({_TAKEN}) AS taken"
MAKE_WAY = f"""
    UPDATE carried_new SET number = number + 1
    WHERE status <> '' AND (bill_id, shop) IN ({_TAKEN})
"""

SHARED_ORDERS = """
    CREATE TEMP TABLE carried_shared {lasting} AS
    SELECT DISTINCT carried_new.bill_id AS bill_id, carried_new.shop AS shop FROM carried_new
    JOIN {s}updates AS updates
    ON updates.bill_id = carried_new.bill_id AND updates.shop = carried_new.shop
    WHERE carried_new.status <> ''
"""
SHARED_LINES = """
    SELECT carried_new.bill_id, carried_new.shop, carried_new.status, carried_new.number,
    carried_new.at, carried_new.place, 1
    FROM carried_shared AS shared JOIN carried_new
    ON carried_new.bill_id = shared.bill_id AND carried_new.shop = shared.shop
    WHERE carried_new.status <> ''
    UNION ALL
    SELECT updates.bill_id, updates.shop, updates.status, attempts.seq, attempts.at,
    coalesce(known.place, 0), 0
    FROM carried_shared AS shared
    JOIN {s}updates AS updates
    ON updates.bill_id = shared.bill_id AND updates.shop = shared.shop
    JOIN {s}attempts AS attempts ON attempts.update_id = updates.id
    LEFT JOIN carried_known AS known ON known.update_id = updates.id AND known.seq = attempts.seq
    ORDER BY 1, 2
"""
LATER_THAN_TEAM = """
    SELECT count(*) FROM carried_new JOIN (
        SELECT shop, min(at) AS at FROM {s}attempts AS attempts WHERE seq >= ? GROUP BY shop
    ) AS own ON own.shop = carried_new.shop
    WHERE carried_new.status <> '' AND carried_new.number < ? AND carried_new.at >= own.at
"""
"""Only a team's ledger has the shop with each attempt."""

NEW_UPDATES = f"""
    CREATE TEMP TABLE carried_updates {{lasting}} AS
    SELECT bill_id, shop, status, date, rpo, row_number() OVER (ORDER BY min(place)) - 1 AS nth
    FROM carried_new WHERE status <> '' AND NOT EXISTS (
        SELECT 1 FROM {{s}}updates AS updates WHERE {_SAME_UPDATE}
    )
    GROUP BY bill_id, shop, status, date, rpo
"""
BLOCKS = "CREATE TEMP TABLE carried_blocks (nth bigint PRIMARY KEY, first bigint) {lasting}"
# Their state is made when all attempts are there.
ADD_UPDATES = f"""
    INSERT INTO {{s}}updates (bill_id, shop, status, date, rpo, id, state, confirmed{{columns}})
    SELECT bill_id, shop, status, date, rpo, blocks.first + one.nth % {BLOCK}, 'not sent',
    0{{data}}
    FROM carried_updates AS one JOIN carried_blocks AS blocks ON blocks.nth = one.nth / {BLOCK}
    ORDER BY bill_id, shop, status, date, rpo
"""
ADD_ATTEMPTS = f"""
    INSERT INTO {{s}}attempts
    (update_id, seq, event, at, sheet, row, posts, code, text, unknown_at{{columns}})
    SELECT updates.id, carried_new.number, carried_new.event, carried_new.at, carried_new.sheet,
    carried_new.line, carried_new.posts, carried_new.code, carried_new.text,
    carried_new.unknown_at{{data}}
    FROM carried_new JOIN {{s}}updates AS updates ON {_SAME_UPDATE}
    {{joins}}
    WHERE carried_new.status <> ''
    ORDER BY 1, 2
"""
NUMBER_SHEETS = """
    UPDATE {s}sheets SET seq = (
        SELECT number FROM carried_new WHERE status = '' AND sheet = {s}sheets.id
    )
    WHERE id IN (SELECT sheet FROM carried_new WHERE status = '')
"""
LAST_NUMBER = "SELECT coalesce(max(number), 0), coalesce(max(at), 0) FROM carried_new"

# As the ledger's own notes make it, one after the other.
STATES = f"""
    CREATE TEMP TABLE carried_states {{lasting}} AS
    SELECT sums.id AS id, sums.confirmed AS confirmed, sums.last_seq AS last_seq,
    last.sheet AS sheet,
    CASE WHEN sums.confirmed > 0 AND last.event IN ('rejected', 'not sent') THEN 'updated'
    ELSE last.event END AS state
    FROM (
        SELECT attempts.update_id AS id, max(attempts.seq) AS last_seq,
        max(CASE WHEN attempts.event IN ('updated', 'already updated') THEN attempts.seq ELSE 0 END)
        AS confirmed
        FROM (
            SELECT DISTINCT updates.id FROM carried_new
            JOIN {{s}}updates AS updates ON {_SAME_UPDATE}
            WHERE carried_new.status <> ''
        ) AS touched
        JOIN {{s}}attempts AS attempts ON attempts.update_id = touched.id
        GROUP BY attempts.update_id
    ) AS sums
    JOIN {{s}}attempts AS last ON last.update_id = sums.id AND last.seq = sums.last_seq
"""
STATES_INDEX = "CREATE UNIQUE INDEX carried_states_by_id ON carried_states (id)"
SET_STATES = """
    UPDATE {s}updates SET
    confirmed = (SELECT confirmed FROM carried_states AS known WHERE known.id = {s}updates.id),
    state = (SELECT state FROM carried_states AS known WHERE known.id = {s}updates.id)
    WHERE id IN (SELECT id FROM carried_states)
"""
DROPPED = (
    *("carried", "carried_known", "carried_new", "carried_shared", "carried_updates"),
    *("carried_blocks", "carried_states"),
)
