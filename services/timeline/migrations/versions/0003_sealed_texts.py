"""The texts of touchpoints are sealed under keys that can be destroyed."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0003"
down_revision = "0002"

SEALED = ("touchpoints", "touchpoint_versions")


def upgrade() -> None:
    """Expand: a column that may stay empty. Rows written before are sealed by `python -m services.timeline.seal`."""
    tables.create_vault(op, *SEALED)
    for table in SEALED:
        op.add_column(table, sa.Column("sealed", sa.LargeBinary()))


def downgrade() -> None:
    """Back to rows in the open. What was sealed is lost."""
    for table in SEALED:
        op.drop_column(table, "sealed")
    tables.drop_vault(op, *SEALED)
