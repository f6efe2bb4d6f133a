"""Campaigns are told apart by their names, of which a tenant has each once."""

import asyncio

import pytest
from dealtrail.leads.v1 import campaigns_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.kit.testing import Refusal


def planned(name="春季展会"):
    days = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
    return pb.CreateCampaignRequest(name=name, channel="展会", cost=Money(amount="3100.00", currency="CNY"), **days)


async def test_a_name_that_is_taken_is_refused_and_another_tenant_has_it_too(leads, company):
    await leads(company.boss, "CreateCampaign", planned())
    with pytest.raises(Refusal, match="CAMPAIGN_NAME_TAKEN"):
        await leads(company.boss, "CreateCampaign", planned())
    await leads(company.stranger, "CreateCampaign", planned())


async def test_of_many_who_take_a_name_at_once_one_does(leads, company):
    planning = (leads(company.boss, "CreateCampaign", planned("秋季展会")) for _ in range(5))
    outcomes = await asyncio.gather(*planning, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert {one.reason for one in refused} == {"CAMPAIGN_NAME_TAKEN"}
    assert len(outcomes) - len(refused) == 1
