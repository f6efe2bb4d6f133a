"""A broker with partners of two companies, taken on as an operator does, and deals that they hear of."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import nats
import orjson
import pytest

from deploy.local.servers import Nats, free_ports
from deploy.local.shared import running
from gateway.identity.partners import operations
from gateway.identity.partners.__main__ import apply, change
from gateway.identity.partners.access import User
from gateway.identity.tenants.__main__ import create
from services.kit import streams
from services.kit.database import Database
from services.opportunities.feed.operations import STREAM

PASSWORD = "correct horse battery"


@dataclass
class Partner:
    """A partner with what it was told, connected to the broker as it must be."""

    user: User
    told: operations.Secrets
    server: str

    async def connect(self, **options):
        """A connection; `refusals` of it are what the broker has refused."""
        refusals = []

        async def hear(error):
            refusals.append(str(error).lower())

        given = {
            "nkeys_seed_str": self.told.nkey_seed,
            "inbox_prefix": self.user.inbox,
            "error_cb": hear,
            "allow_reconnect": False,
        }
        client = await nats.connect(self.server, **given | options)
        client.refusals = refusals
        return client

    async def pulling(self, client):
        """Its own consumer."""
        return await client.jetstream().pull_subscribe_bind(self.user.durable, stream=STREAM.name)


class Office:
    """Where partners are taken on."""

    def __init__(self, database, broker, client):
        self.database, self.broker, self.client = database, broker, client
        self.server = f"nats://127.0.0.1:{broker.port}"

    async def tenant(self, name):
        """A company of its own; its name and id."""
        called = f"{name}-{uuid4().hex[:6]}"
        assert await create(self.database, called, name, "boss", PASSWORD)
        return called

    async def __call__(self, what, *places):
        """One of the operator's commands, for partners named by (tenant, name), to its end."""
        told = [await change(self.database, what, *place) for place in places]
        users = {(one.tenant, one.name): one for one in await operations.users(self.database)}
        await apply(list(users.values()))
        return [
            Partner(users[place], secrets, self.server) for place, secrets in zip(places, told, strict=True) if secrets
        ]

    async def tell(self, tenant_id: UUID, count=1, event="won"):
        """Events of a tenant's deals."""
        for _ in range(count):
            body = orjson.dumps({"id": str(uuid4()), "tenantid": str(tenant_id)})
            await streams.store(self.client, f"deals.v1.{tenant_id}.{event}", body, {"ce-id": str(uuid4())})

    async def consumer(self, user):
        """What the broker knows of a partner's consumer."""
        return await self.client.jetstream().consumer_info(STREAM.name, user.durable)


@pytest.fixture(scope="module")
async def office(postgres, tmp_path_factory):
    broker = Nats(tmp_path_factory.mktemp("broker"), free_ports(1)[0], durable=False)
    with pytest.MonkeyPatch.context() as environment, running(broker):
        environment.setenv("DEALTRAIL_PARTNERS_FILE", str(broker.partners_file))
        environment.setenv("DEALTRAIL_NATS_SYSTEM_URL", broker.system_url)
        environment.setenv("DEALTRAIL_NATS_URL", broker.url)
        async with postgres.fresh("gateway") as access:
            database = await Database.connect(access.owner, 2)
            client = await nats.connect(broker.url)
            await streams.ensure(client, STREAM)
            found = Office(database, broker, client)
            found.access = access
            yield found
            await client.close()
            await database.close()


@pytest.fixture
async def partners(office):
    """One partner of each of two companies."""
    return await office("onboard", *[(await office.tenant(name), "acme") for name in ("yunshan", "rival")])


async def refused(client, call):
    """What the broker said when it refused the call."""
    before = len(client.refusals)
    with suppress(nats.errors.Error, TimeoutError):
        await call
    return await refusals(client, before)


async def refusals(client, before=0, patience_s=20):
    """What the broker has refused since there were so many refusals, once there is one."""
    end = asyncio.get_running_loop().time() + patience_s
    while len(client.refusals) == before and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.01)
    return client.refusals[before:]
