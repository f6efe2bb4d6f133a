"""Leads, accounts, contacts, discard reasons, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
OWNED = (("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)))
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger()))
NULLABLE = {"team_id", "account_id", "contact_id", "deal_id", "parent_id", "revenue", "revenue_currency"}


def _table(
    name: str, *columns: tuple[str, Any], key: tuple[str, ...] = ("id",), required: tuple[str, ...] = ()
) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE and c not in required) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables only."""
    tables.create_kit_tables(op)
    texts = ("company", "contact_name", "phone", "email", "channel", "campaign")
    _table(
        "leads",
        ("id", UUID),
        *((name, TEXT) for name in texts),
        ("attributes", JSONB()),
        ("status", TEXT),
        ("score", sa.Integer()),
        ("discard_reason", TEXT),
        *OWNED,
        *((name, UUID) for name in ("account_id", "contact_id", "deal_id")),
        *CHANGED,
    )
    _table(
        "accounts",
        ("id", UUID),
        *((name, TEXT) for name in ("name", "industry", "region")),
        ("employees", sa.Integer()),
        ("revenue", sa.Numeric(15, 2)),
        ("revenue_currency", TEXT),
        ("parent_id", UUID),
        ("attributes", JSONB()),
        *OWNED,
        *CHANGED,
    )
    _table(
        "contacts",
        ("id", UUID),
        ("account_id", UUID),
        *((name, TEXT) for name in ("name", "title", "phone", "email")),
        *CHANGED,
        required=("account_id",),
    )
    _table("discard_reasons", ("code", TEXT), ("label", TEXT), ("active", sa.Boolean()), key=("code",))
    for table in ("leads", "accounts"):
        op.create_index(f"{table}_newest", table, ["tenant_id", "create_time", "id"])
        op.create_index(f"{table}_owner", table, ["tenant_id", "owner_id", "create_time", "id"])
        op.create_index(f"{table}_shared", table, ["collaborators"], postgresql_using="gin")
    op.create_index("accounts_name", "accounts", ["tenant_id", "name"])
    op.create_index("contacts_account", "contacts", ["tenant_id", "account_id", "create_time"])


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("discard_reasons", "contacts", "accounts", "leads"):
        op.drop_table(table)
    tables.drop_kit_tables(op)
