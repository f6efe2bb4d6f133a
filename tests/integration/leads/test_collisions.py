"""Two sales people at one customer, over gRPC on real PostgreSQL."""

import asyncio

import pytest
from dealtrail.leads.v1 import accounts_pb2, assignment_pb2, collision_rules_pb2, leads_pb2, notices_pb2
from dealtrail.leads.v1 import collisions_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult
from sqlalchemy import Uuid, bindparam, select

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.testing import Refusal
from services.leads.leads.store import table
from services.leads.matching import operations as matching
from services.leads.matching.domain import Candidate, Row

FULL, SHORT = "上海明岳科技有限公司", "明岳科技"
NAME = pb.Collision.NAME


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


def lead(company=FULL, **fields):
    return leads_pb2.CreateLeadRequest(company=company, **fields)


async def no_rules(leads, company):
    await leads(company.boss, "SetCollisionRules", collision_rules_pb2.SetCollisionRulesRequest())


async def collided(leads, company, first=FULL, second=SHORT, **fields):
    """The lead of one rep, that of another which collides with it, and the case."""
    mine = await leads(company.rep, "CreateLead", lead(first, **fields))
    theirs = await leads(company.other_rep, "CreateLead", lead(second, **fields))
    (case,) = (await leads(company.boss, "ListCollisions", pb.ListCollisionsRequest())).collisions
    return mine, theirs, case


async def get(leads, who, id):
    return await leads(who, "GetLead", leads_pb2.GetLeadRequest(id=id))


async def kinds(leads, who):
    return [one.kind for one in (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest())).notices]


@pytest.mark.parametrize(
    ("first", "second", "fields", "match"),
    [
        (FULL, SHORT, {}, "NAME"),
        (FULL, "明岳科技（上海）有限公司", {}, "NAME"),
        ("ＡＣＭＥ Ltd.", "acme", {}, "NAME"),
        ("甲", "乙", {"phone": "138 0013 8000"}, "PHONE"),
        ("甲", "乙", {"email": "li@acme.com.cn"}, "DOMAIN"),
        ("甲", "乙", {"wechat_id": "zhang_san"}, "WECHAT"),
        ("甲", "乙", {"uscc": "91350100M000100Y43"}, "USCC"),
    ],
)
async def test_what_may_be_anothers_customer_opens_a_collision(leads, company, first, second, fields, match):
    _, theirs, case = await collided(leads, company, first, second, **fields)
    assert theirs.collision_id == case.id
    assert pb.Collision.Match.Value(match) in case.matches
    assert (case.state, case.rule) == (pb.Collision.AWARDED, collision_rules_pb2.CollisionRule.PROTECTION_PERIOD)


async def test_what_is_another_company_or_ones_own_opens_none(leads, company):
    await leads(company.rep, "CreateLead", lead(email="li@qq.com", phone="021-5555 1234"))
    await leads(company.rep, "CreateLead", lead("上海明岳科技"))
    for other in ("北京明岳科技有限公司", "上海明岳餐饮有限公司", "上海晨岳科技有限公司"):
        made = await leads(company.other_rep, "CreateLead", lead(other, email="wang@qq.com"))
        assert made.collision_id == "", other
    stranger = await leads(company.stranger, "CreateLead", lead())
    assert stranger.collision_id == ""


async def test_codes_that_differ_part_companies_of_one_name(leads, company):
    await leads(company.rep, "CreateLead", lead(uscc="91350100M000100Y43"))
    other = await leads(company.other_rep, "CreateLead", lead(uscc="91310000607378797R"))
    assert other.collision_id == ""


async def test_a_code_with_a_wrong_check_digit_is_refused_and_named(leads, company):
    assert await refusal(leads(company.rep, "CreateLead", lead(uscc="91350100M000100Y44"))) == "USCC_INVALID"


