"""Facts about deals in PostgreSQL: the deals, the stages that they stood in, and their sums."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Numeric, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.analytics.deals.domain import Deal, Span, Step
from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column

deals = tenant_table(
    "deals",
    metadata,
    uuid_column(),
    text_column("name"),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    uuid_column("account_id", nullable=True),
    text_column("process"),
    text_column("stage"),
    text_column("state"),
    text_column("product"),
    Column("amount", Numeric(15, 2), nullable=False),
    text_column("currency"),
    day_column("open_day"),
    day_column("close_day", nullable=True),
    Column("version", BigInteger, nullable=False),
    time_column("change_time"),
    json_column("steps"),
)
spans = tenant_table(
    "stage_spans",
    metadata,
    uuid_column("deal_id"),
    Column("seq", Integer, nullable=False),
    text_column("stage"),
    Column("place", Integer, nullable=False),
    Column("expected_days", Integer, nullable=False),
    day_column("entered"),
    day_column("left"),
    text_column("outcome"),
    key=("deal_id", "seq"),
)
stages = tenant_table(
    "stages",
    metadata,
    text_column("process"),
    Column("process_version", Integer, nullable=False),
    text_column("stage"),
    Column("place", Integer, nullable=False),
    text_column("label"),
    Column("expected_days", Integer, nullable=False),
    key=("process", "process_version", "stage"),
)
rollup = Rollup(
    "deal_rollups",
    text_column("series"),
    text_column("product"),
    day_column("start"),
    text_column("process"),
    text_column("stage"),
    text_column("state"),
    Column("expected_days", Integer, nullable=False),
    text_column("currency"),
    sums=(count_column("deals"), Column("amount", Numeric(20, 2), nullable=False), count_column("days")),
)

_of_tenant = deals.c.tenant_id == bindparam("tenant_id")
KNOWN = Query(select(deals).where(_of_tenant, deals.c.id == bindparam("id")).with_for_update(), "known deal")
WRITE = upsert(deals)
_of_deal = (spans.c.tenant_id == bindparam("tenant_id")) & (spans.c.deal_id == bindparam("deal_id"))
FORGET_SPANS = Query(delete(spans).where(_of_deal, spans.c.seq >= bindparam("beyond", type_=Integer)), "forget spans")
WRITE_SPANS = upsert_rows(spans)
LEARN_STAGE = Query(
    insert(stages).values({c.name: bindparam(c.name, type_=c.type) for c in stages.columns}).on_conflict_do_nothing(),
    "learn stage",
)


async def known(tx: Tx, deal: Deal) -> Deal | None:
    """What was known of the deal before, held against others until the transaction ends."""
    row = await tx.fetch_one(KNOWN, id=deal.id)
    if row is None:
        return None
    values: dict[str, Any] = {name: row[name] for name in Deal.__slots__}
    values["steps"] = tuple(Step(version, date.fromisoformat(day), *rest) for version, day, *rest in row["steps"])
    return Deal(**values)


async def write(tx: Tx, deal: Deal, before: list[Span], after: list[Span]) -> None:
    """Keep the deal, and those of its stays that are not as they were."""
    row = {name: getattr(deal, name) for name in Deal.__slots__}
    row["steps"] = [(step.version, step.day.isoformat(), *step[2:]) for step in deal.steps]
    await tx.execute(WRITE, **row)
    if len(after) < len(before):
        await tx.execute(FORGET_SPANS, deal_id=deal.id, beyond=len(after))
    if changed := [span for span in after if span not in before]:
        of_deal = {"tenant_id": tx.principal.tenant_id, "deal_id": deal.id}
        await tx.execute(WRITE_SPANS, **column_values(spans, [of_deal | span._asdict() for span in changed]))
