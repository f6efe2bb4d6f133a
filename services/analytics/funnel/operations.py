"""Count a funnel: from sums where the period is a part of the calendar, else deal by deal."""

from uuid import UUID

from services.analytics.days import Grain, Period, day_of
from services.analytics.deals.domain import RESTING, RESTING_BY_MONTH
from services.analytics.funnel.domain import Counted, Funnel, StageOf, calendar_part, gather
from services.analytics.funnel.store import CALENDAR, DEAL_BY_DEAL, STAGES
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(
    tx: Tx, process: str, period: Period, factor: float, owner_id: str, team_id: str, product: str
) -> tuple[Funnel, list[StageOf]]:
    """What became of the deals in sight within the period, and the stages of their process."""
    how_far = reach(tx.principal)
    chosen = (bool(owner_id), bool(team_id))
    values = {"start": period.start, "end": period.end, "factor": factor, "product": product} | {
        name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value
    }
    if part := calendar_part(period, day_of(tx.now)):
        of_product = "_BY_PRODUCT" if product else ""
        values |= {
            "series": f"STATE_{part[0]}{of_product}",
            "resting": f"{RESTING}{of_product}",
            "resting_by_month": f"{RESTING_BY_MONTH}{of_product}",
            "month": Grain.MONTH.start(period.start),
        }
        rows = await tx.fetch(CALENDAR(how_far, *chosen), **values)
    else:
        await tx.join_by_hash()
        rows = await tx.fetch(DEAL_BY_DEAL(how_far, *chosen, bool(product)), **values)
    funnel = gather((Counted(*row) for row in rows), process, factor)
    stages = [StageOf(*row) for row in await tx.fetch(STAGES, process=funnel.process)]
    return funnel, sorted(stages, key=lambda stage: (stage.place, stage.stage))
