"""Facts about leads in PostgreSQL, and their sums."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Integer, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.analytics.leads.domain import Lead
from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values
from services.kit.tables import tenant_table, text_column, time_column, uuid_column

leads = tenant_table(
    "leads",
    metadata,
    uuid_column(),
    text_column("company"),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    text_column("channel"),
    text_column("campaign"),
    text_column("status"),
    Column("qualified", Boolean, nullable=False),
    time_column("capture_time"),
    day_column("capture_day"),
    Column("version", BigInteger, nullable=False),
    text_column("lead_type", default=""),
    Column("score", Integer, nullable=False, server_default="0"),
    Column("judged", Boolean, nullable=False, server_default="false"),
)
rollup = Rollup(
    "lead_rollups",
    text_column("series"),
    day_column("start"),
    text_column("channel"),
    text_column("campaign"),
    sums=tuple(count_column(name) for name in ("leads", "qualified", "converted", "discarded")),
)

KNOWN = Query(
    select(leads).where(
        leads.c.tenant_id == bindparam("tenant_id"), leads.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    "known leads",
)
WRITE = upsert_rows(leads)


async def known(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """Those of the leads that are known."""
    rows = await tx.fetch(KNOWN, ids=list(ids))
    return {row["id"]: Lead(**{name: row[name] for name in Lead.__slots__}) for row in rows}


async def write(tx: Tx, changed: Iterable[Lead]) -> None:
    """Keep the leads."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | {name: getattr(lead, name) for name in Lead.__slots__} for lead in changed]
    if rows:
        await tx.execute(WRITE, **column_values(leads, rows))
