"""What users are told, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import notices_pb2 as pb

from services.kit.testing import Refusal


async def hand_over(leads, company, to, name="上海明岳科技有限公司"):
    lead = await leads(company.boss, "CreateLead", leads_pb2.CreateLeadRequest(company=name))
    await leads(company.boss, "AssignLead", leads_pb2.AssignLeadRequest(id=lead.id, owner_id=str(to.user_id)))
    return lead


async def listed(leads, who, **fields):
    return (await leads(who, "ListNotices", pb.ListNoticesRequest(**fields))).notices


async def unread(leads, who):
    return (await leads(who, "CountUnreadNotices", pb.CountUnreadNoticesRequest())).unread


async def test_who_is_handed_a_lead_is_told_in_chinese_and_english(leads, company):
    lead = await hand_over(leads, company, company.rep)
    (notice,) = await listed(leads, company.rep)
    assert (notice.kind, notice.subject, notice.subject_id) == ("LEAD_HANDED_OVER", "lead", lead.id)
    assert dict(notice.facts) == {"company": "上海明岳科技有限公司"}
    assert notice.message_zh == "线索「上海明岳科技有限公司」已移交给您"
    assert notice.message == "The lead 上海明岳科技有限公司 was handed over to you"
    assert (notice.actor_id, notice.HasField("read_time")) == (str(company.boss.user_id), False)


async def test_a_notice_exists_for_its_user_alone_not_for_manager_or_boss(leads, company):
    await hand_over(leads, company, company.rep)
    (notice,) = await listed(leads, company.rep)
    for who in (company.manager, company.boss, company.other_rep, company.stranger):
        assert not await listed(leads, who)
        with pytest.raises(Refusal) as refused:
            await leads(who, "ReadNotice", pb.ReadNoticeRequest(id=notice.id))
        assert refused.value.reason == "NOT_FOUND"
    assert await unread(leads, company.rep) == 1


async def test_whoever_does_it_is_not_told_of_it(leads, company):
    await hand_over(leads, company, company.boss)
    assert not await listed(leads, company.boss)


async def test_a_notice_is_unread_until_it_is_read_once(leads, company):
    for n in range(3):
        await hand_over(leads, company, company.rep, f"公司{n}")
    newest, *_ = await listed(leads, company.rep)
    once = await leads(company.rep, "ReadNotice", pb.ReadNoticeRequest(id=newest.id))
    again = await leads(company.rep, "ReadNotice", pb.ReadNoticeRequest(id=newest.id))
    assert once == again
    assert (once.version, once.HasField("read_time")) == (2, True)
    assert [one.facts["company"] for one in await listed(leads, company.rep, unread=True)] == ["公司1", "公司0"]
    assert await unread(leads, company.rep) == 2
    assert (await leads(company.rep, "ReadAllNotices", pb.ReadAllNoticesRequest())).read == 2
    assert (await unread(leads, company.rep), len(await listed(leads, company.rep))) == (0, 3)
