"""Who comes and who signs, by the attributes that customers are described by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0008"
down_revision = "0007"

UUID, TEXT, DAY, COUNT = sa.Uuid(), sa.Text(), sa.Date(), sa.BigInteger()
WHOSE = (("level", TEXT), ("owner_id", UUID), ("team_id", UUID))
CELL = (("series", TEXT), ("start", DAY), ("channel", TEXT), ("attribute", TEXT), ("value", TEXT))


def upgrade() -> None:
    """Expand: new tables only."""
    op.create_table(
        "described_leads",
        *(sa.Column(name, UUID, nullable=False) for name in ("tenant_id", "id")),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("version", COUNT, nullable=False),
        *(sa.Column(name, UUID) for name in ("owner_id", "team_id")),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("capture_day", DAY),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "persona_rollups",
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in (*WHOSE, *CELL)),
        *(sa.Column(name, COUNT, nullable=False) for name in ("leads", "signed")),
        sa.PrimaryKeyConstraint("tenant_id", *(name for name, _ in (*WHOSE, *CELL))),
    )
    for table in ("described_leads", "persona_rollups"):
        tables.isolate(op, table)


def downgrade() -> None:
    """Back to leads that are not described."""
    op.drop_table("persona_rollups")
    op.drop_table("described_leads")
