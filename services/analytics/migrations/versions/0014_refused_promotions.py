"""Which promotions of leads were refused, and why."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "refused_promotions",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "lead_id", "rep_id")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refuse_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "refused_promotions")
    op.create_index("refused_promotions_day", "refused_promotions", ["tenant_id", "refuse_day", "id"])


def downgrade() -> None:
    """Back to a small funnel that does not say what was refused."""
    op.drop_table("refused_promotions")
