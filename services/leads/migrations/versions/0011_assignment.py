"""Assignment: versions of rules, turns, workloads, the duty roster, and the log."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0011"
down_revision = "0010"

UUID, TEXT, TIME, INT = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Integer()
TABLES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]] = {
    "assignment_rules": (
        ("version",),
        (
            *(("version", INT), ("rules", JSONB()), ("automatic", sa.Boolean()), ("capacity", INT)),
            *(("under_percent", INT), ("over_percent", INT), ("author_id", UUID), ("create_time", TIME)),
        ),
    ),
    "assignment_turns": (
        ("turn_key", "user_id"),
        (("turn_key", sa.LargeBinary()), ("user_id", UUID), ("given", sa.BigInteger())),
    ),
    "workloads": (
        ("user_id",),
        (
            *(("user_id", UUID), ("capacity", INT), ("absences", JSONB())),
            *(("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID))),
        ),
    ),
    "duty_rosters": ((), (("duties", JSONB()),)),
    "assignments": (
        ("id",),
        (
            *(("id", UUID), ("lead_id", UUID), ("user_id", UUID), ("reason", TEXT), ("rule", TEXT)),
            *(
                ("rules_version", INT),
                ("open_leads", INT),
                ("capacity", INT),
                ("actor_id", UUID),
                ("create_time", TIME),
            ),
        ),
    ),
}


def upgrade() -> None:
    """Expand: new tables only."""
    for name, (key, columns) in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column == "team_id") for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", *key),
        )
        tables.isolate(op, name)
    for name in ("assignment_rules", "assignments"):
        tables.append_only(op, name)
    op.create_index("assignments_lead", "assignments", ["tenant_id", "lead_id", "create_time"])


def downgrade() -> None:
    """Back to leads that people hand over."""
    for name in TABLES:
        op.drop_table(name)
