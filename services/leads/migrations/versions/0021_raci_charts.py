"""Who does what in each stage of managing leads, and the copy of the roster by which those are found who hear of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import roster, tables

revision = "0021"
down_revision = "0020"

TABLES = ("raci_charts", "raci_arrivals", "raci_tellings")


def upgrade() -> None:
    """Expand: new tables only."""
    op.create_table(
        "raci_charts",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "author_id")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("assignments", JSONB(), nullable=False),
        sa.Column("activate_time", sa.DateTime(timezone=True)),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("create_time", "update_time")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("raci_charts_number", "raci_charts", ["tenant_id", "number"], unique=True)
    op.create_index(
        "raci_charts_active", "raci_charts", ["tenant_id"], unique=True, postgresql_where="state = 'ACTIVE'"
    )
    op.create_table(
        "raci_arrivals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("user_id", "lead_id")),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stage", "user_id", "lead_id"),
    )
    op.create_table(
        "raci_tellings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("told_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stage", "user_id"),
    )
    for name in TABLES:
        tables.isolate(op, name)
    roster.create_roster(op)


def downgrade() -> None:
    """Back to managers who approve and nobody who is informed."""
    roster.drop_roster(op)
    for name in reversed(TABLES):
        op.drop_table(name)
