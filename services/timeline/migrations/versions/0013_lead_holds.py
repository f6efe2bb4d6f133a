"""Which leads are held for the law, as the leads service says: their texts stay."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "lead_holds",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id")),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("told_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "lead_holds")


def downgrade() -> None:
    """Back to holds of accounts alone."""
    op.drop_table("lead_holds")
