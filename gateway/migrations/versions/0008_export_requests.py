"""Exports that need approval, a record of each export, and what each user was shown in a day."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0008"
down_revision = "0007"

UUID, TEXT, TIME, ROWS = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.BigInteger()
CHANGE = (("create_time", TIME), ("update_time", TIME), ("version", ROWS))
OWNER = (("id", UUID), ("owner_id", UUID), ("team_id", UUID))
NULLABLE = {"team_id", "decided_by", "expire_time", "export_id", "request_id", "sealed"}


def upgrade() -> None:
    """Expand: new tables, and columns with what held until now."""
    op.add_column("export_quotas", sa.Column("approval_rows", ROWS, nullable=False, server_default="2000"))
    op.add_column("export_days", sa.Column("reveals", ROWS, nullable=False, server_default="0"))
    for name in ("rows_told", "reveals_told"):
        op.add_column("export_days", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    request = (
        *(*OWNER, ("list", TEXT), ("purpose", TEXT), ("state", TEXT), ("decision", TEXT), ("decided_by", UUID)),
        *(("expire_time", TIME), ("export_id", UUID), ("rows", ROWS), ("sealed", sa.LargeBinary()), *CHANGE),
    )
    export = (*OWNER, ("list", TEXT), ("request_id", UUID), ("state", TEXT), ("rows", ROWS), *CHANGE)
    for name, columns in (("export_requests", request), ("exports", export)):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column in NULLABLE) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", "id"),
        )
        tables.isolate(op, name)
        op.create_index(f"{name}_newest", name, ["tenant_id", "create_time", "id"])
    op.create_index("export_requests_export", "export_requests", ["tenant_id", "export_id"])
    op.create_index("exports_running", "exports", ["tenant_id", "update_time"], postgresql_where="state = 'RUNNING'")


def downgrade() -> None:
    """Back to exports that nobody approves."""
    for name in ("exports", "export_requests"):
        op.drop_table(name)
    for name in ("reveals_told", "rows_told", "reveals"):
        op.drop_column("export_days", name)
    op.drop_column("export_quotas", "approval_rows")
