"""Processes, deals with their history, lost reasons, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, TIME, INT, LONG = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Integer(), sa.BigInteger()
NULLABLE = {
    *("team_id", "account_id", "contact_id", "lead_id", "close_time", "triage", "value", "grade"),
    *("expected_sign_date", "from_expected_sign_date", "to_expected_sign_date"),
    *(f"{name}{part}" for name in ("amount", "from_amount", "to_amount") for part in ("", "_currency")),
}
HISTORY = ("stage_moves", "triages", "forecast_changes")


def _table(name: str, *columns: tuple[str, Any], key: tuple[str, ...] = ("id",), rules: tuple[str, ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", UUID, nullable=False),
        *(sa.Column(column, kind, nullable=column in NULLABLE) for column, kind in columns),
        sa.PrimaryKeyConstraint("tenant_id", *key),
        *(sa.CheckConstraint(rule) for rule in rules),
    )
    tables.isolate(op, name)


def _money(name: str) -> tuple[tuple[str, Any], ...]:
    return (name, sa.Numeric(15, 2)), (f"{name}_currency", TEXT)


def _of_deal(name: str, *columns: tuple[str, Any]) -> None:
    _table(name, ("deal_id", UUID), ("version", LONG), *columns, key=("deal_id", "version"))
    tables.append_only(op, name)


def upgrade() -> None:
    """Expand: new tables only."""
    tables.create_kit_tables(op)
    _table("lost_reasons", ("code", TEXT), ("label", TEXT), ("active", sa.Boolean()), key=("code",))
    _table(
        "processes",
        ("code", TEXT),
        ("version", INT),
        ("name", TEXT),
        ("stages", JSONB()),
        ("is_default", sa.Boolean()),
        ("created_by", UUID),
        ("create_time", TIME),
        key=("code", "version"),
    )
    tables.append_only(op, "processes")
    _deals()
    _of_deal(
        "stage_moves",
        *((name, TEXT) for name in ("stage", "kind", "from_stage")),
        ("enter_time", TIME),
        ("moved_by", UUID),
        ("why", TEXT),
    )
    _of_deal(
        "triages",
        ("value", TEXT),
        ("grade", TEXT),
        *_money("amount"),
        ("quantity", INT),
        ("why", TEXT),
        ("judged_by", UUID),
        ("judge_time", TIME),
    )
    _of_deal(
        "forecast_changes",
        ("cause", TEXT),
        *_money("from_amount"),
        *_money("to_amount"),
        ("from_quantity", INT),
        ("to_quantity", INT),
        ("from_expected_sign_date", sa.Date()),
        ("to_expected_sign_date", sa.Date()),
        ("why", TEXT),
        ("changed_by", UUID),
        ("change_time", TIME),
    )


def _deals() -> None:
    _table(
        "deals",
        ("id", UUID),
        ("name", TEXT),
        *((name, UUID) for name in ("account_id", "contact_id", "lead_id", "owner_id", "team_id")),
        ("collaborators", ARRAY(UUID)),
        ("process", TEXT),
        ("process_version", INT),
        ("stage", TEXT),
        ("stage_since", TIME),
        ("state", TEXT),
        *_money("amount"),
        ("product", TEXT),
        ("quantity", INT),
        ("expected_sign_date", sa.Date()),
        ("open_time", TIME),
        ("close_time", TIME),
        ("lost_reason", TEXT),
        ("triage", JSONB()),
        ("attributes", JSONB()),
        *((name, TIME) for name in ("create_time", "update_time")),
        ("version", LONG),
        rules=(
            "state IN ('OPEN', 'WON', 'LOST')",
            "(state = 'OPEN') = (close_time IS NULL)",
            "lost_reason = '' OR state = 'LOST'",
            "amount >= 0 AND quantity >= 0",
        ),
    )
    op.execute("CREATE UNIQUE INDEX deals_lead ON deals (tenant_id, lead_id) WHERE lead_id IS NOT NULL")
    op.create_index("deals_newest", "deals", ["tenant_id", "create_time", "id"])
    op.create_index("deals_opened", "deals", ["tenant_id", "open_time", "id"])
    op.create_index("deals_owner", "deals", ["tenant_id", "owner_id", "create_time", "id"])
    op.create_index("deals_account", "deals", ["tenant_id", "account_id", "create_time", "id"])
    op.create_index("deals_shared", "deals", ["collaborators"], postgresql_using="gin")
    # Who may see a closed deal may change; how it ended may not, whoever writes.
    op.execute(
        """CREATE FUNCTION refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF (NEW.state, NEW.close_time, NEW.lost_reason, NEW.amount, NEW.amount_currency, NEW.stage)
          IS DISTINCT FROM (OLD.state, OLD.close_time, OLD.lost_reason, OLD.amount, OLD.amount_currency, OLD.stage)
        THEN RAISE EXCEPTION 'deal % is % for good', OLD.id, OLD.state; END IF;
        RETURN NEW; END $$"""
    )
    op.execute(
        """CREATE TRIGGER final BEFORE UPDATE ON deals FOR EACH ROW
        WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION refuse_reopening()"""
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in (*HISTORY, "deals", "processes", "lost_reasons"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_reopening()")
    tables.drop_kit_tables(op)
