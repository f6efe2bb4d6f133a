"""A lead is given up by the company's standard: a second look where the reason demands one, and a way back."""

import pytest
from dealtrail.leads.v1 import discard_reasons_pb2, discards_pb2, notices_pb2
from dealtrail.leads.v1 import leads_pb2 as pb

from services.kit.testing import Refusal
from services.leads.facts import WAITING

LOOK = discard_reasons_pb2.SetDiscardReasonRequest(code="NO_NEED", label="没有需求", active=True, second_look=True)
Discard = discards_pb2.Discard


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


@pytest.fixture
async def asked(leads, company):
    """A qualified lead of the rep's that is to be given up, and its discard."""
    await leads(company.boss, "SetDiscardReason", LOOK)
    lead = await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company="云杉", contact_name="张伟"))
    await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=60))
    lead = await leads(company.rep, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    [discard] = await discards(leads, company.rep, lead_id=lead.id)
    return lead, discard


async def discards(leads, who, **filters):
    return (await leads(who, "ListDiscards", discards_pb2.ListDiscardsRequest(**filters))).discards


async def test_a_discard_that_demands_a_second_look_leaves_the_lead_open_until_the_manager_agrees(
    leads, company, asked
):
    lead, discard = asked
    assert (lead.status, lead.discard_request, discard.state) == (pb.Lead.QUALIFIED, "NO_NEED", Discard.REQUESTED)
    convert = pb.ConvertLeadRequest(id=lead.id)
    assert await refusal(leads(company.rep, "ConvertLead", convert)) == "DISCARD_PENDING"
    [waiting] = await discards(leads, company.manager, state=Discard.REQUESTED)
    assert waiting.id == discard.id
    confirm = discards_pb2.ConfirmDiscardRequest(id=discard.id)
    assert await refusal(leads(company.rep, "ConfirmDiscard", confirm)) == "ROLE_NOT_ALLOWED"
    confirmed = await leads(company.manager, "ConfirmDiscard", confirm)
    assert (confirmed.state, confirmed.decided_by) == (Discard.STANDS, str(company.manager.user_id))
    found = await leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))
    assert (found.status, found.discard_reason, found.discard_request) == (pb.Lead.DISCARDED, "NO_NEED", "")
    assert await refusal(leads(company.manager, "ConfirmDiscard", confirm)) == "DISCARD_DECIDED"


async def test_the_manager_hears_of_a_discard_that_waits_and_the_rep_of_the_decision(leads, company, asked):
    async def told(who):
        listed = (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest())).notices
        return [(one.kind, one.subject_id, dict(one.facts)) for one in listed]

    lead, discard = asked
    about = discard.id, {"company": lead.company}
    assert await told(company.manager) == [("DISCARD_REQUESTED", *about)]
    for who in (company.boss, company.rep, company.other_rep):
        assert await told(who) == []
    await leads(company.manager, "RejectDiscard", discards_pb2.RejectDiscardRequest(id=discard.id, why="下季度有预算"))
    assert await told(company.rep) == [("DISCARD_REJECTED", *about)]
    await leads(company.rep, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    [again] = await discards(leads, company.manager, state=Discard.REQUESTED)
    await leads(company.boss, "ConfirmDiscard", discards_pb2.ConfirmDiscardRequest(id=again.id))
    assert (await told(company.rep))[0] == ("DISCARD_CONFIRMED", again.id, {"company": lead.company})


async def test_a_rejected_discard_keeps_the_reason_and_the_lead_goes_on(leads, company, asked):
    lead, discard = asked
    reject = discards_pb2.RejectDiscardRequest(id=discard.id, why="张伟说下季度有预算")
    assert (await leads(company.manager, "RejectDiscard", reject)).decide_why == "张伟说下季度有预算"
    found = await leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))
    assert (found.status, found.discard_request) == (pb.Lead.QUALIFIED, "")
    [kept] = await discards(leads, company.rep, lead_id=lead.id)
    assert (kept.state, kept.decide_why) == (Discard.REJECTED, "张伟说下季度有预算")


async def test_a_manager_who_gives_up_an_own_lead_needs_the_second_look_of_the_boss(leads, company):
    await leads(company.boss, "SetDiscardReason", LOOK)
    lead = await leads(company.manager, "CreateLead", pb.CreateLeadRequest(company="云杉"))
    await leads(company.manager, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    [discard] = await discards(leads, company.manager)
    [notice] = (await leads(company.boss, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    assert (notice.kind, notice.subject_id) == ("DISCARD_REQUESTED", discard.id)
    confirm = discards_pb2.ConfirmDiscardRequest(id=discard.id)
    assert await refusal(leads(company.manager, "ConfirmDiscard", confirm)) == "OWN_DISCARD"
    assert (await leads(company.boss, "ConfirmDiscard", confirm)).state == Discard.STANDS


async def test_a_reopened_lead_stands_where_it_stood_and_its_discard_is_kept(leads, company, asked):
    lead, discard = asked
    await leads(company.manager, "ConfirmDiscard", discards_pb2.ConfirmDiscardRequest(id=discard.id))
    reopen = pb.ReopenLeadRequest(id=lead.id, why="客户主动来电")
    found = await leads(company.rep, "ReopenLead", reopen)
    assert (found.status, found.discard_reason, found.score) == (pb.Lead.QUALIFIED, "", 60)
    assert await refusal(leads(company.rep, "ReopenLead", reopen)) == "LEAD_NOT_DISCARDED"
    [kept] = await discards(leads, company.rep, lead_id=lead.id)
    assert (kept.state, kept.reason, kept.reopen_why) == (Discard.REOPENED, "NO_NEED", "客户主动来电")
    assert kept.decided_by == str(company.manager.user_id)


async def test_a_lead_that_came_here_discarded_is_reopened_as_new(leads, company):
    create = pb.CreateLeadRequest(company="云杉", outcome=pb.Lead.DISCARDED, discard_reason="JUNK")
    lead = await leads(company.rep, "CreateLead", create)
    found = await leads(company.rep, "ReopenLead", pb.ReopenLeadRequest(id=lead.id, why="信息已核实"))
    assert found.status == pb.Lead.NEW
    [kept] = await discards(leads, company.rep)
    assert (kept.reason, kept.requested_by, kept.state) == ("JUNK", "", Discard.REOPENED)


async def test_a_discard_is_seen_with_its_lead(leads, company, asked):
    _, discard = asked
    for who in (company.other_rep, company.stranger):
        assert not await discards(leads, who)
        get = discards_pb2.GetDiscardRequest(id=discard.id)
        assert await refusal(leads(who, "GetDiscard", get)) == "NOT_FOUND"
    confirm = discards_pb2.ConfirmDiscardRequest(id=discard.id)
    assert await refusal(leads(company.stranger, "ConfirmDiscard", confirm)) == "NOT_FOUND"


async def test_the_reconciler_finds_a_lead_that_waits_for_what_nobody_asked(leads, company, asked):
    async with leads.process.database.transaction(company.boss) as tx:
        assert await tx.fetch(WAITING.broken) == []
        await tx.begin()
        await (await tx.connected()).execute("UPDATE discards SET state = 'STANDS'")
        assert [str(row["id"]) for row in await tx.fetch(WAITING.broken)] == [asked[0].id]
