"""A running contracts service of the test's own, with the accounts and deals that it asks for."""

from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from dealtrail.contracts.v1 import contracts_pb2, products_pb2, receipts_pb2, receivables_pb2, reconciliation_pb2
from dealtrail.leads.v1 import accounts_pb2
from dealtrail.opportunities.v1 import deals_pb2

from deploy.local.roles import Access
from services.contracts.__main__ import wire
from services.kit import rpc
from services.kit.database import Database
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.principal import TokenVerifier
from services.kit.runtime import SERVER_OPTIONS
from services.kit.serving import Calls, handlers
from services.kit.testing import Caller, Keys, Members, directory, person, running
from services.kit.visibility import sees
from tests.integration.contracts.asking import Desk

SERVICES = [
    products_pb2.DESCRIPTOR.services_by_name["ProductsService"],
    contracts_pb2.DESCRIPTOR.services_by_name["ContractsService"],
    receipts_pb2.DESCRIPTOR.services_by_name["ReceiptsService"],
    receivables_pb2.DESCRIPTOR.services_by_name["ReceivablesService"],
    reconciliation_pb2.DESCRIPTOR.services_by_name["ReconciliationService"],
]


class Company:
    """A tenant with a boss, a manager and two reps, one of them in the manager's team; and another tenant's boss."""

    def __init__(self):
        self.boss = person("BOSS")
        tenant = self.boss.tenant_id
        self.manager = person("MANAGER", tenant)
        self.rep = person("REP", tenant, team=self.manager.team_id)
        self.other_rep = person("REP", tenant)
        self.stranger = person("BOSS")

    def everybody(self):
        return self.boss, self.manager, self.rep, self.other_rep, self.stranger


class Market:
    """The accounts and deals of the test, as leads and opportunities would tell of them."""

    def __init__(self):
        self.rows = {}

    def account(self, owner):
        """An account that `owner` looks after; its id."""
        identity = str(new_id())
        account = accounts_pb2.Account(id=identity, name="甲公司")
        self._keep(owner, account)
        return identity

    def deal(self, owner, state="WON", account_id=None, amount="9000.00"):
        """A deal of `owner` in that state; its id."""
        identity = str(new_id())
        deal = deals_pb2.Deal(id=identity, name="一号线设备", account_id=account_id or self.account(owner))
        deal.state = deals_pb2.Deal.State.Value(state)
        deal.amount.amount, deal.amount.currency = amount, "CNY"
        self._keep(owner, deal)
        return identity

    def _keep(self, owner, row):
        row.owner_id, row.team_id = str(owner.user_id), str(owner.team_id)
        self.rows[row.id] = owner.tenant_id, row

    async def find(self, request, tx):
        """See GetAccount and GetDeal in the contract."""
        tenant, row = self.rows.get(request.id, (None, None))
        if tenant != tx.principal.tenant_id or not sees(tx.principal, row.owner_id, row.team_id, ""):
            raise NotFound(kind="row", kind_zh="数据")
        return row

    def __getattr__(self, name):
        return self.find if name in ("GetAccount", "GetDeal") else _absent


async def _absent(request, tx):
    raise AssertionError("contracts only read accounts and deals")


@asynccontextmanager
async def neighbours(market, keys, database):
    """Leads and opportunities, as far as contracts need them; their addresses as `peers` entries."""
    accounts = accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"]
    deals = deals_pb2.DESCRIPTOR.services_by_name["DealsService"]
    server = grpc.aio.server(options=SERVER_OPTIONS)
    verifier = TokenVerifier(keys.public)
    offered = [rpc.Service(descriptor, market, database, verifier) for descriptor in (accounts, deals)]
    server.add_generic_rpc_handlers(handlers(Calls(offered)))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"leads=127.0.0.1:{port},opportunities=127.0.0.1:{port}"
    finally:
        await server.stop(0)


@dataclass
class House:
    """A running service: called over gRPC as `await house.call(who, "GetContract", request)`."""

    call: Caller
    access: Access
    market: Market
    members: Members

    def employ(self, company):
        """Let the directory know everybody of the company."""
        self.members.people |= {(one.tenant_id, one.user_id): one for one in company.everybody()}


@asynccontextmanager
async def serving(access, nats_server, folder):
    """The service on that database."""
    market, members, keys = Market(), Members(), Keys(folder)
    database = await Database.connect(access.app)
    async with (
        directory(members, keys, database) as identity,
        neighbours(market, keys, database) as peers,
        running("contracts", wire, access, nats_server, keys, f"{identity},{peers}") as process,
    ):
        call = Caller(process.port, keys, *SERVICES)
        yield House(call, access, market, members)
        await call.close()
    await database.close()


@pytest.fixture(scope="session")
async def house(postgres, lasting_nats_server, tmp_path_factory):
    """One service for all tests: each has a company, that is a tenant, of its own."""
    folder = tmp_path_factory.mktemp("keys")
    async with postgres.fresh("contracts") as access, serving(access, lasting_nats_server, folder) as running_house:
        yield running_house


@pytest.fixture
def company(house):
    company = Company()
    house.employ(company)
    return company


@pytest.fixture
def contracts(house):
    return house.call


@pytest.fixture
def market(house):
    return house.market


@pytest.fixture
def access(house):
    """The ways into the service's database."""
    return house.access


@pytest.fixture
def rep(contracts, company):
    """The rep of the manager's team, at work."""
    return Desk(contracts, company.rep)


@pytest.fixture
def boss(contracts, company):
    """The boss, at work."""
    return Desk(contracts, company.boss)


@pytest.fixture
def other_rep(contracts, company):
    """A rep of another team, at work."""
    return Desk(contracts, company.other_rep)


@pytest.fixture
def account(market, company):
    """An account that the rep looks after."""
    return market.account(company.rep)