async def test_a_held_lead_cannot_be_worked_and_can_be_given_up(leads, company):
    _, theirs, _ = await collided(leads, company)
    rep, id = company.other_rep, theirs.id
    for method, request in (
        ("QualifyLead", leads_pb2.QualifyLeadRequest(id=id, score=1)),
        ("AssignLead", leads_pb2.AssignLeadRequest(id=id, owner_id=str(rep.user_id))),
        ("ConvertLead", leads_pb2.ConvertLeadRequest(id=id)),
        ("ShareLead", leads_pb2.ShareLeadRequest(id=id)),
    ):
        assert await refusal(leads(rep, method, request)) == "LEAD_HELD"
    member = assignment_pb2.AssignmentMember(user_id=str(company.rep.user_id), weight=1)
    rules = [assignment_pb2.AssignmentRule(name="全部", members=[member])]
    await leads(company.boss, "SetAssignmentRules", assignment_pb2.SetAssignmentRulesRequest(rules=rules))
    by_rules = assignment_pb2.AssignLeadByRulesRequest(lead_id=id)
    assert await refusal(leads(company.boss, "AssignLeadByRules", by_rules)) == "LEAD_HELD"
    await leads(rep, "DiscardLead", leads_pb2.DiscardLeadRequest(id=id, reason="DUPLICATE"))


async def test_a_case_exists_for_its_parties_their_managers_and_the_boss_and_the_other_side_is_masked(leads, company):
    await no_rules(leads, company)
    mine, theirs, case = await collided(leads, company)
    request = pb.GetCollisionRequest(id=case.id)
    seen = await leads(company.other_rep, "GetCollision", request)
    own, other = seen.parties
    assert (own.row_id, own.company, own.challenger, own.masked) == (theirs.id, SHORT, True, False)
    assert other == pb.Collision.Party(masked=True)
    assert mine.id not in str(seen)
    assert str(company.rep.user_id) not in str(seen)
    for who in (company.manager, company.boss):
        assert [one.masked for one in (await leads(who, "GetCollision", request)).parties] == [False, False]
    beside = type(company.rep)(company.boss.tenant_id, company.stranger.user_id, "REP", company.rep.team_id)
    for who in (beside, company.stranger):
        assert await refusal(leads(who, "GetCollision", request)) == "NOT_FOUND"
        assert not (await leads(who, "ListCollisions", pb.ListCollisionsRequest())).collisions


async def test_a_manager_awards_what_no_rule_decides_and_all_are_told(leads, company):
    await no_rules(leads, company)
    mine, theirs, case = await collided(leads, company)
    assert (case.state, await kinds(leads, company.rep)) == (pb.Collision.OPEN, ["COLLISION_OPENED"])
    award = pb.AwardCollisionRequest(id=case.id, winner=theirs.id, why="客户指定")
    assert await refusal(leads(company.manager, "AwardCollision", award)) == "NOT_YOURS_TO_DECIDE"
    wrong = pb.AwardCollisionRequest(id=case.id, winner=case.id, why="客户指定")
    assert await refusal(leads(company.boss, "AwardCollision", wrong)) == "UNKNOWN_PARTY"
    awarded = await leads(company.boss, "AwardCollision", award)
    assert (awarded.state, awarded.why_zh, awarded.rule) == (pb.Collision.AWARDED, "客户指定", 0)
    assert [one.outcome for one in awarded.parties] == [pb.Collision.Party.WON, pb.Collision.Party.LOST]
    assert (await get(leads, company.other_rep, theirs.id)).collision_id == ""
    assert (await get(leads, company.rep, mine.id)).collision_id == case.id
    assert await kinds(leads, company.rep) == ["COLLISION_LOST", "COLLISION_OPENED"]
    assert await kinds(leads, company.other_rep) == ["COLLISION_WON"]
    assert await refusal(leads(company.boss, "AwardCollision", award)) == "COLLISION_NOT_OPEN"


async def test_a_loser_appeals_once_and_the_decision_is_final(leads, company):
    mine, theirs, case = await collided(leads, company)
    appeal = pb.AppealCollisionRequest(id=case.id, why="我先拜访")
    assert await refusal(leads(company.rep, "AppealCollision", appeal)) == "NOTHING_TO_APPEAL"
    assert (await leads(company.other_rep, "AppealCollision", appeal)).state == pb.Collision.APPEALED
    assert await refusal(leads(company.other_rep, "AppealCollision", appeal)) == "COLLISION_NOT_AWARDED"
    assert (await leads(company.rep, "GetCollision", pb.GetCollisionRequest(id=case.id))).appeal == ""
    verdict = pb.DecideAppealRequest(id=case.id, winner=theirs.id, why="拜访属实")
    decided = await leads(company.boss, "DecideAppeal", verdict)
    assert (decided.state, decided.why) == (pb.Collision.DECIDED, "拜访属实")
    assert (await get(leads, company.other_rep, theirs.id)).collision_id == ""
    assert (await get(leads, company.rep, mine.id)).collision_id == case.id
    assert await refusal(leads(company.rep, "AppealCollision", appeal)) == "COLLISION_NOT_AWARDED"
    figures = await leads(company.boss, "GetCollisionFigures", pb.GetCollisionFiguresRequest())
    assert (figures.opened, figures.open, figures.appealed) == (1, 0, 1)
    assert [(one.rule, one.awarded) for one in figures.awarded] == [(3, 1)]


