"""Erasures, personal exports, and keys below which the files of imports are sealed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0006"
down_revision = "0005"

UUID, TEXT, TIME, JSON = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), JSONB()
NULLABLE = {"decided_by", "end_time", "hold_until"}
ERASURE = (
    *(("id", UUID), ("person_ids", ARRAY(UUID)), ("channel", TEXT), ("state", TEXT), ("decision", TEXT)),
    *(("requested_by", UUID), ("decided_by", UUID), ("effects", JSON), ("steps", JSON), ("due_time", TIME)),
    *(("end_time", TIME), ("hold_until", TIME), ("create_time", TIME), ("update_time", TIME)),
    ("version", sa.BigInteger()),
)


def upgrade() -> None:
    """Expand: new tables, and a column that may stay empty."""
    tables.create_vault(op)
    for name, columns in (
        ("erasures", ERASURE),
        ("erasure_queue", (("id", UUID), ("not_before", TIME))),
        ("personal_exports", (("id", UUID), ("person_id", UUID), ("sealed", sa.LargeBinary()), ("expire_time", TIME))),
    ):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=c in NULLABLE) for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", "id"),
        )
        tables.isolate(op, name)
    op.create_index("erasures_newest", "erasures", ["tenant_id", "create_time", "id"])
    # Workers serve all tenants. The queue holds ids and times; whatever an id stands for is read as its tenant.
    op.execute("CREATE POLICY worker ON erasure_queue USING (true) WITH CHECK (true)")
    op.add_column("import_refusals", sa.Column("sealed", sa.LargeBinary()))


def downgrade() -> None:
    """Back to people who cannot be forgotten. Files of imports that are under way are lost."""
    op.drop_column("import_refusals", "sealed")
    for name in ("personal_exports", "erasure_queue", "erasures"):
        op.drop_table(name)
    tables.drop_vault(op)
