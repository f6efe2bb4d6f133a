"""A service of ours in the test's own process: the real server on real PostgreSQL and NATS, called over real gRPC."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
from dealtrail.identity.v1 import directory_pb2
from dealtrail.type.v1 import access_pb2
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from joserfc.jwk import OKPKey

from services.kit import rpc
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.principal import Principal, TokenMint, TokenVerifier
from services.kit.runtime import SERVER_OPTIONS, Process
from services.kit.serving import Calls, handlers
from services.kit.settings import Settings
from services.kit.status import DETAILS, reason_of

MASTER = json.dumps({"keys": [{"kty": "oct", "kid": "test", "k": "A" * 43}]})


def person(role: str = "REP", tenant: UUID | None = None, team: UUID | None = None) -> Principal:
    """Somebody to call as; a tenant and a team of their own unless given."""
    team = team or new_id()
    return Principal(tenant or new_id(), new_id(), role, team, (team,))


class Refusal(Exception):
    """The call was refused; `reason` is what clients match on."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        details = dict(error.trailing_metadata() or ()).get(DETAILS)
        self.code = error.code()
        self.reason = reason_of(details) if isinstance(details, bytes) else ""
        super().__init__(f"{self.code.name} {self.reason} {error.details()}")


@dataclass
class Keys:
    """The key files that processes of one test share."""

    folder: Path
    private: str = field(init=False)
    public: str = field(init=False)
    secret: str = field(init=False)
    master: str = field(init=False)

    def __post_init__(self) -> None:
        key = OKPKey.generate_key("Ed25519", {"alg": "Ed25519", "use": "sig", "kid": "test"})
        self.private = self._write("private.jwks", json.dumps({"keys": [key.as_dict(private=True)]}))
        self.public = self._write("public.jwks", json.dumps({"keys": [key.as_dict(private=False)]}))
        self.secret = self._write("token.secret", "page tokens of this test")
        self.master = self._write("master.jwks", MASTER)

    def _write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return str(path)


class Caller:
    """Calls a running process over gRPC, as whom you like."""

    def __init__(self, port: int, keys: Keys, *services: ServiceDescriptor) -> None:
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self.process: Process | None = None
        """The process that is called, where the test runs it itself."""
        self._mint = TokenMint(keys.private)
        self._methods = {method.name: method for service in services for method in service.methods}

    async def __call__(self, who: Principal | None, method: str, request: Any, **metadata: str) -> Any:
        """The reply. Keyword arguments are metadata: `idempotency_key="…"`, `if_match="3"`. Raises Refusal."""
        descriptor = self._methods[method]
        call: Any = self._channel.unary_unary(
            f"/{descriptor.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(descriptor.output_type).FromString,
        )
        sent = [(name.replace("_", "-"), value) for name, value in metadata.items()]
        if who is not None:
            sent.append(("authorization", f"Bearer {self._mint.sign(who)}"))
        try:
            return await call(request, metadata=sent, timeout=30)
        except grpc.aio.AioRpcError as error:
            raise Refusal(error) from None

    async def close(self) -> None:
        """Hang up."""
        await self._channel.close()


_heard: list[tuple[str, str, str]] = []
"""Name, broker and database of the services that run."""


@contextmanager
def _hearing(name: str, broker: str, database: str) -> Iterator[None]:
    if any(one[:2] == (name, broker) and one[2] != database for one in _heard):
        raise ValueError(f"another database's {name} takes the events of {broker}")
    _heard.append((name, broker, database))
    try:
        yield
    finally:
        _heard.remove((name, broker, database))


@asynccontextmanager
async def running(
    name: str,
    wire: Callable[[Process], None],
    access: Any,
    nats_url: str,
    keys: Keys,
    peers: str = "",
    listen: str = "127.0.0.1:0",
) -> AsyncIterator[Process]:
    """The service's process, wired as its `__main__` wires it. `access` are the ways into its database.

    Two services that call each other need to know their ports beforehand: `listen`. Replicas share a database; a
    service on another database of the same broker is refused: each would lose the events that the other takes.
    """
    settings = Settings(
        database_url=access.app,
        relay_database_url=access.relay,
        nats_url=nats_url,
        internal_keys=keys.public,
        token_secret=keys.secret,
        master_keys=keys.master,
        peers=peers,
        listen=listen,
    )
    with _hearing(name, nats_url, access.app):
        process = Process(name, settings)
        await process.start(wire)
        try:
            yield process
        finally:
            await process.stop()


class Members:
    """Who works for the tenants of a test, for the directory that services ask."""

    def __init__(self, *people: Principal) -> None:
        self.people = {(one.tenant_id, one.user_id): one for one in people}

    async def GetMember(  # noqa: N802 - named as in the contract
        self, request: directory_pb2.GetMemberRequest, tx: Any
    ) -> directory_pb2.Member:
        """See proto/dealtrail/identity/v1/directory.proto."""
        one = self.people.get((tx.principal.tenant_id, UUID(request.user_id)))
        if one is None:
            raise NotFound(kind="user", kind_zh="用户")
        role = access_pb2.Role.Value(one.role)
        return directory_pb2.Member(user_id=str(one.user_id), team_id=str(one.team_id or ""), role=role, active=True)

    async def ListManagers(  # noqa: N802 - named as in the contract
        self, request: directory_pb2.ListManagersRequest, tx: Any
    ) -> directory_pb2.ListManagersResponse:
        """As GetMember; here no team stands above another."""
        me = tx.principal
        others = [one for one in self.people.values() if one.tenant_id == me.tenant_id and one.user_id != me.user_id]
        of_team = [one for one in others if one.role == "MANAGER" and str(one.team_id) == request.team_id]
        found = of_team or [one for one in others if one.role == "BOSS"]
        members = [await self.GetMember(directory_pb2.GetMemberRequest(user_id=str(one.user_id)), tx) for one in found]
        return directory_pb2.ListManagersResponse(managers=members)


@asynccontextmanager
async def directory(members: Members, keys: Keys, database: Any) -> AsyncIterator[str]:
    """A directory of these members on a port; its address as a `peers` entry. `database` is any of kit's."""
    service = rpc.Service(
        directory_pb2.DESCRIPTOR.services_by_name["DirectoryService"], members, database, TokenVerifier(keys.public)
    )
    server = grpc.aio.server(options=SERVER_OPTIONS)
    server.add_generic_rpc_handlers(handlers(Calls([service])))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"identity=127.0.0.1:{port}"
    finally:
        await server.stop(0)
