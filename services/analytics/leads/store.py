"""Facts about leads in PostgreSQL, and their sums."""

from sqlalchemy import BigInteger, Boolean, Column, bindparam, select

from services.analytics.leads.domain import Lead
from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert
from services.kit.database import Tx
from services.kit.sql import Query
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
)
rollup = Rollup(
    "lead_rollups",
    text_column("series"),
    day_column("start"),
    text_column("channel"),
    text_column("campaign"),
    sums=tuple(count_column(name) for name in ("leads", "qualified", "converted", "discarded")),
)

_of_tenant = leads.c.tenant_id == bindparam("tenant_id")
KNOWN = Query(select(leads).where(_of_tenant, leads.c.id == bindparam("id")).with_for_update(), "known lead")
WRITE = upsert(leads)


async def known(tx: Tx, lead: Lead) -> Lead | None:
    """What was known of the lead before, held against others until the transaction ends."""
    row = await tx.fetch_one(KNOWN, id=lead.id)
    return Lead(**{name: row[name] for name in Lead.__slots__}) if row else None


async def write(tx: Tx, lead: Lead) -> None:
    """Keep the lead."""
    await tx.execute(WRITE, **{name: getattr(lead, name) for name in Lead.__slots__})
