"""How soon leads are to be answered and decided, and how long each waits."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0013"
down_revision = "0012"

UUID, TEXT, TIME, COUNT = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Integer()
POLICY: tuple[tuple[str, Any], ...] = (
    *(("code", TEXT), ("priority", COUNT), ("team_id", UUID), ("channel", TEXT), ("response_minutes", COUNT)),
    *(("escalate_minutes", COUNT), ("disposition_days", COUNT), ("manager_id", UUID), ("manager_team_id", UUID)),
    *(("reassign", sa.Boolean()), ("active", sa.Boolean())),
)
TIMES = (
    *("start_time", "respond_by", "escalate_by", "dispose_by", "first_touch_time", "disposed_time"),
    *("response_breach_time", "escalate_time", "silent_time", "due_time"),
)
CLOCK: tuple[tuple[str, Any], ...] = (
    *(("id", UUID), ("lead_id", UUID), ("lead_version", sa.BigInteger()), ("held_by", UUID), ("policy", TEXT)),
    *((name, TIME) for name in TIMES),
    *(("response_working_s", sa.BigInteger()), ("create_time", TIME), ("update_time", TIME)),
    ("version", sa.BigInteger()),
)
MAY_BE_EMPTY = {"team_id", "manager_team_id", "held_by", *TIMES}


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns, key in (("sla_policies", POLICY, "code"), ("lead_clocks", CLOCK, "id")):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=c in MAY_BE_EMPTY) for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", key),
        )
        tables.isolate(op, name)
    op.create_index(
        "lead_clocks_due", "lead_clocks", ["tenant_id", "due_time"], postgresql_where="due_time IS NOT NULL"
    )
    op.create_index("lead_clocks_newest", "lead_clocks", ["tenant_id", "create_time", "id"])


def downgrade() -> None:
    """Back to leads that wait unseen."""
    op.drop_table("lead_clocks")
    op.drop_table("sla_policies")
