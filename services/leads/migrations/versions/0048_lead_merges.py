"""Merges of leads; and what was merged is found as the lead that there is: whose that is says who has it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0048"
down_revision = "0047"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
IDS = ("tenant_id", "id", "lead_id", "duplicate_id", "merged_by")
WHOSE = """LEFT JOIN leads m ON m.tenant_id = k.tenant_id AND m.id = k.row_id
        LEFT JOIN leads l ON l.tenant_id = k.tenant_id AND l.status IN ('NEW', 'QUALIFIED')
        AND l.id = CASE WHEN m.merged_into IS NULL THEN m.id ELSE alias_root(tenant, m.id) END"""
WHOSE_BEFORE = "LEFT JOIN leads l ON l.tenant_id = k.tenant_id AND l.id = k.row_id AND l.status IN ('NEW', 'QUALIFIED')"
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
        {whose}
        LEFT JOIN accounts a ON a.tenant_id = k.tenant_id AND a.id = alias_root(tenant, k.row_id)
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
    """Expand: a new table, and a column that stays empty until something is merged."""
    op.add_column("leads", sa.Column("merged_into", UUID))
    op.create_table(
        "lead_merges",
        *(sa.Column(name, UUID, nullable=False) for name in IDS),
        *(sa.Column(name, TEXT, nullable=False) for name in ("purpose", "undo_purpose", "state", "duplicate_status")),
        sa.Column("changes", ARRAY(TEXT), nullable=False),
        sa.Column("replaced", JSONB(), nullable=False),
        sa.Column("joined", ARRAY(UUID), nullable=False),
        sa.Column("same_person", sa.Boolean(), nullable=False),
        *(sa.Column(name, UUID) for name in ("enrolment_id", "undone_by")),
        sa.Column("undo_time", TIME),
        sa.Column("sealed", sa.LargeBinary()),
        *(sa.Column(name, TIME, nullable=False) for name in ("create_time", "update_time")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "lead_merges")
    op.create_index("lead_merges_lead", "lead_merges", ["tenant_id", "lead_id", "create_time"])
    op.create_index("lead_merges_duplicate", "lead_merges", ["tenant_id", "duplicate_id"])
    op.execute(MARK_UNMATCHED.format(whose=WHOSE))


def downgrade() -> None:
    """Back to leads that stay two."""
    op.execute(MARK_UNMATCHED.format(whose=WHOSE_BEFORE))
    op.drop_table("lead_merges")
    op.drop_column("leads", "merged_into")
