"""Accounts that were merged; deals follow them."""

from alembic import op

from services.kit import aliases

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Expand: a new table, and columns that stay empty until something is merged."""
    aliases.create_aliases(op)
    aliases.let_follow(op, "deals", "account_id")


def downgrade() -> None:
    """Back to rows that stand where they were last."""
    aliases.let_stand(op, "deals")
    aliases.drop_aliases(op, "account_id")
