"""Partners and their keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0005"
down_revision = "0004"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        *columns,
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("end_time", TIME),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables only."""
    _table("partners", sa.Column("name", TEXT, nullable=False))
    op.create_index(
        "partners_name", "partners", ["tenant_id", "name"], unique=True, postgresql_where=sa.text("end_time IS NULL")
    )
    secrets = (sa.Column("nkey", TEXT, nullable=False), sa.Column("digest", TEXT, nullable=False))
    _table("partner_keys", sa.Column("partner_id", UUID, nullable=False), *secrets)
    op.create_index("partner_keys_good", "partner_keys", ["tenant_id", "partner_id"])


def downgrade() -> None:
    """Back to people alone."""
    op.drop_table("partner_keys")
    op.drop_table("partners")
