"""What happened to exclusive leads is told to their owner alone."""

from alembic import op

from services.kit import tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Expand: a column with a default, and a policy that no row falls under yet."""
    tables.keep_exclusive(op, "entries")
    tables.keep_exclusive(op, "subjects")


def downgrade() -> None:
    """Back to rows that everybody above sees."""
    tables.drop_exclusive(op, "entries")
    tables.drop_exclusive(op, "subjects")
