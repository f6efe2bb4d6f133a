"""Count leads by what they were judged to be."""

from typing import Any

from services.analytics.days import Period, midnight
from services.analytics.lead_quality.domain import Counted, Group, Waited, gather
from services.analytics.lead_quality.store import COUNTED, WAITED
from services.kit.database import Tx
from services.kit.principal import Principal
from services.kit.visibility import reach, sight_of


async def count(
    tx: Tx, within: Period, by: str, chosen: dict[str, Any], who: Principal | None = None
) -> tuple[list[Group], Group]:
    """The leads captured within the period that the caller sees, or `who`: by group, and all together."""
    who = who or tx.principal
    how_far, names = reach(who), tuple(sorted(chosen))
    values = chosen | sight_of(who) | {"begin": midnight(within.start), "end": midnight(within.end)}
    counted = [Counted(*row) for row in await tx.fetch(COUNTED(how_far, by, names), **values)]
    waited = [Waited(*row) for row in await tx.fetch(WAITED(how_far, by, names), **values)]
    [of_all] = await tx.fetch(WAITED(how_far, "", names), **values)
    return gather(counted, waited, Waited(*of_all))
