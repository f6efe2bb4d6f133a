"""Leads are judged by versions of the company's checklists, and keep by which."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0009"
down_revision = "0008"

UUID, TEXT, TIME, COUNT = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Integer()
CHECKLIST = (
    *(("lead_type", TEXT), ("version", COUNT), ("label", TEXT), ("pass_score", COUNT), ("questions", JSONB())),
    *(("created_by", UUID), ("create_time", TIME)),
)
JUDGEMENT = (
    *(("id", UUID), ("lead_id", UUID), ("lead_type", TEXT), ("checklist_version", COUNT), ("score", COUNT)),
    *(("verdict", TEXT), ("findings", JSONB()), ("judged_by", UUID), ("create_time", TIME)),
)


def upgrade() -> None:
    """Expand: new tables, and columns with a default, for replicas of the version before write neither."""
    for name, columns, key in (("checklists", CHECKLIST, ("lead_type", "version")), ("judgements", JUDGEMENT, ("id",))):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=False) for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)
        tables.append_only(op, name)
    op.create_index("judgements_lead", "judgements", ["tenant_id", "lead_id", "create_time"])
    op.add_column("leads", sa.Column("lead_type", TEXT, nullable=False, server_default=""))
    op.add_column("leads", sa.Column("checklist_version", COUNT, nullable=False, server_default="0"))


def downgrade() -> None:
    """Back to leads that are judged by opinion."""
    for name in ("checklist_version", "lead_type"):
        op.drop_column("leads", name)
    for name in ("judgements", "checklists"):
        op.drop_table(name)
