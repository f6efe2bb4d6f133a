"""Who no longer wants to hear from us."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "consents",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "subject_id")),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("give_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject_id", "purpose"),
    )
    tables.isolate(op, "consents")


def downgrade() -> None:
    """Back to a timeline that knows of no consent."""
    op.drop_table("consents")
