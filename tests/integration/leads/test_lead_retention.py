"""Persons of discarded leads, and notices, go when they are as old as the tenant lets them be; what is held stays."""

from calendar import monthrange

import pytest
from dealtrail.leads.v1 import lead_retention_pb2 as pb
from dealtrail.leads.v1 import leads_pb2, notices_pb2
from sqlalchemy import Uuid, bindparam, select

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.tables import audit, data_keys
from services.kit.testing import Refusal
from services.leads.lead_retention import operations

NAME, PHONE = "李志明", "137 6000 0001"
KEYS = Query(select(data_keys.c.id).where(data_keys.c.tenant_id == bindparam("tenant_id", type_=Uuid)))
SAID = Query(
    select(audit.c.action, audit.c.purpose).where(
        audit.c.tenant_id == bindparam("tenant_id", type_=Uuid), audit.c.action == "leads.ForgetDiscarded"
    )
)


@pytest.fixture
def discarded(leads, company):
    """`await discarded()`: a lead that the rep gave up just now."""

    async def discard(who=company.rep):
        told = leads_pb2.CreateLeadRequest(company=f"云杉 {new_id()}", contact_name=NAME, phone=PHONE)
        lead = await leads(who, "CreateLead", told)
        return await leads(who, "DiscardLead", leads_pb2.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))

    return discard


@pytest.fixture
def after(periodically):
    """`await after(days=190)`: all that the periodic work does so much later; in how many transactions."""

    async def done(**later):
        rounds = 1
        while await periodically(operations.let_go, **later):
            rounds += 1
        return rounds

    return done


async def months(leads, company, **given):
    return await leads(company.boss, "UpdateLeadRetention", pb.UpdateLeadRetentionRequest(**given))


async def known(leads, company, lead, periodically):
    """Whether the person of the lead is known: to the rep, and by the key."""
    now = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))
    keys = {str(row["id"]) for row in await periodically(lambda tx: tx.fetch(KEYS))}
    assert bool(now.contact_name) == (lead.id in keys) == (not now.HasField("erase_time"))
    return bool(now.contact_name)


async def test_a_person_goes_when_the_lead_was_discarded_long_enough_and_not_a_day_before(
    leads, company, discarded, after, periodically
):
    lead = await discarded()
    open_one = await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="乙", contact_name=NAME))
    await after(days=4000)
    assert await known(leads, company, lead, periodically)
    await months(leads, company, discarded_lead_months=6)
    due = lead.update_time.ToDatetime()
    year, month = due.year + (due.month > 6), (due.month + 5) % 12 + 1
    half_a_year = due.replace(year=year, month=month, day=min(due.day, monthrange(year, month)[1])) - due
    await after(days=half_a_year.days - 1)
    assert await known(leads, company, lead, periodically)
    await after(days=half_a_year.days + 1)
    assert not await known(leads, company, lead, periodically)
    assert await known(leads, company, open_one, periodically)
    said = [tuple(row) for row in await periodically(lambda tx: tx.fetch(SAID))]
    assert said == [("leads.ForgetDiscarded", "1 persons of leads that were discarded more than 6 months ago")]


async def test_what_is_counted_of_a_lead_stays_when_its_person_goes(leads, company, discarded, after):
    lead = await discarded()
    await months(leads, company, discarded_lead_months=6)
    await after(days=400)
    stays = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))
    for name in ("company", "owner_id", "status", "channel", "stage", "create_time", "discard_reason"):
        assert getattr(stays, name) == getattr(lead, name)


async def test_a_held_lead_stays_with_its_notices_until_it_is_released(leads, company, discarded, after, periodically):
    lead, handed = await discarded(), leads_pb2.CreateLeadRequest(company="丙", contact_name=NAME)
    given = await leads(company.boss, "CreateLead", handed)
    to = leads_pb2.AssignLeadRequest(id=given.id, owner_id=str(company.rep.user_id))
    await leads(company.boss, "AssignLead", to)

    async def notices():
        return len((await leads(company.rep, "ListNotices", notices_pb2.ListNoticesRequest())).notices)

    told = await notices()
    assert told
    for one in (lead, given):
        held = await leads(company.boss, "HoldLead", pb.HoldLeadRequest(lead_id=one.id, purpose="a case"))
        assert await leads(company.boss, "HoldLead", pb.HoldLeadRequest(lead_id=one.id, purpose="a case")) == held
    listed = (await leads(company.boss, "ListLeadHolds", pb.ListLeadHoldsRequest())).lead_holds
    assert {one.id for one in listed} == {lead.id, given.id}
    await months(leads, company, discarded_lead_months=6, notice_months=6)
    await after(days=400)
    assert (await known(leads, company, lead, periodically), await notices()) == (True, told)
    for one in (lead, given):
        await leads(company.boss, "ReleaseLead", pb.ReleaseLeadRequest(id=one.id, purpose="closed"))
    await after(days=400)
    assert (await known(leads, company, lead, periodically), await notices()) == (False, 0)
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await leads(company.boss, "ReleaseLead", pb.ReleaseLeadRequest(id=lead.id, purpose="closed"))


async def test_a_lead_that_is_taken_up_again_keeps_its_person(leads, company, discarded, after, periodically):
    lead = await discarded()
    await leads(company.rep, "ReopenLead", leads_pb2.ReopenLeadRequest(id=lead.id, why="客户回电"))
    await months(leads, company, discarded_lead_months=6)
    await after(days=400)
    assert await known(leads, company, lead, periodically)


async def test_a_preview_counts_and_changes_nothing(leads, company, discarded, periodically):
    leads_there = [await discarded() for _ in range(3)]
    await leads(company.boss, "HoldLead", pb.HoldLeadRequest(lead_id=leads_there[0].id, purpose="a case"))
    tried = pb.PreviewLeadRetentionRequest(discarded_lead_months=6)
    assert await leads(company.boss, "PreviewLeadRetention", tried) == pb.LeadRetentionPreview()

    async def later(tx):
        return await operations.preview(tx, {"discarded_lead_months": 6})

    assert await periodically(later, days=400) == pb.LeadRetentionPreview(discarded_leads=2, held=1)
    assert all([await known(leads, company, one, periodically) for one in leads_there])


async def test_many_go_in_small_transactions(leads, company, discarded, after, periodically, monkeypatch):
    monkeypatch.setattr(operations, "LEADS_AT_ONCE", 2)
    leads_there = [await discarded() for _ in range(5)]
    await months(leads, company, discarded_lead_months=6)
    assert await after(days=400) == 4
    assert not any([await known(leads, company, one, periodically) for one in leads_there])


async def test_months_out_of_bounds_and_a_lead_out_of_sight_are_refused(leads, company, discarded):
    with pytest.raises(Refusal, match="RETENTION_OUT_OF_BOUNDS"):
        await months(leads, company, notice_months=5)
    lead = await discarded()
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await leads(company.stranger, "HoldLead", pb.HoldLeadRequest(lead_id=lead.id, purpose="a case"))
