"""Rows are found by the account that was merged."""

from alembic import op

from services.kit import aliases

revision = "0032"
down_revision = "0031"

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
    """Expand: indexes only, built beside who writes."""
    aliases.find_origin(op, *FOLLOWING)


def downgrade() -> None:
    """Back to looking through all rows when accounts are merged."""
    aliases.drop_origin_index(op, *FOLLOWING)
