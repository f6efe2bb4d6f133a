"""Learn what events tell of prospects."""

from collections.abc import Iterable
from dataclasses import asdict, replace

from services.analytics.prospects.domain import Prospect
from services.analytics.prospects.store import LEARN, prospects
from services.analytics.rollups.operations import hold, teams
from services.kit.database import Tx
from services.kit.sql import column_values


async def learn(tx: Tx, told: Iterable[Prospect]) -> None:
    """Keep what is newest of each."""
    await hold(tx, "prospects")
    newest: dict[object, Prospect] = {}
    for one in told:
        known = newest.get(one.id)
        newest[one.id] = one if known is None or known.version < one.version else known
    present = await teams(tx, (one.owner_id for one in newest.values()))
    tenant = {"tenant_id": tx.principal.tenant_id}
    rows = [tenant | asdict(replace(one, team_id=present.get(one.owner_id, one.team_id))) for one in newest.values()]
    await tx.execute(LEARN, **column_values(prospects, rows))
