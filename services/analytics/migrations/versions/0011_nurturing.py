"""Steps of nurturing plans, and how warm leads were when."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Expand: new tables only."""
    op.create_table(
        "nurture_steps",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "lead_id")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "state")),
        sa.Column("due_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("nurture_steps_due", "nurture_steps", ["tenant_id", "due_day", "id"])
    op.create_table(
        "temperatures",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "lead_id")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("set_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "lead_id", "version"),
    )
    for name in ("nurture_steps", "temperatures"):
        tables.isolate(op, name)


def downgrade() -> None:
    """Back to leads that nobody keeps warm."""
    op.drop_table("temperatures")
    op.drop_table("nurture_steps")
