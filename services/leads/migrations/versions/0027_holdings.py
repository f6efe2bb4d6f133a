"""A rep is answered from the rep's own leads and accounts where very many of the tenant's have what is searched for."""

from alembic import op

from services.kit import terms

revision = "0027"
down_revision = "0026"

NAMES = ("leads", "accounts")


def upgrade() -> None:
    """Expand: functions that whoever comes first does not call."""
    terms.create_holdings(op, *NAMES)


def downgrade() -> None:
    """Back to looking at all that have it."""
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}_of")
