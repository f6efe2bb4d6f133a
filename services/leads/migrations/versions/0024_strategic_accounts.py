"""Strategic accounts: research notes, fit matrices, selection models and decisions."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import tables

revision = "0024"
down_revision = "0023"

UUID, TEXT, TIME, DAY = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.Date()
WHOLE, LONG, JSON, YES_OR_NO = sa.Integer(), sa.BigInteger(), JSONB(), sa.Boolean()
OF_ACCOUNT = (("id", UUID), ("account_id", UUID))
BY = (("author_id", UUID), ("create_time", TIME))
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "research_notes": (*(*OF_ACCOUNT, ("kind", TEXT), ("text", TEXT), ("source", TEXT), ("source_date", DAY), *BY),),
    "fit_cells": (
        *(*OF_ACCOUNT, ("revision", WHOLE), ("product_code", TEXT), ("need", TEXT), ("importance", WHOLE)),
        *(("fit", WHOLE), *BY),
    ),
    "selection_models": (("version", WHOLE), ("criteria", JSON), *BY),
    "selections": (
        *(*OF_ACCOUNT, ("decision", TEXT), ("reason", TEXT), ("score", sa.Double()), ("model_version", WHOLE)),
        *(("findings", JSON), ("review_date", DAY), *BY, ("current", YES_OR_NO), ("reminded", YES_OR_NO)),
        ("version", LONG),
    ),
}
KEYS = {"selection_models": "version"}
MAY_BE_EMPTY = {"score"}


def upgrade() -> None:
    """Expand: new tables only. One decision over an account is in force; models never change."""
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column("tenant_id", UUID, nullable=False),
            *(sa.Column(column, kind, nullable=column in MAY_BE_EMPTY) for column, kind in columns),
            sa.PrimaryKeyConstraint("tenant_id", KEYS.get(name, "id")),
        )
        tables.isolate(op, name)
    account = ["tenant_id", "account_id"]
    for name in ("research_notes", "selections"):
        op.create_index(f"{name}_found", name, [*account, "create_time"])
    op.create_index("fit_cells_found", "fit_cells", [*account, "revision"])
    op.create_index("selections_current", "selections", account, unique=True, postgresql_where=sa.text("current"))
    to_tell = sa.text("current AND NOT reminded")
    op.create_index("selections_review", "selections", ["tenant_id", "review_date"], postgresql_where=to_tell)
    tables.append_only(op, "selection_models")


def downgrade() -> None:
    """Back to customers of whom nobody decides."""
    for name in reversed(TABLES):
        op.drop_table(name)
