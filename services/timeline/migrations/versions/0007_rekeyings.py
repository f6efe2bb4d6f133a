"""Tenants' keys can be changed."""

from alembic import op

from services.kit import tables

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Expand: a new table."""
    tables.create_rekeyings(op)


def downgrade() -> None:
    """Back to keys for good."""
    tables.drop_rekeyings(op)
