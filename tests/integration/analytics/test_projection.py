"""Facts and sums on real PostgreSQL: however events arrive, they are the same."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.analytics.deals import domain as deals
from services.analytics.deals import store as deal_store
from services.analytics.descriptions import domain as descriptions
from services.analytics.descriptions import store as description_store
from services.analytics.instalments import store as instalment_store
from services.analytics.leads import domain as leads
from services.analytics.leads import store as lead_store
from services.analytics.rollups.domain import NOTHING, Changes
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.testing import person
from services.kit.visibility import SYSTEM
from tests.integration.analytics.conftest import tables, tell
from tests.integration.analytics.events import ContractStory, DealStory, described, erased, lead_story, moved

TEAMS = [new_id() for _ in range(2)]
PEOPLE = [person("REP", new_id(), team=TEAMS[n % 2]) for n in range(3)]
people = st.sampled_from(PEOPLE)
days = st.integers(0, 400).map(lambda n: date(2023, 12, 20) + timedelta(days=n))


@st.composite
def deal_stories(draw):
    story = DealStory(draw(people), draw(days), stage=draw(st.integers(0, 2)), product=draw(st.sampled_from(["", "A"])))
    day = story.opened
    for deed in draw(st.lists(st.sampled_from(("move", "move", "assign", "expect", "close")), max_size=5)):
        day += timedelta(days=draw(st.sampled_from((0, 1, 20, 70))))
        if deed == "move":
            story.move(day, draw(st.sampled_from([place for place in range(3) if place != story.stage])))
        elif deed == "assign":
            story.assign(day, draw(people))
        elif deed == "expect":
            story.expect(day, draw(st.sampled_from(["5.00", "900.00"])))
        elif deed == "close":
            story.close(day, draw(st.sampled_from(("WON", "LOST"))))
            break
    return story.events


@st.composite
def contract_stories(draw):
    signed = draw(days)
    due = st.one_of(st.none(), st.integers(0, 60).map(lambda n: signed + timedelta(days=n)))
    parts = [(draw(due), 100) for _ in range(draw(st.integers(1, 3)))]
    story = ContractStory(draw(people), signed, parts)
    for deed in draw(st.lists(st.sampled_from(("pay", "void", "assign")), max_size=4)):
        day = signed + timedelta(days=draw(st.integers(0, 90)))
        open_parts = [(seq, 40) for seq in range(len(parts)) if story.paid[seq] + 40 <= 100]
        if deed == "assign":
            story.assign(day, draw(people))
        elif open_parts:
            receipt = new_id()
            story.pay(day, *open_parts, receipt=receipt)
            if deed == "void":
                story.void(day + timedelta(days=3), day, *open_parts, receipt=receipt)
    return story.events


@st.composite
def lead_stories(draw):
    ways = [["NEW"], ["NEW", "QUALIFIED"], ["NEW", "QUALIFIED", "CONVERTED"], ["NEW", "QUALIFIED", "DISCARDED"]]
    ways += [["NEW", "MERGED"], ["NEW", "QUALIFIED", "MERGED"], ["NEW", "MERGED", "PARTED"]]
    channel = draw(st.sampled_from(["Google", "google", ""]))
    return lead_story(draw(people), draw(days), channel, "", draw(st.sampled_from([*ways, ["NEW", "DISCARDED"]])))


@st.composite
def described_stories(draw):
    """A lead that is described, maybe twice, that a deal comes of which may be won; its person may be erased."""
    identity, who = new_id(), draw(people)
    deal = DealStory(draw(people), draw(days))
    ways = [["NEW", "QUALIFIED", "CONVERTED"], ["NEW", "MERGED"], ["NEW", "MERGED", "PARTED", "QUALIFIED", "CONVERTED"]]
    story = lead_story(who, draw(days), "展会", "", draw(st.sampled_from(ways)), identity, deal.id)
    for version in range(1, draw(st.integers(1, 2)) + 1):
        values = draw(st.dictionaries(st.sampled_from(["age", "education"]), st.sampled_from(["A", "B"])))
        story.append(described(identity, values, version))
    if draw(st.booleans()):
        deal.close(deal.opened, draw(st.sampled_from(("WON", "LOST"))))
    return [*story, *deal.events, *([erased(identity)] if draw(st.integers(0, 4)) == 0 else [])]


@st.composite
def histories(draw):
    """All that was told, in the order in which it happened."""
    told = [
        *draw(st.lists(st.one_of(deal_stories(), contract_stories(), lead_stories(), described_stories()), max_size=6))
    ]
    moves = [[moved(who, draw(st.sampled_from(TEAMS)))[1]] for who in draw(st.lists(people, max_size=2))]
    return [event for story in (*told, *moves) for event in story]


@st.composite
def deliveries(draw, history):
    """The same events once each in another order, cut into batches."""
    events = draw(st.permutations(history))
    cuts = sorted(draw(st.lists(st.integers(0, len(events)), max_size=4)))
    return [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True) if a < b]


async def recomputed(database, tenant_id):
    """The sums as all facts together make them."""
    found = []
    async with database.transaction(Principal(tenant_id, UUID(int=0), SYSTEM, None), read_only=True) as tx:
        ids = {table.name: [row["id"] for row in await tx.fetch(ALL[table.name])] for table in TABLES}
        contracts = await instalment_store.known_contracts(tx, ids["contracts"])
        known = await instalment_store.known_debts(tx, ids["instalments"], ())
        debts = [replace(debt, contract=contracts.get(debt.instalment.contract_id)) for debt in known.values()]
        found.append([deals.share(deal) for deal in (await deal_store.known(tx, ids["deals"])).values()])
        found.append([debt.share() for debt in debts])
        found.append([leads.share(lead) for lead in (await lead_store.known(tx, ids["leads"])).values()])
        counted = (await description_store.known(tx, ids["described_leads"])).values()
        standing = {row["id"]: row["signed"] for row in await tx.fetch(description_store.STANDING, ids=ids["leads"])}
        assert all(one.signed == standing.get(one.id, False) for one in counted)
        found.append([descriptions.share(one) for one in counted])
    sums = []
    for shares in found:
        together = Changes()
        for share in shares:
            together.count(NOTHING, share)
        sums.append(sorted(together.rows()))
    return sums


TABLES = (
    *(deal_store.deals, instalment_store.contracts, instalment_store.instalments),
    *(lead_store.leads, description_store.described),
)
ALL = {table.name: Query(select(table.c.id)) for table in TABLES}
ROLLUPS = ("deal_rollups", "receivable_rollups", "lead_rollups", "persona_rollups")


async def kept(access, tenant_id):
    """The sums as they are kept."""
    connection = await asyncpg.connect(access.app)
    found = []
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'")
        for name, count in zip(ROLLUPS, (3, 2, 4, 2), strict=True):
            rows = [tuple(row)[1:] for row in await connection.fetch(f"SELECT * FROM {name}")]
            found.append(sorted(row for row in rows if any(row[-count:])))
    await connection.close()
    return found


@settings(max_examples=60)
@given(data=st.data())
async def test_facts_and_sums_do_not_depend_on_the_order_or_the_batches_of_events(data, database, access):
    history = data.draw(histories())
    one_by_one, shuffled = new_id(), new_id()
    await tell(database, one_by_one, *([event] for event in history))
    await tell(database, shuffled, *data.draw(deliveries(history)))
    assert await tables(access, shuffled) == await tables(access, one_by_one)
    assert await kept(access, shuffled) == await recomputed(database, shuffled)


@settings(max_examples=30)
@given(data=st.data())
async def test_facts_of_deals_and_leads_told_again_change_nothing(data, database, access):
    history = [
        event
        for story in data.draw(st.lists(st.one_of(deal_stories(), lead_stories(), described_stories())))
        for event in story
    ]
    once, again = new_id(), new_id()
    await tell(database, once, history)
    await tell(database, again, history, data.draw(st.permutations(history)))
    assert await tables(access, again) == await tables(access, once)


async def test_a_batch_that_fails_leaves_nothing(database, access):
    tenant = new_id()
    story = DealStory(PEOPLE[0], date(2024, 3, 1))
    broken = ContractStory(PEOPLE[0], date(2024, 3, 1), [(None, 1)])
    broken.events[0][0].contract.sign_date = "never"
    with pytest.raises(ValueError, match="never"):
        await tell(database, tenant, [*story.events, *broken.events])
    assert not any((await tables(access, tenant)).values())
