"""A lead or account that nobody else has anything of is looked up and marked within the statement that records it."""

from alembic import op

revision = "0018"
down_revision = "0017"

# In PL/pgSQL each statement sees what was committed before it, also while the function waited for its turns; within
# one plain statement the look would still see what was there before the wait.
MARK_UNMATCHED = """
CREATE FUNCTION mark_unmatched(tenant uuid, one uuid, holder uuid, marks bytea[], signs text[], turns bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    me text := current_setting('app.me', true);
    turn bigint;
BEGIN
    PERFORM set_config('app.me', '*', true);
    FOREACH turn IN ARRAY turns LOOP
        PERFORM pg_advisory_xact_lock(turn);
    END LOOP;
    IF EXISTS (
        SELECT FROM match_marks k
        LEFT JOIN leads l ON l.tenant_id = k.tenant_id AND l.id = k.row_id AND l.status IN ('NEW', 'QUALIFIED')
        LEFT JOIN accounts a ON a.tenant_id = k.tenant_id AND a.id = k.row_id
        WHERE k.tenant_id = tenant AND k.mark = ANY (marks) AND k.row_id <> one
        AND coalesce(l.owner_id, a.owner_id) NOT IN (holder, '00000000-0000-0000-0000-000000000000')
    ) THEN
        RAISE EXCEPTION 'somebody else has something of it' USING ERRCODE = 'DT001';
    END IF;
    INSERT INTO match_marks (tenant_id, row_id, mark, sign)
    SELECT tenant, one, g.mark, g.sign FROM unnest(marks, signs) AS g (mark, sign) ON CONFLICT DO NOTHING;
    PERFORM set_config('app.me', me, true);
END $$
"""


def upgrade() -> None:
    """Expand: a function that whoever comes first does not call."""
    op.execute(MARK_UNMATCHED)


def downgrade() -> None:
    """Back to looking in a statement of its own."""
    op.execute("DROP FUNCTION mark_unmatched(uuid, uuid, uuid, bytea[], text[], bigint[])")
