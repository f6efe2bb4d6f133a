"""Contacts are found by the one that they were merged into."""

from alembic import op

from services.kit.migrations import create_index, drop_index

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Expand: an index only, built beside who writes."""
    create_index(op, "contacts_merged_into", "contacts", ("tenant_id", "merged_into"), "merged_into IS NOT NULL")


def downgrade() -> None:
    """Back to looking through all contacts."""
    drop_index(op, "contacts_merged_into")
