"""Markets: how many companies of a territory could buy a product, and from when on that is saturated."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0038"
down_revision = "0037"

UUID, TEXT, DAY = sa.Uuid(), sa.Text(), sa.Date()
COLUMNS = (
    *(("id", UUID), ("region", TEXT), ("product", TEXT), ("period", TEXT), ("end_date", DAY)),
    *(("addressable", sa.Integer()), ("source", TEXT), ("source_date", DAY), ("author_id", UUID)),
    *(("create_time", sa.DateTime(timezone=True)), ("current", sa.Boolean()), ("version", sa.BigInteger())),
)


def upgrade() -> None:
    """Expand: new tables, and which product a prospect might buy. One size of a market and period counts."""
    op.create_table(
        "market_sizes",
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in COLUMNS),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "saturation_rules",
        sa.Column("tenant_id", UUID, nullable=False),
        sa.Column("saturated_percent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    for name in ("market_sizes", "saturation_rules"):
        tables.isolate(op, name)
    one = ["tenant_id", "period", "region", "product"]
    op.create_index("market_sizes_current", "market_sizes", one, unique=True, postgresql_where=sa.text("current"))
    op.create_index("market_sizes_newest", "market_sizes", ["tenant_id", "create_time", "id"])
    op.add_column("prospects", sa.Column("product", TEXT, nullable=False, server_default=""))


def downgrade() -> None:
    """Back to markets of which nobody knows how large they are."""
    op.drop_column("prospects", "product")
    op.drop_table("saturation_rules")
    op.drop_table("market_sizes")
