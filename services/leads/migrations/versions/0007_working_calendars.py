"""The tenants' own working calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "working_calendars",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hours", JSONB(), nullable=False),
        sa.Column("weekdays", JSONB(), nullable=False),
        sa.Column("statutory_holidays", sa.Boolean(), nullable=False),
        sa.Column("days", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    tables.isolate(op, "working_calendars")


def downgrade() -> None:
    """Back to the shipped calendar for everybody."""
    op.drop_table("working_calendars")
