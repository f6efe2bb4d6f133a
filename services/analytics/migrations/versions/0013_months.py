"""Sums by month beside those by day; of facts that are there already they are made after the upgrade."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0013"
down_revision = "0012"

freshness = sa.table("freshness", sa.column("tenant_id", sa.Uuid()), sa.column("source", sa.Text()))
SOURCES = {"opportunities": "deal_rollups", "contracts": "receivable_rollups"}


def upgrade() -> None:
    """Expand: a new table, which names every tenant that has sums by day: they are read so until months are made."""
    awaited = op.create_table(
        "awaited_months",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("rollup", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rollup"),
    )
    op.execute("CREATE POLICY operator ON freshness TO CURRENT_USER USING (true)")
    for source, rollup in SOURCES.items():
        found = sa.select(freshness.c.tenant_id, sa.literal(rollup)).where(freshness.c.source == source)
        op.execute(sa.insert(awaited).from_select(["tenant_id", "rollup"], found))
    tables.isolate(op, "awaited_months")


def downgrade() -> None:
    """Back to sums by day. Those by month stay where they are, are read no more, and are made anew should they be."""
    op.execute("DROP POLICY operator ON freshness")
    op.drop_table("awaited_months")
