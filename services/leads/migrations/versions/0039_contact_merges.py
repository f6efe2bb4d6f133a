"""Merges of contacts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import aliases, tables

revision = "0039"
down_revision = "0038"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
IDS = ("tenant_id", "id", "account_id", "contact_id", "duplicate_id", "person_id", "merged_by")


def upgrade() -> None:
    """Expand: a new table, and a column that stays empty until something is merged."""
    op.add_column("contacts", sa.Column("merged_into", UUID))
    op.create_table(
        "contact_merges",
        *(sa.Column(name, UUID, nullable=False) for name in IDS),
        *(sa.Column(name, TEXT, nullable=False) for name in ("purpose", "undo_purpose", "state")),
        sa.Column("changes", ARRAY(TEXT), nullable=False),
        sa.Column("replaced", JSONB(), nullable=False),
        sa.Column("undone_by", UUID),
        sa.Column("undo_time", TIME),
        sa.Column("sealed", sa.LargeBinary()),
        *(sa.Column(name, TIME, nullable=False) for name in ("create_time", "update_time")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "contact_merges")
    aliases.let_follow(op, "contact_merges", "account_id")
    merged = sa.text("merged_from IS NOT NULL")
    op.create_index("contact_merges_merged", "contact_merges", ["tenant_id", "merged_from"], postgresql_where=merged)
    op.create_index("contact_merges_account", "contact_merges", ["tenant_id", "account_id", "create_time"])
    op.create_index("contact_merges_contact", "contact_merges", ["tenant_id", "contact_id"])


def downgrade() -> None:
    """Back to contacts that stay two."""
    op.drop_table("contact_merges")
    op.drop_column("contacts", "merged_into")
