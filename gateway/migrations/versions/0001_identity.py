"""Tenants, teams, users, sessions, signing keys, and kit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.kit import tables

revision = "0001"
down_revision = None

UUID, TEXT, TIME, COUNT = sa.Uuid(), sa.Text(), sa.DateTime(timezone=True), sa.BigInteger()
CHANGED = (("create_time", TIME), ("update_time", TIME), ("version", COUNT))
NULLABLE = {"parent_id", "team_id", "end_time"}


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
    _tenants()
    _people()
    _sessions()


def _tenants() -> None:
    names = (("name", TEXT), ("display_name", TEXT))
    _table("tenants", *names, ("directory_version", COUNT), ("create_time", TIME), key=())
    op.create_unique_constraint("tenants_name", "tenants", ["name"])
    # Whoever signs in names the tenant before there is one.
    op.execute("CREATE POLICY lookup ON tenants FOR SELECT USING (true)")


def _people() -> None:
    _table("teams", ("id", UUID), ("name", TEXT), ("parent_id", UUID), *CHANGED)
    op.create_unique_constraint(
        "teams_name", "teams", ["tenant_id", "parent_id", "name"], postgresql_nulls_not_distinct=True
    )
    _table(
        "users",
        ("id", UUID),
        *((name, TEXT) for name in ("username", "display_name", "role")),
        ("team_id", UUID),
        ("active", sa.Boolean()),
        ("token_version", COUNT),
        ("sessions_from", TIME),
        *CHANGED,
    )
    op.create_unique_constraint("users_username", "users", ["tenant_id", "username"])
    op.create_index("users_newest", "users", ["tenant_id", "create_time", "id"])
    op.create_index("users_display_name", "users", ["tenant_id", "display_name", "id"])
    _table("credentials", ("user_id", UUID), ("password_hash", TEXT), key=("user_id",))


def _sessions() -> None:
    _table(
        "sessions",
        ("id", UUID),
        ("user_id", UUID),
        ("digest", sa.LargeBinary()),
        ("generation", sa.Integer()),
        ("expire_time", TIME),
        ("end_time", TIME),
        ("end_reason", TEXT),
        *CHANGED,
    )
    op.create_index("sessions_user", "sessions", ["tenant_id", "user_id"])
    op.create_index("sessions_ended", "sessions", ["tenant_id", "end_time"])
    _table(
        "sign_in_failures", ("name", sa.LargeBinary()), ("failures", sa.Integer()), ("last_time", TIME), key=("name",)
    )
    op.create_index("sign_in_failures_last", "sign_in_failures", ["tenant_id", "last_time"])
    _table("signing_keys", ("kid", TEXT), ("sealed", TEXT), ("create_time", TIME), key=("kid",))


def downgrade() -> None:
    """Back to an empty database."""
    names = ("signing_keys", "sign_in_failures", "sessions", "credentials", "users", "teams", "tenants")
    for table in names:
        op.drop_table(table)
    tables.drop_kit_tables(op)
