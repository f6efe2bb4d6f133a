"""Notices to users."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0006"
down_revision = "0005"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
NOTICE = (
    *(("id", UUID), ("user_id", UUID), ("kind", TEXT), ("subject", TEXT), ("subject_id", UUID), ("facts", JSONB())),
    *(("actor_id", UUID), ("read_time", TIME), ("create_time", TIME), ("update_time", TIME)),
    ("version", sa.BigInteger()),
)


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "notices",
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c == "read_time") for c, t in NOTICE),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "notices")
    op.create_index("notices_of_user", "notices", ["tenant_id", "user_id", "create_time", "id"])
    op.create_index("notices_unread", "notices", ["tenant_id", "user_id"], postgresql_where="read_time IS NULL")


def downgrade() -> None:
    """Back to users who must look for themselves."""
    op.drop_table("notices")
