"""A house of the test's own: leads, opportunities and timeline as they run, with events flowing between them."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from dealtrail.leads.v1 import accounts_pb2, lead_retention_pb2, leads_pb2, merges_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import entries_pb2, retention_pb2, touchpoint_kinds_pb2, touchpoints_pb2

from deploy.local.servers import Nats, free_ports
from deploy.local.shared import running as serving
from services.kit.database import Database
from services.kit.testing import Caller, Keys, Members, directory, person, running
from services.leads.__main__ import wire as wire_leads
from services.opportunities.__main__ import wire as wire_opportunities
from services.timeline.__main__ import wire as wire_timeline

OFFERED = {
    "leads": (leads_pb2, accounts_pb2, merges_pb2, lead_retention_pb2),
    "opportunities": (deals_pb2,),
    "timeline": (entries_pb2, touchpoints_pb2, touchpoint_kinds_pb2, retention_pb2),
}
WIRED = {"leads": wire_leads, "opportunities": wire_opportunities, "timeline": wire_timeline}


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


class House:
    """The services, called over gRPC by the name of the method; every test brings a company of its own."""

    def __init__(self, database, members, broker):
        self.database, self.members, self.broker = database, members, broker
        self.callers, self.access = {}, {}

    def open(self, name, process, keys):
        services = [service for file in OFFERED[name] for service in file.DESCRIPTOR.services_by_name.values()]
        caller = Caller(process.port, keys, *services)
        self.callers |= {method.name: caller for service in services for method in service.methods}
        return caller

    async def __call__(self, who, method, request, **metadata):
        return await self.callers[method](who, method, request, **metadata)

    async def timeline(self, who, until=None, **fields):
        """The entries that `who` sees, once `until` holds of them."""
        for _ in range(1200):
            request = entries_pb2.ListTimelineRequest(**fields)
            entries = list((await self(who, "ListTimeline", request)).entries)
            if until is None or until(entries):
                return entries
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited in vain; there are {[entry.kind for entry in entries]}")


@pytest.fixture
def company():
    return Company()


@pytest.fixture
async def database(fresh_database):
    """A timeline database; `database.access` are the ways into it."""
    access = await fresh_database("timeline")
    found = await Database.connect(access.app)
    found.access = access
    yield found
    await found.close()


@pytest.fixture(scope="session")
async def services(postgres, tmp_path_factory):
    """Leads, opportunities and timeline, on a broker of their own."""
    folder = tmp_path_factory.mktemp("house")
    keys, members = Keys(folder), Members()
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(serving(Nats(folder / "broker", free_ports(1)[0], durable=False)))
        access = {name: await stack.enter_async_context(postgres.fresh(name)) for name in WIRED}
        database = await Database.connect(access["timeline"].app)
        stack.push_async_callback(database.close)
        database.access = access["timeline"]
        found = House(database, members, broker)
        found.access = access
        peers = await stack.enter_async_context(directory(members, keys, database))
        ports = dict(zip(WIRED, free_ports(len(WIRED)), strict=True))
        peers += "".join(f",{name}=127.0.0.1:{port}" for name, port in ports.items())
        for name, wire in WIRED.items():
            service = running(name, wire, access[name], broker, keys, peers, f"127.0.0.1:{ports[name]}")
            process = await stack.enter_async_context(service)
            stack.push_async_callback(found.open(name, process, keys).close)
        yield found


@pytest.fixture
def house(services, company):
    """`await house(who, "ListTimeline", request)`."""
    services.members.people |= {(one.tenant_id, one.user_id): one for one in company.everybody()}
    return services
