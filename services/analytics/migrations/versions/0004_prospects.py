"""Facts about prospects."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "prospects",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("found_day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "prospects")
    op.create_index("prospects_found", "prospects", ["tenant_id", "found_day"])
    op.create_index("prospects_owner", "prospects", ["tenant_id", "owner_id", "found_day"])


def downgrade() -> None:
    """Back to a funnel that begins with leads."""
    op.drop_table("prospects")
