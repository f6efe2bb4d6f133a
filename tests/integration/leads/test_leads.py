"""What a lead may go through, over gRPC on real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from dealtrail.leads.v1 import discard_reasons_pb2
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult
from sqlalchemy import select

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.tables import outbox
from services.kit.testing import Refusal


def create(**fields):
    return pb.CreateLeadRequest(**({"company": "上海某某科技有限公司"} | fields))


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def test_a_new_lead_belongs_to_whoever_recorded_it(leads, company):
    lead = await leads(company.rep, "CreateLead", create(channel="展会", attributes={"行业": "医疗"}))
    read = await leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))
    assert read == lead
    assert (read.status, read.version, read.owner_id) == (pb.Lead.NEW, 1, str(company.rep.user_id))
    assert dict(read.attributes) == {"行业": "医疗"}


@pytest.mark.parametrize("fields", [{"company": "a\0"}, {"attributes": {"a\0": "b"}}, {"attributes": {"a": "\0"}}])
async def test_a_null_character_which_the_database_does_not_keep_is_refused(leads, company, fields):
    assert await refusal(leads(company.rep, "CreateLead", create(**fields))) == "NULL_CHARACTER"
    assert await refusal(leads(company.rep, "ListLeads", pb.ListLeadsRequest(q="a\0"))) == "NULL_CHARACTER"


async def test_personal_data_is_masked_until_revealed_for_a_purpose(leads, company):
    lead = await leads(company.rep, "CreateLead", create(phone="138 0013 8000", email="zhang@example.com"))
    assert (lead.phone, lead.email) == ("138****8000", "z***@example.com")
    open_lead = await leads(company.rep, "RevealLead", pb.RevealLeadRequest(id=lead.id, purpose="约访"))
    assert (open_lead.phone, open_lead.email) == ("138 0013 8000", "zhang@example.com")


async def test_who_sees_a_lead_is_its_owner_the_managers_above_and_the_boss(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    for who in (company.rep, company.manager, company.boss):
        assert (await leads(who, "GetLead", pb.GetLeadRequest(id=lead.id))).id == lead.id
        assert len((await leads(who, "ListLeads", pb.ListLeadsRequest())).leads) == 1
    for who in (company.other_rep, company.stranger):
        assert await refusal(leads(who, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"
        assert await refusal(leads(who, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=9))) == "NOT_FOUND"
        assert not (await leads(who, "ListLeads", pb.ListLeadsRequest())).leads
    assert (await leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))).version == 1


async def test_an_assigned_lead_leaves_the_sight_of_its_former_owner(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    request = pb.AssignLeadRequest(id=lead.id, owner_id=str(company.other_rep.user_id))
    assert await refusal(leads(company.manager, "AssignLead", request)) == "UNKNOWN_OWNER"
    assert (await leads(company.boss, "AssignLead", request)).team_id == str(company.other_rep.team_id)
    assert await refusal(leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"
    assert (await leads(company.other_rep, "GetLead", pb.GetLeadRequest(id=lead.id))).version == 2


async def test_a_shared_lead_is_seen_and_worked_by_its_collaborators_until_it_is_no_longer(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    with_other = pb.ShareLeadRequest(id=lead.id, user_ids=[str(company.other_rep.user_id)])
    assert await refusal(leads(company.rep, "ShareLead", with_other)) == "UNKNOWN_OWNER"
    await leads(company.boss, "ShareLead", with_other)
    assert len((await leads(company.other_rep, "ListLeads", pb.ListLeadsRequest())).leads) == 1
    await leads(company.other_rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=5))
    await leads(company.rep, "ShareLead", pb.ShareLeadRequest(id=lead.id))
    assert await refusal(leads(company.other_rep, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"


async def test_of_200_concurrent_claims_of_one_lead_exactly_one_wins(leads, company):
    lead = await leads(company.boss, "CreateLead", create())
    claim = pb.AssignLeadRequest(id=lead.id, owner_id=str(company.boss.user_id))
    claims = (leads(company.boss, "AssignLead", claim, if_match="1") for _ in range(200))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert len(outcomes) - len(refused) == 1
    assert {one.reason for one in refused} <= {"VERSION_MISMATCH", "COMMAND_IN_FLIGHT", "UNAVAILABLE"}
    assert (await leads(company.boss, "GetLead", pb.GetLeadRequest(id=lead.id))).version == 2


async def test_a_lead_is_judged_once_and_a_discarded_one_is_closed(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=80))
    again = pb.QualifyLeadRequest(id=lead.id, score=10)
    assert await refusal(leads(company.rep, "QualifyLead", again)) == "LEAD_NOT_NEW"
    unknown = pb.DiscardLeadRequest(id=lead.id, reason="WHIM")
    assert await refusal(leads(company.rep, "DiscardLead", unknown)) == "UNKNOWN_DISCARD_REASON"
    discard = pb.DiscardLeadRequest(id=lead.id, reason="NO_BUDGET")
    assert (await leads(company.rep, "DiscardLead", discard)).status == pb.Lead.DISCARDED
    assert await refusal(leads(company.rep, "DiscardLead", discard)) == "LEAD_NOT_OPEN"


async def test_a_tenant_keeps_its_own_reasons(leads, company):
    own = discard_reasons_pb2.SetDiscardReasonRequest(code="MOVED_AWAY", label="已搬迁", active=True)
    await leads(company.boss, "SetDiscardReason", own)
    listed = await leads(company.rep, "ListDiscardReasons", discard_reasons_pb2.ListDiscardReasonsRequest())
    assert "MOVED_AWAY" in [reason.code for reason in listed.reasons]
    lead = await leads(company.rep, "CreateLead", create())
    discard = pb.DiscardLeadRequest(id=lead.id, reason="MOVED_AWAY")
    assert (await leads(company.rep, "DiscardLead", discard)).discard_reason == "MOVED_AWAY"


async def test_a_command_repeated_with_its_key_has_one_effect_and_one_answer(leads, company):
    answers = await asyncio.gather(
        *(leads(company.rep, "CreateLead", create(), idempotency_key="key-1") for _ in range(8))
    )
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len((await leads(company.rep, "ListLeads", pb.ListLeadsRequest())).leads) == 1
    other = leads(company.rep, "CreateLead", create(company="另一家"), idempotency_key="key-1")
    assert await refusal(other) == "IDEMPOTENCY_KEY_MISMATCH"
    assert (await leads(company.other_rep, "CreateLead", create(), idempotency_key="key-1")).id != answers[0].id


async def test_a_repeated_transition_answers_as_it_did_instead_of_being_refused(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    request = pb.QualifyLeadRequest(id=lead.id, score=70)
    first = await leads(company.rep, "QualifyLead", request, idempotency_key="q")
    assert await leads(company.rep, "QualifyLead", request, idempotency_key="q") == first


async def test_a_stale_if_match_is_refused(leads, company):
    lead = await leads(company.rep, "CreateLead", create())
    await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=1), if_match="1")
    stale = leads(company.rep, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="JUNK"), if_match="1")
    assert await refusal(stale) == "VERSION_MISMATCH"


async def test_pages_hold_every_lead_once_and_tokens_are_good_for_one_list_only(leads, company):
    ids = [(await leads(company.rep, "CreateLead", create(company=f"公司{n:02}"))).id for n in range(7)]
    for order, expected in (("", ids[::-1]), ("company", ids)):
        found, token = [], ""
        while True:
            request = pb.ListLeadsRequest(page_size=3, page_token=token, order_by=order)
            page = await leads(company.rep, "ListLeads", request)
            found += [lead.id for lead in page.leads]
            token = page.next_page_token
            if not token:
                break
            last = token
        assert found == expected
    stolen = pb.ListLeadsRequest(page_size=3, page_token=last, order_by="company")
    assert await refusal(leads(company.boss, "ListLeads", stolen)) == "PAGE_TOKEN_INVALID"
    assert await refusal(leads(company.rep, "ListLeads", pb.ListLeadsRequest(page_token="abc"))) == "PAGE_TOKEN_INVALID"


async def test_filters_narrow_a_list_and_wildcards_stand_for_themselves(leads, company):
    await leads(company.rep, "CreateLead", create(company="100% 纯", channel="Google"))
    await leads(company.rep, "CreateLead", create(company="1000 纯", channel="展会"))

    async def companies(**filters):
        page = await leads(company.rep, "ListLeads", pb.ListLeadsRequest(**filters))
        return {lead.company for lead in page.leads}

    assert await companies(q="100%") == {"100% 纯"}
    assert await companies(q="纯") == {"100% 纯", "1000 纯"}
    assert await companies(channel="展会", status=pb.Lead.NEW) == {"1000 纯"}
    assert await companies(status=pb.Lead.DISCARDED) == set()


async def test_a_batch_stands_item_by_item_and_may_be_repeated(leads, company):
    known = str(new_id())
    tomorrow = to_timestamp(datetime.now(UTC) + timedelta(days=1))
    items = [create(id=known), create(company=" "), create(create_time=tomorrow), create(owner_id=str(new_id()))]
    request = pb.BatchCreateLeadsRequest(leads=items)
    first = await leads(company.rep, "BatchCreateLeads", request)
    assert [result.outcome for result in first.results] == [ItemResult.CREATED] + [ItemResult.REFUSED] * 3
    assert [result.reason for result in first.results] == ["", "INVALID", "INVALID", "UNKNOWN_OWNER"]
    assert [result.violations[0].field for result in first.results[1:]] == ["company", "createTime", "ownerId"]
    again = await leads(company.rep, "BatchCreateLeads", request)
    assert again.results[0].outcome == ItemResult.EXISTED
    assert len((await leads(company.rep, "ListLeads", pb.ListLeadsRequest())).leads) == 1


async def test_the_past_of_an_imported_lead_is_told_step_by_step(leads, company):
    captured = datetime(2024, 3, 1, tzinfo=UTC)
    converted = captured + timedelta(days=20)
    batch = [
        create(outcome=pb.Lead.CONVERTED, create_time=to_timestamp(captured), outcome_time=to_timestamp(converted)),
        create(outcome=pb.Lead.QUALIFIED),
        create(outcome=pb.Lead.DISCARDED),
        create(outcome=pb.Lead.CONVERTED, outcome_time=to_timestamp(captured)),
        create(outcome=pb.Lead.DISCARDED, discard_reason="NOBODY_KNOWS"),
    ]
    results = (await leads(company.rep, "BatchCreateLeads", pb.BatchCreateLeadsRequest(leads=batch))).results
    assert [result.reason for result in results] == ["", "", "", "OUTCOME_BEFORE_CAPTURE", "UNKNOWN_DISCARD_REASON"]
    found = [await leads(company.rep, "GetLead", pb.GetLeadRequest(id=result.id)) for result in results[:3]]
    stand = [(lead.status, lead.version) for lead in found]
    assert stand == [(pb.Lead.CONVERTED, 3), (pb.Lead.QUALIFIED, 2), (pb.Lead.DISCARDED, 2)]
    async with leads.process.database.transaction(company.rep, read_only=True) as tx:
        rows = await tx.fetch(Query(select(outbox).order_by(outbox.c.id)))
    told = [
        (row["headers"]["ce-type"].rpartition(".")[2], row["version"], row["headers"]["ce-time"])
        for row in rows
        if str(row["aggregate_id"]) == results[0].id
    ]
    assert told == [
        ("LeadCaptured", 1, captured.isoformat()),
        ("LeadQualified", 2, converted.isoformat()),
        ("LeadConverted", 3, converted.isoformat()),
    ]


async def test_an_id_that_stands_twice_in_a_batch_is_recorded_and_told_once(leads, company):
    twice = [create(id=str(new_id()))] * 2
    results = (await leads(company.rep, "BatchCreateLeads", pb.BatchCreateLeadsRequest(leads=twice))).results
    assert [result.outcome for result in results] == [ItemResult.CREATED, ItemResult.EXISTED]
    async with leads.process.database.transaction(company.rep, read_only=True) as tx:
        assert len(await tx.fetch(Query(select(outbox)))) == 1


async def test_a_lead_recorded_again_under_its_id_is_answered_as_it_is(leads, company):
    asked = create(id=str(new_id()))
    first = await leads(company.rep, "CreateLead", asked)
    assert await leads(company.rep, "CreateLead", asked) == first
    assert await refusal(leads(company.other_rep, "CreateLead", asked)) == "LEAD_ID_TAKEN"
