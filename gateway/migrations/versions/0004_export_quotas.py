"""How much may be exported in a day, and how much was."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0004"
down_revision = "0003"

ROWS = sa.BigInteger()


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns, key in (
        ("export_quotas", (("user_rows", ROWS), ("tenant_rows", ROWS), ("version", ROWS)), ()),
        ("export_days", (("day", sa.Date()), ("user_id", sa.Uuid()), ("rows", ROWS)), ("day", "user_id")),
    ):
        op.create_table(
            name,
            sa.Column("tenant_id", sa.Uuid(), nullable=False),
            *(sa.Column(column, kind, nullable=False) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)


def downgrade() -> None:
    """Back to exports without bounds."""
    op.drop_table("export_days")
    op.drop_table("export_quotas")
