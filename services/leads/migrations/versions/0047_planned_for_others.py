"""Who planned a session of calls for somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Expand: sessions of before were planned by whoever holds them."""
    op.add_column("call_sessions", sa.Column("planned_by", sa.Uuid()))


def downgrade() -> None:
    """Back to sessions that nobody plans for others."""
    op.drop_column("call_sessions", "planned_by")
