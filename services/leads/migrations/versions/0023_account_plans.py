"""Account plans, their approved versions and actions, and discount rates."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0023"
down_revision = "0022"

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, LONG, RATE, JSON = sa.Integer(), sa.BigInteger(), sa.Numeric(5, 4), JSONB()
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", LONG))
CONTENT = (("strategy_fit", TEXT), ("joint_goals", TEXT), ("expected", JSON))
OF_ACCOUNT = (("id", UUID), ("account_id", UUID))
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "account_plans": (
        *(*OF_ACCOUNT, ("first_year", WHOLE), ("years", WHOLE), *CONTENT, ("status", TEXT), ("approvals", WHOLE)),
        *(("author_id", UUID), ("close_reason", TEXT), *CHANGED),
    ),
    "account_plan_versions": (
        *(*OF_ACCOUNT, ("account_plan_id", UUID), ("approval", WHOLE), *CONTENT, ("discount_rate", RATE)),
        *(("approver_id", UUID), ("create_time", TIME), ("years", WHOLE)),
    ),
    "discount_rates": (*(("id", UUID), ("rate", RATE), ("source", TEXT), ("author_id", UUID), ("create_time", TIME)),),
    "plan_actions": (
        *(("id", UUID), ("account_plan_id", UUID), ("account_id", UUID), ("side", TEXT), ("title", TEXT)),
        *(("owner_id", UUID), ("contact_id", UUID), ("due_date", DAY), ("status", TEXT), ("outcome", TEXT)),
        *(("settle_date", DAY), ("reminded", TEXT), *CHANGED),
    ),
}
MAY_BE_EMPTY = {"discount_rate", "contact_id", "settle_date"}


def upgrade() -> None:
    """Expand: new tables only. An account has one plan that is not closed; each approval makes one version."""
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column in MAY_BE_EMPTY) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", "id"),
        )
        tables.isolate(op, name)
    not_closed = sa.text("status <> 'CLOSED'")
    account = ["tenant_id", "account_id"]
    op.create_index("account_plans_open", "account_plans", account, unique=True, postgresql_where=not_closed)
    op.create_index("account_plans_found", "account_plans", ["tenant_id", "create_time", "id"])
    numbered = ["tenant_id", "account_plan_id", "approval"]
    op.create_index("account_plan_versions_found", "account_plan_versions", numbered, unique=True)
    op.create_index("account_plan_versions_account", "account_plan_versions", account)
    op.create_index("plan_actions_plan", "plan_actions", ["tenant_id", "account_plan_id", "due_date"])
    op.create_index("plan_actions_account", "plan_actions", account)
    still = sa.text("status = 'OPEN'")
    op.create_index("plan_actions_due", "plan_actions", ["tenant_id", "due_date"], postgresql_where=still)


def downgrade() -> None:
    """Back to accounts without plans."""
    for name in reversed(TABLES):
        op.drop_table(name)
