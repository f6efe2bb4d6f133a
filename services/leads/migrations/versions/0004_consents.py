"""Consents, and what is held of erased persons while the law demands it."""

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0004"
down_revision = "0003"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
CONSENT = (
    *(("id", UUID), ("person_id", UUID), ("purpose", TEXT), ("given", sa.Boolean()), ("text_version", TEXT)),
    *(("channel", TEXT), ("give_time", TIME), ("recorded_by", UUID), ("create_time", TIME)),
)
RETENTION = (
    *(("id", UUID), ("person_id", UUID), ("contact_id", UUID), ("reason", TEXT), ("content", TEXT)),
    *(("sealed", sa.LargeBinary()), ("hold_until", TIME), ("create_time", TIME)),
)


def upgrade() -> None:
    """Expand: new tables only."""
    for name, columns in (("consents", CONSENT), ("retentions", RETENTION)):
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(c, t, nullable=c == "sealed") for c, t in columns),
            sa.PrimaryKeyConstraint("tenant_id", "id"),
        )
        tables.isolate(op, name)
    tables.append_only(op, "consents")
    op.create_index("consents_person", "consents", ["tenant_id", "person_id", "purpose", "give_time"])
    op.create_index("retentions_person", "retentions", ["tenant_id", "person_id"])


def downgrade() -> None:
    """Back to people who were never asked."""
    op.drop_table("retentions")
    op.drop_table("consents")
