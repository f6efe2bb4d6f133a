"""Audit entries are numbered and sealed one after the other."""

from alembic import op

from services.kit import notary

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Expand: two columns that stand empty until an entry is sealed."""
    notary.install(op)


def downgrade() -> None:
    """Entries stand, their numbers go."""
    notary.uninstall(op)
