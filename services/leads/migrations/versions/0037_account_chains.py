"""Account chains: what contacts suffer, who approves whom, and every change of both."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import tables

revision = "0037"
down_revision = "0036"

UUID, TEXT, TIME, LONG = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.BigInteger()
LINK = (("id", UUID), ("contact_id", UUID), ("person_id", UUID), ("author_id", UUID))
PAIN = (("pain", TEXT), ("reason", TEXT), ("affected_contact_ids", ARRAY(UUID)), ("sealed", sa.LargeBinary()))
CHANGED = (("delete_time", TIME), ("create_time", TIME), ("update_time", TIME), ("version", LONG))
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "pains": (*LINK, *PAIN, *CHANGED),
    "approvals": (*LINK, ("approver_id", UUID), *CHANGED),
    "chain_changes": (
        *(*LINK, *PAIN, ("link_id", UUID), ("kind", TEXT), ("deed", TEXT), ("approver_id", UUID)),
        *(("version", LONG), ("create_time", TIME)),
    ),
}
MAY_BE_EMPTY = {"sealed", "delete_time", "approver_id"}


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column in MAY_BE_EMPTY) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", "id"),
        )
        tables.isolate(op, name)
        op.create_index(f"{name}_found", name, ["tenant_id", "contact_id", "create_time"])


def downgrade() -> None:
    """Back to customers of whom nobody knows what they suffer."""
    for name in reversed(TABLES):
        op.drop_table(name)
