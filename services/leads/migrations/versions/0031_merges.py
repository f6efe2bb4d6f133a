"""Merges of accounts, and what follows them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import aliases, tables

revision = "0031"
down_revision = "0030"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
FOLLOWING = (
    "contacts",
    "issues",
    "relation_levels",
    "wall_scores",
    "account_touches",
    "account_sales",
    "account_sale_lines",
    "collision_deals",
)


def upgrade() -> None:
    """Expand: new tables, and columns that stay empty until something is merged."""
    aliases.create_aliases(op)
    for table in FOLLOWING:
        aliases.let_follow(op, table, "account_id")
    op.add_column("accounts", sa.Column("merged_into", UUID))
    op.create_table(
        "merges",
        *(sa.Column(name, UUID, nullable=False) for name in ("tenant_id", "id", "account_id", "duplicate_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("purpose", "undo_purpose", "state")),
        sa.Column("merged_by", UUID, nullable=False),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("changes", "moved")),
        sa.Column("joined", ARRAY(UUID), nullable=False),
        sa.Column("undone_by", UUID),
        sa.Column("undo_time", TIME),
        sa.Column("sealed", sa.LargeBinary()),
        *(sa.Column(name, TIME, nullable=False) for name in ("create_time", "update_time")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "merges")
    for column in ("duplicate_id", "account_id"):
        op.create_index(f"merges_{column}", "merges", ["tenant_id", column, "create_time"])


def downgrade() -> None:
    """Back to accounts that stay two."""
    op.drop_table("merges")
    op.drop_column("accounts", "merged_into")
    aliases.let_stand(op, *FOLLOWING)
    aliases.drop_aliases(op, "account_id")
