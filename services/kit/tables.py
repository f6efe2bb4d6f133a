"""The shapes of tables: every tenant's rows apart, and kit's own tables beside a service's."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

APP_ROLE = "dealtrail_app"
RELAY_ROLE = "dealtrail_relay"


def tenant_table(name: str, metadata: MetaData, *parts: Any, key: tuple[str, ...] = ("id",)) -> Table:
    """A table whose rows belong to tenants: `tenant_id` leads its primary key, so that it distributes on Citus."""
    return Table(
        name,
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        *parts,
        PrimaryKeyConstraint("tenant_id", *key),
    )


def uuid_column(name: str = "id", nullable: bool = False) -> Column[Any]:
    """A column of a UUID."""
    return Column(name, Uuid, nullable=nullable)


def text_column(name: str, default: str | None = None) -> Column[Any]:
    """A column of text; empty rather than NULL."""
    return Column(name, Text, nullable=False, server_default=default)


def time_column(name: str, nullable: bool = False) -> Column[Any]:
    """A column of an instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def json_column(name: str) -> Column[Any]:
    """A column of JSON."""
    return Column(name, JSONB, nullable=False)


def money_columns(name: str, nullable: bool = False) -> tuple[Column[Any], Column[Any]]:
    """An exact amount and its currency, as `name` and `name_currency`."""
    return (
        Column(name, Numeric(15, 2), nullable=nullable),
        Column(f"{name}_currency", Text, nullable=nullable),
    )


def owner_columns() -> tuple[Column[Any], ...]:
    """Who works the row, the owner's team, and with whom the owner shares it: what visibility is decided by."""
    return (
        Column("owner_id", Uuid, nullable=False),
        Column("team_id", Uuid),
        Column("collaborators", ARRAY(Uuid), nullable=False),
    )


def exclusive_column(server_default: Any = None) -> Column[Any]:
    """Whether the row is its owner's alone (see services/kit/visibility.py)."""
    return Column("exclusive", Boolean, nullable=False, server_default=server_default)


def change_columns() -> tuple[Column[Any], ...]:
    """When the row came, when it last changed, and how often it has."""
    return (time_column("create_time"), time_column("update_time"), Column("version", BigInteger, nullable=False))


kit_metadata = MetaData()

outbox = Table(
    "outbox",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "event_id"),
)
Index("outbox_unpublished", outbox.c.id, postgresql_where=text("published_at IS NULL"))

inbox = Table(
    "inbox",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("tenant_id", "consumer", "event_id"),
)

dead_letters = Table(
    "dead_letters",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_failed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_failed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("tenant_id", "consumer", "event_id"),
)

idempotency = Table(
    "idempotency",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("principal_id", Uuid, nullable=False),
    Column("method", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("tenant_id", "principal_id", "method", "key"),
)

audit = Table(
    "audit",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("actor_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("number", BigInteger),
    Column("seal", LargeBinary),
    PrimaryKeyConstraint("tenant_id", "id"),
)

owner_teams = Table(
    "owner_teams",
    kit_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("team_id", Uuid),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id"),
)

vault_metadata = MetaData()
"""For services that keep something sealed (see services/kit/vault.py)."""

tenant_keys = Table(
    "tenant_keys",
    vault_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("master_id", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id"),
)

data_keys = Table(
    "data_keys",
    vault_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
)

rekeying_metadata = MetaData()
"""Beside a vault: how far the change of a tenant's key is (see services/kit/rekeying.py)."""

rekeyings = Table(
    "rekeyings",
    rekeying_metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("master_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("other", LargeBinary),
    Column("marking", LargeBinary, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id"),
)


def create_kit_tables(operations: Any) -> None:
    """In a service's first migration: make kit's own tables.

    The relay may read and mark every tenant's outbox; the role that migrates, which operators use,
    may deal with every tenant's events.
    """
    kit_metadata.create_all(operations.get_bind())
    for table in kit_metadata.sorted_tables:
        isolate(operations, table.name)
    append_only(operations, audit.name)
    for table in (outbox, inbox, dead_letters):
        operations.execute(f"CREATE POLICY operator ON {table.name} TO CURRENT_USER USING (true)")
    operations.execute(f"CREATE POLICY relay ON outbox TO {RELAY_ROLE} USING (true)")
    operations.execute(f"GRANT SELECT, UPDATE (published_at) ON outbox TO {RELAY_ROLE}")


def create_vault(operations: Any, *sealed: str) -> None:
    """In a migration: make the tables of keys, and let the role that migrates seal the rows of these tables."""
    vault_metadata.create_all(operations.get_bind())
    for table in vault_metadata.sorted_tables:
        isolate(operations, table.name)
    for name in (*sealed, *vault_metadata.tables):
        operations.execute(f"CREATE POLICY operator ON {name} TO CURRENT_USER USING (true)")


def create_rekeyings(operations: Any) -> None:
    """In a later migration of a service with a vault: let its tenants' keys be changed."""
    rekeying_metadata.create_all(operations.get_bind())
    isolate(operations, rekeyings.name)
    operations.execute(f"CREATE POLICY operator ON {rekeyings.name} TO CURRENT_USER USING (true)")


def drop_rekeyings(operations: Any) -> None:
    """In its downgrade: marks of tenants whose key was changed find nothing any more."""
    rekeying_metadata.drop_all(operations.get_bind())


def drop_vault(operations: Any, *sealed: str) -> None:
    """In its downgrade: all that was sealed is lost."""
    for name in sealed:
        operations.execute(f"DROP POLICY operator ON {name}")
    vault_metadata.drop_all(operations.get_bind())


def isolate(operations: Any, table: str) -> None:
    """Force row-level security: without a tenant set in the transaction there are no rows."""
    tenant = "(SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"
    operations.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    operations.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    operations.execute(
        f"CREATE POLICY tenant ON {table} TO PUBLIC USING (tenant_id = {tenant}) WITH CHECK (tenant_id = {tenant})"
    )


def keep_exclusive(operations: Any, table: str) -> None:
    """Add the column `exclusive`, and force what visibility says of it: such a row is its owner's alone.

    Only whoever migrates, which operators use, and ourselves ("*") reach it besides. Who asks is
    `app.me` of the transaction; without it nobody is the owner.
    """
    operations.add_column(table, exclusive_column(server_default=false()))
    me = "(SELECT current_setting('app.me', true))"
    operations.execute(
        f"""DO $policy$ BEGIN EXECUTE format($sql$CREATE POLICY exclusive ON {table} AS RESTRICTIVE TO PUBLIC USING (
        NOT exclusive OR owner_id::text = {me} OR {me} = '*' OR CURRENT_USER = %L)$sql$, CURRENT_USER);
        END $policy$"""
    )


def drop_exclusive(operations: Any, table: str) -> None:
    """In its downgrade: every row is seen as its owner and team say."""
    operations.execute(f"DROP POLICY exclusive ON {table}")
    operations.drop_column(table, "exclusive")


def append_only(operations: Any, table: str) -> None:
    """Refuse UPDATE and DELETE for ever: what is written stands, corrections are new rows."""
    operations.execute(
        """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""
    )
    operations.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def drop_kit_tables(operations: Any) -> None:
    """In the downgrade of a service's first migration: take kit's own tables away."""
    kit_metadata.drop_all(operations.get_bind())
    operations.execute("DROP FUNCTION IF EXISTS refuse_change()")
