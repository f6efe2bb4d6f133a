"""The company's standard judges leads: versions, scores with their reasons, and no opinion beside it."""

import pytest
from dealtrail.leads.v1 import checklists_pb2
from dealtrail.leads.v1 import leads_pb2 as pb

from services.kit.testing import Refusal

GOOD = {"MARKET": "YES", "NEED": "URGENT", "BUDGET": "APPROVED", "TIMING": "THIS_YEAR"}
POOR = {"MARKET": "YES", "NEED": "VAGUE", "BUDGET": "UNKNOWN", "TIMING": "UNKNOWN"}
Judgement = checklists_pb2.Judgement


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def publish(leads, who, **fields):
    given = {"lead_type": "INBOUND"} | fields
    return await leads(who, "PublishChecklist", checklists_pb2.PublishChecklistRequest(**given))


async def lead(leads, company, lead_type="INBOUND"):
    created = await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company="云杉", lead_type=lead_type))
    return created.id


async def qualify(leads, company, lead_id, **fields):
    return await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead_id, **fields))


async def test_a_lead_passes_by_its_answers_and_keeps_the_version_it_was_judged_by(leads, company):
    await publish(leads, company.boss)
    lead_id = await lead(leads, company)
    assert await refusal(qualify(leads, company, lead_id, score=99)) == "ANSWERS_REQUIRED"
    found = await qualify(leads, company, lead_id, answers=GOOD, score=1)
    # (30 * 100 + 25 * 100 + 20 * 60) / 75 = 89.33
    assert (found.status, found.score, found.checklist_version) == (pb.Lead.QUALIFIED, 89, 1)
    await publish(leads, company.boss)
    listed = checklists_pb2.ListJudgementsRequest(lead_id=lead_id)
    [kept] = (await leads(company.rep, "ListJudgements", listed)).judgements
    assert (kept.score, kept.verdict, kept.checklist_version) == (89, Judgement.PASSED, 1)
    assert [(one.question, one.answer, one.points) for one in kept.findings][1] == ("NEED", "URGENT", 100)


async def test_a_lead_that_does_not_pass_stays_new_with_its_score_and_may_be_judged_again(leads, company):
    await publish(leads, company.boss)
    lead_id = await lead(leads, company)
    found = await qualify(leads, company, lead_id, answers=POOR)
    assert (found.status, found.score) == (pb.Lead.NEW, 22)
    out = await qualify(leads, company, lead_id, answers=GOOD | {"MARKET": "NO"})
    assert (out.status, out.score) == (pb.Lead.NEW, 89)
    assert (await qualify(leads, company, lead_id, answers=GOOD)).status == pb.Lead.QUALIFIED
    kept = await leads(company.manager, "ListJudgements", checklists_pb2.ListJudgementsRequest(lead_id=lead_id))
    assert [one.verdict for one in kept.judgements] == [Judgement.PASSED, Judgement.KNOCKED_OUT, Judgement.BELOW]


async def test_where_no_checklist_is_published_the_score_is_the_callers(leads, company):
    await publish(leads, company.boss)
    lead_id = await lead(leads, company, "OUTBOUND")
    assert await refusal(qualify(leads, company, lead_id, answers=GOOD)) == "NO_CHECKLIST"
    found = await qualify(leads, company, lead_id, score=70)
    assert (found.status, found.score, found.checklist_version) == (pb.Lead.QUALIFIED, 70, 0)


async def test_a_type_without_a_checklist_is_judged_by_the_general_one(leads, company):
    await publish(leads, company.boss, lead_type="GENERAL")
    lead_id = await lead(leads, company, "SELF_MADE")
    assert await refusal(qualify(leads, company, lead_id, answers=GOOD)) == "QUESTION_UNANSWERED"
    found = await qualify(leads, company, lead_id, answers=GOOD | {"AUTHORITY": "DECIDES"})
    assert found.status == pb.Lead.QUALIFIED


async def test_answers_to_an_older_version_are_refused(leads, company):
    await publish(leads, company.boss)
    own = [
        checklists_pb2.Question(
            code="ONLY",
            label="唯一的问题",
            weight=1,
            answers=[
                checklists_pb2.Answer(code="YES", label="是", points=100),
                checklists_pb2.Answer(code="NO", label="否"),
            ],
        )
    ]
    made = await publish(leads, company.boss, questions=own, pass_score=50)
    assert (made.version, made.label) == (2, "主动咨询")
    lead_id = await lead(leads, company)
    assert await refusal(qualify(leads, company, lead_id, answers=GOOD, checklist_version=1)) == "CHECKLIST_CHANGED"
    assert (await qualify(leads, company, lead_id, answers={"ONLY": "YES"}, checklist_version=2)).score == 100
    first = checklists_pb2.GetChecklistRequest(lead_type="INBOUND", version=1)
    assert len((await leads(company.rep, "GetChecklist", first)).questions) == 4


async def test_no_lead_is_of_the_type_of_the_checklist_that_judges_calls(leads, company):
    told = pb.CreateLeadRequest(company="云杉", lead_type="CALL_QUALITY")
    assert await refusal(leads(company.rep, "CreateLead", told)) == "LEAD_TYPE_RESERVED"


async def test_what_ships_is_shown_until_the_tenant_publishes_its_own_and_nobody_elses(leads, company):
    await publish(leads, company.boss, lead_type="REFERRAL")
    listed = (await leads(company.rep, "ListChecklists", checklists_pb2.ListChecklistsRequest())).checklists
    versions = {one.lead_type: one.version for one in listed}
    assert versions == {"CALL_QUALITY": 0, "GENERAL": 0, "INBOUND": 0, "OUTBOUND": 0, "REFERRAL": 1}
    get = checklists_pb2.GetChecklistRequest(lead_type="REFERRAL")
    assert (await leads(company.stranger, "GetChecklist", get)).version == 0
    assert await refusal(publish(leads, company.rep)) == "ROLE_NOT_ALLOWED"
    assert await refusal(publish(leads, company.boss, lead_type="SELF_MADE")) == "NO_PRESET"
