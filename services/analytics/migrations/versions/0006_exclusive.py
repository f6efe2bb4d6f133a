"""Exclusive leads are listed for their owner alone; what channels cost; which deal a lead became."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Expand: a new table, columns that may stay as they are, and a policy that no row falls under yet."""
    tables.keep_exclusive(op, "leads")
    op.add_column("leads", sa.Column("deal_id", sa.Uuid()))
    op.create_index("leads_deal", "leads", ["tenant_id", "capture_day"], postgresql_where="deal_id IS NOT NULL")
    op.create_table(
        "costs",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("channel", "campaign")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("start", "end")),
        sa.Column("amount", sa.Numeric(15, 2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "costs")


def downgrade() -> None:
    """Back to rows that everybody above sees."""
    op.drop_table("costs")
    op.drop_column("leads", "deal_id")
    tables.drop_exclusive(op, "leads")
