"""The public pool: its rules, entries, moves and views, warnings, and who has a lead since when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0010"
down_revision = "0009"

UUID, TEXT, TIME, INT, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Integer(), sa.Date()
NULLABLE = {("lead_custody", "owner_id"), ("lead_custody", "since"), ("lead_custody", "touch_time")} | {
    ("pool_moves", "reason"),
    ("pool_moves", "sealed"),
}
LIMITS = (
    "idle_days",
    "conversion_days",
    "holding_quota",
    "notice_days",
    "daily_claims",
    "cool_down_days",
    "daily_views",
)
TABLES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]] = {
    "pool_rules": ((), tuple((name, INT) for name in LIMITS)),
    "pool_entries": (("lead_id",), (("lead_id", UUID), ("reason", TEXT), ("return_time", TIME))),
    "pool_moves": (
        ("id",),
        (
            *(("id", UUID), ("lead_id", UUID), ("user_id", UUID), ("kind", TEXT), ("reason", TEXT)),
            *(("why", TEXT), ("sealed", sa.LargeBinary()), ("create_time", TIME)),
        ),
    ),
    "pool_views": (("user_id", "day", "lead_id"), (("user_id", UUID), ("day", DAY), ("lead_id", UUID))),
    "pool_warnings": (
        ("lead_id", "reason"),
        (("lead_id", UUID), ("reason", TEXT), ("owner_id", UUID), ("activity_time", TIME), ("due_time", TIME)),
    ),
    "lead_custody": (
        ("lead_id",),
        (("lead_id", UUID), ("owner_id", UUID), ("since", TIME), ("touch_time", TIME), ("version", sa.BigInteger())),
    ),
}


def upgrade() -> None:
    """Expand: new tables and indexes only."""
    for name, (key, columns) in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=(name, column) in NULLABLE) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)
    tables.append_only(op, "pool_moves")
    op.create_index("pool_moves_user", "pool_moves", ["tenant_id", "user_id", "create_time"])
    op.create_index("pool_moves_lead", "pool_moves", ["tenant_id", "lead_id", "create_time"])
    op.create_index("pool_warnings_due", "pool_warnings", ["tenant_id", "due_time"])
    opened = sa.text("status IN ('NEW', 'QUALIFIED')")
    op.create_index("leads_untouched", "leads", ["tenant_id", "update_time", "id"], postgresql_where=opened)
    nobody = sa.text("owner_id = '00000000-0000-0000-0000-000000000000' AND status IN ('NEW', 'QUALIFIED')")
    op.create_index("leads_pool", "leads", ["tenant_id", "update_time", "id"], postgresql_where=nobody)


def downgrade() -> None:
    """Back to leads that always have an owner; those in the pool keep nobody."""
    op.drop_index("leads_pool")
    op.drop_index("leads_untouched")
    for name in TABLES:
        op.drop_table(name)