async def test_of_leads_that_come_at_once_all_but_one_are_held(leads, company):
    reps = [company.rep, company.other_rep, company.manager, company.boss] * 3
    made = await asyncio.gather(
        *(leads(who, "CreateLead", lead(f"上海明岳科技{n % 2 * '有限'}公司")) for n, who in enumerate(reps))
    )
    owners = {one.owner_id for one in made if not one.collision_id}
    assert len(owners) == 1


async def test_of_one_persons_leads_that_come_to_many_at_once_those_of_one_owner_can_be_worked(leads, company):
    reps = [company.rep, company.other_rep, company.manager, company.boss] * 3
    phones = ("138 0013 8000", "+86 13800138000", "138-0013-8000")
    made = await asyncio.gather(
        *(leads(who, "CreateLead", lead(f"{n}号个体户", phone=phones[n % 3])) for n, who in enumerate(reps))
    )
    assert len({one.owner_id for one in made if not one.collision_id}) == 1


async def test_a_lead_of_a_company_that_nobody_has_is_recorded_in_one_trip(leads, company, monkeypatch):
    begun = []

    async def begin(tx, *arguments, **options):
        begun.extend([tx] if tx.principal.role == "REP" else [])  # others follow what is told
        await original(tx, *arguments, **options)

    await leads(company.rep, "CreateLead", lead("北京晨星餐饮有限公司"))  # reads what is remembered of the tenant
    original = Tx.begin
    monkeypatch.setattr(Tx, "begin", begin)
    await leads(company.rep, "CreateLead", lead())
    assert not begun
    held = await leads(company.other_rep, "CreateLead", lead())
    assert begun
    assert held.collision_id


async def test_a_batch_says_which_rows_are_held_and_loses_none(leads, company):
    await leads(company.rep, "CreateLead", lead())
    batch = leads_pb2.BatchCreateLeadsRequest(leads=[lead(SHORT), lead("苏州亿赞信息有限公司"), lead("", phone="x")])
    held, free, bad = (await leads(company.other_rep, "BatchCreateLeads", batch)).results
    assert (held.outcome, held.reason) == (ItemResult.CREATED, "LEAD_HELD")
    assert (free.outcome, free.reason, bad.outcome) == (ItemResult.CREATED, "", ItemResult.REFUSED)
    assert (await get(leads, company.other_rep, held.id)).collision_id


async def test_an_edit_that_makes_it_anothers_customer_holds_the_lead(leads, company):
    await leads(company.rep, "CreateLead", lead())
    other = await leads(company.other_rep, "CreateLead", lead("苏州亿赞信息有限公司"))
    noted = await leads(company.other_rep, "UpdateLead", leads_pb2.UpdateLeadRequest(id=other.id, channel="展会"))
    assert (noted.collision_id, noted.version) == ("", 2)
    held = await leads(company.other_rep, "UpdateLead", leads_pb2.UpdateLeadRequest(id=other.id, company=SHORT))
    assert held.collision_id
    wrong = leads_pb2.UpdateLeadRequest(id=other.id, uscc="1")
    assert await refusal(leads(company.other_rep, "UpdateLead", wrong)) == "USCC_INVALID"


async def test_an_account_of_anothers_holds_a_lead_and_wins_by_its_protection(leads, company):
    account = await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name=FULL))
    held = await leads(company.other_rep, "CreateLead", lead(SHORT))
    case = await leads(company.boss, "GetCollision", pb.GetCollisionRequest(id=held.collision_id))
    assert [(one.row, one.row_id) for one in case.parties] == [
        (pb.Collision.Party.LEAD, held.id),
        (pb.Collision.Party.ACCOUNT, account.id),
    ]
    assert (case.parties[1].outcome, case.why_zh) == (pb.Collision.Party.WON, "先行持有，且在 30 天保护期内")


