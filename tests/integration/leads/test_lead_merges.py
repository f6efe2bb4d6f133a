"""Merging leads over gRPC on real PostgreSQL: who may, what is read with the survivor, and what undoing puts back."""

from dealtrail.leads.v1 import (
    accounts_pb2,
    checklists_pb2,
    collision_rules_pb2,
    collisions_pb2,
    enrolments_pb2,
    lead_retention_pb2,
    leads_pb2,
    notices_pb2,
    persons_pb2,
    pool_pb2,
    prospects_pb2,
    search_pb2,
    tasks_pb2,
    temperatures_pb2,
)
from dealtrail.leads.v1 import lead_merges_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.ids import new_id
from services.kit.testing import person
from services.leads.lead_retention import operations as retention
from tests.integration.leads.test_merges import refusal

Lead = leads_pb2.Lead
PHONE = "13800138000"


async def lead(leads, who, company="云杉科技", **fields):
    return await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company=company, **fields))


async def get(leads, who, one):
    return await leads(who, "GetLead", leads_pb2.GetLeadRequest(id=one.id))


async def seen(leads, who):
    return {one.id for one in (await leads(who, "ListLeads", leads_pb2.ListLeadsRequest())).leads}


async def merge(leads, who, duplicate, survivor, *take):
    asked = pb.MergeLeadRequest(lead_id=survivor.id, duplicate_id=duplicate.id, purpose="同一家公司", take=take)
    return await leads(who, "MergeLead", asked)


async def undo(leads, who, merged):
    return await leads(who, "UndoLeadMerge", pb.UndoLeadMergeRequest(id=merged.id, purpose="并错了"))


async def worked(leads, who, one):
    """Leave a task, an interest, a temperature and an enrolment with the lead."""
    due = tasks_pb2.CreateTaskRequest(title="寄样品", lead_id=one.id, due_date="2026-12-01")
    await leads(who, "CreateTask", due)
    told = {"role": prospects_pb2.DECISION_MAKER, "topic": "五轴机床"}
    await leads(who, "RecordInterest", prospects_pb2.RecordInterestRequest(lead_id=one.id, **told))
    warm = temperatures_pb2.SetTemperatureRequest(id=one.id, temperature=Lead.WARM, why="展会上聊过")
    await leads(who, "SetTemperature", warm)
    await leads(who, "EnrolLead", enrolments_pb2.EnrolLeadRequest(lead_id=one.id))


async def records(leads, who, one):
    """What is read with the lead, by kind."""
    asked = {
        "tasks": ("ListTasks", tasks_pb2.ListTasksRequest(lead_id=one.id)),
        "interests": ("ListInterests", prospects_pb2.ListInterestsRequest(lead_id=one.id)),
        "changes": ("ListTemperatureChanges", temperatures_pb2.ListTemperatureChangesRequest(lead_id=one.id)),
        "enrolments": ("ListEnrolments", enrolments_pb2.ListEnrolmentsRequest(lead_id=one.id)),
        "judgements": ("ListJudgements", checklists_pb2.ListJudgementsRequest(lead_id=one.id)),
    }
    found = {kind: await leads(who, *call) for kind, call in asked.items()}
    return {kind: next((len(rows) for _, rows in answer.ListFields()), 0) for kind, answer in found.items()}


async def states(leads, who, one):
    asked = enrolments_pb2.ListEnrolmentsRequest(lead_id=one.id)
    return [each.state for each in (await leads(who, "ListEnrolments", asked)).enrolments]


