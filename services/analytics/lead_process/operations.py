"""Count leads by stage."""

from typing import Any

from services.analytics.days import Period
from services.analytics.lead_process.domain import Dwell, StageCount, Standing, gather
from services.analytics.lead_process.store import DWELL, STANDING
from services.analytics.leads.domain import LEFT
from services.kit.database import Tx
from services.kit.principal import Principal
from services.kit.visibility import reach, sight_of


async def count(tx: Tx, within: Period, chosen: dict[str, Any], who: Principal | None = None) -> list[StageCount]:
    """The leads captured within the period that the caller sees, or `who`, by the stage where they stand."""
    who = who or tx.principal
    how_far, names = reach(who), tuple(sorted(chosen))
    values = chosen | sight_of(who) | {"start": within.start, "end": within.end}
    standing = [Standing(*row) for row in await tx.fetch(STANDING(how_far, names), **values)]
    [row] = await tx.fetch(DWELL(how_far, names), **values)
    return gather(standing, {stage: Dwell(*row[3 * n : 3 * n + 3]) for n, stage in enumerate(LEFT)})
