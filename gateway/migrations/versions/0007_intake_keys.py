"""Keys by which other systems of a tenant leave leads."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0007"
down_revision = "0006"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "intake_keys",
        *(sa.Column(name, UUID, nullable=False) for name in ("tenant_id", "id", "owner_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "channel", "campaign", "digest")),
        *(sa.Column(name, TIME, nullable=False) for name in ("create_time", "update_time")),
        sa.Column("revoke_time", TIME),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "intake_keys")


def downgrade() -> None:
    """Back to people and partners alone."""
    op.drop_table("intake_keys")
