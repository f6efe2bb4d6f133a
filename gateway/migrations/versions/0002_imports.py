"""Imports: operations, their files and refused rows, and the queue of workers."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0002"
down_revision = "0001"

UUID, TEXT, TIME, FLAG = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Boolean()
NULLABLE = {"team_id", "end_time", "worker", "leased_until"}


def _table(name: str, *columns: tuple[str, Any], key: tuple[str, ...] = ("id",)) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables only."""
    _table(
        "operations",
        ("id", UUID),
        *((name, TEXT) for name in ("kind", "state")),
        ("dry_run", FLAG),
        ("file_name", TEXT),
        *((name, JSONB()) for name in ("rows", "columns")),
        *((name, TEXT) for name in ("reason", "message")),
        *(("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID))),
        *(("end_time", TIME), ("create_time", TIME), ("update_time", TIME), ("version", sa.BigInteger())),
    )
    op.create_index("operations_newest", "operations", ["tenant_id", "create_time", "id"])
    _table(
        "import_files",
        *(("operation_id", UUID), ("piece", sa.Integer()), ("content", sa.LargeBinary())),
        key=("operation_id", "piece"),
    )
    _table(
        "import_refusals",
        *(("operation_id", UUID), ("row", sa.Integer()), ("cells", JSONB()), ("reason", TEXT), ("faults", JSONB())),
        key=("operation_id", "row"),
    )
    _table(
        "import_queue",
        *(("id", UUID), ("worker", UUID), ("leased_until", TIME), ("ended", FLAG), ("expire_time", TIME)),
    )
    op.create_index("import_queue_open", "import_queue", ["tenant_id", "id"], postgresql_where=sa.text("NOT ended"))
    # Workers serve all tenants. The queue holds ids and times; whatever an id stands for is read as its tenant.
    op.execute("CREATE POLICY worker ON import_queue USING (true) WITH CHECK (true)")


def downgrade() -> None:
    """Back to identity alone."""
    for table in ("import_queue", "import_refusals", "import_files", "operations"):
        op.drop_table(table)
