"""Refused promotions in PostgreSQL. They are kept as they were noted, and seen by whoever sees the lead."""

from datetime import datetime
from typing import Any

from dealtrail.leads.v1 import refused_promotions_pb2 as pb
from sqlalchemy import DateTime, Select, bindparam, exists, func, null, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec, from_timestamp
from services.kit.database import Tx
from services.kit.pages import Filter, Listing, by_id
from services.kit.sql import Query, Variants
from services.kit.tables import tenant_table, time_column, uuid_column
from services.kit.visibility import reach
from services.leads.leads.store import by_lead, with_lead
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata
from services.leads.refused_promotions.domain import RefusedPromotion, RefusedPromotionCount

table = tenant_table(
    "refused_promotions",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    uuid_column("rep_id"),
    time_column("create_time"),
)
codec = Codec(RefusedPromotion, pb.RefusedPromotion)
count_codec = Codec(RefusedPromotionCount, pb.RefusedPromotionCount)
ADD_NEW = Query(
    insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns}).on_conflict_do_nothing()
)
"""One whose id is known changes nothing."""

before, e = table.alias("before").c, leads_table.c
_of_lead = (before.tenant_id == table.c.tenant_id) & (before.lead_id == table.c.lead_id)
_earlier = tuple_(before.create_time, before.id) < tuple_(table.c.create_time, table.c.id)
_lead = (e.tenant_id == table.c.tenant_id) & (e.id == table.c.lead_id)
refused = select(
    table,
    (~exists(select(1).where(_of_lead, _earlier))).label("first"),
    exists(select(1).where(_lead, e.deal_id.is_not(None))).label("converted"),
).subquery("refused")
"""With what the others of the same lead, and the lead itself, say of each."""
r = refused.c
_sight = with_lead(refused)
_instant = DateTime(timezone=True)
PERIOD = {
    "from_time": Filter(r.create_time >= bindparam("from_time", type_=_instant), from_timestamp),
    "to_time": Filter(r.create_time < bindparam("to_time", type_=_instant), from_timestamp),
}
listing = Listing(
    refused,
    filters={
        "rep_id": by_id(r.rep_id),
        "lead_id": by_lead(refused),
        "first": Filter(r.first),
        "converted": Filter(r.converted),
        **PERIOD,
    },
    sight=_sight,
)


def _figures(how_far: str, by_rep: bool, chosen: tuple[str, ...]) -> Executable:
    found: Select[Any] = select(
        (r.rep_id if by_rep else null()).label("rep_id"),
        func.count().label("attempts"),
        func.count().filter(r.first).label("leads"),
        func.count().filter(r.first, r.converted).label("converted"),
    ).where(_sight(how_far), *(PERIOD[name].condition for name in chosen))
    return found.group_by(r.rep_id).order_by(func.count().desc(), r.rep_id).limit(1000) if by_rep else found


FIGURES = Variants(_figures)


async def figures(tx: Tx, **within: datetime) -> tuple[RefusedPromotionCount, list[RefusedPromotionCount]]:
    """The refused promotions in sight from `from_time` on and before `to_time`, all together and by who tried."""
    how_far, chosen = reach(tx.principal), tuple(sorted(within))
    [total] = await tx.fetch(FIGURES(how_far, False, chosen), **within)
    reps = await tx.fetch(FIGURES(how_far, True, chosen), **within)
    return RefusedPromotionCount(*total), [RefusedPromotionCount(*row) for row in reps]
