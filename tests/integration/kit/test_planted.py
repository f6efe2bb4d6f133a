"""Planted bugs, and the checks that must see them: acknowledged too early, a guard lost, a commit not shielded."""

import asyncio

import asyncpg
import pytest
from nats.aio.msg import Msg

from services.kit import owners, transaction
from services.kit.ids import new_id
from services.kit.inbox import Inbox
from services.kit.sql import Query
from tests.integration.kit.conftest import eventually

GATE = "SELECT pg_advisory_xact_lock(1)"
GATED_COMMIT = f"""CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM ({GATE}); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER gated AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION wait_at_the_gate()"""
AT_THE_GATE = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


async def loses_nothing_when_killed_while_it_applies(road, patience_s=60):
    """Whether an event in whose handler the consumer was killed is applied by the next."""
    entered = asyncio.Event()

    async def hang(tx, event, envelope):
        entered.set()
        await asyncio.sleep(60)

    road.relay()
    killed = road.consumer(hang)
    told = await road.emit()
    await asyncio.wait_for(entered.wait(), 60)
    killed.task.cancel()
    await asyncio.gather(killed.task, return_exceptions=True)
    road.consumer()
    try:
        await eventually(road.counted, told, patience_s)
    except AssertionError:
        return False
    return True


async def test_an_event_in_hand_of_a_killed_consumer_is_applied_by_the_next(road):
    assert await loses_nothing_when_killed_while_it_applies(road)


async def test_a_consumer_that_acknowledges_before_it_commits_is_found_out(road, monkeypatch):
    apply = Inbox.apply

    async def acknowledged_first(self, deliveries):
        for message in deliveries:
            await Msg.ack(message)
        await apply(self, deliveries)

    monkeypatch.setattr(Inbox, "apply", acknowledged_first)
    assert not await loses_nothing_when_killed_while_it_applies(road, patience_s=8)


async def commits_though_its_caller_leaves(road):
    """Whether a transaction whose caller left during COMMIT has committed by the time that the caller is told."""
    owner = await asyncpg.connect(road.access.owner)
    await owner.execute(GATED_COMMIT)
    async with owner.transaction():
        await owner.execute(GATE)
        leaving = asyncio.create_task(road.emit())
        await eventually(lambda: owner.fetchval(AT_THE_GATE), 1)
        leaving.cancel()
        told_before, _ = await asyncio.wait([leaving], timeout=2)
    await owner.close()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    return not told_before and await road.unpublished() == 1


async def test_a_commit_is_finished_though_its_caller_leaves(road):
    assert await commits_though_its_caller_leaves(road)


async def test_a_commit_that_is_not_shielded_is_found_out(road, monkeypatch):
    async def bare(work, _seconds):
        await work

    monkeypatch.setattr(transaction, "shielded", bare)
    assert not await commits_though_its_caller_leaves(road)


async def keeps_the_newest(road, statement):
    """Whether news that come late leave newer ones alone."""
    user, teams = new_id(), [new_id() for _ in range(3)]
    for version in (1, 3, 2):
        async with road.database.transaction(road.tenant) as tx:
            await tx.execute(statement, user_id=user, team=teams[version - 1], version=version)
    connection = await asyncpg.connect(road.access.owner)
    try:
        await connection.execute(f"SET app.tenant = '{road.tenant.tenant_id}'")
        return await connection.fetchval("SELECT team_id FROM owner_teams") == teams[2]
    finally:
        await connection.close()


async def test_news_that_come_late_leave_newer_ones_alone(road):
    assert await keeps_the_newest(road, owners.NEWEST)


async def test_a_copy_without_its_version_guard_is_found_out(road):
    new = owners._new
    changed = {name: new.excluded[name] for name in ("team_id", "version")}
    assert not await keeps_the_newest(
        road, Query(new.on_conflict_do_update(index_elements=["tenant_id", "user_id"], set_=changed))
    )
