"""Count who came and who of them signed."""

from typing import Any
from uuid import UUID

from services.analytics.days import Period
from services.analytics.personas.domain import Counted
from services.analytics.personas.store import COUNTED
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, owner_id: str, team_id: str, channels: list[str] | None) -> list[Counted]:
    """The described leads in sight that were captured within the period; of these channels, or of all."""
    months = within.whole_months()
    values: dict[str, Any] = {
        "start": within.start,
        "end": within.end,
        "first_month": months.start,
        "last_month": months.end,
    } | {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    if channels is not None:
        values["channels"] = channels
    query = COUNTED(reach(tx.principal), bool(owner_id), bool(team_id), channels is not None)
    return [Counted(*row) for row in await tx.fetch(query, **values)]
