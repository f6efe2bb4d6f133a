"""When who gets the report on leads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "report_schedules",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "author_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("code", "title")),
        sa.Column("recurrence", JSONB(), nullable=False),
        sa.Column("recipients", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "code"),
    )
    tables.isolate(op, "report_schedules")


def downgrade() -> None:
    """Back to nobody who is reported to."""
    op.drop_table("report_schedules")
