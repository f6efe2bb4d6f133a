"""Account development over gRPC on real PostgreSQL: cycles, relation levels, walls and issues."""

import pytest
from dealtrail.leads.v1 import (
    accounts_pb2,
    cycles_pb2,
    issues_pb2,
    persons_pb2,
    relation_levels_pb2,
    relation_walls_pb2,
)
from dealtrail.type.v1 import personal_data_pb2 as data
from sqlalchemy import select

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.testing import Refusal, person
from services.leads.relation_walls.store import table as wall_scores
from tests.integration.leads.signing import ourselves


@pytest.fixture
async def opened(leads, company):
    """`await opened(who, n)`: accounts of theirs."""

    async def make(who, count):
        asked = [accounts_pb2.CreateAccountRequest(name=f"{who.role} {new_id()}") for _ in range(count)]
        return [(await leads(who, "CreateAccount", one)).id for one in asked]

    return make


def cycle(code, values, **more):
    given = [cycles_pb2.GivenValue(account_id=account, value=value) for account, value in values.items()]
    days = {"start_date": "2026-01-01", "end_date": "2026-03-31"} | more
    return cycles_pb2.CreateCycleRequest(code=code, indicator=cycles_pb2.Cycle.GIVEN, values=given, **days)


async def standings(leads, who, cycle_id, **filters):
    asked = cycles_pb2.ListStandingsRequest(cycle_id=cycle_id, page_size=200, **filters)
    return (await leads(who, "ListStandings", asked)).standings


async def test_a_cycle_is_frozen_and_the_next_says_what_has_moved(leads, company, opened):
    accounts = sorted(await opened(company.rep, 5)) + sorted(await opened(company.other_rep, 1))
    first = cycle("2026Q1", {one: str(100 - n) for n, one in enumerate(accounts[:5])})
    before = await leads(company.boss, "CreateCycle", first)
    values = {accounts[4]: "500.00", accounts[0]: "20", accounts[1]: "90", accounts[2]: "80", accounts[5]: "1"}
    second = cycle("2026Q2", values, start_date="2026-04-01", end_date="2026-06-30")
    now = await leads(company.boss, "CreateCycle", second)
    assert (now.previous_id, now.size) == (before.id, 5)
    moves = {
        one.account_id: (one.previous_quintile, one.quintile, one.move)
        for one in await standings(leads, company.boss, now.id)
    }
    kind = cycles_pb2.Standing
    assert moves == {
        accounts[4]: (5, 1, kind.UP),
        accounts[1]: (2, 2, kind.SAME),
        accounts[2]: (3, 3, kind.SAME),
        accounts[0]: (1, 4, kind.DOWN),
        accounts[5]: (0, 5, kind.NEW),
        accounts[3]: (4, 4, kind.DROPPED),
    }
    (dropped,) = await standings(leads, company.rep, now.id, move=kind.DROPPED)
    assert dropped.account_id == accounts[3]
    assert [one.account_id for one in await standings(leads, company.other_rep, now.id)] == [accounts[5]]
    flows = (await leads(company.other_rep, "GetMigration", cycles_pb2.GetMigrationRequest(cycle_id=now.id))).flows
    assert [(one.from_quintile, one.to_quintile, one.count) for one in flows] == [(0, 5, 1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "2026Q1"}, "CYCLE_EXISTS"),
        ({"end_date": "2025-12-31"}, "CYCLE_ENDS_BEFORE_IT_BEGINS"),
        ({"end_date": "2026-02-30"}, "INVALID"),
        ({"values": {}}, "NOTHING_TO_CLASSIFY"),
        ({"values": {str(new_id()): "1"}}, "UNKNOWN_ACCOUNT"),
    ],
)
async def test_a_list_that_makes_no_sense_is_not_frozen(leads, company, opened, change, reason):
    (account,) = await opened(company.rep, 1)
    await leads(company.boss, "CreateCycle", cycle("2026Q1", {account: "1"}))
    asked = {"code": "2026Q2", "values": {account: "1"}} | change
    with pytest.raises(Refusal, match=reason):
        await leads(company.boss, "CreateCycle", cycle(asked.pop("code"), asked.pop("values"), **asked))


async def test_the_newest_judgement_of_a_relation_counts(leads, company, opened):
    mine, other = await opened(company.rep, 2)

    async def judge(account, level, **more):
        given = {"evidence": "客户请我们参与年度规划", "review_date": "2099-01-01"} | more
        asked = relation_levels_pb2.JudgeRelationRequest(account_id=account, level=level, **given)
        return await leads(company.rep, "JudgeRelation", asked)

    await judge(mine, 2, target_level=4)
    await judge(mine, 3)
    await judge(other, 3)
    asked = relation_levels_pb2.GetRelationDistributionRequest()
    found = await leads(company.manager, "GetRelationDistribution", asked)
    assert [(one.level, one.accounts) for one in found.counts] == [(3, 2)]
    assert not (await leads(company.other_rep, "GetRelationDistribution", asked)).counts
    listed = relation_levels_pb2.ListRelationLevelsRequest(account_id=mine)
    levels = (await leads(company.rep, "ListRelationLevels", listed)).relation_levels
    assert [(one.level, one.target_level) for one in levels] == [(3, 3), (2, 4)]
    for wrong, reason in (
        ({"target_level": 1}, "TARGET_BELOW_LEVEL"),
        ({"review_date": "2020-01-01"}, "REVIEW_IN_THE_PAST"),
    ):
        with pytest.raises(Refusal, match=reason):
            await judge(mine, 3, **wrong)
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await leads(company.other_rep, "ListRelationLevels", listed)


