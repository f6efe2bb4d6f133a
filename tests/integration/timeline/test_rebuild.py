"""The timeline can be dropped and built anew, while it runs, from its streams or from its owners' outboxes."""

import asyncio

import asyncpg
import nats
from dealtrail.leads.v1 import leads_pb2
from dealtrail.timeline.v1 import touchpoints_pb2 as pb

from services.kit.rebuild import rebuild
from services.kit.republish import republish
from services.timeline.rebuild import PROJECTION, subscriptions
from tests.integration.timeline.test_entries import converted, has
from tests.integration.timeline.test_projection import projection


async def lived_in(house, company):
    """A house in which something has happened; what its timeline holds of it."""
    lead = await converted(house, company)
    await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), account_id=lead.account_id)
    call = pb.RecordTouchpointRequest(deal_id=lead.deal_id, kind="EMAIL", note="报价", visibility="PRIVATE")
    touchpoint = await house(company.rep, "RecordTouchpoint", call)
    correction = pb.CorrectTouchpointRequest(id=touchpoint.id, kind="WECHAT", note="报价")
    await house(company.rep, "CorrectTouchpoint", correction)
    assign = leads_pb2.CreateLeadRequest(company="无锡某某", owner_id=str(company.other_rep.user_id))
    other = await house(company.boss, "CreateLead", assign)
    await house.timeline(company.boss, has("LEAD_CAPTURED"), lead_id=other.id)
    return await projection(house.database, company.boss.tenant_id)


async def holds(house, company, expected):
    for _ in range(1200):
        found = await projection(house.database, company.boss.tenant_id)
        if [row["id"] for row in found["entries"]] == [row["id"] for row in expected["entries"]]:
            return found
        await asyncio.sleep(0.05)
    return found


def as_shown(held):
    """What anybody can see of it. When a subject was told of is known better from events than from hearsay."""
    entries = [{**row, "collaborators": list(row["collaborators"])} for row in held["entries"]]
    return entries, [(row["id"], row["account_id"], row["deal_id"], row["owner_id"]) for row in held["subjects"]]


async def test_a_rebuilt_timeline_is_the_one_that_was_dropped(house, company):
    before = await lived_in(house, company)
    owner, client = await asyncpg.connect(house.database.access.owner), await nats.connect(house.broker)
    await owner.execute(f"SET app.tenant = '{company.boss.tenant_id}'")
    await owner.execute("UPDATE entries SET kind = 'BROKEN', account_id = NULL")
    sources = await rebuild(owner, client, subscriptions, PROJECTION)
    assert {"leads", "opportunities", "timeline"} <= {source.stream for source in sources}
    assert all(source.whole for source in sources)
    assert as_shown(await holds(house, company, before)) == as_shown(before)
    await client.close()
    await owner.close()


async def test_one_tenant_is_rebuilt_without_touching_another(house, company):
    before = await lived_in(house, company)
    other = type(company)()
    house.members.people |= {(one.tenant_id, one.user_id): one for one in other.everybody()}
    lead = await house(other.boss, "CreateLead", leads_pb2.CreateLeadRequest(company="别家公司"))
    (entry,) = await house.timeline(other.boss, has("LEAD_CAPTURED"), lead_id=lead.id)
    owner, client = await asyncpg.connect(house.database.access.owner), await nats.connect(house.broker)
    applied = "SELECT applied_at FROM inbox WHERE event_id = $1"
    entered = await owner.fetchval(applied, entry.id)
    await rebuild(owner, client, subscriptions, PROJECTION, company.boss.tenant_id)
    assert await owner.fetchval(applied, entry.id) == entered
    assert as_shown(await holds(house, company, before)) == as_shown(before)
    assert await house.timeline(other.boss, lead_id=lead.id) == [entry]
    await client.close()
    await owner.close()


async def test_when_streams_are_lost_the_owners_republish_and_the_timeline_is_whole_again(house, company):
    before = await lived_in(house, company)
    client = await nats.connect(house.broker)
    owners = {name: await asyncpg.connect(house.access[name].owner) for name in ("leads", "opportunities", "timeline")}
    for stream in owners:
        await client.jetstream().delete_stream(stream)
    await rebuild(owners["timeline"], client, subscriptions, PROJECTION)
    for owner in owners.values():
        assert await republish(owner, client) > 0
    assert as_shown(await holds(house, company, before)) == as_shown(before)
    # Sent once more, all of it is known.
    await republish(owners["leads"], client)
    await house.timeline(company.boss, has("LEAD_CAPTURED"), lead_id=str(before["entries"][0]["lead_id"]))
    assert as_shown(await projection(house.database, company.boss.tenant_id)) == as_shown(before)
    for owner in owners.values():
        await owner.close()
    await client.close()
