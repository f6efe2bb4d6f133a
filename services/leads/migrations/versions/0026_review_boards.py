"""Review boards over batches of leads, and plans that open them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0026"
down_revision = "0025"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
WHOLE, COUNT = sa.Integer(), sa.BigInteger()
CHANGES = (("create_time", TIME), ("update_time", TIME), ("version", COUNT))
BOARD: tuple[tuple[str, Any], ...] = (
    *(("id", UUID), ("title", TEXT), ("filter", JSONB()), ("sample", WHOLE), ("seed", COUNT), ("leads", WHOLE)),
    *(("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)), ("task_days", WHOLE), ("plan", TEXT)),
    *(("state", TEXT), ("close_time", TIME)),
    *CHANGES,
)
REVIEW: tuple[tuple[str, Any], ...] = (
    *((name, UUID) for name in ("id", "board_id", "lead_id", "rep_id")),
    *(("status", TEXT), ("stage", TEXT), ("score", WHOLE), ("verdict", TEXT), ("reason", TEXT), ("comment", TEXT)),
    *(("reviewer_id", UUID), ("judge_time", TIME), ("waited_working_s", COUNT), ("sealed", sa.LargeBinary())),
    *CHANGES,
)
PLAN: tuple[tuple[str, Any], ...] = (
    *(
        ("code", TEXT),
        ("title", TEXT),
        ("recurrence", JSONB()),
        ("days", WHOLE),
        ("filter", JSONB()),
        ("sample", WHOLE),
    ),
    *(("reviewers", ARRAY(UUID)), ("task_days", WHOLE), ("convener_id", UUID), ("active", sa.Boolean())),
    ("last_time", TIME),
)
MAY_BE_EMPTY = {"team_id", "close_time", "verdict", "reviewer_id", "judge_time", "sealed"}


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns, key in (
        ("review_boards", BOARD, "id"),
        ("reviews", REVIEW, "id"),
        ("review_plans", PLAN, "code"),
    ):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=c in MAY_BE_EMPTY) for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", key),
        )
        tables.isolate(op, name)
    op.create_index("review_boards_owner", "review_boards", ["tenant_id", "owner_id", "create_time"])
    op.create_index("review_boards_team", "review_boards", ["tenant_id", "team_id", "create_time"])
    op.create_index("reviews_board", "reviews", ["tenant_id", "board_id", "create_time"])
    op.create_index("reviews_lead", "reviews", ["tenant_id", "lead_id"])


def downgrade() -> None:
    """Back to leads that nobody reviews."""
    for name in ("review_plans", "reviews", "review_boards"):
        op.drop_table(name)