async def test_the_wall_shows_who_is_known_and_who_is_not(leads, company, opened):
    account, beside = await opened(company.rep, 2)

    async def contact(of, name):
        asked = accounts_pb2.CreateContactRequest(account_id=of, name=name)
        return (await leads(company.rep, "CreateContact", asked)).id

    known, unknown, foreign = (
        await contact(account, "张三"),
        await contact(account, "李四"),
        await contact(beside, "王五"),
    )
    me = str(company.rep.user_id)

    def scores(cycle, who, user=me, strength=3):
        pair = relation_walls_pb2.WallScore(contact_id=who, user_id=user, strength=strength)
        return relation_walls_pb2.ScoreWallRequest(account_id=account, cycle=cycle, scores=[pair])

    await leads(company.rep, "ScoreWall", scores("2026Q1", known, strength=1))
    await leads(company.rep, "ScoreWall", scores("2026Q2", known))
    shown = await leads(company.manager, "GetWall", relation_walls_pb2.GetWallRequest(account_id=account))
    assert (shown.cycle, shown.previous_cycle, list(shown.gaps)) == ("2026Q2", "2026Q1", [unknown])
    assert (shown.strength, round(shown.delta, 9)) == (0.3, 0.2)
    for wrong, reason in (
        (scores("2026Q2", foreign), "UNKNOWN_CONTACT"),
        (scores("2026Q2", known, str(new_id())), "UNKNOWN_COLLEAGUE"),
    ):
        with pytest.raises(Refusal, match=reason):
            await leads(company.rep, "ScoreWall", wrong)


async def test_an_issue_is_settled_once_and_seen_with_its_account(leads, company, opened):
    (account,) = await opened(company.rep, 1)
    asked = issues_pb2.OpenIssueRequest(account_id=account, title="交付总是晚一周", core=True, due_date="2026-12-31")
    issue = await leads(company.rep, "OpenIssue", asked)
    assert (issue.owner_id, issue.state) == (str(company.rep.user_id), issues_pb2.Issue.OPEN)
    close = issues_pb2.CloseIssueRequest(id=issue.id, settlement="改为双周发货")
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await leads(company.other_rep, "CloseIssue", close)
    assert (await leads(company.manager, "CloseIssue", close)).settlement == "改为双周发货"
    with pytest.raises(Refusal, match="ISSUE_CLOSED"):
        await leads(company.rep, "CloseIssue", close)
    still = issues_pb2.ListIssuesRequest(state=issues_pb2.Issue.OPEN)
    assert not (await leads(company.rep, "ListIssues", still)).issues


async def test_an_erasure_takes_words_and_scores_that_tell_of_somebody_out_of_an_account(leads, company, opened):
    (account,) = await opened(company.rep, 1)
    named = accounts_pb2.CreateContactRequest(account_id=account, name="单雄信", phone="13800138000")
    contact = await leads(company.rep, "CreateContact", named)
    other = await leads(
        company.rep, "CreateContact", accounts_pb2.CreateContactRequest(account_id=account, name="徐世")
    )
    scores = [
        relation_walls_pb2.WallScore(contact_id=one.id, user_id=str(company.rep.user_id), strength=strength)
        for one, strength in ((contact, 5), (other, 2))
    ]
    scored = relation_walls_pb2.ScoreWallRequest(account_id=account, cycle="2026Q1", scores=scores)
    assert (await leads(company.rep, "ScoreWall", scored)).strength == 0.7
    asked = issues_pb2.OpenIssueRequest(account_id=account, title="单雄信（138 0013 8000）说发货太晚")
    issue = await leads(company.rep, "OpenIssue", asked)
    who = data.PersonTraces(person_ids=[contact.person_id])
    admin = person("ADMIN", company.boss.tenant_id)
    traces = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=who))
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    wall = await leads(company.rep, "GetWall", relation_walls_pb2.GetWallRequest(account_id=account))
    assert (len(wall.scores), list(wall.gaps), wall.strength) == (1, [], 0.4)
    async with ourselves(leads, company) as tx:
        assert {str(row["contact_id"]) for row in await tx.fetch(Query(select(wall_scores.c.contact_id)))} == {other.id}
    left = await leads(company.rep, "GetIssue", issues_pb2.GetIssueRequest(id=issue.id))
    assert left.title == "****（****）说发货太晚"
    with pytest.raises(Refusal, match="CONTACT_ERASED"):
        await leads(company.rep, "UpdateContact", accounts_pb2.UpdateContactRequest(id=contact.id, name="单雄信"))
