"""What is to be done about a lead is sealed under the key of the lead's person, and goes with it."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Expand: titles of before are sealed by `python -m services.leads.seal`, and read as ever until then."""
    op.add_column("tasks", sa.Column("sealed", sa.LargeBinary()))


def downgrade() -> None:
    """Back to titles in the open; those that were sealed are lost."""
    op.drop_column("tasks", "sealed")
