"""Sum up receivables as of a day."""

from datetime import date
from typing import Any
from uuid import UUID

from services.analytics.days import DAY, Grain, Period
from services.analytics.receivables.domain import Counted, Figures, gather, split_months
from services.analytics.receivables.store import SOLD, UP_TO
from services.kit.database import Tx
from services.kit.visibility import reach


async def sum_up(tx: Tx, as_of: date, within: Period, owner_id: str, team_id: str) -> dict[str, Figures]:
    """The figures in sight by currency: open at the end of the day, due and sold within the period."""
    months = within.whole_months()
    values: dict[str, Any] = {
        "as_of": as_of,
        "month": Grain.MONTH.start(as_of + DAY),
        "start": within.start,
        "end": within.end,
        "first_month": months.start,
        "last_month": months.end,
    } | {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    choices = (reach(tx.principal), bool(owner_id), bool(team_id))
    runs = split_months(as_of, within)
    for number, run in enumerate(runs):
        values |= {f"first_{number}": run.start, f"end_{number}": run.end}
    counted = await tx.fetch(UP_TO(*choices, len(runs)), **values)
    sold = await tx.fetch(SOLD(*choices), **values)
    return gather((Counted(*row) for row in counted), (tuple(row) for row in sold))
