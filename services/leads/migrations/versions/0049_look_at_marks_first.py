"""Whoever brings in marks that nobody else has learns it from the marks alone, as nearly everybody does."""

from alembic import op

revision = "0049"
down_revision = "0048"

HEAD = """
CREATE OR REPLACE FUNCTION
mark_unmatched(tenant uuid, one uuid, holder uuid, marks bytea[], signs text[], turns bigint[])
RETURNS void LANGUAGE plpgsql AS $$
"""
MATCHED = """EXISTS (
        SELECT FROM match_marks k
        LEFT JOIN leads m ON m.tenant_id = k.tenant_id AND m.id = k.row_id
        LEFT JOIN leads l ON l.tenant_id = k.tenant_id AND l.status IN ('NEW', 'QUALIFIED')
        AND l.id = CASE WHEN m.merged_into IS NULL THEN m.id ELSE alias_root(tenant, m.id) END
        LEFT JOIN accounts a ON a.tenant_id = k.tenant_id AND a.id = alias_root(tenant, k.row_id)
        WHERE k.tenant_id = tenant AND k.mark = ANY (marks) AND k.row_id <> one
        AND coalesce(l.owner_id, a.owner_id) NOT IN (holder, '00000000-0000-0000-0000-000000000000')
    )"""
INSERT = """INSERT INTO match_marks (tenant_id, row_id, mark, sign)
    SELECT tenant, one, g.mark, g.sign FROM unnest(marks, signs) AS g (mark, sign) ON CONFLICT DO NOTHING;"""
REFUSE = "RAISE EXCEPTION 'somebody else has something of it' USING ERRCODE = 'DT001';"
# An assignment of a plain expression needs no executor, as PERFORM does.
NOW = f"""{HEAD}
DECLARE
    me text := current_setting('app.me', true);
    turn bigint;
    done text;
BEGIN
    done := set_config('app.me', '*', true);
    FOREACH turn IN ARRAY turns LOOP
        done := pg_advisory_xact_lock(turn);
    END LOOP;
    IF EXISTS (SELECT FROM match_marks k WHERE k.tenant_id = tenant AND k.mark = ANY (marks) AND k.row_id <> one) THEN
        IF {MATCHED} THEN
            {REFUSE}
        END IF;
    END IF;
    {INSERT}
    done := set_config('app.me', me, true);
END $$
"""
BEFORE = f"""{HEAD}
DECLARE
    me text := current_setting('app.me', true);
    turn bigint;
BEGIN
    PERFORM set_config('app.me', '*', true);
    FOREACH turn IN ARRAY turns LOOP
        PERFORM pg_advisory_xact_lock(turn);
    END LOOP;
    IF {MATCHED} THEN
        {REFUSE}
    END IF;
    {INSERT}
    PERFORM set_config('app.me', me, true);
END $$
"""


def upgrade() -> None:
    """Expand: the same answers, sooner."""
    op.execute(NOW)


def downgrade() -> None:
    """Back to one look at marks and what they are of."""
    op.execute(BEFORE)
