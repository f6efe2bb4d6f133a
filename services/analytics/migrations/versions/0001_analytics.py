"""Facts about deals, instalments and leads, their sums, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, COUNT, FLAG = sa.Integer(), sa.BigInteger(), sa.Boolean()
MONEY, SUM = sa.Numeric(15, 2), sa.Numeric(20, 2)
WHOSE = (("level", TEXT), ("owner_id", UUID), ("team_id", UUID))
NULLABLE = {
    "deals": {"team_id", "account_id", "close_day"},
    "contracts": {"team_id"},
    "instalments": {"number", "account_id", "owner_id", "team_id", "sign_day"},
    "leads": {"team_id"},
}
TABLES = (
    "freshness",
    "deals",
    "stage_spans",
    "stages",
    "deal_rollups",
    "contracts",
    "instalments",
    "payments",
    "receivable_rollups",
    "leads",
    "lead_rollups",
)


def _table(name: str, *columns: tuple[str, Any], key: tuple[str, ...] = ("id",)) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(c, t, nullable=c in NULLABLE.get(name, ())) for c, t in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )
    tables.isolate(op, name)


def _rollup(name: str, *cell: tuple[str, Any], sums: tuple[tuple[str, Any], ...]) -> None:
    _table(name, *WHOSE, *cell, *sums, key=(*(c for c, _ in WHOSE), *(c for c, _ in cell)))


def upgrade() -> None:
    """Expand: new tables only."""
    tables.create_kit_tables(op)
    _table("freshness", ("source", TEXT), ("event_time", TIME), ("recorded_time", TIME), key=("source",))
    _deals()
    _instalments()
    _leads()


def _deals() -> None:
    _table(
        "deals",
        ("id", UUID),
        ("name", TEXT),
        *((name, UUID) for name in ("owner_id", "team_id", "account_id")),
        *((name, TEXT) for name in ("process", "stage", "state", "product")),
        ("amount", MONEY),
        ("currency", TEXT),
        ("open_day", DAY),
        ("close_day", DAY),
        ("version", COUNT),
        ("change_time", TIME),
        ("steps", sa.dialects.postgresql.JSONB()),
    )
    _table(
        "stage_spans",
        ("deal_id", UUID),
        ("seq", WHOLE),
        ("stage", TEXT),
        ("place", WHOLE),
        ("expected_days", WHOLE),
        ("entered", DAY),
        ("left", DAY),
        ("outcome", TEXT),
        key=("deal_id", "seq"),
    )
    _table(
        "stages",
        ("process", TEXT),
        ("process_version", WHOLE),
        ("stage", TEXT),
        ("place", WHOLE),
        ("label", TEXT),
        ("expected_days", WHOLE),
        key=("process", "process_version", "stage"),
    )
    _rollup(
        "deal_rollups",
        ("series", TEXT),
        ("product", TEXT),
        ("start", DAY),
        ("process", TEXT),
        ("stage", TEXT),
        ("state", TEXT),
        ("expected_days", WHOLE),
        ("currency", TEXT),
        sums=(("deals", COUNT), ("amount", SUM), ("days", COUNT)),
    )
    for name in ("amount", "open_day", "close_day"):
        op.create_index(f"deals_{name}", "deals", ["tenant_id", name, "id"])
    op.create_index("deals_owner", "deals", ["tenant_id", "owner_id"])
    op.create_index("stage_spans_left", "stage_spans", ["tenant_id", "left", "entered"])


def _instalments() -> None:
    _table(
        "contracts",
        ("id", UUID),
        ("number", TEXT),
        *((name, UUID) for name in ("account_id", "owner_id", "team_id")),
        ("sign_day", DAY),
        ("version", COUNT),
    )
    _table(
        "instalments",
        ("id", UUID),
        ("contract_id", UUID),
        ("due_day", DAY),
        ("amount", MONEY),
        ("currency", TEXT),
        ("version", COUNT),
        ("number", TEXT),
        *((name, UUID) for name in ("account_id", "owner_id", "team_id")),
        ("sign_day", DAY),
    )
    _table("payments", ("instalment_id", UUID), ("day", DAY), ("amount", MONEY), key=("instalment_id", "day"))
    _rollup(
        "receivable_rollups",
        ("series", TEXT),
        ("start", DAY),
        ("due_day", DAY),
        ("deed", TEXT),
        ("currency", TEXT),
        sums=(("amount", SUM), ("instalments", COUNT)),
    )
    op.create_index("instalments_contract", "instalments", ["tenant_id", "contract_id"])
    op.create_index("instalments_due", "instalments", ["tenant_id", "due_day", "id"])


def _leads() -> None:
    _table(
        "leads",
        ("id", UUID),
        ("company", TEXT),
        ("owner_id", UUID),
        ("team_id", UUID),
        *((name, TEXT) for name in ("channel", "campaign", "status")),
        ("qualified", FLAG),
        ("capture_time", TIME),
        ("capture_day", DAY),
        ("version", COUNT),
    )
    sums = tuple((name, COUNT) for name in ("leads", "qualified", "converted", "discarded"))
    _rollup("lead_rollups", ("series", TEXT), ("start", DAY), ("channel", TEXT), ("campaign", TEXT), sums=sums)
    op.create_index("leads_newest", "leads", ["tenant_id", "capture_time", "id"])
    op.create_index("leads_owner", "leads", ["tenant_id", "owner_id", "capture_time"])


def downgrade() -> None:
    """Back to an empty database."""
    for table in reversed(TABLES):
        op.drop_table(table)
    tables.drop_kit_tables(op)
