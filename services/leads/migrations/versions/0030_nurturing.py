"""How warm leads are, plans by which they are nurtured, who follows which, and what came of each step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0030"
down_revision = "0029"

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, COUNT, FLAG, BYTES = sa.Integer(), sa.BigInteger(), sa.Boolean(), sa.LargeBinary()
PLAN = (("plan", TEXT), ("plan_version", WHOLE), ("temperature", TEXT))
NULLABLE = {
    "from_temperature",
    "sealed",
    "pause_time",
    "end_time",
    "end_reason",
    "settle_time",
    "settled_by",
    "touchpoint_id",
    "remind_time",
}


# SQLAlchemy 2 takes type classes and instances here; its generic parameter says nothing in a migration.
def _table(name: str, *columns: tuple[str, sa.types.TypeEngine], key: tuple[str, ...] = ("id",)) -> None:  # type: ignore[type-arg] # of whichever Python type
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )
    tables.isolate(op, name)


def upgrade() -> None:
    """Expand: new tables, and columns that may stay empty."""
    op.add_column("leads", sa.Column("temperature", TEXT))
    op.add_column("leads", sa.Column("temperature_time", TIME))
    _table(
        "temperature_changes",
        *(("id", UUID), ("lead_id", UUID), ("temperature", TEXT), ("from_temperature", TEXT), ("why", TEXT)),
        *(("sealed", BYTES), ("changed_by", UUID), ("create_time", TIME)),
    )
    op.create_index("temperature_changes_lead", "temperature_changes", ["tenant_id", "lead_id", "create_time"])
    _table(
        "nurture_plans",
        *(("code", TEXT), ("version", WHOLE), ("label", TEXT), ("cadences", JSONB()), ("by_rule", FLAG)),
        *(("active", FLAG), ("created_by", UUID), ("create_time", TIME)),
        key=("code", "version"),
    )
    _table(
        "enrolments",
        *(("id", UUID), ("lead_id", UUID), ("lead_version", COUNT), *PLAN, ("enrolled_by", UUID), ("by_rule", FLAG)),
        *(("state", TEXT), ("pause_time", TIME), ("end_time", TIME), ("end_reason", TEXT)),
        *(("create_time", TIME), ("update_time", TIME), ("version", COUNT)),
    )
    op.create_index(
        "enrolments_followed", "enrolments", ["tenant_id", "lead_id"], unique=True, postgresql_where="state <> 'ENDED'"
    )
    op.create_index("enrolments_lead", "enrolments", ["tenant_id", "lead_id", "create_time"])
    op.create_index("enrolments_newest", "enrolments", ["tenant_id", "create_time", "id"])
    _table(
        "nurture_steps",
        *(("id", UUID), ("enrolment_id", UUID), ("lead_id", UUID), ("number", WHOLE), *PLAN, ("touch", WHOLE)),
        *(("kind", TEXT), ("due_date", DAY), ("create_time", TIME), ("state", TEXT), ("settle_time", TIME)),
        *(("settled_by", UUID), ("note", TEXT), ("sealed", BYTES), ("touchpoint_id", UUID), ("remind_time", TIME)),
    )
    planned = "state = 'PLANNED'"
    op.create_index("nurture_steps_due", "nurture_steps", ["tenant_id", "due_date", "id"], postgresql_where=planned)
    untold = f"{planned} AND remind_time IS NULL"
    op.create_index("nurture_steps_untold", "nurture_steps", ["tenant_id", "due_date"], postgresql_where=untold)
    op.create_index("nurture_steps_enrolment", "nurture_steps", ["tenant_id", "enrolment_id"])
    op.create_index("nurture_steps_lead", "nurture_steps", ["tenant_id", "lead_id", "due_date"])


def downgrade() -> None:
    """Back to leads that nobody keeps warm."""
    for name in ("nurture_steps", "enrolments", "nurture_plans", "temperature_changes"):
        op.drop_table(name)
    op.drop_column("leads", "temperature_time")
    op.drop_column("leads", "temperature")
