"""The tables of a team's ledger, and who may do what with them.

All moments are in milliseconds since 1970 by the database's clock. Names are written out in full,
since a pooler of connections keeps no search path.
"""

from __future__ import annotations

from typing import LiteralString

OPERATOR = "batch_update_operator"
READER = "batch_update_reader"
ADMINISTRATOR = "batch_update_administrator"

FIRST_NUMBER = 2**52
"""Of events: ledgers of one machine, which number theirs from 1 on, can be carried over before."""

NUMBERS_AT_ONCE = 2**20
"""Distance of two numbers that the database gives out: each stands for as many events in a row."""

PAYING = "'sending', 'unconfirmed', 'updated', 'already updated'"
"""States of a payment of which the shop has taken note, or may have."""

SERVER_START: LiteralString = (
    "(extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint"
)
"""Tells servers apart. A number, since the driver reads no moment in a style that is not ISO's."""

SHUT = "BU001"
"""State of the error with which a run's transaction ends that does not pass its fence."""

_SEQUENCES = (
    "CREATE SEQUENCE batch_update.tokens",
    "CREATE SEQUENCE batch_update.shop_ids",
    "CREATE SEQUENCE batch_update.run_ids",
    "CREATE SEQUENCE batch_update.sheet_ids",
    "CREATE SEQUENCE batch_update.action_ids",
    f"CREATE SEQUENCE batch_update.numbers START {FIRST_NUMBER} INCREMENT {NUMBERS_AT_ONCE}",
)

