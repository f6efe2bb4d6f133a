"""Count leads by stage."""

from typing import Any

from services.analytics.days import Period
from services.analytics.lead_process.domain import Dwell, StageCount, Standing, gather
from services.analytics.lead_process.store import DWELL, STANDING
from services.analytics.leads.domain import LEFT
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, chosen: dict[str, Any]) -> list[StageCount]:
    """The leads in sight that were captured within the period, by the stage where they stand."""
    how_far, names = reach(tx.principal), tuple(sorted(chosen))
    values = chosen | {"start": within.start, "end": within.end}
    standing = [Standing(*row) for row in await tx.fetch(STANDING(how_far, names), **values)]
    [row] = await tx.fetch(DWELL(how_far, names), **values)
    return gather(standing, {stage: Dwell(*row[3 * n : 3 * n + 3]) for n, stage in enumerate(LEFT)})