async def test_what_is_recorded_under_the_duplicate_is_read_with_the_survivor_until_it_is_undone(leads, company):
    duplicate = await lead(
        leads, company.rep, "云杉数控", contact_name="王芳", phone=PHONE, attributes={"region": "华东"}
    )
    survivor = await lead(leads, company.other_rep, attributes={"product": "机床"})
    await worked(leads, company.rep, duplicate)
    shown = await leads(
        company.boss,
        "PreviewLeadMerge",
        pb.PreviewLeadMergeRequest(lead_id=survivor.id, duplicate_id=duplicate.id),
    )
    assert {one.kind: one.rows for one in shown.records} == {
        "tasks": 1,
        "interests": 1,
        "temperatureChanges": 1,
        "enrolments": 1,
        "nurtureSteps": next(one.rows for one in shown.records if one.kind == "nurtureSteps"),
    }
    assert (list(shown.conflicts), set(shown.filled)) == (["company"], {"contact_name", "phone", "attributes.region"})
    assert PHONE not in str(shown)
    before = await get(leads, company.rep, duplicate), await get(leads, company.other_rep, survivor)
    theirs, ours = await records(leads, company.rep, duplicate), await records(leads, company.other_rep, survivor)
    merged = await merge(leads, company.boss, duplicate, survivor)
    assert (set(merged.changes), merged.same_person) == (set(shown.filled), True)
    stands = await get(leads, company.rep, survivor)
    assert (stands.contact_name, dict(stands.attributes)) == ("王芳", {"product": "机床", "region": "华东"})
    assert (await get(leads, company.rep, duplicate)).merged_into == survivor.id
    for who in (company.boss, company.rep, company.other_rep):
        assert await seen(leads, who) == {survivor.id}
    sought = search_pb2.SearchRequest(q="云杉", kinds=[search_pb2.SearchHit.LEAD])
    assert [one.id for one in (await leads(company.boss, "Search", sought)).hits] == [survivor.id]
    together = {kind: theirs[kind] + ours[kind] for kind in theirs}
    assert await records(leads, company.rep, survivor) == together
    # A task is its owner's; all else about the lead is seen by whoever sees the lead.
    assert await records(leads, company.other_rep, survivor) == together | {"tasks": 0}
    assert await states(leads, company.rep, survivor) == [enrolments_pb2.Enrolment.PAUSED]
    await undo(leads, company.boss, merged)
    assert await states(leads, company.rep, duplicate) == [enrolments_pb2.Enrolment.ACTIVE]
    after = await get(leads, company.rep, duplicate), await get(leads, company.other_rep, survivor)
    for was, now in zip(before, after, strict=True):
        now.version = was.version
        now.update_time.CopyFrom(was.update_time)
        assert now == was
    assert await records(leads, company.rep, duplicate) == theirs
    assert await records(leads, company.other_rep, survivor) == ours
    told = (await leads(company.rep, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    assert [one.kind for one in told][:2] == ["LEADS_PARTED", "LEADS_MERGED"]


async def test_reps_merge_their_own_and_strangers_see_nothing(leads, company):
    mine, other = await lead(leads, company.rep), await lead(leads, company.other_rep, "青松仪器")
    assert await refusal(merge(leads, company.rep, other, mine)) == "NOT_FOUND"
    sharing = leads_pb2.ShareLeadRequest(id=other.id, user_ids=[str(company.rep.user_id)])
    await leads(company.boss, "ShareLead", sharing)
    assert await refusal(merge(leads, company.rep, other, mine)) == "NOT_YOURS_TO_MERGE"
    assert await refusal(merge(leads, company.stranger, other, mine)) == "NOT_FOUND"
    merged = await merge(leads, company.rep, await lead(leads, company.rep), mine)
    asked = pb.GetLeadMergeRequest(id=merged.id)
    assert (await leads(company.manager, "GetLeadMerge", asked)).purpose == "同一家公司"
    for who in (company.stranger, company.other_rep):
        assert await refusal(leads(who, "GetLeadMerge", asked)) == "NOT_FOUND"
        assert not (await leads(who, "ListLeadMerges", pb.ListLeadMergesRequest())).lead_merges
    listed = pb.ListLeadMergesRequest(lead_id=mine.id, state=pb.LeadMerge.MERGED)
    assert [one.id for one in (await leads(company.rep, "ListLeadMerges", listed)).lead_merges] == [merged.id]


async def test_what_was_merged_can_be_worked_no_more_and_a_chain_is_undone_from_its_end(leads, company):
    first, second, third = [await lead(leads, company.rep) for _ in range(3)]
    one, two = await merge(leads, company.rep, first, second), await merge(leads, company.rep, second, third)
    change = leads_pb2.UpdateLeadRequest(id=first.id, company="别家")
    assert await refusal(leads(company.rep, "UpdateLead", change)) == "LEAD_NOT_OPEN"
    share = leads_pb2.ShareLeadRequest(id=first.id, user_ids=[str(company.rep.user_id)])
    assert await refusal(leads(company.boss, "ShareLead", share)) == "LEAD_MERGED"
    assert await refusal(merge(leads, company.rep, first, third)) == "LEAD_MERGED"
    assert await refusal(merge(leads, company.rep, third, third)) == "SAME_LEAD"
    assert await refusal(undo(leads, company.rep, one)) == "LEAD_MERGED"
    task = tasks_pb2.CreateTaskRequest(title="回电", lead_id=first.id, due_date="2026-12-01")
    await leads(company.rep, "CreateTask", task)
    assert (await records(leads, company.rep, third))["tasks"] == 1
    await undo(leads, company.rep, two)
    await undo(leads, company.rep, one)
    assert await refusal(undo(leads, company.rep, one)) == "MERGE_ALREADY_UNDONE"
    assert [(await records(leads, company.rep, each))["tasks"] for each in (first, second, third)] == [1, 0, 0]


async def test_who_records_the_duplicates_company_collides_with_the_survivors_owner(leads, company):
    await leads(company.boss, "SetCollisionRules", collision_rules_pb2.SetCollisionRulesRequest())
    duplicate = await lead(leads, company.rep, "深圳市鹏远精密模具有限公司")
    survivor = await lead(leads, company.other_rep, "宁波海天机械有限公司")
    await merge(leads, company.boss, duplicate, survivor)
    again = await lead(leads, company.manager, "鹏远精密模具（深圳）有限公司")
    assert again.collision_id
    (case,) = (await leads(company.boss, "ListCollisions", collisions_pb2.ListCollisionsRequest())).collisions
    assert {one.row_id for one in case.parties} == {again.id, survivor.id}
    assert await refusal(merge(leads, company.boss, again, survivor)) == "COLLISION_UNDECIDED"
    award = collisions_pb2.AwardCollisionRequest(id=case.id, winner=survivor.id, why="先联系的")
    await leads(company.boss, "AwardCollision", award)
    assert await refusal(merge(leads, company.boss, survivor, again)) == "LEAD_HELD"
    merged = await merge(leads, company.boss, again, survivor)
    await undo(leads, company.boss, merged)
    assert (await get(leads, company.manager, again)).collision_id == case.id


async def test_an_exclusive_lead_and_one_of_the_pool_are_not_what_others_are_merged_into(leads, company, left):
    exclusive, other = await left(), await lead(leads, company.rep, "青松仪器")
    for both in ((exclusive, other), (other, exclusive)):
        assert await refusal(merge(leads, company.rep, *both)) == "LEAD_EXCLUSIVE"
    await leads(company.rep, "ReturnLead", pool_pb2.ReturnLeadRequest(lead_id=other.id, why="忙不过来"))
    mine = await lead(leads, company.rep, "红松")
    assert await refusal(merge(leads, company.boss, mine, other)) == "SURVIVOR_UNOWNED"
    merged = await merge(leads, company.boss, other, mine)
    pooled = (await leads(company.other_rep, "ListPool", pool_pb2.ListPoolRequest())).leads
    assert other.id not in {one.lead_id for one in pooled}
    await undo(leads, company.boss, merged)
    pooled = (await leads(company.other_rep, "ListPool", pool_pb2.ListPoolRequest())).leads
    assert other.id in {one.lead_id for one in pooled}


async def test_conversion_carries_what_was_merged_and_both_persons(leads, company):
    duplicate = await lead(leads, company.rep, contact_name="李雷", phone="13900139000")
    survivor = await lead(leads, company.rep, contact_name="王芳", phone=PHONE)
    merged = await merge(leads, company.rep, duplicate, survivor)
    assert (merged.same_person, list(merged.changes)) == (False, [])
    await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=survivor.id, score=60))
    wanted = leads_pb2.ConvertLeadRequest(id=survivor.id, target=leads_pb2.ConvertLeadRequest.ACCOUNT)
    account = (await leads(company.rep, "ConvertLead", wanted)).account_id
    asked = accounts_pb2.ListContactsRequest(account_id=account)
    people = (await leads(company.rep, "ListContacts", asked)).contacts
    assert {(one.name, one.person_id) for one in people} == {("王芳", survivor.id), ("李雷", duplicate.id)}
    await undo(leads, company.rep, merged)
    assert (await get(leads, company.rep, duplicate)).status == Lead.NEW
    assert (await get(leads, company.rep, survivor)).account_id == account


