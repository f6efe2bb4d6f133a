"""Learn what events tell of refused promotions, and count them."""

from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from services.analytics.days import Period
from services.analytics.refused_promotions.domain import Refusals, RefusedPromotion
from services.analytics.refused_promotions.store import COUNTED, LEARN, refused
from services.kit.database import Tx
from services.kit.sql import column_values
from services.kit.visibility import reach


async def learn(tx: Tx, told: Iterable[RefusedPromotion]) -> None:
    """Keep each once."""
    rows = [{"tenant_id": tx.principal.tenant_id} | asdict(one) for one in told]
    await tx.execute(LEARN, **column_values(refused, rows))


async def count(tx: Tx, within: Period, owner_id: str, team_id: str) -> list[Refusals]:
    """Promotions of leads in sight that were refused within the period, by reason."""
    narrowed = {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    query = COUNTED(reach(tx.principal), bool(owner_id), bool(team_id))
    return [Refusals(*row) for row in await tx.fetch(query, start=within.start, end=within.end, **narrowed)]
