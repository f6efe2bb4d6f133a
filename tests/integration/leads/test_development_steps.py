"""Developing accounts over gRPC on real PostgreSQL: checklists, steps, figures, and merged accounts."""

import asyncio

import pytest
from dealtrail.leads.v1 import accounts_pb2, cycles_pb2, merges_pb2
from dealtrail.leads.v1 import development_pb2 as pb

from services.kit.ids import new_id
from services.kit.testing import Refusal
from services.leads.facts import DEVELOPED

STEP = pb.Development.Step
STEPS = [STEP.Name(number) for number in range(1, 9)]


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason or refused.value.code.name


@pytest.fixture
def opened(leads, company):
    async def make(who=company.rep, **fields):
        asked = accounts_pb2.CreateAccountRequest(name=f"{new_id()}", **fields)
        return (await leads(who, "CreateAccount", asked)).id

    return make


@pytest.fixture
def tick(leads, company):
    async def done(account, *items, who=company.rep, undo=False):
        for item in items:
            found = await leads(
                who, "TickDevelopmentItem", pb.TickDevelopmentItemRequest(account_id=account, item=item, undo=undo)
            )
        return found

    return done


def checklist(word, **place):
    items = [pb.DevelopmentItem(step=step, code=f"{word}_{step}", label=step) for step in STEPS]
    return pb.PublishDevelopmentChecklistRequest(items=items, **place)


async def get(leads, who, account):
    return await leads(who, "GetDevelopment", pb.GetDevelopmentRequest(account_id=account))


async def listed(leads, who, **chosen):
    asked = pb.ListDevelopmentsRequest(**chosen)
    return [one.account_id for one in (await leads(who, "ListDevelopments", asked)).developments]


async def test_the_most_telling_checklist_counts_and_stays_with_who_began_by_it(leads, company, opened, tick):
    assert [one.version for one in await _newest(leads, company)] == [0]
    for word, place in (("ALL", {}), ("E", {"territory": "华东"}), ("M", {"segment": "制造"})):
        await leads(company.boss, "PublishDevelopmentChecklist", checklist(word, **place))
    both = await leads(company.boss, "PublishDevelopmentChecklist", checklist("EM", territory="华东", segment="制造"))
    first = await opened(region="华东", industry="制造")
    for fields, word in (
        ({"region": "华东", "industry": "制造"}, "EM"),
        ({"region": "华东", "industry": "零售"}, "E"),
        ({"region": "华北", "industry": "制造"}, "M"),
        ({"region": "华北"}, "ALL"),
    ):
        found = await get(leads, company.rep, await opened(**fields))
        assert {item.code.split("_")[0] for item in found.items} == {word}
        assert (found.step, found.version, found.HasField("step_time")) == (STEP.SEGMENT_MARKET, 0, False)
    await tick(first, "EM_SEGMENT_MARKET")
    newer = await leads(company.boss, "PublishDevelopmentChecklist", checklist("NEW", territory="华东", segment="制造"))
    assert (both.version, newer.version, len(await _newest(leads, company))) == (1, 2, 4)
    assert (await get(leads, company.rep, first)).checklist_version == 1
    assert await refusal(tick(first, "NEW_CLASSIFY")) == "UNKNOWN_ITEM"


async def _newest(leads, company):
    asked = pb.ListDevelopmentChecklistsRequest()
    return (await leads(company.rep, "ListDevelopmentChecklists", asked)).checklists


async def test_ticking_and_undoing_move_an_account_and_both_are_kept(leads, company, opened, tick):
    account = await opened()
    await tick(account, "CONTACT_FOUND")
    assert (await tick(account, "SEGMENT_NAMED")).step == STEP.CLASSIFY
    again = await tick(account, "SEGMENT_NAMED")
    back = await tick(account, "CONTACT_FOUND", undo=True)
    assert (again.version, back.version, back.step) == (2, 3, STEP.FIND_LEADS)
    assert [STEP.Name(one.step) for one in back.passages] == ["SEGMENT_MARKET", "CLASSIFY", "FIND_LEADS"]
    assert [(one.item, one.user_id) for one in back.ticks] == [("SEGMENT_NAMED", str(company.rep.user_id))]


async def test_what_many_tick_at_once_all_counts(leads, company, opened, tick):
    account = await opened()
    items = [item.code for item in (await get(leads, company.rep, account)).items]
    await asyncio.gather(*(tick(account, item) for item in items))
    found = await get(leads, company.rep, account)
    assert (found.step, found.version, len(found.ticks)) == (STEP.DONE, 8, 8)
    assert await listed(leads, company.rep, step=STEP.DONE) == [account]


