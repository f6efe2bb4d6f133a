"""Who was refused to make a deal of which lead, and when."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Expand: a new table."""
    op.create_table(
        "refused_promotions",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "lead_id", "rep_id")),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "refused_promotions")
    op.create_index("refused_promotions_newest", "refused_promotions", ["tenant_id", "create_time", "id"])
    op.create_index("refused_promotions_lead", "refused_promotions", ["tenant_id", "lead_id", "create_time", "id"])


def downgrade() -> None:
    """Back to refusals that nobody counts."""
    op.drop_table("refused_promotions")
