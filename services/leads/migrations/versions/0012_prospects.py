"""The small funnel: prospects, what promotions ask for, and recorded interests."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import tables

revision = "0012"
down_revision = "0011"

UUID, TEXT, TIME, FLAG = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Boolean()
TEXTS = ("company", "industry", "region", "channel", "status")
TABLES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]] = {
    "prospects": (
        ("id",),
        (
            *(("id", UUID), *((name, TEXT) for name in TEXTS), ("lead_id", UUID)),
            *(("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID))),
            *(("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger())),
        ),
    ),
    "promotion_rules": (
        (),
        (("need_way_to_reach", FLAG), ("need_contact_name", FLAG), ("need_interest", FLAG)),
    ),
    "interests": (
        ("id",),
        (
            *(("id", UUID), ("lead_id", UUID), ("role", TEXT), ("topic", TEXT), ("sealed", sa.LargeBinary())),
            *(("recorded_by", UUID), ("create_time", TIME)),
        ),
    ),
}
NULLABLE = {("prospects", "lead_id"), ("prospects", "team_id"), ("interests", "sealed")}


def upgrade() -> None:
    """Expand: new tables only."""
    for name, (key, columns) in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=(name, column) in NULLABLE) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)
    op.create_index("prospects_newest", "prospects", ["tenant_id", "create_time", "id"])
    op.create_index("prospects_owner", "prospects", ["tenant_id", "owner_id", "create_time", "id"])
    op.create_index("interests_lead", "interests", ["tenant_id", "lead_id", "create_time"])


def downgrade() -> None:
    """Back to leads that come out of nowhere."""
    for name in TABLES:
        op.drop_table(name)
