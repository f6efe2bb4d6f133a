"""That two accounts are no duplicates."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0044"
down_revision = "0043"

UUID, TIME = sa.Uuid(), sa.DateTime(timezone=True)
IDS = ("tenant_id", "id", "account_id", "duplicate_id", "dismissed_by")


def upgrade() -> None:
    """Expand: a new table. One dismissal of a pair holds."""
    op.create_table(
        "duplicate_dismissals",
        *(sa.Column(name, UUID, nullable=False) for name in IDS),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("undone_by", UUID),
        sa.Column("undo_time", TIME),
        sa.Column("sealed", sa.LargeBinary()),
        *(sa.Column(name, TIME, nullable=False) for name in ("create_time", "update_time")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "duplicate_dismissals")
    holds = sa.text("undo_time IS NULL")
    pair = ["tenant_id", "account_id", "duplicate_id"]
    op.create_index("duplicate_dismissals_pair", "duplicate_dismissals", pair, unique=True, postgresql_where=holds)


def downgrade() -> None:
    """Back to pairs that are suspected for good."""
    op.drop_table("duplicate_dismissals")
