"""Accounts that were merged; contracts and receipts follow them."""

from alembic import op

from services.kit import aliases

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Expand: a new table, and columns that stay empty until something is merged."""
    aliases.create_aliases(op)
    aliases.let_follow(op, "contracts", "account_id")
    aliases.let_follow(op, "receipts", "account_id")


def downgrade() -> None:
    """Back to rows that stand where they were last."""
    aliases.let_stand(op, "contracts", "receipts")
    aliases.drop_aliases(op, "account_id")
