"""A running leads service of the test's own."""

import pytest
from google.protobuf import descriptor_pool

from services.kit.database import Database
from services.kit.testing import Caller, Keys, Members, directory, person, running
from services.leads.__main__ import wire


class Company:
    """A tenant with a boss, a manager and two reps, one of them in the manager's team; and a stranger."""

    def __init__(self):
        self.boss = person("BOSS")
        tenant = self.boss.tenant_id
        self.manager = person("MANAGER", tenant)
        self.rep = person("REP", tenant, team=self.manager.team_id)
        self.other_rep = person("REP", tenant)
        self.stranger = person("BOSS")

    def everybody(self):
        return self.boss, self.manager, self.rep, self.other_rep, self.stranger


@pytest.fixture
def company():
    return Company()


@pytest.fixture
async def leads(fresh_database, nats_server, tmp_path, company):
    """`await leads(who, "GetLead", request)`: the service called over gRPC; `leads.process` is the process itself."""
    access = await fresh_database("leads")
    keys = Keys(tmp_path)
    database = await Database.connect(access.app)
    async with directory(Members(*company.everybody()), keys, database) as identity:
        # Nobody serves opportunities here: what needs them is tested end to end.
        peers = f"{identity},opportunities=127.0.0.1:1"
        async with running("leads", wire, access, nats_server, keys, peers) as process:
            services = [descriptor_pool.Default().FindServiceByName(one.name) for one in process.services]
            caller = Caller(process.port, keys, *services)
            caller.process = process
            caller.access = access
            yield caller
            await caller.close()
    await database.close()
