"""Count leads by what they were judged to be."""

from typing import Any

from services.analytics.days import Period, midnight
from services.analytics.lead_quality.domain import Counted, Group, gather
from services.analytics.lead_quality.store import COUNTED
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, by: str, chosen: dict[str, Any]) -> tuple[list[Group], Group]:
    """The leads in sight that were captured within the period, by group, and all together."""
    query = COUNTED(reach(tx.principal), by, tuple(sorted(chosen)))
    rows = await tx.fetch(query, begin=midnight(within.start), end=midnight(within.end), **chosen)
    return gather(Counted(*row) for row in rows)
