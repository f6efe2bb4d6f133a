"""Learn what events tell of leads, and keep the sums true."""

from collections.abc import Iterable
from uuid import UUID

from services.analytics.descriptions import operations as descriptions
from services.analytics.leads import store
from services.analytics.leads.domain import Clock, Lead, share
from services.analytics.rollups.domain import Changes
from services.analytics.rollups.operations import hold, teams
from services.kit.database import Tx


async def measure(tx: Tx, told: Iterable[Clock]) -> None:
    """Keep how long leads waited."""
    await store.write_clocks(tx, told)


async def learn(tx: Tx, told: Iterable[Lead]) -> None:
    """Add to what is known of the leads, and to the sums what that changes."""
    await hold(tx, "leads")
    news: dict[UUID, Lead] = {}
    for lead in told:
        news[lead.id] = news[lead.id].merged(lead) if lead.id in news else lead
    known = await store.known(tx, news)
    present = await teams(tx, (lead.owner_id for lead in (*news.values(), *known.values())))
    changed: list[Lead] = []
    sums = Changes()
    for identity, lead in sorted(news.items()):
        before = known.get(identity)
        after = (before.merged(lead) if before else lead).with_team_of(present)
        if after != before:
            changed.append(after)
            sums.count(share(before), share(after))
    described = await descriptions.described(tx, (lead.id for lead in changed))  # before what is written waits
    await store.write(tx, changed)
    await store.rollup.add(tx, sums)
    await descriptions.follow_leads(tx, described)
