"""Rows are found by the account that was merged."""

from alembic import op

from services.kit import aliases

revision = "0011"
down_revision = "0010"

FOLLOWING = ("entries",)


def upgrade() -> None:
    """Expand: indexes only, built beside who writes."""
    aliases.find_origin(op, *FOLLOWING)


def downgrade() -> None:
    """Back to looking through all rows when accounts are merged."""
    aliases.drop_origin_index(op, *FOLLOWING)
