"""Promotions refused for want of an interest: what is counted, once, and who sees it."""

import asyncio
import logging
from uuid import UUID

import pytest
from dealtrail.leads.v1 import leads_pb2, prospects_pb2
from dealtrail.leads.v1 import refused_promotions_pb2 as pb
from sqlalchemy import Uuid, bindparam, func, select, update

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.tables import outbox
from services.kit.testing import Refusal
from services.leads.leads.store import table as leads_table
from services.leads.refused_promotions import operations
from services.leads.refused_promotions.store import ADD_NEW

ID = bindparam("id", type_=Uuid)
BECOME_DEAL = Query(
    update(leads_table).where(leads_table.c.id == ID).values(status="CONVERTED", deal_id=ID, account_id=ID)
)
"""As a conversion leaves the lead, whose deal nobody opens here."""


TOLD = Query(
    select(func.count()).where(
        outbox.c.tenant_id == bindparam("tenant_id", type_=Uuid), outbox.c.subject.contains("PromotionRefused")
    )
)


@pytest.fixture
async def lead(leads, company):
    """A qualified lead of the rep's, where deals ask for an interest."""
    rules = prospects_pb2.SetPromotionRulesRequest(need_interest=True)
    await leads(company.boss, "SetPromotionRules", rules)
    return await qualified(leads, company.rep)


async def qualified(leads, who):
    lead = await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company="上海云杉科技有限公司"))
    return (await leads(who, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead.id, score=70))).id


async def convert(leads, who, lead, **metadata):
    with pytest.raises(Refusal) as refused:
        await leads(who, "ConvertLead", leads_pb2.ConvertLeadRequest(id=lead), **metadata)
    return refused.value.reason


async def listed(leads, who, **fields):
    request = pb.ListRefusedPromotionsRequest(**fields)
    return (await leads(who, "ListRefusedPromotions", request)).refused_promotions


async def told(leads, company):
    """How many refusals were told by events."""
    async with leads.process.database.transaction(company.boss) as tx:
        return await tx.fetch_value(TOLD)


async def counted(leads, who, **fields):
    """Attempts, leads and converted: of all together, and by rep."""
    found = await leads(who, "GetRefusedPromotionFigures", pb.GetRefusedPromotionFiguresRequest(**fields))
    total, *reps = ((one.rep_id, one.attempts, one.leads, one.converted) for one in (found.total, *found.reps))
    return total[1:], {rep: figures for rep, *figures in reps}


async def test_a_refused_promotion_is_counted_once_however_often_it_is_sent(leads, company, lead):
    at_once = [convert(leads, company.rep, lead, idempotency_key="convert-1") for _ in range(3)]
    assert await asyncio.gather(*at_once) == ["INTEREST_MISSING"] * 3
    assert await convert(leads, company.rep, lead, idempotency_key="convert-1") == "INTEREST_MISSING"
    assert await counted(leads, company.rep) == ((1, 1, 0), {str(company.rep.user_id): [1, 1, 0]})
    assert await told(leads, company) == 1
    assert await convert(leads, company.rep, lead, idempotency_key="convert-2") == "INTEREST_MISSING"
    assert await convert(leads, company.manager, lead) == "INTEREST_MISSING"
    reps = {str(company.rep.user_id): [2, 1, 0], str(company.manager.user_id): [1, 0, 0]}
    assert await counted(leads, company.boss) == ((3, 1, 0), reps)


async def test_a_count_that_forgets_the_key_is_found_out(leads, company, lead, monkeypatch):
    monkeypatch.setattr(operations, "derived_id", lambda *_: new_id())
    with pytest.raises(AssertionError, match=r"\(4, 1, 0\)"):
        await test_a_refused_promotion_is_counted_once_however_often_it_is_sent(leads, company, lead)


async def test_each_number_opens_its_rows(leads, company, lead):
    other = await qualified(leads, company.rep)
    for one in (lead, lead, other):
        await convert(leads, company.rep, one)
    async with leads.process.database.transaction(company.rep) as tx:
        await tx.execute(BECOME_DEAL, id=UUID(other))
    assert (await counted(leads, company.rep))[0] == (3, 2, 1)
    rep = str(company.rep.user_id)
    assert [one.lead_id for one in await listed(leads, company.rep, rep_id=rep)] == [other, lead, lead]
    assert [one.lead_id for one in await listed(leads, company.rep, first=True)] == [other, lead]
    [converted] = await listed(leads, company.rep, first=True, converted=True)
    assert (converted.lead_id, converted.rep_id) == (other, rep)
    newest, again, first = await listed(leads, company.rep)
    assert [one.first for one in (newest, again, first)] == [True, False, True]
    assert await listed(leads, company.rep, lead_id=lead, order_by="create_time") == [first, again]
    assert (await counted(leads, company.rep, from_time=newest.create_time))[0] == (1, 1, 1)
    assert await listed(leads, company.rep, to_time=newest.create_time) == [again, first]


async def test_a_refused_promotion_is_seen_by_whoever_sees_the_lead(leads, company, lead):
    await convert(leads, company.rep, lead)
    assert await convert(leads, company.other_rep, lead) == "NOT_FOUND"
    for who, seen in zip(company.everybody(), (1, 1, 1, 0, 0), strict=True):
        assert len(await listed(leads, who)) == seen
        assert (await counted(leads, who))[0] == (seen, seen, 0)


async def test_what_is_promoted_or_refused_for_something_else_is_not_counted(leads, company, lead):
    fresh = await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉"))
    assert await convert(leads, company.rep, fresh.id) == "LEAD_NOT_QUALIFIED"
    account = leads_pb2.ConvertLeadRequest(id=lead, target=leads_pb2.ConvertLeadRequest.ACCOUNT)
    await leads(company.rep, "ConvertLead", account)
    assert await counted(leads, company.rep) == ((0, 0, 0), {})


async def test_a_refusal_that_cannot_be_counted_is_told_as_it_is(leads, company, lead, monkeypatch, caplog):
    monkeypatch.setattr(ADD_NEW, "text", "SELECT 1 / 0 WHERE $1::text || $2 || $3 || $4 || $5 IS NOT NULL")
    with caplog.at_level(logging.ERROR):
        assert await convert(leads, company.rep, lead, idempotency_key="convert-1") == "INTEREST_MISSING"
    assert "a refusal was not noted" in caplog.text
    monkeypatch.undo()
    assert await counted(leads, company.rep) == ((0, 0, 0), {})
    assert await convert(leads, company.rep, lead, idempotency_key="convert-1") == "INTEREST_MISSING"
    assert (await counted(leads, company.rep))[0] == (1, 1, 0)