async def test_figures_open_the_accounts_behind_them(leads, company, opened, tick):
    best, worst, none, theirs = [await opened() for _ in range(3)] + [await opened(company.other_rep)]
    values = [cycles_pb2.GivenValue(account_id=one, value=value) for one, value in ((best, "9"), (worst, "1"))]
    days = {"start_date": "2026-01-01", "end_date": "2026-03-31"}
    asked = cycles_pb2.CreateCycleRequest(code="2026Q1", indicator=cycles_pb2.Cycle.GIVEN, values=values, **days)
    await leads(company.boss, "CreateCycle", asked)
    await tick(best, "SEGMENT_NAMED", "CONTACT_FOUND")
    await tick(worst, "SEGMENT_NAMED")
    await tick(none, *(item.code for item in (await get(leads, company.rep, none)).items))
    await tick(theirs, "SEGMENT_NAMED", who=company.other_rep)
    for who, some in ((company.boss, {best, worst, none, theirs}), (company.rep, {best, worst, none})):
        figures = await leads(who, "GetDevelopmentFigures", pb.GetDevelopmentFiguresRequest())
        assert sum(one.accounts for one in figures.steps) == len(some)
        for count in figures.steps:
            assert len(await listed(leads, who, step=count.step)) == count.accounts
            assert count.HasField("standing_p50_s") == bool(count.accounts)
        for one in figures.classes:
            assert len(await listed(leads, who, quintile=one.quintile)) == one.accounts
            assert 0 < one.p50_s <= one.p90_s
        assert set(await listed(leads, who)) == some
    assert await listed(leads, company.rep, quintile=1) == [best]
    assert await listed(leads, company.rep, quintile=0) == [none]
    assert await listed(leads, company.rep, territory="华东") == []
    assert await refusal(get(leads, company.other_rep, best)) == "NOT_FOUND"
    assert await refusal(tick(best, "CLASS_GIVEN", who=company.other_rep)) == "NOT_FOUND"
    assert await refusal(get(leads, company.stranger, best)) == "NOT_FOUND"


async def test_what_was_noted_follows_a_merge_and_its_undoing(leads, company, opened, tick):
    survivor, duplicate, third = await opened(), await opened(), await opened()
    await tick(survivor, "SEGMENT_NAMED")
    before = [await tick(duplicate, "CONTACT_FOUND", "CLASS_GIVEN"), await get(leads, company.rep, survivor)]

    async def merge(into, other):
        asked = merges_pb2.MergeAccountRequest(account_id=into, duplicate_id=other, purpose="同一家公司")
        return await leads(company.rep, "MergeAccount", asked)

    merged = await merge(survivor, duplicate)
    assert {one.kind: one.rows for one in merged.moved} == {"developmentEntries": 2}
    both = await get(leads, company.rep, survivor)
    assert (both.step, both.version, len(both.ticks)) == (STEP.DESIGN_VISITS, 3, 3)
    assert await listed(leads, company.rep) == [survivor]
    assert await refusal(tick(duplicate, "OWNER_NAMED")) == "ACCOUNT_MERGED"
    onward = await merge(third, survivor)
    assert (await get(leads, company.rep, third)).step == STEP.DESIGN_VISITS
    assert (await listed(leads, company.rep), (await get(leads, company.rep, survivor)).version) == ([third], 0)
    for one in (onward, merged):
        await leads(company.rep, "UndoMerge", merges_pb2.UndoMergeRequest(id=one.id, purpose="并错了"))
    assert [await get(leads, company.rep, one) for one in (duplicate, survivor)] == before
    assert set(await listed(leads, company.rep)) == {survivor, duplicate}
    await named_by_the_reconciler(leads, company, survivor, duplicate)


async def named_by_the_reconciler(leads, company, one, other):
    """Nothing as it stands; then an account without its entries, one without its development, an item taken back."""
    async with leads.process.database.transaction(company.boss) as tx:

        async def named(*planted):
            await tx.savepoint("planted")
            for statement in planted:
                await (await tx.connected()).execute(statement)
            broken = {str(row["id"]) for row in await tx.fetch(DEVELOPED.broken)}
            await tx.rollback_to("planted")
            return broken

        assert await named() == set()
        assert await named(f"DELETE FROM development_entries WHERE account_id = '{one}'") == {one}
        assert await named(f"DELETE FROM developments WHERE account_id = '{other}'") == {other}
        assert await named(f"UPDATE development_entries SET done = false WHERE account_id = '{other}'") == {other}
