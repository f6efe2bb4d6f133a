"""Merging accounts over gRPC on real PostgreSQL: who may, what follows, and what undoing puts back."""

import pytest
from dealtrail.leads.v1 import (
    accounts_pb2,
    collision_rules_pb2,
    collisions_pb2,
    issues_pb2,
    leads_pb2,
    notices_pb2,
    search_pb2,
)
from dealtrail.leads.v1 import merges_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.kit.ids import new_id
from services.kit.testing import Refusal

NAME, OTHER = "上海明岳科技有限公司", "明岳科技（上海）有限公司"


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason or refused.value.code.name


async def account(leads, who, name=NAME, **fields):
    return await leads(who, "CreateAccount", accounts_pb2.CreateAccountRequest(name=name, **fields))


async def get(leads, who, id):
    return await leads(who, "GetAccount", accounts_pb2.GetAccountRequest(id=id))


async def merge(leads, who, duplicate, survivor, **more):
    asked = pb.MergeAccountRequest(account_id=survivor, duplicate_id=duplicate, purpose="同一家公司", **more)
    return await leads(who, "MergeAccount", asked)


async def undo(leads, who, merged):
    return await leads(who, "UndoMerge", pb.UndoMergeRequest(id=merged.id, purpose="并错了"))


async def contact(leads, who, account_id, name="王芳"):
    return await leads(who, "CreateContact", accounts_pb2.CreateContactRequest(account_id=account_id, name=name))


async def contacts(leads, who, account_id):
    asked = accounts_pb2.ListContactsRequest(account_id=account_id)
    return {one.id for one in (await leads(who, "ListContacts", asked)).contacts}


async def issue(leads, who, account_id):
    return await leads(who, "OpenIssue", issues_pb2.OpenIssueRequest(account_id=account_id, title="交付延误"))


@pytest.fixture
async def pair(leads, company):
    """The duplicate of one rep, and the survivor of another."""
    return (await account(leads, company.rep)).id, (await account(leads, company.other_rep, OTHER)).id


async def test_what_belongs_to_the_duplicate_stands_under_the_survivor_until_it_is_undone(leads, company, pair):
    duplicate, survivor = pair
    theirs = await contact(leads, company.rep, duplicate)
    await issue(leads, company.rep, duplicate)
    ours = await contact(leads, company.other_rep, survivor, "李雷")
    merged = await merge(leads, company.boss, duplicate, survivor)
    assert {one.kind: one.rows for one in merged.moved} == {"contacts": 1, "issues": 1}
    assert await contacts(leads, company.other_rep, survivor) == {theirs.id, ours.id}
    assert await contacts(leads, company.boss, duplicate) == set()
    since = await contact(leads, company.other_rep, survivor, "赵敏")
    undone = await undo(leads, company.boss, merged)
    assert (undone.state, undone.undo_purpose) == (pb.Merge.UNDONE, "并错了")
    assert await contacts(leads, company.rep, duplicate) == {theirs.id}
    assert await contacts(leads, company.other_rep, survivor) == {ours.id, since.id}
    found = (await leads(company.rep, "ListIssues", issues_pb2.ListIssuesRequest(account_id=duplicate))).issues
    assert len(found) == 1


async def test_a_merged_account_says_into_which_and_takes_no_change(leads, company, pair):
    duplicate, survivor = pair
    await merge(leads, company.boss, duplicate, survivor)
    assert (await get(leads, company.rep, duplicate)).merged_into == survivor
    listed = (await leads(company.boss, "ListAccounts", accounts_pb2.ListAccountsRequest())).accounts
    assert [one.id for one in listed] == [survivor]
    asked = search_pb2.SearchRequest(q="明岳", kinds=[search_pb2.SearchHit.ACCOUNT])
    assert [one.id for one in (await leads(company.boss, "Search", asked)).hits] == [survivor]
    for call in (
        leads(company.rep, "UpdateAccount", accounts_pb2.UpdateAccountRequest(id=duplicate, industry="医疗")),
        leads(company.rep, "ShareAccount", accounts_pb2.ShareAccountRequest(id=duplicate)),
        contact(leads, company.rep, duplicate),
        issue(leads, company.rep, duplicate),
        merge(leads, company.boss, duplicate, survivor),
        merge(leads, company.boss, survivor, duplicate),
    ):
        assert await refusal(call) == "ACCOUNT_MERGED"


