"""What was merged is found as the account that there is: whose that is says whether somebody else has it."""

from alembic import op

revision = "0033"
down_revision = "0032"

WHOSE = "a.id = alias_root(tenant, k.row_id)"
WHOSE_BEFORE = "a.id = k.row_id"
MARK_UNMATCHED = """
CREATE OR REPLACE FUNCTION
mark_unmatched(tenant uuid, one uuid, holder uuid, marks bytea[], signs text[], turns bigint[])
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
        LEFT JOIN accounts a ON a.tenant_id = k.tenant_id AND {whose}
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
    """Expand: whoever comes first marks as before where nothing was merged."""
    op.execute(MARK_UNMATCHED.format(whose=WHOSE))


def downgrade() -> None:
    """Back to the account that was marked."""
    op.execute(MARK_UNMATCHED.format(whose=WHOSE_BEFORE))
