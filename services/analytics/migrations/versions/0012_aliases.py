"""Accounts that were merged."""

from alembic import op

from services.kit import aliases

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Expand: a new table only."""
    aliases.create_aliases(op)


def downgrade() -> None:
    """Back to rows that stand where they were last."""
    aliases.drop_aliases(op)
