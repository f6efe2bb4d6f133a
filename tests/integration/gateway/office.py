"""A whole gateway in front of a real leads service: identity, imports, live updates and the contract's routes."""

import asyncio
import json
import time
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from gateway.app import Gateway, Parts
from gateway.forms.routes import routes as form_routes
from gateway.forms.service import Forms
from gateway.identity.tenants.__main__ import create
from gateway.identity.wiring import Identity, IdentitySettings
from gateway.imports.wiring import Imports
from gateway.intake.routes import routes as intake_routes
from gateway.limits import Limits
from gateway.live.feed import Feed
from gateway.live.routes import routes as live_routes
from gateway.peers import GrpcPeer, Readiness
from gateway.strangers import networks
from services.kit.ids import new_id
from services.kit.testing import Keys, running
from services.leads.__main__ import wire as wire_leads
from tests.integration.gateway.conftest import listening

PASSWORD = "correct horse battery"


class Office:
    """One tenant's gateway: `post`, `get` as somebody; imports by `load`."""

    def __init__(self, client, house, tenant):
        self.client = client
        self.house = house
        self.tenant = tenant

    async def sign_in(self, username):
        """The headers of somebody."""
        answer = await self.client.post(
            "/v1/sessions", json={"tenant": self.tenant, "username": username, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['accessToken']}"}

    def bearer(self):
        """The boss's Authorization header, as ASGI has it."""
        return self.client.headers["authorization"].encode()

    async def user(self, username, role="REP", **more):
        """Take somebody on."""
        given = {"username": username, "displayName": username.title(), "role": role, "password": PASSWORD} | more
        answer = await self.client.post("/v1/users", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def start(self, content, mapping, kind="leads", name="leads.csv", dry_run=False, headers=None):
        """Send a file; the answer."""
        data = {"kind": kind, "mapping": json.dumps(mapping), "dryRun": str(dry_run).lower()}
        return await self.client.post("/v1/imports", data=data, files={"file": (name, content)}, headers=headers)

    async def load(self, content, mapping, **more):
        """Send a file, and wait for the end of its operation."""
        answer = await self.start(content, mapping, **more)
        assert answer.status_code == 202, answer.text
        return await self.ended(answer.json()["id"], more.get("headers"))

    async def ended(self, operation_id, headers=None):
        """The operation once it has ended."""
        until = time.monotonic() + 180
        while True:
            operation = (await self.client.get(f"/v1/operations/{operation_id}", headers=headers)).json()
            if operation["state"] not in ("PENDING", "RUNNING"):
                return operation
            assert time.monotonic() < until, operation
            await asyncio.sleep(0.02)

    async def all(self, path="/v1/leads", **params):
        """The first page of a list."""
        return (await self.client.get(path, params={"pageSize": 200, **params})).json()

    async def errors(self, operation, language="en"):
        """The lines of the file of refused rows."""
        answer = await self.client.get(operation["errorsUrl"], headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.text.removeprefix("\ufeff").splitlines()


class House:
    """What the offices of a module share."""

    def __init__(self, identity, peers, access):
        self.identity = identity
        self.peers = peers
        self.owner_url = access.owner
        self.relay_url = access.relay
        self.imports = self.more_imports()
        self.feed = Feed()
        self.forms = Forms(peers["leads"], identity.visitor, identity.vouch)
        self.url = ""

    def intake(self):
        """The routes of intake keys."""
        return intake_routes(self.identity.open_intake_key, self.identity.vouch, self.peers["leads"])

    def more_imports(self):
        """Imports as another gateway beside this one would run them."""
        process = self.identity.process
        return Imports(process.database, process.verifier, self.peers, self.identity.vouch)


@pytest.fixture(scope="module")
async def house(postgres, nats_server, tmp_path_factory):
    """A gateway in front of a leads service."""
    keys = Keys(tmp_path_factory.mktemp("keys"))
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(postgres.fresh("gateway"))
        there = await stack.enter_async_context(postgres.fresh("leads"))
        settings = IdentitySettings(
            database_url=here.app,
            relay_database_url=here.relay,
            nats_url=nats_server,
            internal_keys=keys.private,
            token_secret=keys.secret,
            master_keys=keys.master,
        )
        identity = Identity(settings)
        await identity.start()
        stack.push_async_callback(identity.stop)
        addresses = f"identity=127.0.0.1:{identity.process.port},opportunities=127.0.0.1:1,timeline=127.0.0.1:1"
        leads = await stack.enter_async_context(running("leads", wire_leads, there, nats_server, keys, addresses))
        peer = GrpcPeer(f"127.0.0.1:{leads.port}")
        stack.push_async_callback(peer.close)
        house = House(identity, {"leads": peer, "identity": identity.invoke}, here)
        house.imports.start()
        stack.push_async_callback(house.imports.stop)
        house.forms.start()
        stack.push_async_callback(house.forms.stop)
        house.feed.start(nats_server)
        stack.push_async_callback(house.feed.stop)
        parts = Parts(
            {**house.peers, "imports": house.imports.peer},
            identity.authenticate,
            Readiness({"leads": peer}),
            lambda: (house.imports.router(), live_routes(house.feed), form_routes(house.forms), house.intake()),
            house.imports.uploads,
            Limits(proxies=networks("127.0.0.0/8")),
        )
        house.url = await stack.enter_async_context(listening(Gateway(parts)))
        yield house


@asynccontextmanager
async def office_of(house):
    """An office of a new tenant."""
    tenant = f"t-{new_id().hex[-12:]}"
    assert await create(house.identity.process.database, tenant, tenant, "boss", PASSWORD)
    async with httpx.AsyncClient(base_url=house.url, trust_env=False, timeout=60) as client:
        office = Office(client, house, tenant)
        client.headers.update(await office.sign_in("boss"))
        yield office


@pytest.fixture
async def office(house):
    """The office of a new tenant, its boss signed in."""
    async with office_of(house) as found:
        yield found


@pytest.fixture
async def other_office(house):
    """The office of another tenant."""
    async with office_of(house) as found:
        yield found
