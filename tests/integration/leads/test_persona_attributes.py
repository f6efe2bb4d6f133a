"""Leads are described by listed values only, as they come and when an attribute changes."""

from collections import defaultdict
from uuid import UUID

import pytest
from dealtrail.leads.v1 import events_pb2
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.leads.v1 import persona_attributes_pb2 as personas
from sqlalchemy import select

from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.tables import outbox
from services.kit.testing import Refusal
from services.kit.visibility import SYSTEM
from services.leads.persona_attributes import operations
from tests.people import until

DEGREES = personas.SetPersonaAttributeRequest(name="学历", values=["大专", "大本"], active=True)
TOLD = Query(select(outbox.c.headers, outbox.c.payload).order_by(outbox.c.id))


async def descriptions(leads, company):
    """What was told of each lead, in the order of telling."""
    found = defaultdict(list)
    async with leads.process.database.transaction(company.boss) as tx:
        for row in await tx.fetch(TOLD):
            if row["headers"]["ce-type"].endswith(".LeadDescribed"):
                told = events_pb2.LeadDescribed.FromString(row["payload"]).lead_description
                found[told.lead_id].append((dict(told.values), told.version))
    return found


async def capture(leads, company, **attributes):
    request = pb.CreateLeadRequest(company="云杉", attributes=attributes)
    return (await leads(company.rep, "CreateLead", request)).id


async def test_a_lead_that_comes_is_described_by_listed_values_and_nothing_else(leads, company):
    await leads(company.boss, "SetPersonaAttribute", DEGREES)
    one = await capture(leads, company, 学历=" 大专 ", 爱好="钓鱼")
    other = await capture(leads, company, 学历="张伟的学历")
    bare = await capture(leads, company)

    async def told():
        return len(await descriptions(leads, company)) == 2

    await until(told)
    found = await descriptions(leads, company)
    assert found[one][-1] == ({"学历": "大专"}, 1)
    assert found[other][-1] == ({}, 1)
    assert bare not in found


async def test_leads_that_are_there_are_described_when_an_attribute_changes(leads, company, monkeypatch):
    monkeypatch.setattr(operations, "AT_ONCE", 2)
    ids = [await capture(leads, company, 学历="大专") for _ in range(5)]

    async def last_told():
        system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
        more = True
        while more:  # as is done every few seconds
            async with leads.process.database.transaction(system) as tx:
                more = await operations.describe_all(tx)
        found = await descriptions(leads, company)
        # Of the highest version, for a capture that is heard of late may be told by the attributes of before.
        return [max(found[one], key=lambda told: told[1]) for one in ids]

    await leads(company.boss, "SetPersonaAttribute", DEGREES)
    assert await last_told() == [({"学历": "大专"}, 1)] * 5
    out = personas.SetPersonaAttributeRequest(name="学历", values=["大专"], active=False)
    await leads(company.boss, "SetPersonaAttribute", out)
    assert await last_told() == [({}, 2)] * 5
    listed = await leads(company.rep, "ListPersonaAttributes", personas.ListPersonaAttributesRequest())
    assert not listed.attributes


async def test_there_are_only_so_many_and_reps_set_none(leads, company, monkeypatch):
    monkeypatch.setattr(operations, "MOST", 1)
    await leads(company.boss, "SetPersonaAttribute", DEGREES)
    await leads(company.boss, "SetPersonaAttribute", DEGREES)
    more = personas.SetPersonaAttributeRequest(name="年龄", values=["18-20"], active=True)
    with pytest.raises(Refusal, match="TOO_MANY_PERSONA_ATTRIBUTES"):
        await leads(company.boss, "SetPersonaAttribute", more)
    with pytest.raises(Refusal, match="PERMISSION"):
        await leads(company.rep, "SetPersonaAttribute", DEGREES)
