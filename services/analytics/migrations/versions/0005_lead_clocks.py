"""How long leads waited for the first touch, and which of them ran beyond a limit."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0005"
down_revision = "0004"

COUNTS, FLAGS = ("response_s", "response_working_s"), ("limited", "breached", "silent")


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "lead_clocks",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in COUNTS),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in FLAGS),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "lead_clocks")


def downgrade() -> None:
    """Back to leads of which nobody knows how long they waited."""
    op.drop_table("lead_clocks")
