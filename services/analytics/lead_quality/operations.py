"""Count leads by what they were judged to be."""

from typing import Any

from services.analytics.days import Period, midnight
from services.analytics.lead_quality.domain import Counted, Group, Waited, gather
from services.analytics.lead_quality.store import COUNTED, WAITED
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, by: str, chosen: dict[str, Any]) -> tuple[list[Group], Group]:
    """The leads in sight that were captured within the period, by group, and all together."""
    how_far, names = reach(tx.principal), tuple(sorted(chosen))
    values = chosen | {"begin": midnight(within.start), "end": midnight(within.end)}
    counted = [Counted(*row) for row in await tx.fetch(COUNTED(how_far, by, names), **values)]
    waited = [Waited(*row) for row in await tx.fetch(WAITED(how_far, by, names), **values)]
    [of_all] = await tx.fetch(WAITED(how_far, "", names), **values)
    return gather(counted, waited, Waited(*of_all))
