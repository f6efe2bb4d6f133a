"""Learn how leads are described, follow what becomes of them, and keep the sums true."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.analytics.descriptions import store
from services.analytics.descriptions.domain import ERASED, Described, share
from services.analytics.rollups.domain import Changes
from services.analytics.rollups.operations import hold
from services.kit.database import Tx

Told = Mapping[UUID, tuple[Mapping[str, str], int]]
"""What is told of leads, with its version."""


async def learn(tx: Tx, told: Iterable[tuple[UUID, Mapping[str, str], int]]) -> None:
    """Add to what is known of how leads are described, and to the sums what that changes."""
    await hold(tx, "leads")  # a lead changes before it is described or after, and is counted with it either way
    news: dict[UUID, tuple[Mapping[str, str], int]] = {}
    for lead_id, values, version in told:
        if lead_id not in news or news[lead_id][1] < version:
            news[lead_id] = (values, version)
    await _count(tx, sorted(news), news)


async def forget(tx: Tx, lead_ids: Iterable[UUID]) -> None:
    """Describe these leads by nothing for ever: their persons' data was erased."""
    await learn(tx, [(lead_id, {}, ERASED) for lead_id in lead_ids])


async def described(tx: Tx, lead_ids: Iterable[UUID]) -> list[UUID]:
    """Those of the leads that are described."""
    return sorted(await store.known(tx, lead_ids))


async def follow_leads(tx: Tx, changed: list[UUID]) -> None:
    """Leads that are described have changed; the transaction holds leads."""
    if changed:
        await _count(tx, changed, {})


async def follow_deals(tx: Tx, deal_ids: Iterable[UUID]) -> None:
    """The deals were won, or are so no longer; the transaction holds deals."""
    if wanted := list(deal_ids):
        await hold(tx, "personas")
        if rows := await tx.fetch(store.OF_DEALS, ids=wanted):
            await _count(tx, sorted(row["id"] for row in rows), {})


async def _count(tx: Tx, lead_ids: list[UUID], told: Told) -> None:
    """Let sums follow how these leads stand now. What others changed is seen, for they held this too."""
    await hold(tx, "personas")
    known = await store.known(tx, lead_ids)
    standing = {row["id"]: row for row in await tx.fetch(store.STANDING, ids=lead_ids)}
    changed: list[Described] = []
    sums = Changes()
    for lead_id in lead_ids:
        before = known.get(lead_id)
        after = before or Described(lead_id)
        if lead_id in told:
            after = after.merged(*told[lead_id])
        if lead_id in standing:
            after = replace(after, **dict(standing[lead_id].items()))
        if after != before:
            changed.append(after)
            sums.count(share(before), share(after))
    await store.write(tx, changed)
    await store.rollup.add(tx, sums)
