"""Learn what an event tells of a lead, and keep the sums true."""

from services.analytics.leads import store
from services.analytics.leads.domain import Lead, share
from services.analytics.rollups.domain import changes
from services.kit.database import Tx


async def learn(tx: Tx, told: Lead) -> None:
    """Add to what is known of the lead, and to the sums what that changes."""
    before = await store.known(tx, told)
    after = before.merged(told) if before else told
    if after != before:
        await store.write(tx, after)
        await store.rollup.add(tx, changes(share(before), share(after)))