async def test_nobody_loses_sight_of_the_customer_and_both_owners_are_told(leads, company, pair):
    duplicate, survivor = pair
    merged = await merge(leads, company.boss, duplicate, survivor)
    assert list(merged.joined) == [str(company.rep.user_id)]
    assert (await get(leads, company.rep, survivor)).collaborators == [str(company.rep.user_id)]
    for who in (company.rep, company.other_rep):
        told = (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest())).notices
        assert told[0].message_zh == f"客户「{NAME}」已并入「{OTHER}」"
    await undo(leads, company.boss, merged)
    assert await refusal(get(leads, company.rep, survivor)) == "NOT_FOUND"


async def test_a_rep_merges_only_what_is_their_own_and_nobody_what_they_do_not_see(leads, company, pair):
    duplicate, survivor = pair
    assert await refusal(merge(leads, company.rep, duplicate, survivor)) == "NOT_FOUND"
    assert await refusal(merge(leads, company.stranger, duplicate, survivor)) == "NOT_FOUND"
    assert await refusal(merge(leads, company.manager, duplicate, survivor)) == "NOT_FOUND"
    shared = accounts_pb2.ShareAccountRequest(id=survivor, user_ids=[str(company.rep.user_id)])
    await leads(company.boss, "ShareAccount", shared)
    assert await refusal(merge(leads, company.rep, duplicate, survivor)) == "NOT_YOURS_TO_MERGE"
    mine = await account(leads, company.rep, "杭州云杉科技有限公司")
    merged = await merge(leads, company.rep, mine.id, duplicate)
    assert await refusal(undo(leads, company.other_rep, merged)) == "NOT_FOUND"
    await undo(leads, company.rep, merged)
    assert await refusal(merge(leads, company.rep, duplicate, duplicate)) == "SAME_ACCOUNT"


async def test_the_survivors_fields_stand_unless_the_others_are_taken(leads, company):
    million, two = Money(amount="1000000.00", currency="CNY"), Money(amount="2000000.00", currency="CNY")
    given = {"industry": "医疗", "employees": 40, "revenue": million, "attributes": {"来源": "展会", "级别": "A"}}
    survivor = await account(leads, company.rep, NAME, region="上海", revenue=two, attributes={"级别": "B"})
    duplicate = await account(leads, company.rep, OTHER, region="江苏", uscc="91440300708461136T", **given)
    asked = pb.PreviewMergeRequest(account_id=survivor.id, duplicate_id=duplicate.id)
    shown = await leads(company.rep, "PreviewMerge", asked)
    assert [one.field for one in shown.conflicts] == ["name", "region", "revenue", "attributes"]
    merged = await merge(leads, company.rep, duplicate.id, survivor.id, take=["region"])
    stands = await get(leads, company.rep, survivor.id)
    assert (stands.name, stands.region, stands.industry, stands.employees) == (NAME, "江苏", "医疗", 40)
    assert (stands.revenue, stands.uscc) == (two, "91440300708461136T")
    assert stands.attributes == {"来源": "展会", "级别": "B"}
    since = accounts_pb2.UpdateAccountRequest(id=survivor.id, employees=50)
    await leads(company.rep, "UpdateAccount", since)
    await undo(leads, company.rep, merged)
    back = await get(leads, company.rep, survivor.id)
    assert (back.region, back.industry, back.employees, back.uscc) == ("上海", "", 50, "")
    assert back.attributes == {"级别": "B"}


async def test_two_companies_by_their_codes_are_not_merged(leads, company):
    one = await account(leads, company.rep, NAME, uscc="91440300708461136T")
    other = await account(leads, company.rep, OTHER, uscc="91110108551385082Q")
    assert await refusal(merge(leads, company.rep, one.id, other.id)) == "SURVIVOR_HAS_USCC"