_TABLES = (
    """
    CREATE FUNCTION batch_update.now_ms() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE AS
    'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'
    """,
    """
    CREATE TABLE batch_update.meta (
        version integer NOT NULL,
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only)
    )
    """,
    "INSERT INTO batch_update.meta (version) VALUES (0)",
    """
    CREATE TABLE batch_update.shops (
        id bigint PRIMARY KEY DEFAULT nextval('batch_update.shop_ids'),
        name text NOT NULL UNIQUE,
        address text NOT NULL DEFAULT ''
    )
    """,
    """
    CREATE TABLE batch_update.runs (
        id bigint PRIMARY KEY DEFAULT nextval('batch_update.run_ids'),
        shop bigint NOT NULL,
        pid bigint NOT NULL,
        host text NOT NULL,
        machine text NOT NULL DEFAULT '',
        process_start bigint NOT NULL DEFAULT 0,
        version text NOT NULL,
        started_at bigint NOT NULL,
        alive_at bigint NOT NULL,
        lease_until bigint NOT NULL DEFAULT 0,
        lost_at bigint NOT NULL DEFAULT 0,
        lost_kind text NOT NULL DEFAULT '',
        lost_operator text NOT NULL DEFAULT '',
        lost_host text NOT NULL DEFAULT '',
        lost_pid bigint NOT NULL DEFAULT 0,
        lost_reason text NOT NULL DEFAULT '',
        ahead bigint,
        ended_at bigint NOT NULL DEFAULT 0,
        operator text NOT NULL DEFAULT '',
        os_user text NOT NULL DEFAULT '',
        kind text NOT NULL DEFAULT '',
        exit_status integer,
        token bigint NOT NULL DEFAULT nextval('batch_update.tokens'),
        rate double precision,
        reason text NOT NULL DEFAULT '',
        db_user text NOT NULL DEFAULT current_user
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX runs_by_shop ON batch_update.runs (shop)",
    """
    CREATE INDEX runs_under_way ON batch_update.runs (shop) WHERE ended_at = 0 AND lost_at = 0
    """,
    """
    CREATE TABLE batch_update.sheets (
        id bigint PRIMARY KEY DEFAULT nextval('batch_update.sheet_ids'),
        shop bigint NOT NULL,
        run bigint NOT NULL,
        name text NOT NULL,
        sha256 text NOT NULL,
        seq bigint NOT NULL,
        begun_at bigint NOT NULL DEFAULT 0,
        done_at bigint NOT NULL DEFAULT 0,
        exit_status integer,
        plan text NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX sheets_by_run ON batch_update.sheets (run)",
    "CREATE INDEX sheets_by_content ON batch_update.sheets (sha256)",
    "CREATE INDEX sheets_by_name ON batch_update.sheets (name)",
    """
    CREATE TABLE batch_update.sheet_counts (
        sheet bigint NOT NULL,
        outcome text NOT NULL,
        number bigint NOT NULL,
        shop bigint NOT NULL,
        PRIMARY KEY (sheet, outcome)
    )
    """,
    # `last_seq`: number of the last event, so that a statement that is run again changes nothing.
    # `seen`: number of the last event of which the run knew when it decided to begin a payment.
    """
    CREATE TABLE batch_update.updates (
        bill_id bigint NOT NULL,
        shop bigint NOT NULL,
        status text NOT NULL,
        date bigint NOT NULL,
        rpo text NOT NULL,
        id bigint NOT NULL UNIQUE,
        state text NOT NULL,
        confirmed bigint NOT NULL,
        last_seq bigint NOT NULL,
        owner_run bigint NOT NULL,
        token bigint NOT NULL,
        seen bigint NOT NULL DEFAULT 0,
        replaced_by bigint,
        PRIMARY KEY (bill_id, shop, status, date, rpo)
    ) WITH (fillfactor = 80)
    """,
    f"""
    CREATE UNIQUE INDEX one_payment ON batch_update.updates (shop, bill_id)
    WHERE status = 'paid' AND state IN ({PAYING}) AND replaced_by IS NULL
    """,
    """
    CREATE TABLE batch_update.attempts (
        update_id bigint NOT NULL,
        seq bigint NOT NULL,
        event text NOT NULL,
        at bigint NOT NULL,
        sheet bigint NOT NULL,
        row bigint NOT NULL,
        posts bigint,
        code text,
        text text,
        unknown_at bigint,
        shop bigint NOT NULL,
        token bigint NOT NULL,
        PRIMARY KEY (update_id, seq)
    )
    """,
    """
    CREATE TABLE batch_update.claims (
        shop bigint NOT NULL,
        bill_id bigint NOT NULL,
        run bigint NOT NULL,
        token bigint NOT NULL,
        since bigint NOT NULL,
        PRIMARY KEY (shop, bill_id)
    ) WITH (autovacuum_vacuum_scale_factor = 0.02)
    """,
    "CREATE INDEX claims_by_run ON batch_update.claims (run)",
    """
    CREATE TABLE batch_update.pace (
        shop bigint PRIMARY KEY,
        next_at_us bigint NOT NULL DEFAULT 0,
        held_until bigint NOT NULL DEFAULT 0,
        held_by bigint NOT NULL DEFAULT 0,
        overloads bigint NOT NULL DEFAULT 0,
        refused_at bigint NOT NULL DEFAULT 0,
        refused_by bigint NOT NULL DEFAULT 0,
        refused_text text NOT NULL DEFAULT ''
    ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.02)
    """,
    """
    CREATE TABLE batch_update.actions (
        id bigint PRIMARY KEY DEFAULT nextval('batch_update.action_ids'),
        at bigint NOT NULL,
        shop bigint NOT NULL,
        run bigint NOT NULL,
        kind text NOT NULL,
        operator text NOT NULL,
        reason text NOT NULL,
        db_user text NOT NULL DEFAULT current_user,
        updates bigint,
        older_than bigint
    )
    """,
    """
    CREATE TABLE batch_update.access (
        member text NOT NULL,
        shop_name text NOT NULL,
        PRIMARY KEY (member, shop_name)
    )
    """,
)

_FUNCTIONS = (
    # The line of the run stays as it is until the end of the transaction, but for its lease.
    f"""
    CREATE FUNCTION batch_update.enter(run bigint, its_token bigint, server bigint)
    RETURNS void LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        PERFORM FROM batch_update.runs WHERE runs.id = run AND runs.token = its_token
        AND runs.lost_at = 0 AND runs.ended_at = 0 FOR KEY SHARE;
        IF NOT FOUND OR server IS DISTINCT FROM {SERVER_START} THEN
            RAISE EXCEPTION 'the run may not write here' USING ERRCODE = '{SHUT}';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION batch_update.refuse_payments(bill_ids text)
    RETURNS void LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        RAISE unique_violation USING MESSAGE = 'paid by another run', DETAIL = bill_ids;
    END
    $$
    """,
)

_OF_SHOPS = (
    *("runs", "sheets", "sheet_counts", "updates", "attempts", "claims", "pace", "actions"),
)
_BOTH = f"{OPERATOR}, {READER}"

# A policy's query is the asker's own: that on shops reads only their lines of `access`, and all
# others only their shops. Each is run once for a statement, whatever the number of lines.
_MINE = """
    EXISTS (SELECT FROM pg_catalog.pg_roles AS roles
    WHERE roles.rolname = member AND pg_catalog.pg_has_role(roles.oid, 'MEMBER'))
"""
_NAMED = """
    ARRAY['*', name] && ARRAY(SELECT access.shop_name FROM batch_update.access)
"""
_SHOPS = "shop = ANY (ARRAY(SELECT shops.id FROM batch_update.shops))"

_RIGHTS = (
    f"GRANT USAGE ON SCHEMA batch_update TO {_BOTH}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA batch_update TO {_BOTH}",
    f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA batch_update TO {OPERATOR}",
    f"""
    GRANT INSERT ON batch_update.shops, batch_update.runs, batch_update.sheets,
    batch_update.sheet_counts, batch_update.updates, batch_update.attempts, batch_update.claims,
    batch_update.pace, batch_update.actions TO {OPERATOR}
    """,
    f"GRANT UPDATE (address) ON batch_update.shops TO {OPERATOR}",
    f"""
    GRANT UPDATE (alive_at, lease_until, lost_at, lost_kind, lost_operator, lost_host, lost_pid,
    lost_reason, ahead, ended_at, exit_status) ON batch_update.runs TO {OPERATOR}
    """,
    f"GRANT UPDATE (done_at, exit_status, plan) ON batch_update.sheets TO {OPERATOR}",
    f"""
    GRANT UPDATE (state, confirmed, last_seq, owner_run, token, seen, replaced_by)
    ON batch_update.updates TO {OPERATOR}
    """,
    f"GRANT UPDATE (run, token, since), DELETE ON batch_update.claims TO {OPERATOR}",
    f"GRANT UPDATE ON batch_update.pace TO {OPERATOR}",
    # They own the tables; what was noted, they may prune but not change.
    f"REVOKE UPDATE, TRUNCATE ON batch_update.attempts, batch_update.actions FROM {ADMINISTRATOR}",
    *(
        f"ALTER TABLE batch_update.{table} ENABLE ROW LEVEL SECURITY"
        for table in ("access", "shops", *_OF_SHOPS)
    ),
    f"CREATE POLICY own ON batch_update.access TO {_BOTH} USING ({_MINE})",
    f"CREATE POLICY named ON batch_update.shops TO {_BOTH} USING ({_NAMED})",
    *(
        f"CREATE POLICY of_shops ON batch_update.{table} TO {_BOTH} USING ({_SHOPS})"
        for table in _OF_SHOPS
    ),
)

STEPS: tuple[tuple[str, ...], ...] = ((*_SEQUENCES, *_TABLES, *_FUNCTIONS, *_RIGHTS),)
"""What brings a schema from each version to the next; it starts at 0, the empty one."""
