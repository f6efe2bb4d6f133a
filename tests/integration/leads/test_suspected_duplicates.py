"""Suspected duplicates over gRPC on real PostgreSQL: ranked by what matches, dismissed, and back again."""

from dealtrail.leads.v1 import accounts_pb2
from dealtrail.leads.v1 import suspected_duplicates_pb2 as pb
from dealtrail.leads.v1.collisions_pb2 import Collision

from tests.integration.leads.test_merges import account, merge, refusal, undo


async def suspects(leads, who, **asked):
    found, token = [], ""
    while True:
        request = pb.ListSuspectedDuplicatesRequest(page_size=1, page_token=token, **asked)
        page = await leads(who, "ListSuspectedDuplicates", request)
        found += [({one.account_id, one.duplicate_id}, set(one.matches)) for one in page.suspected_duplicates]
        token = page.next_page_token
        if not token:
            return found


async def dismiss(leads, who, one, other):
    asked = pb.DismissDuplicateRequest(account_id=one, duplicate_id=other, purpose="集团的两家子公司")
    return await leads(who, "DismissDuplicate", asked)


async def test_pairs_are_ranked_by_what_matches_and_leave_when_merged_or_dismissed(leads, company):
    names = ("上海明岳科技有限公司", "明岳科技（上海）有限公司", "杭州云杉软件有限公司", "北京蓝湖数据有限公司")
    a, b, c, d = [(await account(leads, company.rep, name)).id for name in names]
    for of in (c, d):
        asked = accounts_pb2.CreateContactRequest(account_id=of, name="王芳", phone="13800138000")
        await leads(company.rep, "CreateContact", asked)
    by_name, by_phone = ({a, b}, {Collision.NAME}), ({c, d}, {Collision.PHONE})
    assert await suspects(leads, company.boss) == [by_phone, by_name]
    assert await suspects(leads, company.boss, order_by="strength") == [by_name, by_phone]
    assert await suspects(leads, company.manager, match=Collision.NAME) == [by_name]
    assert await suspects(leads, company.boss, owner_id=str(company.other_rep.user_id)) == []
    assert await suspects(leads, company.stranger) == []
    said = await dismiss(leads, company.manager, b, a)
    assert said.purpose == "集团的两家子公司"
    assert await suspects(leads, company.boss) == [by_phone]
    assert await refusal(dismiss(leads, company.boss, a, b)) == "DUPLICATE_DISMISSED"
    assert await refusal(dismiss(leads, company.stranger, a, b)) == "NOT_FOUND"
    assert await refusal(dismiss(leads, company.boss, a, a)) == "SAME_ACCOUNT"
    listed = await leads(company.boss, "ListDuplicateDismissals", pb.ListDuplicateDismissalsRequest())
    assert [(one.id, one.purpose) for one in listed.duplicate_dismissals] == [(said.id, said.purpose)]
    again = pb.UndoDuplicateDismissalRequest(id=said.id)
    assert (await leads(company.boss, "UndoDuplicateDismissal", again)).undone_by == str(company.boss.user_id)
    assert await refusal(leads(company.boss, "UndoDuplicateDismissal", again)) == "DISMISSAL_UNDONE"
    assert await suspects(leads, company.boss) == [by_phone, by_name]
    merged = await merge(leads, company.boss, c, d)
    assert await suspects(leads, company.boss) == [by_name]
    await undo(leads, company.boss, merged)
    assert await suspects(leads, company.boss) == [by_phone, by_name]
