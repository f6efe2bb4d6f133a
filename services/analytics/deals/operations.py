"""Learn what events tell of deals, and keep the sums true."""

from collections.abc import Iterable
from uuid import UUID

from services.analytics.deals import store
from services.analytics.deals.domain import WON, Deal, Span, StageTold, share, spans
from services.analytics.descriptions import operations as descriptions
from services.analytics.rollups.domain import Changes
from services.analytics.rollups.operations import hold, teams
from services.kit.database import Tx


async def learn(tx: Tx, told: Iterable[Deal], stages: Iterable[StageTold] = ()) -> None:
    """Add to what is known of the deals, and to the sums what that changes."""
    await hold(tx, "deals")
    news = _together(told)
    known = await store.known(tx, news)
    present = await teams(tx, (deal.owner_id for deal in (*news.values(), *known.values())))
    changed: list[Deal] = []
    stays: dict[UUID, list[Span]] = {}
    sums = Changes()
    for identity, deal in news.items():
        before = known.get(identity)
        after = (before.merged(deal) if before else deal).with_team_of(present)
        if after == before:
            continue
        changed.append(after)
        sums.count(share(before), share(after))
        were = spans(before.steps) if before else []
        stays[identity] = [stay for stay in spans(after.steps) if stay not in were]
    await store.write(tx, changed, stays)
    await store.learn_stages(tx, stages)
    await store.rollup.add(tx, sums)
    await descriptions.follow_deals(
        tx, (deal.id for deal in changed if (deal.state == WON) != _won(known.get(deal.id)))
    )


def _won(deal: Deal | None) -> bool:
    return deal is not None and deal.state == WON


def _together(told: Iterable[Deal]) -> dict[UUID, Deal]:
    """What was told of each deal, by id."""
    found: dict[UUID, Deal] = {}
    for deal in told:
        found[deal.id] = found[deal.id].merged(deal) if deal.id in found else deal
    return dict(sorted(found.items()))