async def test_a_collision_between_the_two_is_decided_first(leads, company):
    await leads(company.boss, "SetCollisionRules", collision_rules_pb2.SetCollisionRulesRequest())
    one, other = await account(leads, company.rep), await account(leads, company.other_rep, OTHER)
    (case,) = (await leads(company.boss, "ListCollisions", collisions_pb2.ListCollisionsRequest())).collisions
    asked = pb.PreviewMergeRequest(account_id=other.id, duplicate_id=one.id)
    assert (await leads(company.boss, "PreviewMerge", asked)).collision_id == case.id
    assert await refusal(merge(leads, company.boss, one.id, other.id)) == "COLLISION_UNDECIDED"
    award = collisions_pb2.AwardCollisionRequest(id=case.id, winner=other.id, why="先签约")
    await leads(company.boss, "AwardCollision", award)
    await merge(leads, company.boss, one.id, other.id)


async def test_a_chain_of_merges_is_undone_from_its_end(leads, company):
    a, b, c = [(await account(leads, company.rep, f"{name}科技有限公司")).id for name in ("甲云", "乙山", "丙江")]
    person = await contact(leads, company.rep, a)
    first = await merge(leads, company.rep, a, b)
    second = await merge(leads, company.rep, b, c)
    assert await contacts(leads, company.rep, c) == {person.id}
    assert await refusal(undo(leads, company.rep, first)) == "ACCOUNT_MERGED"
    await undo(leads, company.rep, second)
    assert await contacts(leads, company.rep, b) == {person.id}
    await undo(leads, company.rep, first)
    assert await contacts(leads, company.rep, a) == {person.id}
    assert await refusal(undo(leads, company.rep, first)) == "MERGE_ALREADY_UNDONE"


async def test_duplicates_in_sight_are_listed_with_what_they_match_by(leads, company):
    mine = await account(leads, company.rep, NAME)
    same = await account(leads, company.rep, OTHER)
    await account(leads, company.rep, "杭州云杉科技有限公司")
    hidden = await account(leads, company.other_rep, "明岳科技")
    asked = pb.ListDuplicatesRequest(account_id=mine.id)
    found = (await leads(company.rep, "ListDuplicates", asked)).duplicates
    assert [(one.account.id, list(one.matches)) for one in found] == [(same.id, [collisions_pb2.Collision.NAME])]
    found = (await leads(company.boss, "ListDuplicates", asked)).duplicates
    assert {one.account.id for one in found} == {same.id, hidden.id}
    await merge(leads, company.rep, same.id, mine.id)
    assert not (await leads(company.rep, "ListDuplicates", asked)).duplicates


async def test_what_looks_like_a_merged_account_collides_with_the_survivor(leads, company):
    duplicate = await account(leads, company.rep, "云杉科技有限公司")
    survivor = await account(leads, company.rep, NAME)
    await merge(leads, company.rep, duplicate.id, survivor.id)
    await leads(company.other_rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉科技"))
    (case,) = (await leads(company.boss, "ListCollisions", collisions_pb2.ListCollisionsRequest())).collisions
    assert [one.row_id for one in case.parties[1:]] == [survivor.id]


async def test_whoever_had_the_merged_account_collides_with_whose_it_is_now(leads, company):
    duplicate = await account(leads, company.rep, "云杉科技有限公司")
    survivor = await account(leads, company.other_rep, NAME)
    await merge(leads, company.boss, duplicate.id, survivor.id)
    held = await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉科技"))
    assert held.collision_id
    (case,) = (await leads(company.boss, "ListCollisions", collisions_pb2.ListCollisionsRequest())).collisions
    assert [one.row_id for one in case.parties[1:]] == [survivor.id]


async def test_a_merge_that_is_unknown_or_anothers_is_not_there(leads, company, pair):
    merged = await merge(leads, company.boss, *pair)
    assert await refusal(leads(company.stranger, "GetMerge", pb.GetMergeRequest(id=merged.id))) == "NOT_FOUND"
    assert await refusal(leads(company.boss, "GetMerge", pb.GetMergeRequest(id=str(new_id())))) == "NOT_FOUND"
    listed = await leads(company.other_rep, "ListMerges", pb.ListMergesRequest(account_id=pair[1]))
    assert [one.purpose for one in listed.merges] == ["同一家公司"]
