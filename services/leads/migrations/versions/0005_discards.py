"""What is given up may need a second look, and what came of that is kept."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0005"
down_revision = "0004"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
COLUMNS = (
    *(("id", UUID), ("lead_id", UUID), ("reason", TEXT), ("from_status", TEXT), ("state", TEXT)),
    *(("requested_by", UUID), ("decided_by", UUID), ("decide_time", TIME), ("decide_why", TEXT)),
    *(("reopened_by", UUID), ("reopen_time", TIME), ("reopen_why", TEXT), ("sealed", sa.LargeBinary())),
    *(("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger())),
)
MAY_BE_EMPTY = {"requested_by", "decided_by", "decide_time", "reopened_by", "reopen_time", "sealed"}


def upgrade() -> None:
    """Expand: a new table, and columns with a default, for replicas of the version before write neither."""
    op.create_table(
        "discards",
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(name, kind, nullable=name in MAY_BE_EMPTY) for name, kind in COLUMNS),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    tables.isolate(op, "discards")
    op.create_index("discards_lead", "discards", ["tenant_id", "lead_id"])
    op.create_index("discards_newest", "discards", ["tenant_id", "create_time", "id"])
    op.add_column("leads", sa.Column("discard_request", TEXT, nullable=False, server_default=""))
    op.add_column("discard_reasons", sa.Column("second_look", sa.Boolean(), nullable=False, server_default="false"))


def downgrade() -> None:
    """Back to leads that are given up by one alone; what waits for a second look is open."""
    op.drop_column("discard_reasons", "second_look")
    op.drop_column("leads", "discard_request")
    op.drop_table("discards")