async def test_a_persons_phone_at_an_account_is_found_too(leads, company):
    account = await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name=FULL))
    person = accounts_pb2.CreateContactRequest(account_id=account.id, name="李四", phone="13800138000")
    await leads(company.rep, "CreateContact", person)
    held = await leads(company.other_rep, "CreateLead", lead("苏州亿赞信息有限公司", phone="+86 138-0013-8000"))
    assert held.collision_id


async def test_what_was_decided_between_two_is_not_brought_up_again(leads, company):
    await no_rules(leads, company)
    _, theirs, case = await collided(leads, company)
    award = pb.AwardCollisionRequest(id=case.id, winner=theirs.id, why="客户指定")
    await leads(company.boss, "AwardCollision", award)
    edited = leads_pb2.UpdateLeadRequest(id=theirs.id, company=FULL)
    assert (await leads(company.other_rep, "UpdateLead", edited)).collision_id == ""
    assert len((await leads(company.boss, "ListCollisions", pb.ListCollisionsRequest())).collisions) == 1


async def test_a_list_with_a_rule_twice_is_refused(leads, company):
    rule = collision_rules_pb2.CollisionRule(code="OPEN_DEAL")
    twice = collision_rules_pb2.SetCollisionRulesRequest(rules=[rule, rule])
    assert await refusal(leads(company.boss, "SetCollisionRules", twice)) == "INVALID"
    one = collision_rules_pb2.SetCollisionRulesRequest(rules=[rule])
    await leads(company.boss, "SetCollisionRules", one)
    listed = await leads(company.rep, "ListCollisionRules", collision_rules_pb2.ListCollisionRulesRequest())
    assert list(listed.rules) == [rule]


async def test_whoever_records_the_company_of_an_exclusive_lead_loses_by_rule_and_learns_only_that(
    leads, company, left
):
    exclusive = await left(company=FULL)
    batch = leads_pb2.BatchCreateLeadsRequest(leads=[lead(SHORT)])
    [held] = (await leads(company.other_rep, "BatchCreateLeads", batch)).results
    assert held.reason == "LEAD_HELD"
    case = pb.GetCollisionRequest(id=(await get(leads, company.other_rep, held.id)).collision_id)
    seen = await leads(company.other_rep, "GetCollision", case)
    assert (seen.state, seen.rule) == (pb.Collision.AWARDED, collision_rules_pb2.CollisionRule.EXCLUSIVE_LINK)
    assert seen.parties[1] == pb.Collision.Party(outcome=pb.Collision.Party.WON, masked=True)
    decider = await leads(company.boss, "GetCollision", case)
    assert (decider.parties[1].row_id, decider.parties[1].exclusive) == (exclusive.id, True)
    assert (decider.parties[1].company, decider.parties[0].company) == ("", SHORT)
    assert (await leads(company.rep, "GetCollision", case)).parties[1].company == FULL
    assert (await get(leads, company.rep, exclusive.id)).collision_id == ""
    assert await kinds(leads, company.rep) == ["COLLISION_WON"]
    for who in (company.other_rep, company.manager, company.boss):
        assert await refusal(get(leads, who, exclusive.id)) == "NOT_FOUND"


async def test_the_lead_that_comes_by_an_own_link_wins_against_an_earlier_one(leads, company, left):
    earlier = await leads(company.other_rep, "CreateLead", lead())
    assert (await left(company=SHORT)).collision_id == ""
    assert (await get(leads, company.other_rep, earlier.id)).collision_id


async def test_what_finds_exclusive_leads_leaves_the_rest_of_the_transaction_as_blind_as_before(leads, company, left):
    exclusive = await left(company=FULL)
    async with leads.process.database.transaction(company.boss) as tx:
        one = Candidate(new_id(), Row.LEAD, company.boss.user_id, None, SHORT, tx.now)
        [found] = (await matching.find(tx, [one]))[one.id].others.values()
        assert (str(found.id), found.exclusive) == (exclusive.id, True)
        everything = Query(select(table.c.id).where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid)))
        assert await tx.fetch(everything) == []
