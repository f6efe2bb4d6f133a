"""Wallets: categories of spend, spends, the lines of what was signed for; and no wall scores of whom was erased."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0022"
down_revision = "0021"

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, LONG, AMOUNT, YES_OR_NO = sa.Integer(), sa.BigInteger(), sa.Numeric(15, 2), sa.Boolean()
MONEY = (("amount", AMOUNT), ("amount_currency", TEXT))
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "account_sale_lines": (
        *(("contract_id", UUID), ("line", WHOLE), ("account_id", UUID), ("product_code", TEXT), *MONEY),
        ("sign_date", DAY),
    ),
    "spend_categories": (("code", TEXT), ("label", TEXT), ("active", YES_OR_NO)),
    "spend_category_products": (("product_code", TEXT), ("category", TEXT)),
    "spends": (
        *(("id", UUID), ("account_id", UUID), ("category", TEXT), ("period", TEXT), ("start_date", DAY)),
        *(("end_date", DAY), ("previous_period", TEXT), *MONEY, ("source", TEXT), ("source_date", DAY)),
        *(("author_id", UUID), ("create_time", TIME), ("current", YES_OR_NO), ("version", LONG)),
    ),
}
KEYS = {
    "account_sale_lines": ("contract_id", "line"),
    "spend_categories": ("code",),
    "spend_category_products": ("product_code",),
}


def upgrade() -> None:
    """Expand: new tables only. Lines go with the sale that they are of; one spend of a kind counts."""
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=False) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *KEYS.get(name, ("id",))),
        )
        tables.isolate(op, name)
    op.create_foreign_key(
        "account_sale_lines_sale",
        "account_sale_lines",
        "account_sales",
        ["tenant_id", "contract_id"],
        ["tenant_id", "id"],
        ondelete="CASCADE",
    )
    op.create_index("account_sale_lines_found", "account_sale_lines", ["tenant_id", "account_id", "product_code"])
    op.create_index("spend_category_products_found", "spend_category_products", ["tenant_id", "category"])
    # The policy of tenants binds the owner as well, who here speaks for all of them.
    op.execute("ALTER TABLE wall_scores NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """DELETE FROM wall_scores USING contacts c WHERE c.tenant_id = wall_scores.tenant_id
        AND c.id = wall_scores.contact_id AND c.erase_time IS NOT NULL"""
    )
    op.execute("ALTER TABLE wall_scores FORCE ROW LEVEL SECURITY")
    op.create_index("spends_found", "spends", ["tenant_id", "account_id", "create_time"])
    counts = ["tenant_id", "account_id", "category", "period"]
    op.create_index("spends_current", "spends", counts, unique=True, postgresql_where=sa.text("current"))


def downgrade() -> None:
    """Back to customers of whose wallets nothing is known."""
    for name in reversed(TABLES):
        op.drop_table(name)
