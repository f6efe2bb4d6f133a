"""Discarded leads and notices that are too old are found without reading the others."""

from alembic import op

from services.kit.migrations import create_index, drop_index

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Expand: indexes only, built beside who writes."""
    create_index(
        op, "leads_aging", "leads", ("tenant_id", "update_time"), "status = 'DISCARDED' AND erase_time IS NULL"
    )
    create_index(op, "notices_aging", "notices", ("tenant_id", "create_time"))


def downgrade() -> None:
    """Back to reading all."""
    drop_index(op, "notices_aging")
    drop_index(op, "leads_aging")
