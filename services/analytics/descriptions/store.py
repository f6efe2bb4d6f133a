"""Described leads in PostgreSQL, and their sums by channel, attribute and value."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Text, Uuid, any_, bindparam, case, exists, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.analytics.deals.domain import WON
from services.analytics.deals.store import deals
from services.analytics.descriptions.domain import Described
from services.analytics.leads.store import COUNTS, leads
from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values
from services.kit.tables import json_column, tenant_table, text_column, uuid_column

described = tenant_table(
    "described_leads",
    metadata,
    uuid_column(),
    json_column("values"),
    Column("version", BigInteger, nullable=False),
    uuid_column("owner_id", nullable=True),
    uuid_column("team_id", nullable=True),
    text_column("channel"),
    day_column("capture_day", nullable=True),
    Column("signed", Boolean, nullable=False),
)
rollup = Rollup(
    "persona_rollups",
    text_column("series"),
    day_column("start"),
    text_column("channel"),
    text_column("attribute"),
    text_column("value"),
    sums=(count_column("leads"), count_column("signed")),
)
_tenant = bindparam("tenant_id", type_=Uuid)
_ids = bindparam("ids", type_=ARRAY(Uuid))
KNOWN = Query(select(described).where(described.c.tenant_id == _tenant, described.c.id == any_(_ids)), "described")
_sold = (deals.c.tenant_id == leads.c.tenant_id) & (deals.c.id == leads.c.deal_id)
STANDING = Query(
    select(
        leads.c.id,
        case((COUNTS, leads.c.owner_id)).label("owner_id"),
        *(leads.c[name] for name in ("team_id", "channel", "capture_day")),
        func.coalesce(deals.c.state == WON, False).label("signed"),
    )
    .select_from(leads.outerjoin(deals, _sold))
    .where(leads.c.tenant_id == _tenant, leads.c.id == any_(_ids)),
    "leads as they stand",
)
OF_DEALS = Query(
    select(leads.c.id)
    .join(described, (described.c.tenant_id == leads.c.tenant_id) & (described.c.id == leads.c.id))
    .where(leads.c.tenant_id == _tenant, leads.c.deal_id == any_(_ids)),
    "described leads of deals",
)
WRITE = upsert_rows(described)
_same = (leads.c.tenant_id == described.c.tenant_id) & (leads.c.id == described.c.id)
STANDS = described.join(leads, _same).outerjoin(deals, _sold)
"""Described leads beside what is known of them and of the deals that they became."""
HAS_VALUE = exists(
    select(1).where(
        *(described.c[name] == leads.c[name] for name in ("tenant_id", "id")),
        described.c["values"].op("->>")(bindparam("attribute", type_=Text)) == bindparam("value", type_=Text),
    )
)
IS_DESCRIBED = exists(
    select(1).where(
        *(described.c[name] == leads.c[name] for name in ("tenant_id", "id")),
        described.c["values"] != text("'{}'::jsonb"),
    )
)
IS_SIGNED = exists(select(1).where(_sold, deals.c.state == WON))
"""Of leads: that they have that value, that they have any, that they were signed."""


async def known(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Described]:
    """Those of the leads that are described."""
    rows = await tx.fetch(KNOWN, ids=list(ids))
    return {row["id"]: Described(**{name: row[name] for name in Described.__slots__}) for row in rows}


async def write(tx: Tx, changed: Iterable[Described]) -> None:
    """Keep them."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows: list[dict[str, Any]] = [
        tenant | {name: getattr(one, name) for name in Described.__slots__} for one in changed
    ]
    if rows:
        await tx.write(WRITE, **column_values(described, rows))
