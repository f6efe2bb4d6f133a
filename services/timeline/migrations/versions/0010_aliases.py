"""Accounts that were merged; entries follow them."""

from alembic import op

from services.kit import aliases

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Expand: a new table, and columns that stay empty until something is merged."""
    aliases.create_aliases(op)
    aliases.keep_origin(op, "entries")


def downgrade() -> None:
    """Back to rows that stand where they were last."""
    aliases.let_stand(op, "entries")
    aliases.drop_aliases(op)
