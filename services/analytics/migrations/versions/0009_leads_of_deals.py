"""Whoever wins a deal finds the lead that it came of."""

from alembic import op

from services.kit.migrations import create_index, drop_index

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Expand: an index only, built beside who writes."""
    create_index(op, "leads_of_deal", "leads", ("tenant_id", "deal_id"), "deal_id IS NOT NULL")


def downgrade() -> None:
    """Back to finding it by reading all."""
    drop_index(op, "leads_of_deal")
