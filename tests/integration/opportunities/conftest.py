"""A running opportunities service, beside a stand-in that owns the accounts and leads."""

from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import pytest
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.opportunities.v1 import deals_pb2, lost_reasons_pb2, processes_pb2

from deploy.local.roles import Access
from services.kit import rpc
from services.kit.database import Database
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.principal import TokenVerifier
from services.kit.runtime import SERVER_OPTIONS
from services.kit.serving import Calls, handlers
from services.kit.testing import Caller, Keys, Members, directory, person, running
from services.opportunities.__main__ import wire


class Company:
    """A tenant with a manager and two reps, one of them in the manager's team; and somebody of another tenant."""

    def __init__(self):
        self.boss = person("BOSS")
        tenant = self.boss.tenant_id
        self.admin = person("ADMIN", tenant)
        self.manager = person("MANAGER", tenant)
        self.rep = person("REP", tenant, team=self.manager.team_id)
        self.other_rep = person("REP", tenant)
        self.stranger = person("BOSS")

    def everybody(self):
        return self.boss, self.admin, self.manager, self.rep, self.other_rep, self.stranger


class Seen:
    """Accounts, contacts and leads that everybody of the tenant sees: the leads service, as far as deals ask it."""

    def __init__(self):
        self.renew()

    def renew(self):
        """Others, whom nobody has asked for yet."""
        self.account, self.contact, self.lead = str(new_id()), str(new_id()), str(new_id())
        self.asked = 0

    async def GetAccount(self, request, tx):
        self.asked += 1
        if request.id != self.account:
            raise NotFound(kind="account", kind_zh="客户")
        return accounts_pb2.Account(id=request.id)

    async def LookUpContacts(self, request, tx):
        return accounts_pb2.LookUpContactsResponse(ids={self.contact} & set(request.ids))

    async def GetLead(self, request, tx):
        if request.id != self.lead:
            raise NotFound(kind="lead", kind_zh="线索")
        return leads_pb2.Lead(id=request.id)

    def __getattr__(self, name):
        return None  # no other method of the two services is called


@asynccontextmanager
async def serving(seen, keys, database):
    server = grpc.aio.server(options=SERVER_OPTIONS)
    verifier = TokenVerifier(keys.public)
    described = ((accounts_pb2, "AccountsService"), (leads_pb2, "LeadsService"))
    offered = [
        rpc.Service(file.DESCRIPTOR.services_by_name[name], seen, database, verifier) for file, name in described
    ]
    server.add_generic_rpc_handlers(handlers(Calls(offered)))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"leads=127.0.0.1:{port}"
    await server.stop(0)


class Deals(Caller):
    """`await deals(who, "GetDeal", request)`: the service over gRPC; `access` are the ways into its database."""

    access: Access
    members: Members
    seen: Seen
    company: Company
    """The company of the test that runs."""


@pytest.fixture
def company():
    return Company()


@pytest.fixture(scope="session")
async def served(postgres, lasting_nats_server, tmp_path_factory):
    """One service for all tests: each has a company, that is a tenant, of its own."""
    keys, members, seen = Keys(tmp_path_factory.mktemp("opportunities")), Members(), Seen()
    async with AsyncExitStack() as stack:
        access = await stack.enter_async_context(postgres.fresh("opportunities"))
        database = await Database.connect(access.app)
        stack.push_async_callback(database.close)
        identity = await stack.enter_async_context(directory(members, keys, database))
        leads = await stack.enter_async_context(serving(seen, keys, database))
        service = running("opportunities", wire, access, lasting_nats_server, keys, f"{identity},{leads}")
        process = await stack.enter_async_context(service)
        services = [
            deals_pb2.DESCRIPTOR.services_by_name["DealsService"],
            processes_pb2.DESCRIPTOR.services_by_name["ProcessesService"],
            lost_reasons_pb2.DESCRIPTOR.services_by_name["LostReasonsService"],
        ]
        caller = Deals(process.port, keys, *services)
        caller.access, caller.members, caller.seen = access, members, seen
        stack.push_async_callback(caller.close)
        yield caller


@pytest.fixture
def seen(served):
    """What the leads service has in this test."""
    served.seen.renew()
    return served.seen


@pytest.fixture
def deals(served, company, seen):
    """The shared service; it knows everybody of the company."""
    served.members.people |= {(one.tenant_id, one.user_id): one for one in company.everybody()}
    served.company = company
    return served
