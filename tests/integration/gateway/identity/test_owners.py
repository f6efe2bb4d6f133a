from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from dealtrail.identity.v1 import directory_pb2, events_pb2

from services.kit import owners
from services.kit.database import Database
from services.kit.events import Envelope, Subscriptions
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.vault import MasterKeys
from services.kit.visibility import SYSTEM
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads, table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWNER, EAST, WEST, SOUTH = (new_id() for _ in range(4))


class Rows:
    """A service's rows, and the handler that keeps their teams."""

    def __init__(self, database):
        self.database = database
        self.tenant_id = new_id()
        subscriptions = Subscriptions("test")
        owners.restamp(subscriptions, table)
        [(_, self._handler, _)] = subscriptions.handlers.values()

    def transaction(self, tenant_id=None):
        return self.database.transaction(Principal(tenant_id or self.tenant_id, UUID(int=0), SYSTEM, None))

    async def add(self, owner_id=OWNER, team_id=EAST, tenant_id=None):
        lead = Lead(new_id(), "Acme", owner_id, team_id, NOW, NOW)
        async with self.transaction(tenant_id) as tx:
            await leads.add(tx, lead)
        return lead

    async def team_of(self, lead, tenant_id=None):
        async with self.transaction(tenant_id) as tx:
            return (await leads.get(tx, lead.id)).team_id

    async def moved(self, team_id, version):
        member = directory_pb2.Member(user_id=str(OWNER), team_id=str(team_id or ""))
        envelope = replace(ENVELOPE, tenant_id=self.tenant_id, version=version)
        async with self.transaction() as tx:
            await self._handler(tx, events_pb2.UserUpdated(member=member), envelope)


ENVELOPE = Envelope(
    id=new_id(),
    tenant_id=new_id(),
    type=events_pb2.UserUpdated.DESCRIPTOR.full_name,
    actor_id=new_id(),
    occurred_at=NOW,
    recorded_at=NOW,
    aggregate_id=OWNER,
    version=1,
    owner_id=None,
    team_id=None,
    collaborators=(),
)


@pytest.fixture
async def rows(fresh_database, keys):
    database = await Database.connect((await fresh_database("leads")).app, masters=MasterKeys.read(keys.master))
    yield Rows(database)
    await database.close()


async def test_a_move_moves_the_owners_rows_and_no_others(rows):
    mine, theirs = await rows.add(), await rows.add(owner_id=new_id())
    elsewhere = await rows.add(tenant_id=(other := new_id()))
    await rows.moved(WEST, 2)
    assert await rows.team_of(mine) == WEST
    assert await rows.team_of(theirs) == EAST
    assert await rows.team_of(elsewhere, other) == EAST
    await rows.moved(None, 3)
    assert await rows.team_of(mine) is None


async def test_an_older_move_that_arrives_late_moves_nothing_back(rows):
    lead = await rows.add()
    await rows.moved(SOUTH, 3)
    await rows.moved(WEST, 2)
    assert await rows.team_of(lead) == SOUTH
