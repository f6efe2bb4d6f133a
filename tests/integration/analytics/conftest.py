"""Analytics on a real database: events go in by its own handlers, numbers come out over gRPC."""

from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from dealtrail.analytics.v1 import (
    channels_pb2,
    funnel_pb2,
    growth_pb2,
    lead_process_pb2,
    lead_reports_pb2,
    nurturing_pb2,
    personas_pb2,
    receivables_pb2,
    rows_pb2,
    small_funnel_pb2,
)
from wire.dealtrail.analytics.v1 import rows_pb

from gateway.decode import from_query
from services.analytics.__main__ import subscriptions, wire
from services.kit.database import Database
from services.kit.principal import Principal
from services.kit.testing import Caller, Keys, running
from services.kit.visibility import SYSTEM
from tests.integration.analytics.events import Company

FILES = (
    channels_pb2,
    funnel_pb2,
    growth_pb2,
    lead_process_pb2,
    lead_reports_pb2,
    nurturing_pb2,
    personas_pb2,
    receivables_pb2,
    small_funnel_pb2,
    rows_pb2,
    small_funnel_pb2,
)


class Analytics:
    """The service: `tell` it events, ask it over gRPC by the name of the method."""

    def __init__(self, database, access, caller):
        self.database = database
        self.access = access
        self._caller = caller

    async def __call__(self, who, method, request):
        return await self._caller(who, method, request)

    async def tell(self, tenant_id, *batches):
        """Apply batches of (event, envelope), each in a transaction, as the consumer does without its inbox."""
        await tell(self.database, tenant_id, *batches)

    async def rows(self, who, link):
        """The ids of what a link lists, read as the gateway reads it."""
        path, _, query = link.partition("?")
        assert path == "/v1/analytics/rows"
        request = from_query(rows_pb.ListRowsRequest, query).to_binary()
        found = await self(who, "ListRows", rows_pb2.ListRowsRequest.FromString(request))
        return {row.id for row in found.rows}


async def tell(database, tenant_id, *batches):
    for batch in batches:
        async with database.transaction(Principal(tenant_id, UUID(int=0), SYSTEM, None)) as tx:
            together: dict[Any, list[Any]] = {}
            for event, envelope in batch:
                _, handler, many = subscriptions.handlers[envelope.type]
                if many:
                    together.setdefault(handler, []).append((event, envelope))
                else:
                    await handler(tx, event, envelope)
            for handler, arrived in together.items():
                await handler(tx, arrived)


async def tables(access, tenant_id):
    """All facts and sums of the tenant; sums of nothing are none."""
    sums = {
        "deal_rollups": "deals <> 0 OR amount <> 0 OR days <> 0",
        "receivable_rollups": "amount <> 0 OR instalments <> 0",
        "lead_rollups": "leads <> 0 OR qualified <> 0 OR converted <> 0 OR discarded <> 0",
        "persona_rollups": "leads <> 0 OR signed <> 0",
        "payments": "amount <> 0",
    }
    found = {}
    connection = await asyncpg.connect(access.app)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'")
        for name in (
            "deals",
            "stage_spans",
            "stages",
            "contracts",
            "instalments",
            "leads",
            "described_leads",
            "freshness",
            *sums,
        ):
            rows = await connection.fetch(f"SELECT * FROM {name} WHERE {sums.get(name, 'true')}")
            found[name] = sorted(str({key: value for key, value in row.items() if key != "tenant_id"}) for row in rows)
    await connection.close()
    return found


@pytest.fixture
def company():
    return Company()


@pytest.fixture
async def access(fresh_database):
    """The ways into an empty analytics database."""
    return await fresh_database("analytics")


@pytest.fixture
async def database(access):
    """Kit's database on it."""
    found = await Database.connect(access.app)
    yield found
    await found.close()


@pytest.fixture(scope="session")
async def served(postgres, lasting_nats_server, tmp_path_factory):
    """One service for all tests: each has a company, that is a tenant, of its own."""
    folder = tmp_path_factory.mktemp("analytics")
    async with postgres.fresh("analytics") as access, serving(access, lasting_nats_server, folder) as found:
        yield found


@pytest.fixture
def analytics(served):
    """The running service."""
    return served


@asynccontextmanager
async def serving(access, nats_url, folder):
    """The service, running on this database."""
    keys = Keys(folder)
    async with running("analytics", wire, access, nats_url, keys) as process:
        services = [service for file in FILES for service in file.DESCRIPTOR.services_by_name.values()]
        caller = Caller(process.port, keys, *services)
        yield Analytics(process.database, access, caller)
        await caller.close()
