"""How far leads have come in the process of managing leads, and when they came there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"

# SQLAlchemy 2 takes type classes and instances here; its generic parameter says nothing in a migration.
COLUMNS: tuple[tuple[str, sa.types.TypeEngine, str], ...] = (  # type: ignore[type-arg] # of whichever Python type
    ("distributed", sa.Boolean(), "false"),
    ("nurtured", sa.Boolean(), "false"),
    ("stage", sa.Text(), "COLLECTED"),
    ("stages", JSONB(), "[]"),
)


def upgrade() -> None:
    """Expand: columns with a default, for replicas of the version before write none of them.

    Leads of before stand where their status says; who handed them out or got in touch is not known.
    """
    for name, kind, default in COLUMNS:
        op.add_column("leads", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("leads", sa.Column("stage_time", sa.DateTime(timezone=True)))
    op.execute(
        """UPDATE leads SET stage_time = update_time,
        stage = CASE status WHEN 'QUALIFIED' THEN 'VERIFIED' WHEN 'CONVERTED' THEN 'CONVERTED' ELSE 'CLOSED' END
        WHERE status <> 'NEW'"""
    )


def downgrade() -> None:
    """Back to leads of which the status is all that is known."""
    op.drop_column("leads", "stage_time")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("leads", name)
