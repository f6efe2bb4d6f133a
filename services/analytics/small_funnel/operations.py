"""Count the layers of the small funnel."""

from uuid import UUID

from services.analytics.channels import operations as channels
from services.analytics.channels.domain import total
from services.analytics.days import Period
from services.analytics.refused_promotions import operations as refused_promotions
from services.analytics.small_funnel.domain import Layer
from services.analytics.small_funnel.store import COUNTED
from services.kit.database import Tx
from services.kit.visibility import reach


async def count(tx: Tx, within: Period, owner_id: str, team_id: str) -> list[Layer]:
    """What came into each layer within the period, of what is in sight, and what has become of it since."""
    narrowed = {name: UUID(value) for name, value in (("owner_id", owner_id), ("team_id", team_id)) if value}
    query = COUNTED(reach(tx.principal), bool(owner_id), bool(team_id))
    row = await tx.fetch_one(query, start=within.start, end=within.end, **narrowed)
    assert row, "a count is always one row"
    leads = total(await channels.count(tx, within, owner_id, team_id))
    refusals = await refused_promotions.count(tx, within, owner_id, team_id)
    return [Layer("PROSPECT", row[0], row[1]), Layer("LEAD", leads.leads, leads.converted, refusals)]
