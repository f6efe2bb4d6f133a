"""Collisions: cases, rules, marks to match by, what rules ask; codes of companies, WeChat ids, what holds a lead."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0014"
down_revision = "0013"

UUID, TEXT, TIME, BYTES = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.LargeBinary()
CASE = (
    *(("id", UUID), ("challenger_id", UUID), ("signs", ARRAY(TEXT)), ("parties", JSONB()), ("user_ids", ARRAY(UUID))),
    *(("team_ids", ARRAY(UUID)), ("row_ids", ARRAY(UUID)), ("state", TEXT), ("rule", TEXT), ("days", sa.Integer())),
    *(("words", TEXT), ("award_time", TIME), ("awarded_by", UUID), ("appealed_by", UUID), ("appeal", TEXT)),
    *(("appeal_time", TIME), ("decided_by", UUID), ("decide_time", TIME), ("sealed", BYTES)),
    *(("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger())),
)
MARK = (("row_id", UUID), ("mark", BYTES), ("sign", TEXT))
TOUCH = (("row_id", UUID), ("first_time", TIME), ("last_time", TIME))
DEAL = (
    ("deal_id", UUID),
    ("account_id", UUID),
    ("open_time", TIME),
    ("open", sa.Boolean()),
    ("version", sa.BigInteger()),
)
NULLABLE = {"rule", "award_time", "awarded_by", "appealed_by", "appeal_time", "decided_by", "decide_time", "sealed"}
TABLES: tuple[tuple[str, tuple[tuple[str, Any], ...], tuple[str, ...]], ...] = (
    ("collisions", CASE, ("id",)),
    ("collision_rules", (("rules", JSONB()),), ()),
    ("match_marks", MARK, ("row_id", "mark")),
    ("collision_touches", TOUCH, ("row_id",)),
    ("collision_deals", DEAL, ("deal_id",)),
)


def upgrade() -> None:
    """Expand: new tables, and columns with a default."""
    for name, columns, key in TABLES:
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=c in NULLABLE) for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)
    op.create_index("collisions_newest", "collisions", ["tenant_id", "create_time", "id"])
    for column in ("user_ids", "team_ids", "row_ids"):
        op.create_index(f"collisions_{column}", "collisions", [column], postgresql_using="gin")
    op.create_index("match_marks_mark", "match_marks", ["tenant_id", "mark"])
    op.create_index("collision_deals_account", "collision_deals", ["tenant_id", "account_id"], postgresql_where="open")
    op.add_column("leads", sa.Column("uscc", TEXT, nullable=False, server_default=""))
    op.add_column("leads", sa.Column("wechat_id", TEXT, nullable=False, server_default=""))
    op.add_column("leads", sa.Column("collision_id", UUID))
    op.add_column("accounts", sa.Column("uscc", TEXT, nullable=False, server_default=""))


def downgrade() -> None:
    """Back to whoever comes second taking what the first has."""
    op.drop_column("accounts", "uscc")
    for column in ("collision_id", "wechat_id", "uscc"):
        op.drop_column("leads", column)
    for name, _, _ in reversed(TABLES):
        op.drop_table(name)
