"""Leads that came by a link are counted in several rows, so that those who leave one do not wait for each other."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Expand: a new table. What was counted before stays where it is and is added."""
    op.create_table(
        "link_arrivals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "link_id", "slot"),
    )
    tables.isolate(op, "link_arrivals")


def downgrade() -> None:
    """Back to one figure a link, which lacks what was counted since."""
    op.drop_table("link_arrivals")
