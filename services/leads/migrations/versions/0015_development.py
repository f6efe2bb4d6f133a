"""Account development: activity, cycles, visit plans, relation levels and walls, issues."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0015"
down_revision = "0014"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
WHOLE, LONG, DAY, AMOUNT = sa.Integer(), sa.BigInteger(), sa.Date(), sa.Numeric(15, 2)
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", LONG))
OF_ACCOUNT = (("id", UUID), ("account_id", UUID))
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "account_touches": (*OF_ACCOUNT, ("kind", TEXT), ("category", TEXT), ("occurred_time", TIME), ("version", LONG)),
    "account_sales": (
        *(*OF_ACCOUNT, ("amount", AMOUNT), ("amount_currency", TEXT), ("sign_date", DAY), ("sign_time", TIME)),
    ),
    "cycles": (
        *(("id", UUID), ("code", TEXT), ("indicator", TEXT), ("start_date", DAY), ("end_date", DAY)),
        *(("previous_id", UUID), ("size", WHOLE), ("create_time", TIME), ("version", LONG)),
    ),
    "standings": (
        *(("id", UUID), ("cycle_id", UUID), ("account_id", UUID), ("value", AMOUNT), ("place", WHOLE)),
        *(("quintile", WHOLE), ("previous_quintile", WHOLE), ("move", TEXT)),
    ),
    "relation_levels": (
        *(*OF_ACCOUNT, ("level", WHOLE), ("evidence", TEXT), ("target_level", WHOLE), ("review_date", DAY)),
        *(("author_id", UUID), ("create_time", TIME), ("version", LONG)),
    ),
    "issues": (
        *(*OF_ACCOUNT, ("title", TEXT), ("core", sa.Boolean()), ("owner_id", UUID), ("due_date", DAY)),
        *(("state", TEXT), ("settlement", TEXT), ("close_time", TIME), *CHANGED),
    ),
    "visit_rules": (("quintile", WHOLE), ("form", TEXT), ("times", WHOLE)),
    "wall_scores": (
        *(("account_id", UUID), ("cycle", TEXT), ("contact_id", UUID), ("user_id", UUID)),
        *(("strength", WHOLE), ("score_time", TIME)),
    ),
}
KEYS = {"visit_rules": ("quintile", "form"), "wall_scores": ("account_id", "cycle", "contact_id", "user_id")}
MAY_BE_EMPTY = {"previous_id", "due_date", "close_time"}
FOUND_BY = {
    "account_touches": ["tenant_id", "account_id", "occurred_time"],
    "account_sales": ["tenant_id", "account_id"],
    "standings": ["tenant_id", "cycle_id", "place"],
    "relation_levels": ["tenant_id", "account_id", "create_time"],
    "issues": ["tenant_id", "create_time", "id"],
}
FROZEN = ("cycles", "standings")


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column in MAY_BE_EMPTY) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *KEYS.get(name, ("id",))),
        )
        tables.isolate(op, name)
    for name, found_by in FOUND_BY.items():
        op.create_index(f"{name}_found", name, found_by)
    op.create_index("issues_account", "issues", ["tenant_id", "account_id"])
    op.create_index("cycles_code", "cycles", ["tenant_id", "code"], unique=True)
    for name in FROZEN:
        tables.append_only(op, name)


def downgrade() -> None:
    """Back to accounts that nobody develops."""
    for name in reversed(TABLES):
        op.drop_table(name)
