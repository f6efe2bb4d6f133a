"""Facts about deals in PostgreSQL: the deals, the stages that they stood in, and their sums."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Integer, Numeric, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.analytics.deals.domain import RESTING, RESTING_BY_MONTH, Deal, Span, StageTold, Step
from services.analytics.metadata import metadata
from services.analytics.months.store import Months
from services.analytics.rollups.store import Rollup, count_column, day_column, upsert_rows
from services.kit.database import Tx
from services.kit.sql import Query, column_values, given_rows
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
_resting = {f"{RESTING}{which}": f"{RESTING_BY_MONTH}{which}" for which in ("", "_BY_PRODUCT")}
months = Months("opportunities", rollup, "start", _resting)

KNOWN = Query(
    select(deals).where(
        deals.c.tenant_id == bindparam("tenant_id"), deals.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    "known deals",
)
WRITE, WRITE_SPANS = upsert_rows(deals), upsert_rows(spans)
# More steps only make more stays, so no stay is ever to be deleted.
LEARN_STAGES = Query(
    insert(stages).from_select([c.name for c in stages.columns], given_rows(stages)).on_conflict_do_nothing(),
    "learn stages",
)


async def known(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Deal]:
    """Those of the deals that are known."""
    found = {}
    for row in await tx.fetch(KNOWN, ids=list(ids)):
        values: dict[str, Any] = {name: row[name] for name in Deal.__slots__}
        values["steps"] = tuple(Step(version, date.fromisoformat(day), *rest) for version, day, *rest in row["steps"])
        found[row["id"]] = Deal(**values)
    return found


async def write(tx: Tx, changed: Sequence[Deal], stays: Mapping[UUID, Sequence[Span]]) -> None:
    """Keep the deals, and those of their stays that are given."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    if changed:
        await tx.write(WRITE, **column_values(deals, [tenant | _row(deal) for deal in changed]))
    rows = [tenant | {"deal_id": identity} | stay._asdict() for identity, found in stays.items() for stay in found]
    if rows:
        await tx.write(WRITE_SPANS, **column_values(spans, rows))


def _row(deal: Deal) -> dict[str, Any]:
    row = {name: getattr(deal, name) for name in Deal.__slots__}
    row["steps"] = [(step.version, step.day.isoformat(), *step[2:]) for step in deal.steps]
    return row


async def learn_stages(tx: Tx, told: Iterable[StageTold]) -> None:
    """Keep what process versions say of their stages; none ever says anything else."""
    rows = [{"tenant_id": tx.principal.tenant_id} | stage._asdict() for stage in sorted(set(told))]
    if rows:
        await tx.write(LEARN_STAGES, **column_values(stages, rows))
