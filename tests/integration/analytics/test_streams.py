"""Events on a real broker: each counts once, and all that is counted can be dropped and counted anew."""

import asyncio
from dataclasses import replace
from datetime import date

import asyncpg
import nats
import pytest

from services.analytics.rebuild import PROJECTION, subscriptions
from services.kit.ids import new_id
from services.kit.rebuild import rebuild
from services.kit.streams import ensure_stream
from tests.integration.analytics.conftest import serving, tables
from tests.integration.analytics.events import ContractStory, DealStory, lead_story, moved


def headers(envelope):
    """What the relay says of an event, except the id by which the broker itself would drop a repetition."""
    return {
        "ce-id": str(envelope.id),
        "ce-tenant": str(envelope.tenant_id),
        "ce-type": envelope.type,
        "ce-actor": str(envelope.actor_id),
        "ce-time": envelope.occurred_at.isoformat(),
        "ce-recordedtime": envelope.recorded_at.isoformat(),
        "ce-subject": str(envelope.aggregate_id),
        "ce-version": str(envelope.version),
    }


async def publish(client, tenant, events):
    for event, told in events:
        envelope = replace(told, tenant_id=tenant)
        subject = f"{envelope.type}.{tenant}.{envelope.aggregate_id}"
        await client.jetstream().publish(subject, event.SerializeToString(), headers=headers(envelope))


async def settled(access, tenant, rows):
    """All facts and sums, once there are so many deals, payments and leads and nothing more comes."""
    found = await tables(access, tenant)
    for _ in range(600):
        await asyncio.sleep(0.1)
        before, found = found, await tables(access, tenant)
        if tuple(len(found[name]) for name in ("deals", "payments", "leads")) == rows and found == before:
            return found
    raise AssertionError(f"waited in vain: {found}")


@pytest.fixture
async def broker(empty_nats_server):
    client = await nats.connect(empty_nats_server)
    yield client
    await client.close()


async def test_what_is_delivered_twice_counts_once_and_all_can_be_counted_anew(
    access, empty_nats_server, broker, tmp_path, company
):
    receipt = new_id()
    deal = (
        DealStory(company.rep, date(2024, 3, 1)).move(date(2024, 3, 9), 1).assign(date(2024, 4, 1), company.other_rep)
    )
    debt = ContractStory(company.rep, date(2024, 3, 1), [(date(2024, 3, 31), 100)])
    debt.pay(date(2024, 4, 2), (0, 60), receipt=receipt).pay(date(2024, 4, 3), (0, 40))
    lead = lead_story(company.rep, date(2024, 3, 3), "展会", statuses=("NEW", "QUALIFIED"))
    history = [*deal.events, *debt.events, *lead, moved(company.rep, company.other_manager.team_id)[1]]
    async with serving(access, empty_nats_server, tmp_path):
        for stream in subscriptions.streams():
            await ensure_stream(broker, stream)
        await publish(broker, company.tenant, [*history, *history])
        once = await settled(access, company.tenant, (1, 2, 1))
        owner = await asyncpg.connect(access.owner)
        await owner.execute(f"SET app.tenant = '{company.tenant}'")
        await owner.execute(
            "UPDATE deal_rollups SET deals = deals + 7; DELETE FROM payments; UPDATE leads SET channel = ''"
        )
        assert await tables(access, company.tenant) != once
        sources = await rebuild(owner, broker, subscriptions, PROJECTION)
        assert {source.stream for source in sources} == {"leads", "opportunities", "contracts", "identity"}
        assert await settled(access, company.tenant, (1, 2, 1)) == once
        await owner.close()
