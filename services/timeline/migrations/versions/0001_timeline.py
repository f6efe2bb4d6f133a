"""Entries and their subjects, touchpoints with all that they said before, kinds, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, TIME, COUNT = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.BigInteger()
SEEN_BY = (("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)))
ABOUT = (("account_id", UUID), ("lead_id", UUID), ("deal_id", UUID))
NULLABLE = {"account_id", "lead_id", "deal_id", "contract_id", "owner_id", "team_id", "direction"}
TOUCHPOINT = (
    ("id", UUID),
    *ABOUT,
    ("kind", TEXT),
    ("category", TEXT),
    ("direction", TEXT),
    ("occurred_time", TIME),
    ("duration_s", sa.Integer()),
    *((name, TEXT) for name in ("subject", "note", "place")),
    ("has_text", sa.Boolean()),
    ("participants", ARRAY(UUID)),
    ("visibility", TEXT),
    ("author_id", UUID),
    ("create_time", TIME),
    ("update_time", TIME),
    ("version", COUNT),
)


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
    tables.create_kit_tables(op)
    _table(
        "entries",
        ("id", UUID),
        ("kind", TEXT),
        ("category", TEXT),
        ("occurred_time", TIME),
        ("recorded_time", TIME),
        ("actor_id", UUID),
        ("facts", JSONB()),
        ("visibility", TEXT),
        *ABOUT,
        ("contract_id", UUID),
        ("seen_as", UUID),
        *SEEN_BY,
        ("version", COUNT),
    )
    _table(
        "subjects",
        ("id", UUID),
        ("about", TEXT),
        ("account_id", UUID),
        ("deal_id", UUID),
        *SEEN_BY,
        ("version", COUNT),
        ("told_time", TIME),
    )
    _table("touchpoints", *TOUCHPOINT)
    _table("touchpoint_versions", *TOUCHPOINT, key=("id", "version"))
    tables.append_only(op, "touchpoint_versions")
    labels = (("label_zh", TEXT), ("label_en", TEXT))
    _table("touchpoint_kinds", ("code", TEXT), ("category", TEXT), *labels, ("active", sa.Boolean()), key=("code",))
    for name, _ in ABOUT:
        # A page is read off the end of one of these, however long the timeline is.
        op.create_index(
            f"entries_{name}",
            "entries",
            ["tenant_id", name, "occurred_time", "id"],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    op.create_index("entries_seen_as", "entries", ["tenant_id", "seen_as"])
    op.create_index("subjects_owner", "subjects", ["tenant_id", "owner_id"])


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("touchpoint_kinds", "touchpoint_versions", "touchpoints", "subjects", "entries"):
        op.drop_table(table)
    tables.drop_kit_tables(op)
