"""Products, contracts, instalments, receipts, the journal, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, DATE, TIME, MONEY = sa.Uuid(), sa.Text(), sa.Date(), sa.DateTime(timezone=True), sa.Numeric(15, 2)
OWNED = (("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)))
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger()))
NULLABLE = {
    "products": {"list_price", "list_price_currency"},
    "contracts": {"deal_id", "sign_date", "team_id"},
    "instalments": {"due_date", "paid_date"},
    "receipts": {"contract_id", "team_id"},
    "journal": {"contract_id", "instalment_id", "receipt_id"},
}


def _table(
    name: str, *columns: tuple[str, Any], key: tuple[str, ...] = ("id",), rules: dict[str, str] | None = None
) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE[name]) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
        *(sa.CheckConstraint(rule, name=f"{name}_{label}") for label, rule in (rules or {}).items()),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables only."""
    tables.create_kit_tables(op)
    _sold()
    _paid()
    tables.append_only(op, "journal")


def _sold() -> None:
    _table(
        "products",
        ("id", UUID),
        *((name, TEXT) for name in ("code", "name", "category")),
        ("list_price", MONEY),
        ("list_price_currency", TEXT),
        ("aliases", JSONB()),
        ("active", sa.Boolean()),
        *CHANGED,
    )
    _table(
        "contracts",
        ("id", UUID),
        ("number", TEXT),
        ("deal_id", UUID),
        ("account_id", UUID),
        ("title", TEXT),
        ("status", TEXT),
        ("amount", MONEY),
        ("amount_currency", TEXT),
        ("lines", JSONB()),
        ("sign_date", DATE),
        ("attributes", JSONB()),
        *OWNED,
        *CHANGED,
        rules={
            "status": "status IN ('DRAFT', 'SIGNED', 'CANCELLED')",
            "signed": "(status = 'SIGNED') = (sign_date IS NOT NULL)",
            "amount": "amount > 0",
        },
    )
    _table(
        "instalments",
        ("id", UUID),
        ("contract_id", UUID),
        ("seq", sa.Integer()),
        ("label", TEXT),
        ("trigger", TEXT),
        ("due_date", DATE),
        ("amount", MONEY),
        ("amount_currency", TEXT),
        ("paid", MONEY),
        ("paid_currency", TEXT),
        ("paid_date", DATE),
        ("version", sa.BigInteger()),
        rules={
            "paid": "0 <= paid AND paid <= amount",
            "paid_date": "(paid = amount) = (paid_date IS NOT NULL)",
            "currency": "paid_currency = amount_currency",
            "amount": "amount > 0",
        },
    )
    op.create_foreign_key(
        "instalments_contract", "instalments", "contracts", ["tenant_id", "contract_id"], ["tenant_id", "id"]
    )
    op.create_index("products_code", "products", ["tenant_id", "code"], unique=True)
    op.create_index("contracts_number", "contracts", ["tenant_id", "number"], unique=True)
    standing = sa.text("deal_id IS NOT NULL AND status <> 'CANCELLED'")
    op.create_index("contracts_deal", "contracts", ["tenant_id", "deal_id"], unique=True, postgresql_where=standing)
    op.create_index("contracts_account", "contracts", ["tenant_id", "account_id"])
    op.create_index("contracts_signed", "contracts", ["tenant_id", "sign_date"])
    op.create_index("instalments_contract", "instalments", ["tenant_id", "contract_id", "seq"], unique=True)
    op.create_index("instalments_due", "instalments", ["tenant_id", "due_date"])
    op.create_index("instalments_paid_date", "instalments", ["tenant_id", "paid_date"])


def _paid() -> None:
    _table(
        "receipts",
        ("id", UUID),
        ("account_id", UUID),
        ("contract_id", UUID),
        ("status", TEXT),
        ("amount", MONEY),
        ("amount_currency", TEXT),
        ("unapplied", MONEY),
        ("unapplied_currency", TEXT),
        ("received_date", DATE),
        *((name, TEXT) for name in ("bank_reference", "note", "void_reason")),
        *OWNED,
        *CHANGED,
        rules={
            "status": "status IN ('RECORDED', 'VOIDED')",
            "unapplied": "0 <= unapplied AND unapplied <= amount",
            "currency": "unapplied_currency = amount_currency",
        },
    )
    _table(
        "journal",
        ("entry_id", UUID),
        ("line", sa.Integer()),
        ("kind", TEXT),
        ("book", TEXT),
        ("amount", MONEY),
        ("currency", TEXT),
        ("contract_id", UUID),
        ("instalment_id", UUID),
        ("receipt_id", UUID),
        ("effective_date", DATE),
        ("recorded_at", TIME),
        ("actor_id", UUID),
        key=("entry_id", "line"),
        rules={
            "kind": "kind IN ('SIGN', 'RECEIPT', 'ALLOCATION', 'VOID')",
            "book": "book IN ('RECEIVABLE', 'CONTRACTED', 'CASH', 'UNAPPLIED')",
        },
    )
    standing = sa.text("bank_reference <> '' AND status <> 'VOIDED'")
    op.create_index(
        "receipts_bank_reference", "receipts", ["tenant_id", "bank_reference"], unique=True, postgresql_where=standing
    )
    op.create_index("receipts_contract", "receipts", ["tenant_id", "contract_id"])
    op.create_index("receipts_account", "receipts", ["tenant_id", "account_id"])
    op.create_index("journal_receipt", "journal", ["tenant_id", "receipt_id"])
    op.create_index(
        "journal_instalment",
        "journal",
        ["tenant_id", "book", "instalment_id", "effective_date"],
        postgresql_include=["amount"],
    )
    for table in ("contracts", "receipts"):
        op.create_index(f"{table}_newest", table, ["tenant_id", "create_time", "id"])
        op.create_index(f"{table}_owner", table, ["tenant_id", "owner_id", "create_time", "id"])
        op.create_index(f"{table}_shared", table, ["collaborators"], postgresql_using="gin")


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("journal", "receipts", "instalments", "contracts", "products"):
        op.drop_table(table)
    tables.drop_kit_tables(op)
