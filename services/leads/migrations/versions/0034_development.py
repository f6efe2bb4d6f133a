"""What is to be done for accounts in eight steps, what was noted for them, and how far each has come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import aliases, tables

revision = "0034"
down_revision = "0033"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Expand: new tables only."""
    op.create_table(
        "development_checklists",
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("territory", "segment")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.Column("created_by", UUID, nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "territory", "segment", "version"),
    )
    op.create_table(
        "development_entries",
        *(sa.Column(name, UUID, nullable=False) for name in ("tenant_id", "id", "account_id", "user_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("item", "territory", "segment")),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "developments",
        *(sa.Column(name, UUID, nullable=False) for name in ("tenant_id", "id", "account_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("territory", "segment", "step")),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        *(sa.Column(name, TIME, nullable=False) for name in ("step_time", "create_time", "update_time")),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("ticks", "passages")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    aliases.let_follow(op, "development_entries", "account_id")
    op.create_index("developments_account", "developments", ["tenant_id", "account_id"], unique=True)
    op.create_index("development_entries_account", "development_entries", ["tenant_id", "account_id"])
    op.create_index(
        "development_entries_merged",
        "development_entries",
        ["tenant_id", "merged_from"],
        postgresql_where=sa.text("merged_from IS NOT NULL"),
    )
    for name in ("development_checklists", "development_entries", "developments"):
        tables.isolate(op, name)


def downgrade() -> None:
    """Back to accounts that nobody develops step by step."""
    for name in ("developments", "development_entries", "development_checklists"):
        op.drop_table(name)
