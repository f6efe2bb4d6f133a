"""Promotions that were refused stand beside the small funnel, by reason; each number opens its rows."""

from datetime import date

import pytest
from dealtrail.analytics.v1 import small_funnel_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as leads

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from tests.integration.analytics.events import lead_story, midnight, told

CAPTURED, DAY = date(2024, 2, 1), date(2024, 3, 4)
WITHIN = {"from": "2024-03-01", "to": "2024-04-01"}


def refusal(lead, day=DAY, reason="INTEREST_MISSING"):
    event, identity = leads.PromotionRefused(reason=reason), new_id()
    one = event.refused_promotion
    one.id, one.lead_id, one.rep_id = str(identity), str(lead), str(new_id())
    one.create_time.CopyFrom(to_timestamp(midnight(day)))
    return told(event, identity, 1, midnight(day))


@pytest.fixture
async def refused(analytics, company):
    """`await refused(who, …)`: attempts and leads by reason; what each number opens is held against it."""
    mine, again, theirs, far = (new_id() for _ in range(4))
    owners = {mine: company.rep, again: company.rep, theirs: company.colleague, far: company.other_rep}
    stories = [lead_story(owner, CAPTURED, identity=one) for one, owner in owners.items()]
    refusals = [
        *(refusal(mine), refusal(again), refusal(again), refusal(theirs), refusal(far)),
        *(refusal(mine, reason="RULE_OF_TOMORROW"), refusal(mine, date(2024, 4, 1)), refusal(mine, date(2024, 2, 29))),
    ]
    events = [*refusals, *(event for story in stories for event in story)]
    await analytics.tell(company.tenant, refusals[:3], events)

    async def ask(who, **fields):
        answer = await analytics(who, "GetSmallFunnel", pb.GetSmallFunnelRequest(**WITHIN | fields))
        prospects, found = answer.layers
        assert not prospects.refusals
        for one in found.refusals:
            assert len(await analytics.rows(who, one.rows)) == one.attempts
            assert len(await analytics.rows(who, one.lead_rows)) == one.leads
        return {one.reason: (one.attempts, one.leads) for one in found.refusals}

    return ask


async def test_refused_promotions_are_counted_by_reason_for_whoever_sees_the_lead(refused, company):
    mine = {"INTEREST_MISSING": (3, 2), "RULE_OF_TOMORROW": (1, 1)}
    assert await refused(company.rep) == mine
    assert await refused(company.colleague) == {"INTEREST_MISSING": (1, 1)}
    assert await refused(company.manager) == mine | {"INTEREST_MISSING": (4, 3)}
    assert await refused(company.boss) == mine | {"INTEREST_MISSING": (5, 4)}
    assert await refused(company.stranger) == {}


async def test_refused_promotions_are_narrowed_by_owner_team_and_period(refused, company):
    other = {"INTEREST_MISSING": (1, 1)}
    assert await refused(company.boss, owner_id=str(company.colleague.user_id)) == other
    assert await refused(company.boss, team_id=str(company.other_rep.team_id)) == other
    assert await refused(company.rep, **{"from": "", "to": ""}) == {
        "INTEREST_MISSING": (5, 2),
        "RULE_OF_TOMORROW": (1, 1),
    }
    assert await refused(company.rep, **{"from": "2024-04-01", "to": ""}) == other
