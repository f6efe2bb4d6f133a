"""A running identity of the test's own, and people who sign in to it."""

from dataclasses import dataclass

import asyncpg
import orjson
import pytest
from dealtrail.identity.v1 import sessions_pb2, signing_keys_pb2, teams_pb2, users_pb2
from dealtrail.type.v1 import access_pb2
from google.protobuf.message_factory import GetMessageClass

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
    """An identity process with as many tenants as a test makes."""

    def __init__(self, identity, access, keys):
        self.identity = identity
        self.access = access
        self.keys = keys

    async def invoke(self, method, request=None, metadata=None):
        descriptor = METHODS[method]
        message = request or GetMessageClass(descriptor.input_type)()
        path = f"/{descriptor.containing_service.full_name}/{method}"
        sent = {name.replace("_", "-"): value for name, value in (metadata or {}).items()}
        body, _ = await self.identity.invoke(path, message.SerializeToString(), list(sent.items()), 8)
        return GetMessageClass(descriptor.output_type).FromString(body)

    async def tenant(self, name="demo"):
        """A new tenant; its boss, signed in."""
        assert await create(self.identity.process.database, name, name.title(), "boss", PASSWORD)
        return await self.sign_in("boss", tenant=name)

    async def open(self, username, password=PASSWORD, tenant="demo"):
        request = sessions_pb2.CreateSessionRequest(tenant=tenant, username=username, password=password)
        return Person(self, await self.invoke("CreateSession", request))

    async def sign_in(self, username, password=PASSWORD, tenant="demo"):
        person = await self.open(username, password, tenant)
        person.user_id = str((await person.principal()).user_id)
        return person

    async def refresh(self, token):
        return await self.invoke("RefreshSession", sessions_pb2.RefreshSessionRequest(refresh_token=token))

    async def admin(self, statement, *values):
        """Look at, or turn, what no method can, as the database's owner; row-level security is passed for it."""
        connection = await asyncpg.connect(self.access.owner)
        try:
            for table in ("sessions", "sign_in_failures", "signing_keys", "audit", "outbox", "users"):
                await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


@pytest.fixture
async def new_house(fresh_database, nats_server, tmp_path):
    """`await new_house(issuers, access)`: an identity process; several on one database are replicas."""
    keys = Keys(tmp_path)
    running = []

    async def start(issuers=(), access=None):
        access = access or await fresh_database("gateway")
        settings = IdentitySettings(
            database_url=access.app,
            relay_database_url=access.relay,
            nats_url=nats_server,
            internal_keys=keys.private,
            token_secret=keys.secret,
            oidc_issuers=orjson.dumps(list(issuers)).decode(),
        )
        identity = Identity(settings)
        await identity.start()
        running.append(identity)
        return House(identity, access, keys)

    yield start
    for identity in running:
        await identity.stop()


@pytest.fixture
async def house(new_house):
    return await new_house()


@pytest.fixture
async def boss(house):
    """The boss of the tenant "demo"."""
    return await house.tenant()


@pytest.fixture
def some_id():
    return str(new_id())
