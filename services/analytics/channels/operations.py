"""Count leads by where they came from."""

from typing import Any
from uuid import UUID

from services.analytics.channels.domain import Cost, Counted
from services.analytics.channels.store import COUNTED, LEARN, SIGNED, SPENT, codec
from services.analytics.days import Period
from services.kit.database import Tx
from services.kit.visibility import LIFT, reach


async def count(tx: Tx, within: Period, owner_id: str, team_id: str) -> list[Counted]:
    """The leads in sight that were captured within the period, by channel and campaign as recorded."""
    months = within.whole_months()
    values: dict[str, Any] = {
        "start": within.start,
        "end": within.end,
        "first_month": months.start,
        "last_month": months.end,
    } | {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    rows = await tx.fetch(COUNTED(reach(tx.principal), bool(owner_id), bool(team_id)), **values)
    return [Counted(*row) for row in rows]


async def signed(tx: Tx, within: Period, owner_id: str, team_id: str) -> list[Counted]:
    """How many of the leads in sight that were captured within the period were signed: their deal was won."""
    values: dict[str, Any] = {"start": within.start, "end": within.end}
    values |= {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    await tx.execute(LIFT)
    rows = await tx.fetch(SIGNED(reach(tx.principal), bool(owner_id), bool(team_id)), **values)
    return [Counted(row["channel"], row["campaign"], 0, 0, 0, 0, row["signed"]) for row in rows]


async def spent(tx: Tx, within: Period, currency: str) -> list[Counted]:
    """What the channels and campaigns of the tenant have cost within the period, in that currency."""
    rows = await tx.fetch(SPENT, start=within.start, end=within.end, currency=currency)
    return [Counted(row["channel"], row["campaign"], 0, 0, 0, 0, 0, row["cost"]) for row in rows]


async def learn(tx: Tx, cost: Cost) -> None:
    """Keep what a cost is at its newest known version."""
    await tx.execute(LEARN, **codec.to_row(cost))
