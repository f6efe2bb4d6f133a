"""Facts about leads in PostgreSQL, and their sums."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Integer, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.analytics.leads.domain import LEFT, MERGED, Clock, Lead
from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values, given_rows
from services.kit.tables import exclusive_column, tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import in_sight

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
    exclusive_column(),
    uuid_column("deal_id", nullable=True),
    text_column("stage", default="COLLECTED"),
    time_column("stage_time", nullable=True),
    *(Column(name, BigInteger) for name in LEFT.values()),
)
clocks = tenant_table(
    "lead_clocks",
    metadata,
    uuid_column(),
    Column("version", BigInteger, nullable=False),
    Column("response_s", BigInteger),
    Column("response_working_s", BigInteger),
    Column("limited", Boolean, nullable=False),
    Column("breached", Boolean, nullable=False),
    Column("silent", Boolean, nullable=False),
)
rollup = Rollup(
    "lead_rollups",
    text_column("series"),
    day_column("start"),
    text_column("channel"),
    text_column("campaign"),
    sums=tuple(count_column(name) for name in ("leads", "qualified", "converted", "discarded")),
)

COUNTS: ColumnElement[bool] = leads.c.status != MERGED
"""What was merged into another lead is counted as that."""


def counted(how_far: str) -> ColumnElement[bool]:
    """Leads that exist for the caller and are counted."""
    return in_sight(leads, how_far) & COUNTS


KNOWN = Query(
    select(leads).where(
        leads.c.tenant_id == bindparam("tenant_id"), leads.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    "known leads",
)
WRITE = upsert_rows(leads)
_told = insert(clocks).from_select([c.name for c in clocks.columns], given_rows(clocks))
WRITE_CLOCKS = Query(
    _told.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={c.name: _told.excluded[c.name] for c in clocks.columns if not c.primary_key},
        where=clocks.c.version < _told.excluded.version,
    ),
    "write clocks",
)


async def known(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """Those of the leads that are known."""
    rows = await tx.fetch(KNOWN, ids=list(ids))
    return {row["id"]: Lead(**{name: row[name] for name in Lead.__slots__}) for row in rows}


async def write(tx: Tx, changed: Iterable[Lead]) -> None:
    """Keep the leads."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | {name: getattr(lead, name) for name in Lead.__slots__} for lead in changed]
    if rows:
        await tx.write(WRITE, **column_values(leads, rows))


async def write_clocks(tx: Tx, told: Iterable[Clock]) -> None:
    """Keep the clocks, each as of the newest version that was ever told."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    newest = {clock.id: clock for clock in sorted(told, key=lambda one: one.version)}
    rows = [tenant | {name: getattr(newest[one], name) for name in Clock.__slots__} for one in sorted(newest)]
    await tx.write(WRITE_CLOCKS, **column_values(clocks, rows))
