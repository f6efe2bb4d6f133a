"""Texts that are too old are found without reading the others."""

from alembic import op

from services.kit.migrations import create_index, drop_index

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Expand: an index only, built beside who writes."""
    create_index(op, "touchpoints_aging", "touchpoints", ("tenant_id", "category", "create_time"), "sealed IS NOT NULL")


def downgrade() -> None:
    """Back to reading all."""
    drop_index(op, "touchpoints_aging")
