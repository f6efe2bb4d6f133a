"""What is said on the phone, who has rehearsed it, when and where people call, and what came of each call."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0043"
down_revision = "0042"

UUID, TEXT, TIME = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True)
WHOLE, COUNT, FLAG, AMOUNT = sa.Integer(), sa.BigInteger(), sa.Boolean(), sa.Numeric(15, 2)
OWNER = (("owner_id", UUID), ("team_id", UUID), ("collaborators", ARRAY(UUID)))
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", COUNT))
NULLABLE = {
    *("team_id", "from_amount", "from_amount_currency", "below_amount", "below_amount_currency", "partner_id"),
    *("open_time", "close_time", "lead_id", "contact_id", "result", "call_time", "touchpoint_id", "quality"),
    *("judged_by", "judge_time"),
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
    """Expand: new tables only."""
    _table(
        "call_scripts",
        *(("code", TEXT), ("version", WHOLE), ("label", TEXT), ("priority", WHOLE)),
        *(("from_amount", AMOUNT), ("from_amount_currency", TEXT)),
        *(("below_amount", AMOUNT), ("below_amount_currency", TEXT), ("quintiles", ARRAY(WHOLE))),
        *(
            ("sections", JSONB()),
            ("must_rehearse", FLAG),
            ("active", FLAG),
            ("created_by", UUID),
            ("create_time", TIME),
        ),
        key=("code", "version"),
    )
    _table(
        "rehearsals",
        *(("id", UUID), *OWNER, ("script_code", TEXT), ("script_version", WHOLE), ("partner_id", UUID)),
        *(("minutes", WHOLE), ("note", TEXT), ("create_time", TIME)),
    )
    _table(
        "call_sessions",
        *(("id", UUID), *OWNER, ("begin_time", TIME), ("end_time", TIME), ("place", TEXT), ("script_code", TEXT)),
        *(("script_version", WHOLE), ("findings", JSONB()), ("calls", WHOLE), ("state", TEXT)),
        *(("open_time", TIME), ("close_time", TIME), *CHANGED),
    )
    _table(
        "phone_calls",
        *(("id", UUID), ("call_session_id", UUID), ("number", WHOLE), ("rep_id", UUID), ("begin_time", TIME)),
        *(("lead_id", UUID), ("contact_id", UUID), ("result", TEXT), ("call_time", TIME), ("duration_s", WHOLE)),
        *(("touchpoint_id", UUID), ("quality", WHOLE), ("rubric_version", WHOLE), ("findings", JSONB())),
        *(("judged_by", UUID), ("judge_time", TIME), *CHANGED),
    )
    op.create_index("rehearsals_owner", "rehearsals", ["tenant_id", "owner_id", "script_code", "script_version"])
    op.create_index("rehearsals_newest", "rehearsals", ["tenant_id", "create_time", "id"])
    op.create_index("call_sessions_owner", "call_sessions", ["tenant_id", "owner_id", "begin_time"])
    op.create_index("call_sessions_newest", "call_sessions", ["tenant_id", "begin_time", "id"])
    op.create_index("phone_calls_newest", "phone_calls", ["tenant_id", "begin_time", "id"])
    op.create_index("phone_calls_session", "phone_calls", ["tenant_id", "call_session_id"])
    for column in ("lead_id", "contact_id"):
        op.create_index(
            f"phone_calls_{column}", "phone_calls", ["tenant_id", column], postgresql_where=f"{column} IS NOT NULL"
        )


def downgrade() -> None:
    """Back to phones that ring whenever somebody thinks of it."""
    for name in ("phone_calls", "call_sessions", "rehearsals", "call_scripts"):
        op.drop_table(name)
