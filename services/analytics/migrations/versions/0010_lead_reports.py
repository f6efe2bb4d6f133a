"""Reports on leads as their recipients got them."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0010"
down_revision = "0009"

TIMES = ("due_time", "create_time", "update_time")


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "lead_reports",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "recipient_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("schedule", "title")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("start", "end")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in TIMES),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("deliver_time", "read_time")),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("lead_reports_recipient", "lead_reports", ["tenant_id", "recipient_id", "create_time"])
    tables.isolate(op, "lead_reports")


def downgrade() -> None:
    """Back to numbers that whoever wants them asks for."""
    op.drop_table("lead_reports")
