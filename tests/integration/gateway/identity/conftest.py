"""A running identity of the test's own, and people who sign in to it."""

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg
import orjson
import pytest
from dealtrail.identity.v1 import sessions_pb2, signing_keys_pb2, teams_pb2, users_pb2
from dealtrail.type.v1 import access_pb2
from google.protobuf.message_factory import GetMessageClass

from gateway.identity.system import NOBODY
from gateway.identity.tenants.__main__ import create
from gateway.identity.wiring import Identity, IdentitySettings
from services.kit.ids import new_id
from services.kit.testing import Keys

PASSWORD = "correct horse battery"
METHODS = {
    method.name: method
    for module in (sessions_pb2, users_pb2, teams_pb2, signing_keys_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


@dataclass
class Person:
    """Somebody who signed in."""

    house: "House"
    session: sessions_pb2.Session
    user_id: str = ""

    @property
    def headers(self):
        return {b"authorization": b"Bearer " + self.session.access_token.encode()}

    async def __call__(self, method, request=None, **metadata):
        """Call a method of identity as the gateway does. Raises kit's problems."""
        caller = await self.house.identity.authenticate(self.headers)
        metadata["authorization"] = f"Bearer {caller.internal_token}"
        return await self.house.invoke(method, request, metadata)

    async def me(self):
        return await self("GetMe")

    async def principal(self):
        return (await self.house.identity.authenticate(self.headers)).principal

    async def user(self, username, role, team_id="", **more):
        """Take somebody on; the user."""
        given = {"username": username, "display_name": username.title(), "password": PASSWORD} | more
        request = users_pb2.CreateUserRequest(role=access_pb2.Role.Value(role), team_id=team_id, **given)
        return await self("CreateUser", request)

    async def team(self, name, parent_id=""):
        """Found a team; its id."""
        return (await self("CreateTeam", teams_pb2.CreateTeamRequest(name=name, parent_id=parent_id))).id


class House:
    """An identity process, and the tenants that one test makes in it: their names are its own."""

    def __init__(self, identity, access, keys, mark=""):
        self.identity = identity
        self.access = access
        self.keys = keys
        self.mark = mark or new_id().hex[-12:]

    def named(self, tenant):
        """What people type when they sign in to the test's tenant of that name."""
        return f"{tenant}-{self.mark}"

    async def invoke(self, method, request=None, metadata=None):
        descriptor = METHODS[method]
        message = request or GetMessageClass(descriptor.input_type)()
        path = f"/{descriptor.containing_service.full_name}/{method}"
        sent = {name.replace("_", "-"): value for name, value in (metadata or {}).items()}
        body, _ = await self.identity.invoke(path, message.SerializeToString(), list(sent.items()), 8)
        return GetMessageClass(descriptor.output_type).FromString(body)

    async def tenant(self, name="demo"):
        """A new tenant; its boss, signed in."""
        assert await create(self.identity.process.database, self.named(name), name.title(), "boss", PASSWORD)
        return await self.sign_in("boss", tenant=name)

    async def open(self, username, password=PASSWORD, tenant="demo"):
        request = sessions_pb2.CreateSessionRequest(tenant=self.named(tenant), username=username, password=password)
        return Person(self, await self.invoke("CreateSession", request))

    async def sign_in(self, username, password=PASSWORD, tenant="demo"):
        person = await self.open(username, password, tenant)
        person.user_id = str((await person.principal()).user_id)
        return person

    async def refresh(self, token):
        return await self.invoke("RefreshSession", sessions_pb2.RefreshSessionRequest(refresh_token=token))

    async def rows(self, statement, *values, tenant="demo"):
        """Look at, or turn, what no method can: the rows of a tenant, or those of nobody."""
        connection = await asyncpg.connect(self.access.owner)
        try:
            found = await connection.fetchval("SELECT tenant_id FROM tenants WHERE name = $1", self.named(tenant))
            await connection.execute("SELECT set_config('app.tenant', $1, false)", str(found or NOBODY))
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def running(access, nats_url, keys, issuers=()):
    """An identity process."""
    settings = IdentitySettings(
        database_url=access.app,
        relay_database_url=access.relay,
        nats_url=nats_url,
        internal_keys=keys.private,
        token_secret=keys.secret,
        master_keys=keys.master,
        oidc_issuers=orjson.dumps(list(issuers)).decode(),
    )
    identity = Identity(settings)
    await identity.start()
    try:
        yield identity
    finally:
        await identity.stop()


@pytest.fixture(scope="session")
async def shared(postgres, nats_server, tmp_path_factory):
    """The identity process that most tests share: their tenants are apart."""
    keys = Keys(tmp_path_factory.mktemp("identity"))
    async with postgres.fresh("gateway") as access, running(access, nats_server, keys) as identity:
        yield identity, access, keys


@pytest.fixture
def house(shared):
    return House(*shared)


@pytest.fixture
async def new_house(fresh_database, nats_server, tmp_path):
    """`await new_house()`: an identity process of the test's own; `like=house`: a replica of that one."""
    async with AsyncExitStack() as processes:

        async def start(issuers=(), like=None, mark=""):
            access = like.access if like else await fresh_database("gateway")
            keys = like.keys if like else Keys(tmp_path)
            identity = await processes.enter_async_context(running(access, nats_server, keys, issuers))
            return House(identity, access, keys, like.mark if like else mark)

        yield start


@pytest.fixture
async def boss(house):
    """The boss of the tenant "demo"."""
    return await house.tenant()
