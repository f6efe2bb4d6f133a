"""Sums by month on real PostgreSQL: what is answered is what the facts say, while months are awaited and once made."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.analytics.days import DAY, Period
from services.analytics.deals import domain as deals
from services.analytics.deals import store as deal_store
from services.analytics.facts import FACTS
from services.analytics.funnel import operations as funnel
from services.analytics.instalments import store as debt_store
from services.analytics.instalments.domain import Deed
from services.analytics.receivables import operations as receivables
from services.analytics.receivables.domain import BEYOND, Counted, Figures, gather
from services.analytics.seal import FOUND
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.testing import person
from services.kit.visibility import SYSTEM
from tests.integration.analytics.conftest import tell
from tests.integration.analytics.events import ContractStory, DealStory
from tests.integration.analytics.test_projection import PEOPLE, TEAMS, deliveries, histories, kept, recomputed

ALL = {
    table.name: Query(select(table.c.id)) for table in (deal_store.deals, debt_store.contracts, debt_store.instalments)
}
AWAIT = "INSERT INTO awaited_months SELECT $1, unnest(ARRAY['deal_rollups', 'receivable_rollups'])"
FORGET = (
    "DELETE FROM deal_rollups WHERE series LIKE '%_BY_MONTH%'",
    "DELETE FROM receivable_rollups WHERE series LIKE '%_BY_DUE_MONTH'",
)
days = st.integers(0, 600).map(lambda n: date(2023, 12, 1) + n * DAY)
turns = st.tuples(st.integers(0, 14), st.integers(-2, 2)).map(
    lambda one: date(2024 + one[0] // 12, one[0] % 12 + 1, 1) + one[1] * DAY
)
"""Days at which months begin and end."""
calendar = st.tuples(st.sampled_from(deals.GRAINS), days).map(
    lambda one: Period(one[0].start(one[1]), one[0].next(one[0].start(one[1])))
)
lengths = st.integers(1, 200)
spells = st.tuples(days, lengths).map(lambda one: Period(one[0], one[0] + one[1] * DAY))


@pytest.fixture
async def dense(database):
    """A tenant of whom something is told for every day, and all its deals and debts."""
    tenant = new_id()
    await tell(database, tenant, of_every_day())
    return tenant, *await known(database, tenant)


def system(tenant):
    return Principal(tenant, UUID(int=0), SYSTEM, None)


def people(tenant):
    """Who sees all, who sees a team, who sees what is own."""
    manager = replace(person("MANAGER", tenant), team_id=TEAMS[0], teams=(TEAMS[0],))
    return person("BOSS", tenant), manager, replace(PEOPLE[0], tenant_id=tenant)


def sees(who, owner_id, team_id):
    return who.role == "BOSS" or owner_id == who.user_id or (who.role == "MANAGER" and team_id in who.teams)


async def known(database, tenant):
    """All deals and all debts of signed contracts."""
    async with database.transaction(system(tenant), read_only=True) as tx:
        ids = {name: [row["id"] for row in await tx.fetch(query)] for name, query in ALL.items()}
        contracts = await debt_store.known_contracts(tx, ids["contracts"])
        debts = (await debt_store.known_debts(tx, ids["instalments"], ())).values()
        signed = [replace(debt, contract=contracts.get(debt.instalment.contract_id)) for debt in debts]
        return (await deal_store.known(tx, ids["deals"])).values(), [debt for debt in signed if debt.contract]


def funnel_of(found, who, period, factor):
    """Deals and their worth by stage and state, one deal after the other."""
    states = {}
    for deal in found:
        end = deals.became(deals.spans(deal.steps), period, factor)
        if end and sees(who, deal.owner_id, deal.team_id):
            count, amount = states.get((end.span.stage, end.state), (0, Decimal(0)))
            states[end.span.stage, end.state] = count + 1, amount + deal.amount
    return states


def ageing_of(found, who, as_of, within):
    """The figures, one deed after the other."""
    counted, sold = [], []
    for debt in found:
        if not sees(who, debt.contract.owner_id, debt.contract.team_id):
            continue
        due, currency = debt.instalment.due_day, debt.instalment.currency
        bucket = sum((as_of - due).days > limit for limit in BEYOND)
        for day, deed, amount, number in debt.deeds():
            if day <= as_of:
                counted.append(
                    Counted(currency, bucket, within.start <= due < within.end, due <= as_of, deed, amount, number)
                )
            if deed == Deed.BILLED and within.start <= day < within.end:
                sold.append((currency, amount))
    return {currency: one for currency, one in gather(counted, sold).items() if one != Figures()}


async def asked(database, who, period, factor, as_of, within):
    """The same of the service."""
    async with database.transaction(who, read_only=True) as tx:
        found, _ = await funnel.count(tx, "B2B", period, factor, "", "", "")
        figures = await receivables.sum_up(tx, as_of, within, "", "")
    states = {
        (stage, state): (heap.deals, heap.amounts["CNY"])
        for stage, heaps in found.states.items()
        for state, heap in heaps.items()
    }
    return states, {currency: one for currency, one in figures.items() if one != Figures()}


async def told_by(access, tenant, *statements):
    connection = await asyncpg.connect(access.owner)
    await connection.execute(f"SET app.tenant = '{tenant}'")
    for statement in statements:
        await connection.execute(statement, *([tenant] if "$1" in statement else []))
    await connection.close()


async def make_months(database, tenant):
    """What the Job after an upgrade does for a tenant."""
    for months in FOUND:
        done = 1
        while done:
            async with database.transaction(system(tenant)) as tx:
                done = await months.some(tx)


async def broken(database, tenant):
    async with database.transaction(system(tenant), read_only=True) as tx:
        return [row for law in FACTS.laws if "by month" in law.name for row in await tx.fetch(law.broken)]


@settings(max_examples=20)
@given(data=st.data())
async def test_a_funnel_and_an_ageing_are_what_the_facts_say_with_months_and_without(data, database, access):
    tenant = new_id()
    await tell(database, tenant, *data.draw(deliveries(data.draw(histories()))))
    found, debts = await known(database, tenant)
    one = data.draw(calendar), data.draw(st.sampled_from(deals.FACTORS)), data.draw(days), data.draw(spells)
    period, factor, as_of, within = one

    async def all_true():
        for who in people(tenant):
            expected = funnel_of(found, who, period, factor), ageing_of(debts, who, as_of, within)
            assert await asked(database, who, *one) == expected, (who.role, one)

    await all_true()
    await told_by(access, tenant, AWAIT, *FORGET)
    await all_true()
    await make_months(database, tenant)
    await all_true()
    assert await kept(access, tenant) == await recomputed(database, tenant)
    assert not await broken(database, tenant)


async def test_a_month_of_one_owner_that_is_not_as_its_days_is_named(dense, database, access):
    tenant, owner = dense[0], PEOPLE[1].user_id
    assert not await broken(database, tenant)
    await told_by(
        access,
        tenant,
        f"UPDATE deal_rollups SET deals = deals + 1 WHERE series LIKE '%_BY_MONTH%' AND owner_id = '{owner}'",
    )
    assert {row["id"] for row in await broken(database, tenant)} == {owner}


def of_every_day():
    """Deals that come into a stage, and money that is signed for, due and paid, on every day of some months."""
    told = []
    for n in range(200):
        day, who = date(2024, 1, 1) + n * DAY, PEOPLE[n % 3]
        deal = DealStory(who, day, stage=n % 3, amount=f"{n + 1}.00")
        if n % 4 == 0:
            deal.move(day + (n % 50) * DAY, (n + 1) % 3)
        parts = [(day + later * DAY, 100 + n) for later in (n % 9, 30 + n % 31)]
        debt = ContractStory(who, day, parts)
        debt.pay(day + (n % 70) * DAY, (n % 2, 60))
        told += [*deal.events, *debt.events]
    return told


@settings(max_examples=120)
@given(period=calendar, factor=st.sampled_from(deals.FACTORS), as_of=days | turns, start=days | turns, length=lengths)
async def test_any_question_is_answered_from_months_as_the_facts_say(
    dense, database, period, factor, as_of, start, length
):
    tenant, found, debts = dense
    one = period, factor, as_of, Period(start, start + length * DAY)
    for who in people(tenant):
        expected = funnel_of(found, who, period, factor), ageing_of(debts, who, as_of, one[3])
        assert await asked(database, who, *one) == expected, (who.role, one)


@settings(max_examples=10)
@given(data=st.data())
async def test_what_a_version_before_told_of_days_alone_is_found_and_made_again(data, database, access):
    tenant = new_id()
    await tell(database, tenant, *data.draw(deliveries(data.draw(histories()))))
    before = await kept(access, tenant)
    await told_by(access, tenant, *FORGET)
    assert bool(await broken(database, tenant)) == (await kept(access, tenant) != before)
    await make_months(database, tenant)
    assert await kept(access, tenant) == before
    assert not await broken(database, tenant)
