"""For how long persons of discarded leads and notices are kept, and leads that stay."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables
from services.kit.retention import create_rules

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Expand: new tables only."""
    create_rules(op, ("discarded_lead_months", "notice_months"))
    op.create_table(
        "lead_holds",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "held_by")),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "lead_holds")


def downgrade() -> None:
    """Back to leads and notices that are kept for good."""
    op.drop_table("lead_holds")
    op.drop_table("retention_rules")