async def test_a_person_of_two_leads_is_erased_in_both_and_two_persons_are_told_apart(leads, company):
    duplicate = await lead(leads, company.rep, contact_name="王芳", phone=PHONE)
    survivor = await lead(leads, company.rep, contact_name="王 芳", email="fang@yunshan.cn", phone=PHONE)
    other = await lead(leads, company.rep, contact_name="李雷")
    for one in (duplicate, other):
        await merge(leads, company.rep, one, survivor)
    admin = person("ADMIN", company.boss.tenant_id)
    traces = data.PersonTraces(person_ids=[duplicate.id])
    traced = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=traces))
    assert set(traced.lead_ids) == {duplicate.id, survivor.id}
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    erased = [(await get(leads, company.rep, one)).HasField("erase_time") for one in (duplicate, survivor, other)]
    assert erased == [True, True, False]


async def test_what_was_merged_goes_with_the_survivor_and_is_held_with_it(leads, company, periodically):
    duplicate = await lead(leads, company.rep, contact_name="李雷")
    survivor = await lead(leads, company.rep, phone=PHONE)
    merged = await merge(leads, company.rep, duplicate, survivor)
    months = lead_retention_pb2.UpdateLeadRetentionRequest(discarded_lead_months=6)
    await leads(company.boss, "UpdateLeadRetention", months)
    await leads(company.rep, "DiscardLead", leads_pb2.DiscardLeadRequest(id=survivor.id, reason="NO_NEED"))
    await leads(company.boss, "HoldLead", lead_retention_pb2.HoldLeadRequest(lead_id=duplicate.id, purpose="诉讼"))
    await periodically(retention.let_go, days=400)
    assert (await get(leads, company.rep, duplicate)).contact_name == "李雷"
    await leads(company.boss, "ReleaseLead", lead_retention_pb2.ReleaseLeadRequest(id=duplicate.id, purpose="结案"))
    await periodically(retention.let_go, days=400)
    assert not (await get(leads, company.rep, duplicate)).contact_name
    assert (await undo(leads, company.rep, merged)).state == pb.LeadMerge.UNDONE
