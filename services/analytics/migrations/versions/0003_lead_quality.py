"""What leads were judged to be."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Expand: columns with a default. Leads judged before stand right after `python -m services.analytics.rebuild`."""
    op.add_column("leads", sa.Column("lead_type", sa.Text(), nullable=False, server_default=""))
    op.add_column("leads", sa.Column("score", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("leads", sa.Column("judged", sa.Boolean(), nullable=False, server_default="false"))


def downgrade() -> None:
    """Back to leads of which only their status is known."""
    for name in ("judged", "score", "lead_type"):
        op.drop_column("leads", name)
