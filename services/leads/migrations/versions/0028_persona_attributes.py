"""By what a tenant describes its customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import tables

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Expand: a new table only."""
    op.create_table(
        "persona_attributes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("values", ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("described_to", sa.Uuid()),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    tables.isolate(op, "persona_attributes")


def downgrade() -> None:
    """Back to leads that nothing is told of."""
    op.drop_table("persona_attributes")
