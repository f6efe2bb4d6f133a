"""Count leads by where they came from."""

from typing import Any
from uuid import UUID

from services.analytics.channels.domain import Counted
from services.analytics.channels.store import COUNTED
from services.analytics.days import Period
from services.kit.database import Tx
from services.kit.visibility import reach


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
