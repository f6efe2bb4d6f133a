"""Leads, accounts and contacts are found by the index of their terms: row-level security kept it from being used."""

from alembic import op

from services.kit import terms

revision = "0020"
down_revision = "0019"

NAMES = ("lead_terms", "account_terms", "contact_terms")


def upgrade() -> None:
    """Expand: functions that whoever comes first does not call."""
    terms.create_finders(op, *NAMES)


def downgrade() -> None:
    """Back to reading all terms."""
    terms.drop_finders(op, *NAMES)
