"""For how long texts are kept, and accounts whose texts stay."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0008"
down_revision = "0007"

MONTHS = ("visit_months", "communication_months", "document_months")


def upgrade() -> None:
    """Expand: new tables."""
    op.create_table(
        "retention_rules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in MONTHS),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "legal_holds",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "held_by")),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    for name in ("retention_rules", "legal_holds"):
        tables.isolate(op, name)


def downgrade() -> None:
    """Back to texts that are kept until they are erased."""
    op.drop_table("legal_holds")
    op.drop_table("retention_rules")
