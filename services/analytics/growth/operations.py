"""Count what was opened, won and lost."""

from typing import Any
from uuid import UUID

from services.analytics.days import Period
from services.analytics.growth.domain import Counted
from services.analytics.growth.store import COUNTED
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, group: str, *, owner_id: str, team_id: str, product: str) -> list[Counted]:
    """The deals in sight that were opened, won or lost within the period.

    `group` is "owner", "team", "month" or "product" to tell them apart, else empty.
    """
    months = within.whole_months()
    values: dict[str, Any] = {
        "start": within.start,
        "end": within.end,
        "first_month": months.start,
        "last_month": months.end,
        "product": product,
    } | {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    query = COUNTED(reach(tx.principal), bool(owner_id), bool(team_id), bool(product), group)
    return [Counted(*row) for row in await tx.fetch(query, **values)]
