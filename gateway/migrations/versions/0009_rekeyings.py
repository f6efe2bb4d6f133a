"""Tenants' keys can be changed."""

from alembic import op

from services.kit import tables

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Expand: a new table."""
    tables.create_rekeyings(op)


def downgrade() -> None:
    """Back to keys for good."""
    tables.drop_rekeyings(op)
